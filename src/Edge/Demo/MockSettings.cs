using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Edge.Demo;

/// <summary>When a provider falls silent without a byte of body.</summary>
internal enum MockHang
{
    /// <summary>It does not.</summary>
    No,

    /// <summary>Nothing at all is answered.</summary>
    Request,

    /// <summary>The head is sent, then nothing.</summary>
    Head,
}

/// <summary>What a provider says about tokens.</summary>
internal enum MockUsage
{
    /// <summary>The exact figures.</summary>
    Exact,

    /// <summary>Zeros.</summary>
    Zero,

    /// <summary>Nothing, where the API says there should be something.</summary>
    Omit,
}

/// <summary>
/// The pace and the faults of one answer, as the caller chose them by <c>x-mock-*</c> headers or by the model's name. It belongs
/// to one exchange. docs/mock.md has the table.
/// </summary>
internal sealed class MockSettings
{
    /// <summary>Prefix of the headers.</summary>
    public const string HeaderPrefix = "x-mock-";

    /// <summary>Longest delay of any kind.</summary>
    public const int DelayMsMax = 3_600_000;

    /// <summary>Most tokens of one answer.</summary>
    public const int AnswerTokensMax = 100_000;

    /// <summary>Most events before a fault.</summary>
    public const int EventsMax = 1_000_000_000;

    /// <summary>Time before the head.</summary>
    public int HeadDelayMs { get; private set; }

    /// <summary>Time from the head to the first event, or to the body.</summary>
    public int FirstDelayMs { get; private set; }

    /// <summary>Time between two token events, in units of 100 ns.</summary>
    public long GapTicks { get; private set; }

    /// <summary>Length of the answer, before the request's own limit; null: as long as the answer likes.</summary>
    public int? Tokens { get; private set; }

    /// <summary>Tokens in one event.</summary>
    public int TokensPerEvent { get; private set; } = 1;

    /// <summary>Error status to answer with; 0: none.</summary>
    public int Status { get; private set; }

    /// <summary>Value of Retry-After; null: the field is left out, but for 429 and 503, which say 1.</summary>
    public int? RetryAfterSeconds { get; private set; }

    /// <summary>The connection is cut after this many events; null: it is not.</summary>
    public int? CutAfter { get; private set; }

    /// <summary>As <see cref="CutAfter"/>, but half of the next event is sent too.</summary>
    public int? CutInside { get; private set; }

    /// <summary>A cut is a reset instead of an orderly end of the connection.</summary>
    public bool CutByReset { get; private set; }

    /// <summary>Silence after this many events; null: none.</summary>
    public int? HangAfter { get; private set; }

    /// <summary>An error event after this many events, and then the end; null: none.</summary>
    public int? ErrorAfter { get; private set; }

    /// <summary>Silence in place of an answer.</summary>
    public MockHang Hang { get; private set; }

    /// <summary>Name of the raw answer to send instead, or null.</summary>
    public string? Raw { get; private set; }

    /// <summary>What is said about tokens.</summary>
    public MockUsage Usage { get; private set; }

    /// <summary>How many of the input tokens are said to have come from the provider's cache.</summary>
    public int CachedTokens { get; private set; }

    /// <summary>True where the answer is to be written in one piece: no fault and no pace.</summary>
    public bool IsPlain { get; private set; } = true;

    /// <summary>Back to a provider without faults or delays.</summary>
    public void Reset()
    {
        if (IsPlain)
        {
            return;
        }

        (HeadDelayMs, FirstDelayMs, GapTicks, TokensPerEvent, Status, CachedTokens) = (0, 0, 0, 1, 0, 0);
        (Tokens, RetryAfterSeconds, CutAfter, CutInside, HangAfter, ErrorAfter) = (null, null, null, null, null, null);
        (CutByReset, Hang, Raw, Usage, IsPlain) = (false, MockHang.No, null, MockUsage.Exact, true);
    }

