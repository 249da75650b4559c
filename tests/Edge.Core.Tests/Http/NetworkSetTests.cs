using System.Collections.Immutable;
using System.Net;
using CsCheck;
using Edge.Core.Http;
using Edge.Core.Identity;

namespace Edge.Core.Tests.Http;

public sealed class NetworkSetTests
{
    [Theory]
    [InlineData("10.0.0.0/8 10.0.0.0/24", "10.255.255.255", true)]
    [InlineData("10.0.0.0/24 10.0.1.0/24", "10.0.1.255", true)]
    [InlineData("10.0.0.0/24 10.0.1.0/24", "10.0.2.0", false)]
    [InlineData("10.0.0.0/24 10.0.2.0/24", "10.0.1.128", false)]
    [InlineData("255.255.255.255/32 0.0.0.0/32", "255.255.255.255", true)]
    [InlineData("255.255.255.255/32 0.0.0.0/32", "0.0.0.0", true)]
    [InlineData("255.255.255.255/32 0.0.0.0/32", "0.0.0.1", false)]
    [InlineData("0.0.0.0/0 10.0.0.0/8", "255.255.255.255", true)]
    [InlineData("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true)]
    [InlineData("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", false)]
    [InlineData("2001:db8::/64", "2001:db8::ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8::/64", "2001:db8:0:1::", false)]
    public void An_address_is_in_one_of_the_networks_or_not(string networks, string address, bool isIn) =>
        Assert.Equal(isIn, Of(networks.Split(' ')).Contains(IPAddress.Parse(address)));

    [Fact]
    public void It_agrees_with_asking_each_network_in_turn() =>
        Gen.Select(Network.Array[0, 20], Gen.Byte.Array[4].Array[1, 50]).Sample(static (networks, addresses) =>
        {
            var set = new NetworkSet([.. networks]);
            foreach (var bytes in addresses)
            {
                var address = new IPAddress(bytes);
                Assert.Equal(networks.Any(network => network.Contains(address)), set.Contains(address));
                Assert.Equal(set.Contains(address), set.Contains(address.MapToIPv6()));
            }

            foreach (var network in networks)
            {
                var first = network.BaseAddress.GetAddressBytes();
                Assert.True(set.Contains(network.BaseAddress));
                var before = Step(first, -1);
                Assert.Equal(networks.Any(other => other.Contains(before)), set.Contains(before));
            }
        });

    [Fact]
    public void Ten_thousand_networks_are_told_apart_without_allocation()
    {
        var networks = Enumerable.Range(0, 10_000)
            .Select(i => new IPNetwork(new IPAddress([11, (byte)(i >> 7), (byte)(i << 1), 0]), 24)).ToImmutableArray();
        var set = new NetworkSet(networks);
        IPAddress[] inside = [.. networks.Select(network => network.BaseAddress)];
        IPAddress[] outside = [.. networks.Select(network => Step(network.BaseAddress.GetAddressBytes(), -1))];
        CountRight(set, inside, outside);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var right = CountRight(set, inside, outside);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(20_000, right);
    }

    [Theory]
    [InlineData("", "", "203.0.113.7", true)]
    [InlineData("10.0.0.0/8", "", "10.1.1.1", true)]
    [InlineData("10.0.0.0/8", "", "11.1.1.1", false)]
    [InlineData("10.0.0.0/8", "", "::1", false)]
    [InlineData("", "10.0.0.0/8", "10.1.1.1", false)]
    [InlineData("", "10.0.0.0/8", "11.1.1.1", true)]
    [InlineData("10.0.0.0/8", "10.1.0.0/16", "10.1.1.1", false)]
    [InlineData("10.0.0.0/8", "10.1.0.0/16", "::ffff:10.1.1.1", false)]
    [InlineData("10.0.0.0/8", "10.1.0.0/16", "10.2.1.1", true)]
    [InlineData("10.1.0.0/16", "10.0.0.0/8", "10.1.1.1", false)]
    [InlineData("10.1.1.1/32", "10.1.1.1/32", "10.1.1.1", false)]
    public void Who_is_denied_stays_out_even_if_allowed(string allow, string deny, string address, bool permitted) =>
        Assert.Equal(permitted, new AddressRules(Parse(allow), Parse(deny)).Permit(IPAddress.Parse(address)));

    private static int CountRight(NetworkSet set, IPAddress[] inside, IPAddress[] outside)
    {
        var right = 0;
        for (var i = 0; i < inside.Length; i++)
        {
            right += set.Contains(inside[i]) ? 1 : 0;
            right += set.Contains(outside[i]) ? 0 : 1;
        }

        return right;
    }

    private static readonly Gen<IPNetwork> Network =
        Gen.Select(Gen.Byte.Array[4], Gen.Int[0, 32]).Select(static (bytes, bits) =>
        {
            for (var bit = bits; bit < 32; bit++)
            {
                bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
            }

            return new IPNetwork(new IPAddress(bytes), bits);
        });

    private static NetworkSet Of(params string[] networks) => new([.. networks.Select(IPNetwork.Parse)]);

    private static ImmutableArray<IPNetwork> Parse(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPNetwork.Parse)];

    private static IPAddress Step(byte[] bytes, int by)
    {
        var value = (uint)((bytes[0] << 24) | (bytes[1] << 16) | (bytes[2] << 8) | bytes[3]) + (uint)by;
        return new IPAddress([(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value]);
    }
}
