namespace Edge.Core.Bodies.Rewriting;

/// <summary>A <see cref="RewriteCondition"/> that is ready to be asked. Immutable.</summary>
internal sealed class PreparedCondition
{
    /// <summary>The condition.</summary>
    public required RewriteCondition Source { get; init; }

    /// <summary>Patterns of models.</summary>
    public required Wildcard[] Models { get; init; }

    /// <summary>Names that must be there.</summary>
    public required byte[][] Present { get; init; }

    /// <summary>Names that must not.</summary>
    public required byte[][] Missing { get; init; }

    /// <summary>Names, and the values that they must have.</summary>
    public required (byte[] Name, JsonTape Value)[] Equal { get; init; }

    /// <summary>Whether it asks for the value of a member that has been changed.</summary>
    public bool AsksForChanged(BodyOverlay body, JsonTape tape)
    {
        if (Models.Length > 0 && body.Find(tape, "model"u8) is var model and >= 0 && !body.IsUnchanged(model))
        {
            return true;
        }

        foreach (var (name, _) in Equal)
        {
            if (body.Find(tape, name) is var entry and >= 0 && !body.IsUnchanged(entry))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether all of it holds.</summary>
    public bool Holds(BodyOverlay body, JsonTape tape, IRewriteContext context)
    {
        if (!IsOneOf(Source.Tiers, context) || !HasHeaders(context))
        {
            return false;
        }

        foreach (var name in Present)
        {
            if (body.Find(tape, name) < 0)
            {
                return false;
            }
        }

        foreach (var name in Missing)
        {
            if (body.Find(tape, name) >= 0)
            {
                return false;
            }
        }

        foreach (var (name, value) in Equal)
        {
            var entry = body.Find(tape, name);
            var budget = 1_000 + ((long)tape.Tokens.Length * value.Tokens.Length);
            if (entry < 0 || !JsonEquality.Equal(value, 0, tape, body.TokenOf(entry), ref budget))
            {
                return false;
            }
        }

        return Models.Length == 0 || HasModel(body, tape);
    }

    private static bool IsOneOf(IReadOnlyList<string> tiers, IRewriteContext context)
    {
        // By index: an enumerator of an interface is an object.
        for (var i = 0; i < tiers.Count; i++)
        {
            if (tiers[i] == context.Tier)
            {
                return true;
            }
        }

        return tiers.Count == 0;
    }

    private bool HasHeaders(IRewriteContext context)
    {
        for (var i = 0; i < Source.Headers.Count; i++)
        {
            var (name, value) = Source.Headers[i];
            if (context.Header(name) != value)
            {
                return false;
            }
        }

        return true;
    }

    private bool HasModel(BodyOverlay body, JsonTape tape)
    {
        var entry = body.Find(tape, "model"u8);
        if (entry < 0 || tape.Tokens[body.TokenOf(entry)].Kind != JsonKind.String)
        {
            return false;
        }

        var model = tape.TextOf(body.TokenOf(entry));
        foreach (var pattern in Models)
        {
            if (pattern.IsMatch(model))
            {
                return true;
            }
        }

        return false;
    }
}
