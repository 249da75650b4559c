using System.Text;
using System.Text.Json;
using Edge.Core.Bodies;
using Edge.Core.Bodies.Patterns;
using Edge.Core.Bodies.Rewriting;
using Edge.Core.Bodies.Schemas;

namespace Edge.Fuzz.Targets;

/// <summary>What reads the bodies of requests.</summary>
internal static class BodyTargets
{
    private const byte Between = (byte)'\n';

    private static readonly JsonDocumentOptions Oracle = new() { MaxDepth = JsonTapeDepth };

    private const int JsonTapeDepth = 1000;

    private static readonly JsonTape Tape = new();
    private static readonly JsonTape Again = new();
    private static readonly SchemaValidator Validator = new();
    private static readonly BodyRewriter Rewriter = new();
    private static readonly Context Caller = new();

    private static readonly RewritePlan Plan = new(
        (null, [RewriteRule.FromMobile()]),
        (null, [RewriteRule.SystemMessage(LlmApi.ChatCompletions, RewriteTemplate.OfText("You are {caller.id}."))]),
        (null, [RewriteRule.Default("model", RewriteTemplate.OfText("m")), RewriteRule.Set("user",
            RewriteTemplate.OfText("{caller.id}"))]),
        (new RewriteCondition { Present = ["temperature"] }, [RewriteRule.Clamp("temperature", "0", "2.0")]),
        (null, [RewriteRule.Rename("max_tokens", "max_completion_tokens"), RewriteRule.Remove("n")]),
        (null, [RewriteRule.Set("copy", RewriteTemplate.OfText("{body./messages/0/content}")), RewriteRule.IncludeUsage()]));

    /// <summary>All of them.</summary>
    public static FuzzTarget[] All =>
    [
        new("json", Chats, Json),
        new("schema", Schemas, Schema),
        new("rewrite", Chats, Rewrite),
        new("pattern", Patterns, MatchPattern),
    ];

    private static byte[][] Chats => Texts(
        """{"model":"gpt-4o","stream":true,"max_tokens":10,"messages":[{"role":"user","content":"\u00e4\ud83d"}]}""",
        """{"message":"hello","userId":"u1"}""",
        """{"messages":[{"role":"system","content":[{"type":"text","text":"a"}]}],"stream_options":{"x":false},"n":1}""",
        """[1,-0,2.5e-3,"x",null,true,{"a":{"b":[[]]}}]""",
        "\"\\ud83d\\ude00\"", "1e308", "  {\r\n\t\"a\" : 1 }  ");

    private static byte[][] Schemas => Texts(
        "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{\"minLength\":2"
            + ",\"pattern\":\"^[a-z]+$\"}}}\n{\"a\":\"b\"}",
        "{\"$defs\":{\"n\":{\"$anchor\":\"t\",\"anyOf\":[{\"type\":\"null\"},{\"items\":{\"$ref\""
            + ":\"#t\"}}]}},\"$ref\":\"#/$defs/n\"}\n[[null]]",
        "{\"unevaluatedProperties\":false,\"if\":{\"required\":[\"a\"]},\"then\":{\"properties\":"
            + "{\"a\":true}},\"oneOf\":[true]}\n{\"a\":1,\"b\":2}",
        "{\"prefixItems\":[{\"const\":1.0}],\"contains\":{\"multipleOf\":0.01},\"maxContains\":2"
            + ",\"uniqueItems\":true}\n[1,2.01,3]",
        "{\"$dynamicAnchor\":\"d\",\"dependentSchemas\":{\"x\":{\"$dynamicRef\":\"#d\"}}"
            + ",\"propertyNames\":{\"enum\":[\"x\"]}}\n{\"x\":{}}");

    private static byte[][] Patterns => Texts(
        "^[a-z]{2,5}$\nabc", "(a|b)*c+?\naabbc", "\\p{L}\\d\\s\\u{1F600}\n\u00e4 1", "^(?:a|ab)(?:c|bcd)(d*)$\nabcd",
            "[^\\w-]|\\bx\n-x");

