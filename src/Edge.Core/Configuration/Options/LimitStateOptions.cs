using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>limitState</c> as written.</summary>
internal sealed class LimitStateOptions
{
    /// <summary>Its description.</summary>
    public static readonly ObjectShape<LimitStateOptions> Shape = new(
        "limitState", "settings of the file of counts",
        "The file that keeps quotas and budgets, so that a restart forgives nothing.",
        new Key<LimitStateOptions, string>(
            "file", Scalars.File, (o, v) => o.File = v,
            "The file, made where there is none. A relative path is taken from the folder of this file. One process at a time.",
            isRequired: true),
        new Key<LimitStateOptions, TimeSpan>(
            "every", Scalars.Duration(), (o, v) => o.Every = v,
            "How often what has changed is written. So much a crash may forgive at most; SIGTERM forgives nothing.",
            defaultText: "1s"));

    /// <summary>The file.</summary>
    public Located<string>? File { get; set; }

    /// <summary>How often.</summary>
    public Located<TimeSpan>? Every { get; set; }
}
