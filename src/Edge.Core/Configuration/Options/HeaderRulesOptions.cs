using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;
using Edge.Core.Templating;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>headers</c> as written.</summary>
internal sealed class HeaderRulesOptions
{
    /// <summary>Most headers in one of its lists.</summary>
    public const int HeadersMax = 100;

    private static readonly MapShape<Template> Values = new(
        Scalars.HeaderName, Scalars.HeaderValue, "a mapping of headers to values", 0, HeadersMax,
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<HeaderRulesOptions> Shape = new(
        "headers", "changes to headers", "Changes to headers, made in this order: remove, set, add.",
        new Key<HeaderRulesOptions, List<Located<string>>>(
            "remove", new ListShape<string>(Scalars.HeaderName, "headers' names", 0, HeadersMax), (o, v) => o.Remove = v,
            "Headers to take off.", defaultText: "[]"),
        new Key<HeaderRulesOptions, List<Named<Template>>>(
            "set", Values, (o, v) => o.Set = v,
            "Headers that replace whatever was there. A value may have [placeholders](#placeholders); a brace is " +
            "written twice: `{{`.", defaultText: "{}"),
        new Key<HeaderRulesOptions, List<Named<Template>>>(
            "add", Values, (o, v) => o.Add = v, "Headers put beside what is there.", defaultText: "{}"));

    /// <summary>Names to take off.</summary>
    public Located<List<Located<string>>>? Remove { get; set; }

    /// <summary>Values that replace.</summary>
    public Located<List<Named<Template>>>? Set { get; set; }

    /// <summary>Values put beside.</summary>
    public Located<List<Named<Template>>>? Add { get; set; }
}
