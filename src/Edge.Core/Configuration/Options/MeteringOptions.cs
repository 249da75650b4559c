using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>metering</c> as written.</summary>
internal sealed class MeteringOptions
{
    /// <summary>Its description.</summary>
    public static readonly ObjectShape<MeteringOptions> Shape = new(
        "metering", "metering settings", "How the tokens of requests and answers are counted.",
        new Key<MeteringOptions, bool>(
            "usageHeader", Scalars.Boolean, (o, v) => o.UsageHeader = v,
            "Tell callers what a request has used in `X-Edge-Usage`: a header of answers that are no streams and have at most " +
            "1MiB, which are held back until they are whole.", defaultText: "false"),
        new Key<MeteringOptions, long>(
            "answerTokensMax", BodyScalars.Tokens, (o, v) => o.AnswerTokensMax = v,
            "Most tokens of a streamed answer, as estimated from its text: a longer one is cut off with an error event. Left " +
            "out: any."),
        new Key<MeteringOptions, int>(
            "repeatsMax", Scalars.Count(2, 100_000), (o, v) => o.RepeatsMax = v,
            "How often in a row a stream may say the same again, in pieces of three characters and more: one that is caught in " +
            "a loop is cut off with an error event. Left out: any."));

    /// <summary>The header.</summary>
    public Located<bool>? UsageHeader { get; set; }

    /// <summary>Most tokens of a stream.</summary>
    public Located<long>? AnswerTokensMax { get; set; }

    /// <summary>Most repetitions.</summary>
    public Located<int>? RepeatsMax { get; set; }
}

/// <summary>The object <c>onDisconnect</c> as written, or the word <c>abort</c>.</summary>
internal sealed class DisconnectOptions
{
    /// <summary>The description of the object.</summary>
    public static readonly ObjectShape<DisconnectOptions> Shape = new(
        "onDisconnect", "draining settings", "How an answer is read on when its caller leaves.",
        new Key<DisconnectOptions, long>(
            "drain", BodyScalars.TokensWithUnit, (o, v) => o.Drain = v,
            "Read on for so many tokens to learn what the answer has used, then break it off.", isRequired: true));

    /// <summary>The description of both.</summary>
    public static readonly WordOrObjectShape<DisconnectOptions, bool> AnyShape =
        new(BodyScalars.Abort, Shape, static _ => new DisconnectOptions());

    /// <summary>Tokens to read; null: none.</summary>
    public Located<long>? Drain { get; set; }
}
