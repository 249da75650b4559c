using System.Globalization;
using Edge.Load.Calling;
using Edge.Load.Plan;
using Edge.Load.Running;
using Edge.Load.Staging;
using Edge.Measuring;

namespace Edge.Load.Scenarios;

/// <summary>Callers that take large answers slowly, beside others who must not notice.</summary>
internal sealed class SlowReaders : LoadScenario
{
    private const int SlowOneIn = 20;
    private const int ReceiveBufferBytes = 16 * 1024;

    // Several times of what the kernel's buffers on the way hold, so that the rest must be somewhere else.
    private const long BodyBytes = 16L * 1024 * 1024;

    // A gateway that reads ahead of its callers would have most of a body for each of them.
    private const long BytesPerReaderMax = 1024 * 1024;
    private const long OtherBytesMax = 64L * 1024 * 1024;

    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private Caller _caller = null!;
    private Caller _slow = null!;
    private long _bytesBefore;
    private int _readers;
    private int _readersMost;

    /// <inheritdoc/>
    public override string Name => "slow-readers";

    /// <inheritdoc/>
    public override string About => string.Create(CultureInfo.InvariantCulture,
        $"Steady chat; one caller in {SlowOneIn} takes {BodyBytes / 1048576} MiB instead, reads nothing for "
            + $"{Rest.TotalSeconds} s and then slowly. Every byte must be right, and the gateway must not keep for "
            + $"slow readers what they do not take.");

    /// <inheritdoc/>
    public override string DefaultRate => "100";

    /// <inheritdoc/>
    public override bool IsOfStreams => true;

    /// <inheritdoc/>
    public override TimeSpan AnswerTimeout => TimeSpan.FromMinutes(2);

    /// <inheritdoc/>
    public override async Task PrepareAsync(Stage stage, RatePlan plan, CancellationToken cancellation)
    {
        await base.PrepareAsync(stage, plan, cancellation);
        _caller = MakeCaller(stage.Gateway);
        _slow = MakeCaller(stage.Gateway, ReceiveBufferBytes);
        _bytesBefore = ProcessTree.ResidentBytes(stage.GatewayId);
    }

    /// <inheritdoc/>
    public override async Task<Answer> AskAsync(Arrival arrival, CancellationToken cancellation)
    {
        if (arrival.Number % SlowOneIn != 0)
        {
            return await Chat.AskAsync(_caller, SteadyChat.Question(arrival), cancellation);
        }

        var readers = Interlocked.Increment(ref _readers);
        for (int most; (most = Volatile.Read(ref _readersMost)) < readers;)
        {
            Interlocked.CompareExchange(ref _readersMost, readers, most);
        }

        var answer = await NumberedStream.ReadSlowlyAsync(_slow, BodyBytes, Rest, Pause, cancellation);
        Interlocked.Decrement(ref _readers);
        return answer;
    }

    /// <inheritdoc/>
    public override Task ConcludeAsync(RunRecord record, Findings findings, CancellationToken cancellation)
    {
        var grown = record.Slices.Max(static slice => slice.ResidentBytes) - _bytesBefore;
        var most = (_readersMost * BytesPerReaderMax) + OtherBytesMax;
        findings.Require(grown <= most, string.Create(CultureInfo.InvariantCulture,
            $"With {_readersMost} slow readers at once the gateway's memory grew by {grown / 1048576.0:0.0} MiB, of "
                + $"at most {most / 1048576} that are allowed."));
        return Task.CompletedTask;
    }
}
