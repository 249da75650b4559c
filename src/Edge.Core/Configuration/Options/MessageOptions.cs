using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The objects <c>request</c> and <c>response</c> as written.</summary>
internal sealed class MessageOptions
{
    /// <summary>The description of <c>request</c>.</summary>
    public static readonly ObjectShape<MessageOptions> Request =
        Describe("request", "Changes to requests on their way to the upstream.");

    /// <summary>The description of <c>response</c>.</summary>
    public static readonly ObjectShape<MessageOptions> Response =
        Describe("response", "Changes to answers on their way to the caller, those made by the gateway included.");

    /// <summary>Changes to headers.</summary>
    public Located<HeaderRulesOptions>? Headers { get; set; }

    private static ObjectShape<MessageOptions> Describe(string name, string summary) => new(
        name, $"changes to the {name}", summary,
        new Key<MessageOptions, HeaderRulesOptions>(
            "headers", HeaderRulesOptions.Shape, (o, v) => o.Headers = v, "Headers to remove, set or add.", defaultText: "{}"));
}
