using System.Net;
using CsCheck;
using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class TrustedProxiesTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0", true)]
    [InlineData("10.0.0.0/8", "10.255.255.255", true)]
    [InlineData("10.0.0.0/8", "11.0.0.0", false)]
    [InlineData("10.0.0.0/8", "9.255.255.255", false)]
    [InlineData("10.0.0.0/8", "::ffff:10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "::10.1.2.3", false)]
    [InlineData("::ffff:10.0.0.0/104", "10.1.2.3", true)]
    [InlineData("::ffff:10.0.0.0/104", "11.1.2.3", false)]
    [InlineData("192.0.2.1/32", "192.0.2.1", true)]
    [InlineData("192.0.2.1/32", "192.0.2.2", false)]
    [InlineData("0.0.0.0/0", "203.0.113.7", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("::/0", "2001:db8::1", true)]
    [InlineData("::/0", "203.0.113.7", false)]
    [InlineData("2001:db8::/32", "2001:db8:ffff::1", true)]
    [InlineData("2001:db8::/32", "2001:db9::", false)]
    [InlineData("fe80::/10", "fe80::1%3", true)]
    [InlineData("::1/128", "::1", true)]
    [InlineData("::1/128", "::2", false)]
    public void An_address_is_in_a_network_or_not(string network, string address, bool trusted) =>
        Assert.Equal(trusted, Trusting(network).Contains(IPAddress.Parse(address)));

    [Fact]
    public void Nobody_is_trusted_by_an_empty_list()
    {
        var nobody = new TrustedProxies([]);
        Assert.True(nobody.IsEmpty);
        Assert.False(nobody.Contains(IPAddress.Loopback));
    }

    [Fact]
    public void Any_of_several_networks_will_do()
    {
        var trusted = Trusting("10.0.0.0/8", "192.168.0.0/16", "fd00::/8");
        Assert.True(trusted.Contains(IPAddress.Parse("192.168.4.4")));
        Assert.True(trusted.Contains(IPAddress.Parse("fd12::1")));
        Assert.False(trusted.Contains(IPAddress.Parse("172.16.0.1")));
    }

    [Fact]
    public void It_agrees_with_the_frameworks_own_networks() =>
        Gen.Select(Gen.Byte.Array[4], Gen.Byte.Array[4], Gen.Int[0, 32]).Sample(static (network, address, bits) =>
        {
            var masked = network.ToArray();
            for (var bit = bits; bit < 32; bit++)
            {
                masked[bit / 8] &= (byte)~(0x80 >> (bit % 8));
            }

            var ip = new IPNetwork(new IPAddress(masked), bits);
            var near = bits == 0 ? address : [.. masked[..(bits / 8)], .. address[(bits / 8)..]];
            Assert.Equal(ip.Contains(new IPAddress(near)), new TrustedProxies([ip]).Contains(new IPAddress(near)));
        });

    [Fact]
    public void A_look_up_allocates_nothing()
    {
        var trusted = Trusting("10.0.0.0/8", "fd00::/8");
        IPAddress[] addresses = [IPAddress.Parse("10.1.1.1"), IPAddress.Parse("fd00::1"), IPAddress.Parse("::ffff:10.0.0.1")];
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var address in addresses)
        {
            trusted.Contains(address);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    internal static TrustedProxies Trusting(params string[] networks) => new([.. networks.Select(IPNetwork.Parse)]);
}