    private static int Json(ReadOnlySpan<byte> input)
    {
        var text = input.ToArray();
        var isRead = Tape.Read(text);
        var isJson = true;
        try
        {
            using var document = JsonDocument.Parse(text, Oracle);
        }
        catch (JsonException)
        {
            isJson = false;
        }

        FuzzException.ThrowUnless(isJson || !isRead, "JsonTape reads what is no JSON");

        // What it refuses beyond the grammar, it says.
        FuzzException.ThrowUnless(
            isRead || !isJson || Tape.Fault is JsonFault.NumberOutOfRange or JsonFault.LoneSurrogate or JsonFault.InvalidUtf8
                or JsonFault.DuplicateMember or JsonFault.TooDeep or JsonFault.TooManyTokens or JsonFault.BadNumber,
            $"JsonTape refuses JSON: {Tape.Fault}");
        FuzzException.ThrowUnless(isRead || Tape.FaultAt <= text.Length, "the fault is behind the text");
        if (isRead)
        {
            foreach (var api in Enum.GetValues<LlmApi>())
            {
                FuzzException.ThrowUnless(BodyFacts.Of(Tape, api).EstimatedTokens >= 0, "fewer than no tokens");
            }
        }

        return HashCode.Combine(Tape.Fault, isRead ? Math.Min(Tape.Tokens.Length, 64) : Math.Min(Tape.FaultAt, 64));
    }

    private static int Schema(ReadOnlySpan<byte> input)
    {
        Split(input, out var first, out var second);
        if (!JsonSchema.TryParse(first, out var schema, out var problems))
        {
            FuzzException.ThrowUnless(problems.Count > 0, "refused without a reason");
            return HashCode.Combine(problems[0].Message.Split('\'')[0].GetHashCode(StringComparison.Ordinal));
        }

        if (!Tape.Read(second))
        {
            return -1;
        }

        var outcome = Validator.Validate(schema!, Tape);
        FuzzException.ThrowUnless(outcome == SchemaOutcome.Valid == (Validator.ErrorCount == 0),
            "valid with errors, or not without");
        return HashCode.Combine(outcome, Validator.ErrorCount, first.Length / 16);
    }

    private static int Rewrite(ReadOnlySpan<byte> input)
    {
        if (!Tape.Read(input.ToArray()))
        {
            return -1;
        }

        var outcome = Rewriter.Apply(Plan, Tape, Caller);
        if (outcome == RewriteOutcome.Changed)
        {
            var isTold = Rewriter.TryMeasure(LlmApi.ChatCompletions, out var facts, out _);
            FuzzException.ThrowUnless(isTold, "what was made is too deep");
            FuzzException.ThrowUnless(Rewriter.TryRead(out var made), "the new body is no JSON");
            var text = made.Text.ToArray();
            var told = BodyFacts.Of(made, LlmApi.ChatCompletions);
            FuzzException.ThrowUnless(facts.EstimatedTokens == told.EstimatedTokens, "what is told is not what is read");
            FuzzException.ThrowUnless(Again.Read(text), $"the new body is no JSON: {Again.Fault} at {Again.FaultAt}");

            // The rules are such that what they made needs no more.
            var user = Again.Find(0, "user"u8);
            FuzzException.ThrowUnless(user > 0 && Again.StringAt(user) == Context.Id, "the claim ended the string it stands in");
        }

        var way = HashCode.Combine(outcome, Math.Min(Tape.Tokens.Length, 64));
        Rewriter.ReturnMemory();
        return way;
    }

    private static int MatchPattern(ReadOnlySpan<byte> input)
    {
        Split(input, out var first, out var second);
        try
        {
            var pattern = Pattern.Parse(Encoding.UTF8.GetString(first));
            return pattern.IsMatch(second) ? first.Length : -first.Length;
        }
        catch (PatternException exception)
        {
            return exception.Message.Length;
        }
    }

    private static void Split(ReadOnlySpan<byte> input, out byte[] first, out byte[] second)
    {
        var at = input.IndexOf(Between);
        first = (at < 0 ? input : input[..at]).ToArray();
        second = at < 0 ? [] : input[(at + 1)..].ToArray();
    }

    private static byte[][] Texts(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    private sealed class Context : IRewriteContext
    {
        /// <summary>A claim that would like to be more than a string.</summary>
        public const string Id = "\",\"model\":\"gpt-4\\\u0000\ud83d\ude00";

        public string? Tier => "free";

        public string? RequestId => "r";

        public string? Caller(string name) => Id;

        public string? Header(string name) => null;
    }
}
