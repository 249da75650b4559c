using System.Buffers.Text;
using System.Text;
using Edge.Core.Bodies;
using Edge.Core.Configuration;
using Edge.Core.Http;

namespace Edge.Core.Llm.Translation;

/// <summary>
/// Writes a request of one dialect in the words of the other. Values that mean the same are copied as they are spelled; what
/// cannot be carried over is refused, or left out and named. One for one request after another; keeps its memory between them,
/// and allocates nothing for a request of which nothing is left out. Not thread-safe.
/// </summary>
public abstract class RequestTranslator
{
    /// <summary>Most names that are told of what was left out, and of what was changed.</summary>
    public const int NamesMax = 16;

    /// <summary>Longest name of an unknown member that is told.</summary>
    public const int NameCharsMax = 40;

    private readonly int[] _members = new int[(int)RequestMember.Count];
    private readonly List<string> _dropped = new(NamesMax);
    private readonly List<string> _changed = new(NamesMax);
    private readonly HeadBuffer _inner = new();
    private readonly JsonTape _innerTape = new();

    private protected RequestTranslator()
    {
    }

    /// <summary>Members that were left out: names of the caller's dialect, nested ones with dots.</summary>
    public IReadOnlyList<string> Dropped => _dropped;

    /// <summary>Members whose value could not be carried over as it was.</summary>
    public IReadOnlyList<string> Changed => _changed;

    /// <summary>Why the request cannot be translated, once <see cref="TryTranslate"/> has answered false.</summary>
    public ErrorDetails? Refusal { get; private set; }

    /// <summary>The caller wants a stream to report its usage. Anthropic's always do.</summary>
    public bool IncludesUsage { get; private protected set; }

    /// <summary>
    /// An upstream of OpenAI's dialect is told the bound of an answer as <c>max_tokens</c>, since it knows no other name.
    /// </summary>
    public bool SaysMaxTokens { get; set; }

    private protected JsonTape Body { get; private set; } = null!;

    private protected HeadBuffer To { get; private set; } = null!;

    private protected TranslatePlan Plan { get; private set; } = TranslatePlan.Default;

    private protected ReadOnlySpan<JsonToken> Tokens => Body.Tokens;

    private protected abstract ReadOnlySpan<RequestMemberRule> Rules { get; }

    /// <summary>Translates.</summary>
    /// <param name="body">The request.</param>
    /// <param name="plan">What the route says.</param>
    /// <param name="model">The model to ask for in place of the request's; null: the request's.</param>
    /// <param name="to">Where the translation is appended. After an answer of false it holds a part that means nothing.</param>
    /// <returns>False: <see cref="Refusal"/> says why not.</returns>
    public bool TryTranslate(JsonTape body, TranslatePlan plan, string? model, HeadBuffer to)
    {
        Body = body;
        Plan = plan;
        To = to;
        Refusal = null;
        IncludesUsage = false;
        _dropped.Clear();
        _changed.Clear();
        if (Tokens.IsEmpty || Tokens[0].Kind != JsonKind.Object)
        {
            return Fail(0, "The request must be a JSON object.");
        }

        try
        {
            return ReadMembers() && WriteModel(model) && TryWrite();
        }
        finally
        {
            _inner.ReturnMemory();
            _innerTape.Reset();
            Body = null!;
            To = null!;
        }
    }

    /// <summary>Writes all but the model, which has been written.</summary>
    private protected abstract bool TryWrite();

    private protected int At(RequestMember member) => _members[(int)member];

    private protected ReadOnlySpan<byte> Raw(int token) => Tokens[token].Raw(Body.Text);

    private protected bool IsString(int token) => token >= 0 && Tokens[token].Kind == JsonKind.String;

    private protected bool IsObject(int token) => token >= 0 && Tokens[token].Kind == JsonKind.Object;

    private protected bool IsArray(int token) => token >= 0 && Tokens[token].Kind == JsonKind.Array;

    private protected bool Says(int token, ReadOnlySpan<byte> text) => IsString(token) && Body.IsNamed(token, text);

    /// <summary>A member of an object, or -1 where it has none, or null.</summary>
    private protected int Member(int parent, ReadOnlySpan<byte> name)
    {
        var token = Body.Find(parent, name);
        return token >= 0 && Tokens[token].Kind == JsonKind.Null ? -1 : token;
    }

    private protected void Drop(string name) => Note(_dropped, name);

    private protected void Change(string name) => Note(_changed, name);

