using CsCheck;
using Edge.Core.Http;
using Edge.Tests.Support;
using Edge.Transport;
using Edge.Upstream;

namespace Edge.Tests.Upstream;

/// <summary>The connections of a pool, looked at in turn.</summary>
public sealed class ConnectionRoundTests
{
    private static readonly Gen<(int What, int Which, int After)[]> Steps =
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 1000], Gen.Int[1, 20_000]).Array[1, 400];

    [Fact]
    public async Task A_deadline_is_noticed_at_the_first_look_after_it_whatever_comes_and_goes()
    {
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("fine")));
        using var channel = await new SocketConnector().ConnectAsync(
            EventLoops.Idlest, upstream.Endpoint, TestContext.Current.CancellationToken);
        Steps.Sample(steps => Run(channel, steps), iter: 300, threads: 1);
    }

    [Fact]
    public async Task What_has_come_between_the_look_and_the_abort_is_not_broken_off()
    {
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("fine")));
        var channel = await new SocketConnector().ConnectAsync(
            EventLoops.Idlest, upstream.Endpoint, TestContext.Current.CancellationToken);
        using var connection = new UpstreamConnection(channel, null, 1024, 0, null);
        var round = new ConnectionRound();
        round.Add(connection);
        connection.BeginExchange();
        connection.Deadlines.HeadBy(100);
        connection.Deadlines.WholeBy(5000);
        var overdue = new List<OverdueExchange>();
        round.Look(2000, overdue);
        connection.Deadlines.HeadIsHere();
        Assert.Single(overdue).Abort(2000);
        Assert.Equal(Failure.None, connection.AbortReason);
        Assert.Single(overdue).Abort(5001);
        Assert.Equal(Failure.UpstreamTotalTimeout, connection.AbortReason);
    }

    [Fact]
    public async Task A_connection_whose_deadline_is_far_away_is_not_looked_at_until_it_is_near()
    {
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("fine")));
        var channel = await new SocketConnector().ConnectAsync(
            EventLoops.Idlest, upstream.Endpoint, TestContext.Current.CancellationToken);
        using var connection = new UpstreamConnection(channel, null, 1024, 0, null);
        var round = new ConnectionRound();
        round.Add(connection);
        connection.BeginExchange();
        connection.Deadlines.WholeBy(60_000);
        var overdue = new List<OverdueExchange>();
        for (var nowMs = 0; nowMs <= 2 * ConnectionRound.RoundMs; nowMs += UpstreamSweeper.PeriodMs)
        {
            round.Look(nowMs, overdue);
        }

        // Nobody tells of this one, so it is only found by looking.
        Assert.Equal(60_000, connection.Deadlines.NotedMs);
        connection.Deadlines.ReceiveBy(10_000);
        for (var nowMs = 3000; nowMs <= 60_000 - ConnectionRound.SoonMs; nowMs += UpstreamSweeper.PeriodMs)
        {
            round.Look(nowMs, overdue);
        }

        Assert.Empty(overdue);
        for (var nowMs = 60_000 - ConnectionRound.SoonMs; nowMs <= 60_000; nowMs += UpstreamSweeper.PeriodMs)
        {
            round.Look(nowMs, overdue);
        }

        Assert.NotEmpty(overdue);
    }

    private static void Run(SocketChannel channel, (int What, int Which, int After)[] steps)
    {
        var round = new ConnectionRound();
        var open = new List<UpstreamConnection>();
        var deadlines = new Dictionary<UpstreamConnection, long>();
        var notes = new Dictionary<UpstreamConnection, long>();
        var nowMs = 0L;
        foreach (var (what, which, after) in steps)
        {
            var connection = open.Count > 0 ? open[which % open.Count] : null;
            switch (what)
            {
                case 0 or 1:
                    for (var i = 0; i <= which % 20; i++)
                    {
                        open.Add(new UpstreamConnection(channel, null, 1024, 0, null));
                        round.Add(open[^1]);
                    }

                    break;
                case 2 when connection is not null:
                    Assert.True(round.Remove(connection));
                    Assert.False(round.Remove(connection));
                    open.Remove(connection);
                    deadlines.Remove(connection);
                    break;
                case 3 or 4 when connection is { Lease: <= 0 }:
                    connection.BeginExchange();
                    Set(round, connection, deadlines, nowMs, after, connection.Deadlines.NotedMs);
                    break;
                case 3 or 4 when connection is not null:
                    // Who sets it while the other looks may not see what that one has noted.
                    var noted = which % 2 == 0
                        ? connection.Deadlines.NotedMs
                        : notes.GetValueOrDefault(connection, ExchangeDeadlines.NoneNoted);
                    Set(round, connection, deadlines, nowMs, after, noted);
                    break;
                case 5 when connection is { Lease: > 0 }:
                    Assert.True(connection.TryEndExchange(connection.Lease));
                    deadlines.Remove(connection);
                    break;
                default:
                    nowMs += which % 50 == 0 ? after : which % 3 == 0 ? UpstreamSweeper.RestPeriodMs : UpstreamSweeper.PeriodMs;
                    notes = open.ToDictionary(static one => one, static one => one.Deadlines.NotedMs);
                    var overdue = new List<OverdueExchange>();
                    round.Look(nowMs, overdue);
                    Assert.Equal(
                        open.Where(one => deadlines.TryGetValue(one, out var dueMs) && dueMs < nowMs).ToHashSet(),
                        overdue.Select(one => one.Connection).ToHashSet());
                    break;
            }

            Assert.Equal(open.Count, round.Count);
        }
    }

    private static void Set(
        ConnectionRound round, UpstreamConnection connection, Dictionary<UpstreamConnection, long> deadlines, long nowMs,
        int after, long notedMs)
    {
        deadlines[connection] = nowMs + after;
        connection.Deadlines.WholeBy(nowMs + after);
        if (after < ConnectionRound.SoonMs || nowMs + after < notedMs)
        {
            round.LookSoon(connection);
        }
    }
}
