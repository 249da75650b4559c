using Edge.Tests.Upstream;
using Edge.Transport;
using Microsoft.AspNetCore.Connections;

namespace Edge.Tests.Transport;

/// <summary>What the server looks after once a second, and what it does not.</summary>
public sealed class HeartbeatsTests : IDisposable
{
    private const int Turns = 20_000;

    private readonly ManualTime _time = new();
    private readonly Heartbeats _all;

    public HeartbeatsTests() => _all = new Heartbeats(_time);

    public void Dispose() => _all.Dispose();

    [Fact]
    public void All_beat_once_a_second_until_they_stop()
    {
        var (first, second) = (new Patient(_all), new Patient(_all));
        _time.Advance(Heartbeats.Period * 3);
        second.Heart.Stop();
        second.Heart.Stop();
        _time.Advance(Heartbeats.Period);
        Assert.Equal((4, 3, 1), (first.Beats, second.Beats, _all.Count));
        first.Heart.Stop();
        _time.Advance(Heartbeats.Period);
        Assert.Equal((4, 0), (first.Beats, _all.Count));
    }

    [Fact]
    public void A_paused_one_is_left_out_until_it_is_resumed()
    {
        var (paused, other) = (new Patient(_all), new Patient(_all));
        paused.Heart.Pause();
        _time.Advance(Heartbeats.Period * 3);
        Assert.Equal((0, 3, 1), (paused.Beats, other.Beats, _all.Count));

        // What the server measures its time from is not to be three seconds old.
        paused.Heart.Resume();
        Assert.Equal((1, 2), (paused.Beats, _all.Count));
        _time.Advance(Heartbeats.Period);
        Assert.Equal((2, 4), (paused.Beats, other.Beats));
    }

    [Fact]
    public void One_that_is_resumed_before_the_beat_was_never_away()
    {
        var patient = new Patient(_all);
        patient.Heart.Pause();
        patient.Heart.Resume();
        Assert.Equal((0, 1), (patient.Beats, _all.Count));
        _time.Advance(Heartbeats.Period);
        Assert.Equal(1, patient.Beats);
    }

    [Fact]
    public void The_last_one_that_is_left_out_comes_back_to_a_clock_that_runs()
    {
        var patient = new Patient(_all);
        patient.Heart.Pause();
        _time.Advance(Heartbeats.Period * 2);
        Assert.Equal(0, _all.Count);
        patient.Heart.Resume();
        _time.Advance(Heartbeats.Period * 2);
        Assert.InRange(patient.Beats, 2, 3);
    }

    [Fact]
    public void One_that_fails_breaks_its_own_connection_alone()
    {
        var (broken, other) = (new Patient(_all) { Fails = true }, new Patient(_all));
        _time.Advance(Heartbeats.Period);
        Assert.Equal(1, other.Beats);
        Assert.True(broken.Connection.ConnectionClosed.WaitHandle.WaitOne(TimeSpan.FromSeconds(30)));
        Assert.False(other.Connection.ConnectionClosed.IsCancellationRequested);
    }

    [Fact]
    public void Once_it_is_over_none_beats_or_comes_back()
    {
        var (patient, paused) = (new Patient(_all), new Patient(_all));
        paused.Heart.Pause();
        _time.Advance(Heartbeats.Period);
        _all.Dispose();
        paused.Heart.Resume();
        _ = new Patient(_all);
        _time.Advance(Heartbeats.Period);
        patient.Heart.Stop();
        Assert.Equal((1, 1, 0), (patient.Beats, paused.Beats, _all.Count));
    }

    [Fact]
    public async Task Whenever_it_is_resumed_it_is_not_lost()
    {
        var patient = new Patient(_all);
        var beating = Task.Run(
            () =>
            {
                for (var i = 0; i < Turns; i++)
                {
                    _time.Advance(Heartbeats.Period);
                }
            },
            TestContext.Current.CancellationToken);
        while (!beating.IsCompleted)
        {
            patient.Heart.Pause();
            patient.Heart.Resume();
        }

        await beating;
        Assert.Equal((0, 1), (patient.Heart.Index, _all.Count));
    }

    /// <summary>A connection whose beats are counted.</summary>
    private sealed class Patient
    {
        private int _beats;

        public Patient(Heartbeats all)
        {
            Heart = new Heartbeat(Connection, all);
            Heart.OnHeartbeat(static state => ((Patient)state).Beat(), this);
        }

        public DefaultConnectionContext Connection { get; } = new();

        public Heartbeat Heart { get; }

        public int Beats => Volatile.Read(ref _beats);

        public bool Fails { get; init; }

        private void Beat()
        {
            Interlocked.Increment(ref _beats);
            if (Fails)
            {
                throw new InvalidOperationException("It fails.");
            }
        }
    }
}
