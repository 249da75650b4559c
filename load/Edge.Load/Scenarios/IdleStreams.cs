using System.Globalization;
using Edge.Load.Calling;
using Edge.Load.Plan;
using Edge.Load.Running;
using Edge.Load.Staging;
using Edge.Measuring;

namespace Edge.Load.Scenarios;

/// <summary>Very many streams in which hardly anything happens.</summary>
internal sealed class IdleStreams : LoadScenario
{
    private const int EventBytes = 250;
    private const int Http2OneIn = 20;
    private const int OtherSocketsMax = 200;
    private const int RehearsalStreams = 20;
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Plateau = TimeSpan.FromSeconds(15);

    private Caller _http1 = null!;
    private Caller _http2 = null!;
    private int _events;
    private long _bytesBefore;

    /// <inheritdoc/>
    public override string Name => "idle-streams";

    /// <inheritdoc/>
    public override string About => string.Create(CultureInfo.InvariantCulture,
        $"Event streams that are opened one after the other and then all stay open, with an event of {EventBytes} "
            + $"bytes every {Gap.TotalSeconds} s; one in {Http2OneIn} over HTTP/2. Not a byte may be lost; memory a "
            + $"stream is told.");

    /// <inheritdoc/>
    public override string DefaultRate => "500";

    /// <inheritdoc/>
    public override TimeSpan DefaultDuration => TimeSpan.FromSeconds(20);

    /// <inheritdoc/>
    public override TimeSpan DefaultWarmUp => TimeSpan.Zero;

    /// <inheritdoc/>
    public override bool IsOfStreams => true;

    /// <inheritdoc/>
    public override TimeSpan AnswerTimeout => TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    public override int GatewaySocketsMax(RatePlan plan) =>
        (int)(plan.Arrivals * (2 - (1.0 / Http2OneIn))) + OtherSocketsMax;

    /// <inheritdoc/>
    public override async Task PrepareAsync(Stage stage, RatePlan plan, CancellationToken cancellation)
    {
        await base.PrepareAsync(stage, plan, cancellation);
        _http1 = MakeCaller(stage.Gateway);
        _http2 = MakeCaller(stage.GatewayHttp2, http2: true);

        // The first stream of all is to be there still when the last one has been so for a while.
        _events = (int)Math.Ceiling((plan.Duration + Plateau) / Gap) + 1;

        // There is no warm-up, whose streams would stay: both sides have done it once before it counts.
        foreach (var caller in new[] { _http1, _http2 })
        {
            for (var i = 0; i < RehearsalStreams; i++)
            {
                await NumberedStream.ReadAsync(caller, 2, 1, EventBytes, cancellation);
            }
        }

        _bytesBefore = ProcessTree.ResidentBytes(stage.GatewayId);
    }

    /// <inheritdoc/>
    public override Task<Answer> AskAsync(Arrival arrival, CancellationToken cancellation) =>
        NumberedStream.ReadAsync(
            arrival.Number % Http2OneIn == 0 ? _http2 : _http1, _events, (int)Gap.TotalMilliseconds, EventBytes, cancellation);

    /// <inheritdoc/>
    public override Task ConcludeAsync(RunRecord record, Findings findings, CancellationToken cancellation)
    {
        var most = record.Slices.Max(static slice => slice.InFlight);
        var bytes = record.Slices.Where(slice => slice.InFlight > most * 0.99).Select(static slice => slice.ResidentBytes)
            .Order().ToArray();
        var median = bytes[bytes.Length / 2];
        findings.Say(string.Create(CultureInfo.InvariantCulture,
            $"{most} streams were open at once; the gateway had {_bytesBefore / 1048576.0:0.0} MiB resident before "
                + $"them and {median / 1048576.0:0.0} MiB with them: {(median - _bytesBefore) / 1024.0 / most:0.0} "
                + $"KiB a stream."));
        findings.Require(most >= record.Plan.Arrivals * 0.99, "All streams were open at once.");
        return Task.CompletedTask;
    }
}
