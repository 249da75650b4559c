using System.Globalization;
using System.Text.RegularExpressions;
using Edge.Measuring;
using Edge.Peers.Running;

namespace Edge.Peers.Load;

/// <summary>Runs wrk: as many requests as some connections can carry, each sent when the one before is answered.</summary>
internal static partial class Wrk
{
    /// <summary>Runs it for whole seconds.</summary>
    /// <param name="url">Scheme, host and port, without the target.</param>
    /// <param name="work">The request.</param>
    /// <param name="connections">How many.</param>
    /// <param name="session">How long, and where its script is written.</param>
    /// <param name="seconds">How long.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="InvalidDataException">It failed, or said what isn't understood.</exception>
    public static async Task<Saturation> RunAsync(
        string url, Work work, int connections, Session session, int seconds, CancellationToken cancellation)
    {
        var script = Path.Combine(session.Folder, work.Name + ".lua");
        await File.WriteAllTextAsync(script, work.ToWrkScript(), cancellation);

        // One thread carries all that two cores can be asked for, and takes less of them than two would.
        var count = string.Create(CultureInfo.InvariantCulture, $"-c{connections}");
        string[] arguments = ["-t1", count, $"-d{seconds}s", "-s", script, url + work.Target];
        var text = await ChildProcess.RunAsync("wrk", arguments, cancellation, CallerTls.Variable(session.Folder));
        if (RequestsLine().Match(text) is not { Success: true } requests || RateLine().Match(text) is not { Success: true } rate)
        {
            throw new InvalidDataException($"wrk said: {text}");
        }

        var failed = 0L;
        foreach (Match match in FailureCount().Matches(text))
        {
            failed += long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        }

        return new Saturation(
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
