using Edge.Core.Http;

namespace Edge.Core.Bodies.Rewriting;

/// <summary>
/// A JSON value in whose strings <c>{caller.id}</c>, <c>{request.id}</c>, <c>{header.X}</c> and <c>{body./pointer}</c> stand
/// for something. What they stand for becomes part of the string, escaped: it cannot end it. A string that is nothing but one
/// <c>{body./pointer}</c> is that value itself, of whatever type. <c>{{</c> is a brace. Immutable.
/// </summary>
public sealed class RewriteTemplate
{
    private readonly Part[] _parts;
    private readonly bool _hasBody;

    private RewriteTemplate(Builder builder, bool isObject)
    {
        _parts = [.. builder.Parts];
        _hasBody = Array.Exists(_parts, static part => part.Source == Source.Body);
        IsObject = isObject;
        IsSound = _parts is [{ Source: Source.Text } only] && new JsonTape().Read((byte[])[(byte)'[', .. only.Text, (byte)']']);
    }

    private enum Source
    {
        Text,
        Caller,
        RequestId,
        Header,
        Body,
    }

    /// <summary>Parses a value.</summary>
    /// <param name="json">The value, as JSON.</param>
    /// <exception cref="RewriteException">It is not JSON, or has a placeholder that there is not.</exception>
    public static RewriteTemplate Parse(ReadOnlyMemory<byte> json)
    {
        var tape = new JsonTape();
        if (!tape.Read(json))
        {
            throw new RewriteException($"the value is not JSON: {tape.Fault}");
        }

        var template = new Builder();
        var copied = tape.Tokens[0].Start;
        for (var token = 0; token < tape.Tokens.Length; token++)
        {
            if (tape.Tokens[token].Kind == JsonKind.String && tape.StringAt(token) is var text
                && text.Contains('{', StringComparison.Ordinal))
            {
                template.AddText(tape.Text[copied..tape.Tokens[token].Start]);
                template.AddString(text, isName: tape.Text[tape.Tokens[token].End..].TrimStart(" \t\r\n"u8).StartsWith(":"u8));
                copied = tape.Tokens[token].End;
            }
        }

        template.AddText(tape.Text[copied..tape.Tokens[0].End]);
        return new RewriteTemplate(template, tape.Tokens[0].Kind == JsonKind.Object);
    }

    /// <summary>Parses a text, which becomes a JSON string.</summary>
    public static RewriteTemplate OfText(string text)
    {
        var template = new Builder();
        template.AddString(text, isName: false);
        return new RewriteTemplate(template, isObject: false);
    }

    /// <summary>It makes an object.</summary>
    public bool IsObject { get; }

    /// <summary>
    /// What it makes is always the same, and can stand in a body as it is: it does not make that too deep, and has no name twice.
    /// </summary>
    internal bool IsSound { get; }

    /// <summary>What it asks of the caller: <c>id</c>, <c>claims.department</c>. For whoever loads a configuration.</summary>
    public IEnumerable<string> CallerNames
    {
        get
        {
            foreach (var part in _parts)
            {
                if (part.Source == Source.Caller)
                {
                    yield return part.Name;
                }
            }
        }
    }

    /// <summary>Whether it asks for a part of the body that the overlay has changed.</summary>
    internal bool AsksFor(BodyOverlay body, JsonTape tape) => _hasBody && AsksForChanged(body, tape);

