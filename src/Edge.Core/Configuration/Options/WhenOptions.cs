using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>when</c> as written.</summary>
internal sealed class WhenOptions
{
    /// <summary>Most alternatives of one of its keys.</summary>
    public const int AlternativesMax = 64;

    private static readonly OneOrListShape<string> Members = new(BodyScalars.MemberName, "members' names", AlternativesMax);

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<WhenOptions> Shape = new(
        "when", "a condition", "When a rewriting rule applies: where all of it holds.",
        new Key<WhenOptions, List<Located<string>>>(
            "tier", new OneOrListShape<string>(Scalars.Name, "tiers", AlternativesMax), (o, v) => o.Tier = v,
            "The caller's tier is one of these."),
        new Key<WhenOptions, List<Located<string>>>(
            "model", new OneOrListShape<string>(BodyScalars.Model, "models", AlternativesMax), (o, v) => o.Model = v,
            "The body's `model` is one of these; `*` stands for any text."),
        new Key<WhenOptions, List<Located<string>>>(
            "present", Members, (o, v) => o.Present = v, "The body has all of these members, be they null."),
        new Key<WhenOptions, List<Located<string>>>(
            "missing", Members, (o, v) => o.Missing = v, "The body has none of these members."),
        new Key<WhenOptions, List<Named<byte[]>>>(
            "equals",
            new MapShape<byte[]>(
                BodyScalars.MemberName, new JsonShape(hasPlaceholders: false), "a mapping of members to values", 1,
                AlternativesMax, StringComparer.Ordinal),
            (o, v) => o.Equals = v, "These members have these values."),
        new Key<WhenOptions, List<Named<string>>>(
            "header",
            new MapShape<string>(
                Scalars.HeaderName, Scalars.PlainHeaderValue, "a mapping of headers to values", 1, AlternativesMax,
                StringComparer.OrdinalIgnoreCase),
            (o, v) => o.Header = v, "These headers of the request have these values."));

    /// <summary>Tiers.</summary>
    public Located<List<Located<string>>>? Tier { get; set; }

    /// <summary>Models.</summary>
    public Located<List<Located<string>>>? Model { get; set; }

    /// <summary>Members that are there.</summary>
    public Located<List<Located<string>>>? Present { get; set; }

    /// <summary>Members that are not.</summary>
    public Located<List<Located<string>>>? Missing { get; set; }

    /// <summary>Members and values.</summary>
    public new Located<List<Named<byte[]>>>? Equals { get; set; }

    /// <summary>Headers and values.</summary>
    public Located<List<Named<string>>>? Header { get; set; }
}