    /// <summary>What has no equivalent and bears on the answer: left out where the route says so, else an error.</summary>
    private protected bool Unsupported(int token, string name)
    {
        if (Plan.DropsUnsupported)
        {
            Drop(name);
            return true;
        }

        return Fail(
            token, $"The model behind this route is asked through another API, which has no equivalent of this '{name}'.");
    }

    private protected bool Fail(int token, string message)
    {
        Refusal = new ErrorDetails(message, []) { Param = JsonPointer.Of(Body, token) };
        return false;
    }

    private protected void WriteMember(ReadOnlySpan<byte> nameAndColon, int token)
    {
        if (token >= 0)
        {
            To.Write(nameAndColon);
            To.Write(Raw(token));
        }
    }

    /// <summary>Writes a number that is at hand, where it is one.</summary>
    private protected bool TryWriteNumber(ReadOnlySpan<byte> nameAndColon, int token)
    {
        if (token >= 0 && Tokens[token].Kind != JsonKind.Number)
        {
            return Fail(token, "This must be a number.");
        }

        WriteMember(nameAndColon, token);
        return true;
    }

    private protected double NumberOf(int token) =>
        Utf8Parser.TryParse(Raw(token), out double value, out _) ? value : double.MaxValue;

    private protected bool IsTrue(int token) => token >= 0 && Tokens[token].Kind == JsonKind.True;

    /// <summary>Writes the JSON object that a string holds, as the arguments of tools are in OpenAI's dialect.</summary>
    private protected bool TryWriteHeldObject(int token)
    {
        _inner.Clear();
        _inner.Write(Body.TextOf(token));
        var text = _inner.Written;
        if (text.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            To.Write("{}"u8);
            return true;
        }

        if (!_innerTape.Read(text) || _innerTape.Tokens[0].Kind != JsonKind.Object)
        {
            return Fail(token, "The arguments of a tool call must be a JSON object, spelled out in a string.");
        }

        To.Write(text.Span);
        return true;
    }

    private bool ReadMembers()
    {
        Array.Fill(_members, -1);
        var end = Tokens[0].Next;
        for (var name = 1; name < end; name = Tokens[name + 1].Next)
        {
            var value = name + 1;
            if (Tokens[value].Kind == JsonKind.Null)
            {
                continue;
            }

            var rule = RuleOf(name);
            if (rule is null)
            {
                if (!Unsupported(value, NameOf(name)))
                {
                    return false;
                }
            }
            else if (rule.Member < RequestMember.Count)
            {
                _members[(int)rule.Member] = value;
            }
            else if (!IsNeutral(value, rule.Neutral))
            {
                if (rule.Member == RequestMember.Bookkeeping)
                {
                    Drop(rule.Name);
                }
                else if (!Unsupported(value, rule.Name))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private RequestMemberRule? RuleOf(int name)
    {
        var text = Body.TextOf(name);
        foreach (var rule in Rules)
        {
            if (text.SequenceEqual(rule.Utf8))
            {
                return rule;
            }
        }

        return null;
    }

    // It goes into a header: a name that is no token there is not told.
    private string NameOf(int name)
    {
        var text = Body.TextOf(name);
        if (text.Length <= NameCharsMax && Ascii.IsValid(text))
        {
            var known = Encoding.ASCII.GetString(text);
            if (FieldText.IsToken(known))
            {
                return known;
            }
        }

        return "an-unknown-member";
    }

    private bool IsNeutral(int value, NeutralValue neutral)
    {
        var token = Tokens[value];
        return neutral switch
        {
            NeutralValue.Zero => token.Kind == JsonKind.Number && JsonNumber.Parse(Raw(value)).IsZero,
            NeutralValue.One => token.Kind == JsonKind.Number && NumberOf(value) == 1,
            NeutralValue.False => token.Kind == JsonKind.False,
            NeutralValue.Empty => token.Kind is JsonKind.Object or JsonKind.Array && token.Count == 0,
            NeutralValue.TextOnly => token.Kind == JsonKind.Array && token.Count == 1 && Says(value + 1, "text"u8),
            _ => false,
        };
    }

    private bool WriteModel(string? model)
    {
        To.Write("{\"model\":"u8);
        if (model is not null)
        {
            To.Write("\""u8);
            JsonText.WriteEscaped(To, model);
            To.Write("\""u8);
            return true;
        }

        var token = At(RequestMember.Model);
        if (!IsString(token))
        {
            return Fail(Math.Max(token, 0), "The request must name its model in a string.");
        }

        To.Write(Raw(token));
        return true;
    }

    private static void Note(List<string> names, string name)
    {
        if (names.Count < NamesMax && !names.Contains(name))
        {
            names.Add(name);
        }
    }
}