    /// <summary>Takes every <c>x-mock-*</c> field. The last word on a setting is the header's.</summary>
    /// <returns>What is wrong, or none.</returns>
    public MockProblem ReadHeaders(IHeaderDictionary headers)
    {
        foreach (var (name, values) in headers)
        {
            if (!name.StartsWith(HeaderPrefix, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (Set(name.AsSpan(HeaderPrefix.Length), values.ToString()) is { } wrong)
            {
                return MockProblem.Bad($"{name}: {wrong}", name);
            }
        }

        return default;
    }

    /// <summary>Takes the settings that a model's name stands for: <c>mock-slow</c>, <c>mock;gap=50;tokens=20</c>.</summary>
    /// <returns>What is wrong, or none. Names that do not begin with <c>mock</c> are any provider's and mean nothing here.</returns>
    public MockProblem ReadModel(string model)
    {
        if (!model.StartsWith("mock", StringComparison.Ordinal))
        {
            return default;
        }

        var rest = model.AsSpan();
        var end = rest.IndexOf(';');
        var preset = MockModels.Find(end < 0 ? rest : rest[..end]);
        if (preset is null)
        {
            return new MockProblem(404, $"The model `{model}` does not exist or you do not have access to it.", null, "model_not_found");
        }

        var problem = ReadList(preset);
        return problem.IsNone && end >= 0 ? ReadList(rest[(end + 1)..]) : problem;
    }

    /// <summary>Sets the pace of a stream whose address says it, unless a header has.</summary>
    public void SuggestGap(int milliseconds)
    {
        if (GapTicks == 0 && milliseconds != 0)
        {
            GapTicks = milliseconds * TimeSpan.TicksPerMillisecond;
            IsPlain = false;
        }
    }

    private MockProblem ReadList(ReadOnlySpan<char> list)
    {
        foreach (var range in list.Split(';'))
        {
            var item = list[range];
            if (item.IsEmpty)
            {
                continue;
            }

            var equals = item.IndexOf('=');
            var name = equals < 0 ? item : item[..equals];
            if (Set(name, equals < 0 ? [] : item[(equals + 1)..]) is { } wrong)
            {
                return MockProblem.Bad($"Model setting `{item}`: {wrong}", "model");
            }
        }

        return default;
    }

    private string? Set(ReadOnlySpan<char> name, ReadOnlySpan<char> value)
    {
        IsPlain = false;
        return SetPace(name, value, out var known) ?? (known ? null : SetFault(name, value));
    }

    private string? SetPace(ReadOnlySpan<char> name, ReadOnlySpan<char> value, out bool known)
    {
        known = true;
        string? wrong;
        switch (name)
        {
            case "head-delay":
                wrong = Number(value, 0, DelayMsMax, out var headDelay);
                HeadDelayMs = headDelay;
                return wrong;
            case "first-delay":
                wrong = Number(value, 0, DelayMsMax, out var firstDelay);
                FirstDelayMs = firstDelay;
                return wrong;
            case "gap":
                wrong = Number(value, 0, DelayMsMax, out var gap);
                GapTicks = gap * TimeSpan.TicksPerMillisecond;
                return wrong;
            case "rate":
                wrong = Number(value, 1, 1_000_000, out var rate);
                GapTicks = wrong is null ? TimeSpan.TicksPerSecond / rate : 0;
                return wrong;
            case "tokens":
                wrong = Number(value, 1, AnswerTokensMax, out var tokens);
                Tokens = tokens;
                return wrong;
            case "tokens-per-event":
                wrong = Number(value, 1, AnswerTokensMax, out var perEvent);
                TokensPerEvent = Math.Max(1, perEvent);
                return wrong;
            case "cached":
                wrong = Number(value, 0, int.MaxValue, out var cached);
                CachedTokens = cached;
                return wrong;
            default:
                known = false;
                return null;
        }
    }

    private string? SetFault(ReadOnlySpan<char> name, ReadOnlySpan<char> value)
    {
        string? wrong;
        switch (name)
        {
            case "status":
                wrong = Number(value, 400, 599, out var status);
                Status = status;
                return wrong;
            case "retry-after":
                wrong = Number(value, 0, 86_400, out var retryAfter);
                RetryAfterSeconds = retryAfter;
                return wrong;
            case "cut-after":
                wrong = Number(value, 0, EventsMax, out var cutAfter);
                CutAfter = cutAfter;
                return wrong;
            case "cut-inside":
                wrong = Number(value, 0, EventsMax, out var cutInside);
                CutInside = cutInside;
                return wrong;
            case "hang-after":
                wrong = Number(value, 0, EventsMax, out var hangAfter);
                HangAfter = hangAfter;
                return wrong;
            case "error-after":
                wrong = Number(value, 0, EventsMax, out var errorAfter);
                ErrorAfter = errorAfter;
                return wrong;
            default:
                return SetWord(name, value);
        }
    }

    private string? SetWord(ReadOnlySpan<char> name, ReadOnlySpan<char> value)
    {
        switch (name)
        {
            case "cut":
                CutByReset = value is "reset";
                return value is "reset" or "close" ? null : "close or reset is wanted";
            case "hang":
                Hang = value switch { "request" => MockHang.Request, "head" => MockHang.Head, _ => MockHang.No };
                return Hang != MockHang.No ? null : "request or head is wanted";
            case "usage":
                Usage = value switch { "zero" => MockUsage.Zero, "omit" => MockUsage.Omit, _ => MockUsage.Exact };
                return Usage != MockUsage.Exact || value is "exact" ? null : "exact, zero or omit is wanted";
            case "raw":
                Raw = RawAnswers.Find(value) is null ? null : value.ToString();
                return Raw is not null ? null : $"one of {RawAnswers.Names} is wanted";
            default:
                return "no such setting; there are head-delay, first-delay, gap, rate, tokens, tokens-per-event, cached, status, "
                    + "retry-after, cut-after, cut-inside, cut, hang-after, hang, error-after, usage and raw";
        }
    }

    private static string? Number(ReadOnlySpan<char> value, int least, int most, out int number)
        => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most
            ? null
            : $"a whole number from {least} to {most} is wanted";
}