    private bool AsksForChanged(BodyOverlay body, JsonTape tape)
    {
        foreach (var part in _parts)
        {
            if (part.Source == Source.Body && body.Find(tape, part.Steps[0]) is var entry and >= 0 && !body.IsUnchanged(entry))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Writes the value. False where something is not there that it asks for.</summary>
    internal bool TryWrite(HeadBuffer to, BodyOverlay body, JsonTape tape, IRewriteContext context)
    {
        foreach (var part in _parts)
        {
            switch (part.Source)
            {
                case Source.Text:
                    to.Write(part.Text);
                    break;
                case Source.Body:
                    if (!TryWriteBody(to, part, body, tape))
                    {
                        return false;
                    }

                    break;
                default:
                    if (TextOf(part, context) is not { Length: > 0 } text)
                    {
                        return false;
                    }

                    JsonText.WriteEscaped(to, text);
                    break;
            }
        }

        return true;
    }

    private static string? TextOf(Part part, IRewriteContext context) => part.Source switch
    {
        Source.Caller => context.Caller(part.Name),
        Source.RequestId => context.RequestId,
        _ => context.Header(part.Name),
    };

    private static bool TryWriteBody(HeadBuffer to, Part part, BodyOverlay body, JsonTape tape)
    {
        var entry = body.Find(tape, part.Steps[0]);
        var token = entry < 0 ? -1 : JsonPointer.Find(tape, body.TokenOf(entry), part.Steps.AsSpan(1));
        if (token < 0)
        {
            return false;
        }

        ref readonly var value = ref tape.Tokens[token];
        if (part.IsWhole || value.Kind is not (JsonKind.String or JsonKind.Array or JsonKind.Object))
        {
            to.Write(value.Raw(tape.Text));
        }
        else if (value.Kind == JsonKind.String)
        {
            // As it was spelled there, so it may be spelled here.
            to.Write(value.Inner(tape.Text));
        }
        else
        {
            JsonText.WriteEscaped(to, value.Raw(tape.Text));
        }

        return true;
    }

    /// <summary>Puts the parts together.</summary>
    private sealed class Builder
    {
        public List<Part> Parts { get; } = [];

        public void AddString(string text, bool isName)
        {
            // A name is a string whatever it is taken from.
            if (!isName && text.StartsWith("{body.", StringComparison.Ordinal)
                && text.IndexOf('}', StringComparison.Ordinal) == text.Length - 1)
            {
                Parts.Add(Placeholder(text[1..^1]) with { IsWhole = true });
                return;
            }

            AddText("\""u8);
            var at = 0;
            while (at < text.Length)
            {
                var brace = text.IndexOf('{', at);
                AddEscaped(text[at..(brace < 0 ? text.Length : brace)]);
                if (brace < 0)
                {
                    break;
                }

                at = brace;
                if (text.AsSpan(at).StartsWith("{{"))
                {
                    AddEscaped("{");
                    at += 2;
                    continue;
                }

                var end = text.IndexOf('}', at);
                if (end < 0)
                {
                    throw new RewriteException("a brace without its end; write it twice if it is meant as one");
                }

                Parts.Add(Placeholder(text[(at + 1)..end]));
                at = end + 1;
            }

            AddText("\""u8);
        }

        private void AddEscaped(string text)
        {
            var escaped = new HeadBuffer();
            JsonText.WriteEscaped(escaped, text);
            AddText(escaped.Written.Span);
            escaped.ReturnMemory();
        }

        public void AddText(ReadOnlySpan<byte> text)
        {
            if (text.IsEmpty)
            {
                return;
            }

            if (Parts.Count > 0 && Parts[^1].Source == Source.Text)
            {
                Parts[^1] = Parts[^1] with { Text = [.. Parts[^1].Text, .. text] };
                return;
            }

            Parts.Add(new Part(Source.Text, text.ToArray(), "", [], false));
        }

        private static Part Placeholder(string name)
        {
            var dot = name.IndexOf('.', StringComparison.Ordinal);
            var rest = name[(dot + 1)..];
            var source = dot < 0 || rest.Length == 0 ? Source.Text : name[..dot] switch
            {
                "caller" => Source.Caller,
                "header" => Source.Header,
                "request" when rest == "id" => Source.RequestId,
                "body" => Source.Body,
                _ => Source.Text,
            };
            if (source == Source.Text)
            {
                throw new RewriteException(
                    $"'{{{name}}}' is none of {{caller.NAME}}, {{request.id}}, {{header.NAME}}, {{body./POINTER}}; "
                    + "write the brace twice if it is meant");
            }

            var steps = source == Source.Body ? JsonPointer.Parse(rest) : [];
            return new Part(source, [], rest,
                steps ?? throw new RewriteException($"'{rest}' is not a JSON Pointer: it begins with a slash"), false);
        }
    }

    private sealed record Part(Source Source, byte[] Text, string Name, byte[][] Steps, bool IsWhole);
}
