using Edge.Core.Configuration.Shapes;
using Edge.Core.Limits;

namespace Edge.Core.Configuration.Rules;

/// <summary>A limit's window as written.</summary>
/// <param name="Length">Its length; zero where a calendar decides.</param>
/// <param name="Calendar">The calendar's window, or none.</param>
internal readonly record struct LimitSpan(TimeSpan Length, CalendarUnit Calendar);

/// <summary>The single values of limits.</summary>
internal static class LimitRules
{
    /// <summary>Longest window.</summary>
    public static readonly TimeSpan WindowMax = TimeSpan.FromDays(30);

    /// <summary>Shortest window.</summary>
    public static readonly TimeSpan WindowMin = TimeSpan.FromSeconds(1);

    /// <summary>What a limit calls the absence of any key.</summary>
    public const string Global = "global";

    private const string ClaimPrefix = "claim:";
    private const string HeaderPrefix = "header:";
    private const int ClaimCharsMax = 100;
    private const string Duration = "([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?";

    /// <summary>A part of a key; null parts stand for <see cref="Global"/>.</summary>
    public static readonly ScalarShape<LimitKeyPart> Part = new(
        "a part of a key",
        new ScalarSchema(ScalarType.Text)
        {
            Pattern = "^(global|consumer|tier|apiKey|ip|route|claim:.{1,100}|header:[A-Za-z0-9!#$%&'*+.^_`|~-]+)$",
        },
        ParsePart);

    /// <summary>A window.</summary>
    public static readonly ScalarShape<LimitSpan> Window = new(
        "a duration from 1s to 30d, or hour, day or month",
        new ScalarSchema(ScalarType.Text) { Pattern = $"^(hour|day|month|(?=.){Duration})$" },
        ParseWindow);

    /// <summary>How a limit counts.</summary>
    public static readonly ScalarShape<LimitKind> Algorithm =
        Scalars.Choice("an algorithm", ("bucket", LimitKind.Bucket), ("fixed", LimitKind.Window));

    /// <summary>A time zone that the system knows.</summary>
    public static readonly ScalarShape<TimeZoneInfo> Zone = new(
        "a time zone", new ScalarSchema(ScalarType.Text) { Pattern = "^[A-Za-z0-9_+/-]{1,64}$" }, ParseZone);

    /// <summary>What happens while the store is away.</summary>
    public static readonly ScalarShape<WhenDown> WhenDown =
        Scalars.Choice("a policy", ("open", Edge.Core.Limits.WhenDown.Open), ("closed", Edge.Core.Limits.WhenDown.Closed));

    /// <summary>True for the part that stands for no key at all.</summary>
    public static bool IsGlobal(LimitKeyPart part) => part is { Kind: LimitKeyKind.Route, Name: Global };

    private static Parsed<LimitKeyPart> ParsePart(string text)
    {
        switch (text)
        {
            case Global:
                return new LimitKeyPart(LimitKeyKind.Route, Global);
            case "consumer":
                return new LimitKeyPart(LimitKeyKind.Consumer, "");
            case "tier":
                return new LimitKeyPart(LimitKeyKind.Tier, "");
            case "apiKey":
                return new LimitKeyPart(LimitKeyKind.ApiKey, "");
            case "ip":
                return new LimitKeyPart(LimitKeyKind.Ip, "");
            case "route":
                return new LimitKeyPart(LimitKeyKind.Route, "");
        }

        if (text.StartsWith(ClaimPrefix, StringComparison.Ordinal) && text.Length > ClaimPrefix.Length
            && text.Length <= ClaimPrefix.Length + ClaimCharsMax)
        {
            return new LimitKeyPart(LimitKeyKind.Claim, text[ClaimPrefix.Length..]);
        }

        if (text.StartsWith(HeaderPrefix, StringComparison.Ordinal) && HeaderFields.IsToken(text.AsSpan(HeaderPrefix.Length)))
            return new LimitKeyPart(LimitKeyKind.Header, text[HeaderPrefix.Length..]);
        string[] known = [Global, "consumer", "tier", "apiKey", "ip", "route", "claim:NAME", "header:NAME"];
        var nearest = Reading.Nearest.Find(text, known);
        return new Problem(
            $"is not a part of a key; write {string.Join(", ", known)}", nearest is null ? null : $"did you mean '{nearest}'?");
    }

    private static Parsed<LimitSpan> ParseWindow(string text)
    {
        switch (text)
        {
            case "hour":
                return new LimitSpan(TimeSpan.Zero, CalendarUnit.Hour);
            case "day":
                return new LimitSpan(TimeSpan.Zero, CalendarUnit.Day);
            case "month":
                return new LimitSpan(TimeSpan.Zero, CalendarUnit.Month);
        }

        if (!Durations.TryParse(text, out var length))
            return new Problem("is not a window; write a duration such as 1s, 1m or 30d, or hour, day or month");
        return length >= WindowMin && length <= WindowMax
            ? new LimitSpan(length, CalendarUnit.None)
            : new Problem("is out of range; write a duration from 1s to 30d, or hour, day or month");
    }

    private static Parsed<TimeZoneInfo> ParseZone(string text)
    {
        try
        {
            return TimeZoneInfo.FindSystemTimeZoneById(text);
        }
        catch (Exception e) when (e is TimeZoneNotFoundException or InvalidTimeZoneException)
        {
            return new Problem(
                "is not a time zone that this system knows; write one such as UTC or Europe/Berlin, " +
                "and see that tzdata is installed");
        }
    }
}
