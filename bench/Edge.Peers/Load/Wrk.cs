using System.Globalization;
using System.Text.RegularExpressions;
using Edge.Measuring;

namespace Edge.Peers.Load;

/// <summary>What wrk counted.</summary>
/// <param name="Requests">Answers.</param>
/// <param name="PerSecond">Answers a second.</param>
/// <param name="Failed">Answers other than 2xx and 3xx, and socket errors.</param>
internal sealed record WrkResult(long Requests, double PerSecond, long Failed);

/// <summary>Runs wrk: as many requests as 32 connections can carry, each sent when the one before is answered.</summary>
internal static partial class Wrk
{
    private const string Connections = "32";

    /// <summary>Runs it for whole seconds.</summary>
    /// <param name="url">Scheme, host and port, without the target.</param>
    /// <param name="work">The request.</param>
    /// <param name="folder">Where its script is written.</param>
    /// <param name="seconds">How long.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="InvalidDataException">It failed, or said what isn't understood.</exception>
    public static async Task<WrkResult> RunAsync(
        string url, Work work, string folder, int seconds, CancellationToken cancellation)
    {
        var script = Path.Combine(folder, work.Name + ".lua");
        await File.WriteAllTextAsync(script, work.ToWrkScript(), cancellation);

        // One thread carries all that two cores can be asked for, and takes less of them than two would.
        var text = await ChildProcess.RunAsync(
            "wrk", ["-t1", "-c" + Connections, $"-d{seconds}s", "-s", script, url + work.Target], cancellation);
        if (RequestsLine().Match(text) is not { Success: true } requests || RateLine().Match(text) is not { Success: true } rate)
        {
            throw new InvalidDataException($"wrk said: {text}");
        }

        var failed = 0L;
        foreach (Match match in FailureCount().Matches(text))
        {
            failed += long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        }

        return new WrkResult(
            long.Parse(requests.Groups[1].ValueSpan, CultureInfo.InvariantCulture),
            double.Parse(rate.Groups[1].ValueSpan, CultureInfo.InvariantCulture),
            failed);
    }

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex RequestsLine();

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex RateLine();

    [GeneratedRegex(@"(?:Non-2xx or 3xx responses: |(?:connect|read|write|timeout) )(\d+)")]
    private static partial Regex FailureCount();
}
