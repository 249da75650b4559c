using Edge.Core.Configuration.Shapes;
using Edge.Core.Resilience;

namespace Edge.Core.Configuration.Rules;

/// <summary>The single values of what the file says about retries and fallbacks.</summary>
internal static class AttemptRules
{
    private const string Statuses = "[45]([0-9]{2}|xx)";

    /// <summary>What a retry may follow.</summary>
    public static readonly ScalarShape<string> RetryCause = Cause(
        $"^(connect|timeout|reset|{Statuses})$", "connect, timeout, reset",
        static text => text is not ("unavailable" or "overload"));

    /// <summary>What a fallback may follow.</summary>
    public static readonly ScalarShape<string> FallbackCause = Cause(
        $"^(unavailable|overload|connect|timeout|reset|{Statuses})$", "unavailable, overload, connect, timeout, reset",
        static _ => true);

    /// <summary>The word for an answer from memory.</summary>
    public static readonly ScalarShape<bool> Stale = new(
        "stale", new ScalarSchema(ScalarType.Text) { Choices = ["stale"] },
        static text => text == "stale" ? true : new Problem("is no answer from memory; write stale"));

    /// <summary>The status of a fixed answer.</summary>
    public static readonly ScalarShape<int> Status = Scalars.Count(200, AttemptEnd.StatusMax);

    private static ScalarShape<string> Cause(string pattern, string words, Func<string, bool> fits) => new(
        "a cause", new ScalarSchema(ScalarType.Text) { Pattern = pattern },
        text => AttemptCauses.IsWord(text) && fits(text)
            ? text
            : new Problem($"is not a cause; write {words}, a status such as \"503\", \"4xx\" or \"5xx\""));
}
