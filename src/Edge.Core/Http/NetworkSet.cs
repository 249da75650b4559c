using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Edge.Core.Http;

/// <summary>
/// A set of networks that an address lies in or not. Made once: overlapping and neighbouring networks become one range, so that a
/// look-up is a binary search among ranges, a dozen comparisons among thousands of networks. Allocates nothing when asked.
/// Immutable; safe from any thread.
/// </summary>
/// <remarks>
/// The two families are apart: <c>0.0.0.0/0</c> is every IPv4 address, <c>::/0</c> every IPv6 one. An IPv4-mapped IPv6 address is
/// the IPv4 address that it stands for, and a network of such (<c>::ffff:0:0/96</c> or longer) is one of IPv4. Zones
/// (<c>fe80::1%eth0</c>) do not count.
/// </remarks>
public sealed class NetworkSet
{
    private const int MappedPrefixBits = 96;
    private const int AddressBytesMax = 16;

    private readonly AddressRanges<uint> _v4;
    private readonly AddressRanges<UInt128> _v6;

    /// <summary>The set of these networks.</summary>
    public NetworkSet(ImmutableArray<IPNetwork> networks)
    {
        List<(uint, uint)> v4 = [];
        List<(UInt128, UInt128)> v6 = [];
        Span<byte> bytes = stackalloc byte[AddressBytesMax];
        foreach (var network in networks)
        {
            var address = network.BaseAddress;
            var bits = network.PrefixLength;
            if (address.IsIPv4MappedToIPv6 && bits >= MappedPrefixBits)
            {
                address = address.MapToIPv4();
                bits -= MappedPrefixBits;
            }

            address.TryWriteBytes(bytes, out _);
            if (address.AddressFamily == AddressFamily.InterNetwork)
            {
                var hosts = bits == 32 ? 0 : uint.MaxValue >> bits;
                var first = BinaryPrimitives.ReadUInt32BigEndian(bytes) & ~hosts;
                v4.Add((first, first | hosts));
            }
            else
            {
                var hosts = bits == 128 ? UInt128.Zero : UInt128.MaxValue >> bits;
                var first = BinaryPrimitives.ReadUInt128BigEndian(bytes) & ~hosts;
                v6.Add((first, first | hosts));
            }
        }

        _v4 = new AddressRanges<uint>(v4);
        _v6 = new AddressRanges<UInt128>(v6);
    }

    /// <summary>True where no address lies in it.</summary>
    public bool IsEmpty => _v4.Count == 0 && _v6.Count == 0;

    /// <summary>True where the address lies in one of the networks.</summary>
    public bool Contains(IPAddress address)
    {
        if (IsEmpty)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[AddressBytesMax];
        address.TryWriteBytes(bytes, out var length);
        if (length == sizeof(uint))
        {
            return _v4.Contains(BinaryPrimitives.ReadUInt32BigEndian(bytes));
        }

        return address.IsIPv4MappedToIPv6
            ? _v4.Contains(BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]))
            : _v6.Contains(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }
}
