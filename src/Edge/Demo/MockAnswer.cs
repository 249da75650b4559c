namespace Edge.Demo;

/// <summary>Why an answer ends.</summary>
internal enum MockFinish
{
    /// <summary>It is complete.</summary>
    Stop,

    /// <summary>The request's limit of tokens was reached.</summary>
    Length,

    /// <summary>A tool is to be called.</summary>
    Tool,
}

/// <summary>
/// What the mock says to a request: a text that begins with the question's echo, or the arguments of a tool call. The same
/// request has the same answer, streamed or not. It belongs to one exchange.
/// </summary>
internal sealed class MockAnswer
{
    /// <summary>Moment of creation in every answer (2025-01-01), so that answers can be compared byte for byte.</summary>
    public const long CreatedUnixSeconds = 1_735_689_600;

    /// <summary>Most code points of the question that are said back.</summary>
    public const int EchoCodePointsMax = 1000;

    private const int TokensAfterEcho = 16;
    private const string NoId = "0000000000000000";

    private readonly PooledBuffer _text = new();
    private readonly char[] _id = [.. NoId];

    /// <summary>The text, or the tool call's arguments as JSON text.</summary>
    public ReadOnlySpan<byte> Text => _text.Span;

    /// <summary>How many tokens <see cref="Text"/> has.</summary>
    public int Tokens { get; private set; }

    /// <summary>Why it ends there.</summary>
    public MockFinish Finish { get; private set; }

    /// <summary>The tool to call, where <see cref="Finish"/> is Tool.</summary>
    public string ToolName { get; private set; } = "";

    /// <summary>
    /// Sixteen hexadecimal digits: the hash of the request's body, from which all identifiers are made. Zeros before it is read.
    /// </summary>
    public ReadOnlySpan<char> Id => _id;

    /// <summary>The request's identifier.</summary>
    public string RequestId => string.Concat("req_", Id);

    /// <summary>Makes the answer to a request.</summary>
    public void Build(LlmRequest request, ReadOnlySpan<byte> body, MockSettings settings)
    {
        _text.Clear();
        Identify(body);
        if (request.Tools.Choose(request.Question, request.QuestionIsToolResult) is { } tool)
        {
            ToolName = tool.Name;
            Finish = MockFinish.Tool;
            ToolArguments.Write(body[tool.Schema], _text);
            Tokens = TokenRule.Tokens(_text.Span);
            return;
        }

        Finish = MockFinish.Stop;
        BuildText(request, settings.Tokens);
        Tokens = TokenRule.Tokens(_text.Span);
        if (request.OutputTokensMax < Tokens)
        {
            Finish = MockFinish.Length;
            Tokens = request.OutputTokensMax.Value;
            _text.Truncate(TokenRule.Bytes(_text.Span, Tokens * TokenRule.CodePointsPerToken));
        }
    }

    /// <summary>Makes identifiers for an answer that has no text of its own.</summary>
    public void Identify(ReadOnlySpan<byte> body) => StableHash.Of(body).TryFormat(_id, out _, "x16");

    /// <summary>Gives all memory back. The object can be used again.</summary>
    public void Release()
    {
        _text.Release();
        NoId.CopyTo(_id);
    }

    private void BuildText(LlmRequest request, int? tokens)
    {
        _text.Append(request.QuestionIsToolResult ? "The tool answered: "u8 : "You said: "u8);
        _text.Append(request.Question[..TokenRule.Bytes(request.Question, EchoCodePointsMax)]);
        _text.Append(". "u8);

        var written = TokenRule.CodePoints(_text.Span);
        var wanted = (tokens ?? (TokenRule.Tokens(written) + TokensAfterEcho)) * TokenRule.CodePointsPerToken;
        var state = StableHash.Of(request.Question);
        while (written < wanted)
        {
            state = StableHash.Next(state);
            var word = MockWords.At(state);
            _text.Append(word);
            _text.Append((byte)' ');
            written += word.Length + 1;
        }

        // Cut to the token and ended with a full stop: a text that came whole can be told from one that did not.
        _text.Truncate(TokenRule.Bytes(_text.Span, wanted - 1));
        _text.Append((byte)'.');
    }
}
