using Edge.Core.Telemetry;

namespace Edge.Core.Tests.Telemetry;

public sealed class BurnWindowsTests
{
    private const long Second = 1_000_000_000;

    private static readonly long[] LengthsNs = [300 * Second, 1800 * Second, 3600 * Second, 21_600 * Second, 259_200 * Second];

    [Fact]
    public void The_windows_are_those_of_the_workbook() =>
        Assert.Equal(["5m", "30m", "1h", "6h", "3d"], Enumerable.Range(0, BurnWindows.Count).Select(BurnWindows.NameOf));

    [Fact]
    public void Nothing_burns_where_nothing_came_and_what_was_before_does_not_count()
    {
        var windows = new BurnWindows(5 * Second, bad: 90, total: 100);
        windows.Advance(10 * Second, bad: 90, total: 100);
        Assert.All(Enumerable.Range(0, BurnWindows.Count), window => Assert.Equal(0, windows.BadShare(window)));
        windows.Advance(15 * Second, bad: 91, total: 104);
        Assert.All(Enumerable.Range(0, BurnWindows.Count), window => Assert.Equal(0.25, windows.BadShare(window)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void What_was_bad_counts_for_as_long_as_its_window_and_a_slot_more_at_most(int window)
    {
        var length = LengthsNs[window];
        var slot = length / BurnWindows.Slots;
        var windows = new BurnWindows(0, 0, 0);
        var now = slot / 2;
        windows.Advance(now, bad: 1, total: 1);
        for (; now < slot / 2 + length; now += slot)
        {
            windows.Advance(now, bad: 1, total: 1);
            Assert.Equal(1, windows.BadShare(window));
        }

        windows.Advance((slot / 2) + length + slot + 1, bad: 1, total: 1);
        Assert.Equal(0, windows.BadShare(window));
    }

    [Fact]
    public void A_time_in_which_nobody_looked_hides_nothing()
    {
        var windows = new BurnWindows(0, 0, 0);
        windows.Advance(10 * Second, bad: 0, total: 10);
        windows.Advance(100 * 3600 * Second, bad: 5, total: 20);
        Assert.All(Enumerable.Range(0, BurnWindows.Count), window => Assert.Equal(0.5, windows.BadShare(window)));
        windows.Advance(400 * 3600 * Second, bad: 5, total: 20);
        Assert.All(Enumerable.Range(0, BurnWindows.Count), window => Assert.Equal(0, windows.BadShare(window)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Shares_lie_between_those_of_exact_windows_a_slot_apart(int seed)
    {
        var random = new Random(seed);
        var windows = new BurnWindows(0, 0, 0);
        var events = new List<(long At, long Bad, long Total)>();
        long now = 0, bad = 0, total = 0;
        for (var i = 0; i < 600; i++)
        {
            now += 5 * Second * (random.Next(50) == 0 ? random.Next(1, 2000) : 1);
            var more = random.Next(0, 20);
            var moreBad = random.Next(0, more + 1);
            (bad, total) = (bad + moreBad, total + more);
            events.Add((now, moreBad, more));
            windows.Advance(now, bad, total);
            for (var window = 0; window < LengthsNs.Length; window++)
            {
                var slot = LengthsNs[window] / BurnWindows.Slots;

                // Some exact window that reaches back between its length and a slot (and a tick) more has the same share.
                var shares = events.Where(e => e.At > now - LengthsNs[window] - slot - 1 && e.At <= now - LengthsNs[window] + 1)
                    .Select(static e => e.At).Append(now - LengthsNs[window]).Append(now - LengthsNs[window] - slot)
                    .Select(from => Share(events, from)).ToArray();
                Assert.InRange(windows.BadShare(window), shares.Min() - 1e-9, shares.Max() + 1e-9);
            }
        }
    }

    private static double Share(List<(long At, long Bad, long Total)> events, long fromNs)
    {
        var inside = events.Where(e => e.At > fromNs).ToArray();
        var total = inside.Sum(static e => e.Total);
        return total == 0 ? 0 : (double)inside.Sum(static e => e.Bad) / total;
    }
}
