using System.Collections.Immutable;
using Edge.Core.Configuration;
using Edge.Core.Resilience;

namespace Edge.Core.Tests.Resilience;

public sealed class HashRingTests
{
    private const int Keys = 20_000;

    [Fact]
    public void Shares_follow_weights()
    {
        var ring = new HashRing(["a", "b", "c"], [1, 2, 5]);
        var counts = new int[3];
        for (var key = 0; key < Keys; key++) counts[Owner(ring, key)]++;
        Assert.InRange(counts[0] / (double)Keys, 0.09, 0.16);
        Assert.InRange(counts[1] / (double)Keys, 0.20, 0.30);
        Assert.InRange(counts[2] / (double)Keys, 0.56, 0.69);
    }

    [Fact]
    public void When_a_target_goes_only_its_own_keys_move()
    {
        string[] names = [.. Enumerable.Range(0, 20).Select(static i => $"t{i}")];
        var all = new HashRing(names, [.. names.Select(static _ => 1.0)]);
        var less = new HashRing(names.AsSpan(..^1), [.. names.Skip(1).Select(static _ => 1.0)]);
        for (var key = 0; key < Keys; key++)
        {
            if (Owner(all, key) != 19) Assert.Equal(Owner(all, key), Owner(less, key));
        }
    }

    [Fact]
    public void A_text_has_the_same_hash_in_every_process() =>
        Assert.Equal(0x59726CA5EEFF6D83UL, HashRing.HashOf("mobile-app"));

    [Fact]
    public void A_caller_stays_where_it_is_and_goes_to_one_other_place_while_that_is_busy()
    {
        var (balancer, states) = New(4);
        var home = Pick(balancer, 17);
        for (var i = 1; i < Balancer.AffinityInFlightMin; i++) Assert.Equal(home, Pick(balancer, 17));
        var second = Pick(balancer, 17);
        Assert.NotEqual(home, second);
        Assert.Equal(second, Pick(balancer, 17));
        balancer.End(home, 1);
        Assert.Equal(home, Pick(balancer, 17));
        Assert.Equal(Balancer.AffinityInFlightMin, states[home].InFlight);
    }

    [Fact]
    public void However_uneven_the_callers_no_target_gets_much_more_than_its_share()
    {
        var (balancer, states) = New(10);
        for (var i = 0; i < 5000; i++) Pick(balancer, i % 10 < 9 ? 1UL : (ulong)i);
        var most = Balancer.AffinityLoadMax * 5000 / 10;
        Assert.All(states, state => Assert.InRange(state.InFlight, 1, (long)most + 1));
    }

    private static (Balancer Balancer, ImmutableArray<TargetState> States) New(int count)
    {
        var changes = new TargetChanges();
        var states = Enumerable.Range(0, count).Select(_ => new TargetState(changes, null)).ToImmutableArray();
        string[] names = [.. Enumerable.Range(0, count).Select(static i => $"t{i}")];
        int[] weights = [.. names.Select(static _ => 1)];
        return (new Balancer(new BalancePlan { By = BalanceKind.Hash }, null, states, names, weights, changes, 1), states);
    }

    private static int Pick(Balancer balancer, ulong key)
    {
        var chosen = balancer.Pick(key, 1, default, 1, out _);
        Assert.InRange(chosen, 0, int.MaxValue);
        return chosen;
    }

    private static int Owner(HashRing ring, int key) =>
        ring.OwnerOf(ring.PointOf(HashRing.HashOf(key.ToString(System.Globalization.CultureInfo.InvariantCulture))));
}
