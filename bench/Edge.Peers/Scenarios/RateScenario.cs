using System.Globalization;
using Edge.Peers.Load;
using Edge.Peers.Report;
using Edge.Peers.Running;

namespace Edge.Peers.Scenarios;

/// <summary>
/// Requests at a constant rate, the same for all peers: how late answers come, and what a request costs when there is time.
/// </summary>
/// <param name="Name">On the command line and in JSON.</param>
/// <param name="Rate">The rate in words.</param>
/// <param name="Work">The request.</param>
/// <param name="RequestsPerSecond">The rate; null for half of what the slowest peer carries, found in the run itself.</param>
internal sealed record RateScenario(string Name, string Rate, Work Work, int? RequestsPerSecond) : Scenario(
    Name,
    $"{Work.Title}, at {Rate}",
    RequestsPerSecond < FewPerSecond
        ? [Metric.ProcessorPerRequest, Metric.P50, Metric.P99, Metric.LateP99]
        : [Metric.ProcessorPerRequest, Metric.P50, Metric.P99, Metric.P999, Metric.LateP99])
{
    // Below it, one request of a thousand comes too seldom to be told of.
    private const int FewPerSecond = 1_000;

    /// <inheritdoc/>
    public override bool IsAtHalfRate => RequestsPerSecond is null;

    /// <inheritdoc/>
    public override bool IsAboutTime => true;

    /// <inheritdoc/>
    public override int? RateIn(Session session) => RequestsPerSecond ?? session.HalfRates[Work];

    /// <inheritdoc/>
    public override async Task MeasureAsync(Target target, PeerResult result, Session session, CancellationToken cancellation)
    {
        string[] arguments =
        [
            Roles.GenerateName,
            "--port", Text(target.Port),
            "--rate", Text(RateIn(session)!.Value),
            "--work", Work.Name,
            "--warmup-ms", Text(Math.Max(WarmupMsMin, session.WarmupMs)),
            "--measure-ms", Text(session.MeasureMs),
        ];
        await using var generator = await Generator.StartAsync(arguments, target, cancellation);
        var load = await generator.ResultAsync<OpenLoadResult>(cancellation);
        if (load.Failed != 0)
        {
            result.Failure = string.Create(CultureInfo.InvariantCulture, $"{load.Failed} of {load.Requests} requests failed");
        }
        else if (!load.HasKeptRate)
        {
            result.Voided++;
        }
        else if (load.Unanswered != 0)
        {
            result.Overloaded++;
        }
        else
        {
            if (generator.ProcessorNs is { } used)
            {
                result.Add(Metric.ProcessorPerRequest, used / 1000.0 / load.Requests);
            }

            result.Add(Metric.P50, load.P50Us);
            result.Add(Metric.P99, load.P99Us);
            result.Add(Metric.P999, load.P999Us);
            result.Add(Metric.LateP99, load.LateP99Us);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
