using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Edge.Core.Http;

/// <summary>
/// The peers that may tell us who is behind them. Immutable; safe from any thread. A look-up is a scan without allocation: lists
/// are short, and two integers are compared per network.
/// </summary>
public sealed class TrustedProxies
{
    private const int MappedPrefixBits = 96;
    private const int AddressBytesMax = 16;

    private readonly (uint Network, uint Mask)[] _v4;
    private readonly (UInt128 Network, UInt128 Mask)[] _v6;

    /// <summary>Trusts these networks. One of IPv4-mapped IPv6 addresses (::ffff:0:0/96 or longer) is taken as IPv4.</summary>
    public TrustedProxies(ImmutableArray<IPNetwork> networks)
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
                var mask = bits == 0 ? 0 : uint.MaxValue << (32 - bits);
                v4.Add((BinaryPrimitives.ReadUInt32BigEndian(bytes) & mask, mask));
            }
            else
            {
                var mask = bits == 0 ? UInt128.Zero : UInt128.MaxValue << (128 - bits);
                v6.Add((BinaryPrimitives.ReadUInt128BigEndian(bytes) & mask, mask));
            }
        }

        _v4 = [.. v4];
        _v6 = [.. v6];
    }

    /// <summary>True where nobody is trusted.</summary>
    public bool IsEmpty => _v4.Length == 0 && _v6.Length == 0;

    /// <summary>True where the address lies in one of the networks. An IPv4-mapped one counts as IPv4.</summary>
    public bool Contains(IPAddress address)
    {
        if (IsEmpty)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[AddressBytesMax];
        address.TryWriteBytes(bytes, out var length);
        if (length == 4)
        {
            return Contains(BinaryPrimitives.ReadUInt32BigEndian(bytes));
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return Contains(BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]));
        }

        var value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        foreach (var (network, mask) in _v6)
        {
            if ((value & mask) == network)
            {
                return true;
            }
        }

        return false;
    }

    private bool Contains(uint value)
    {
        foreach (var (network, mask) in _v4)
        {
            if ((value & mask) == network)
            {
                return true;
            }
        }

        return false;
    }
}
