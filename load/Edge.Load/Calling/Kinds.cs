using System.Globalization;
using System.Net;

namespace Edge.Load.Calling;

/// <summary>The kinds of answers that reports count.</summary>
internal static class Kinds
{
    /// <summary>Whole and right.</summary>
    public const string Right = "right";

    /// <summary>Nobody listens, or the connection could not be made.</summary>
    public const string NotConnected = "not connected";

    /// <summary>The connection ended before an answer began.</summary>
    public const string NoAnswer = "connection ended before an answer";

    /// <summary>The body ended before its framing said so: a caller sees that it is not whole.</summary>
    public const string BrokenOff = "broken off";

    /// <summary>The stream ended with the dialect's error event.</summary>
    public const string ErrorEvent = "error event";

    /// <summary>What came is no HTTP.</summary>
    public const string NotHttp = "not HTTP";

    /// <summary>No end of the answer in the time that the scenario allows.</summary>
    public const string TimedOut = "timed out";

    /// <summary>The worst: it ended as a whole answer does, and is not whole.</summary>
    public const string SilentlyCut = "cut, and looks whole";

    /// <summary>Whole, and not the answer to the question.</summary>
    public const string Wrong = "wrong answer";

    /// <summary>An error status without an error body of the dialect.</summary>
    public const string Shapeless = "error without its shape";

    /// <summary>The scenario itself threw.</summary>
    public const string Bug = "fault of the load program";

    // One string each, however many answers there are.
    private static readonly string[] Statuses =
        [.. Enumerable.Range(0, 600).Select(static code => string.Create(CultureInfo.InvariantCulture, $"status {code}"))];

    /// <summary>An answer with an error status.</summary>
    public static string Status(HttpStatusCode status) => Statuses[Math.Min((int)status, Statuses.Length - 1)];

    /// <summary>Whether a caller sees for itself that such an answer failed.</summary>
    public static bool IsVisible(string kind) =>
        kind is NotConnected or NoAnswer or BrokenOff or ErrorEvent || kind.StartsWith("status ", StringComparison.Ordinal);

    /// <summary>What an exception of the client says about the answer.</summary>
    public static string Of(Exception exception) => exception switch
    {
        OperationCanceledException => TimedOut,
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => NotConnected,
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => NoAnswer,
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } => NotHttp,
        HttpRequestException { InnerException: IOException } => NoAnswer,
        IOException => BrokenOff,
        _ => Bug,
    };
}
