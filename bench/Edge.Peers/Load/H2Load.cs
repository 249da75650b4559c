using System.Globalization;
using System.Text.RegularExpressions;
using Edge.Measuring;
using Edge.Peers.Running;

namespace Edge.Peers.Load;

/// <summary>
/// Runs h2load: HTTP/2 over TLS, as many requests as some connections can carry, several at a time on each, and each sent when
/// one before is answered.
/// </summary>
internal static partial class H2Load
{
    /// <summary>Requests that are under way at a time on each connection.</summary>
    public const int StreamsPerConnection = 8;

    /// <summary>Runs it for whole seconds.</summary>
    /// <param name="port">Where the gateway listens for TLS.</param>
    /// <param name="work">The request.</param>
    /// <param name="connections">How many.</param>
    /// <param name="session">How long, and where a body is written.</param>
    /// <param name="seconds">How long.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="InvalidDataException">It failed, or spoke otherwise than was wanted.</exception>
    public static async Task<Saturation> RunAsync(
        int port, Work work, int connections, Session session, int seconds, CancellationToken cancellation)
    {
        List<string> arguments =
        [
            "-t1", Text("-c", connections), Text("-m", StreamsPerConnection), Text("-D", seconds),
            "--tls13-ciphers=" + CallerTls.Cipher,
        ];
        foreach (var (name, value) in work.Headers)
        {
            arguments.AddRange(["-H", $"{name}: {value}"]);
        }

        if (work.Body is not null)
        {
            var file = Path.Combine(session.Folder, work.Name + ".body");
            await File.WriteAllTextAsync(file, work.Body, cancellation);
            arguments.AddRange(["-d", file]);
        }

        arguments.Add(string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{port}{work.Target}"));
        var text = await ChildProcess.RunAsync("h2load", arguments, cancellation, CallerTls.Variable(session.Folder));
        var counts = Counts().Match(text);
        var rate = RateLine().Match(text);
        if (!counts.Success || !rate.Success)
        {
            throw new InvalidDataException($"h2load said: {text}");
        }

        if (!text.Contains("Application protocol: h2\n", StringComparison.Ordinal)
            || !text.Contains($"Cipher: {CallerTls.Cipher}\n", StringComparison.Ordinal))
        {
            throw new InvalidDataException($"Not HTTP/2 with {CallerTls.Cipher}.");
        }

        return new Saturation(Number(counts, "done"), double.Parse(rate.Groups[1].ValueSpan, CultureInfo.InvariantCulture),
            Number(counts, "failed"));
    }

    private static string Text(string option, int number) => string.Create(CultureInfo.InvariantCulture, $"{option}{number}");

    private static long Number(Match match, string group) =>
        long.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(?<done>\d+) done, \d+ succeeded, (?<failed>\d+) failed")]
    private static partial Regex Counts();

    [GeneratedRegex(@"finished in [^,]+, ([\d.]+) req/s")]
    private static partial Regex RateLine();
}
