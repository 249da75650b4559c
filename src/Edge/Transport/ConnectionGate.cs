using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Edge.Transport;

/// <summary>
/// How many connections a listener has, altogether and from one address, and whether there may be one more. A connection counts
/// from its acceptance until it is closed, whatever becomes of it in between. Thread-safe.
/// </summary>
/// <param name="connectionsMax">Most of them.</param>
/// <param name="perAddressMax">Most from one address; null: any number.</param>
/// <param name="isExempt">Of which addresses there may be any number nevertheless; null: of none.</param>
internal sealed class ConnectionGate(int connectionsMax, int? perAddressMax, Func<IPAddress, bool>? isExempt)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, int> _byAddress = [];
    private int _count;
    private long _refusedInAll;
    private long _refusedByAddress;

    /// <summary>Connections that there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Connections closed at once because there were too many in all.</summary>
    public long RefusedInAll => Volatile.Read(ref _refusedInAll);

    /// <summary>Connections closed at once because there were too many from their address.</summary>
    public long RefusedByAddress => Volatile.Read(ref _refusedByAddress);

    /// <summary>
    /// One is accepted. False: it is one too many, and to be closed; else <see cref="Leave"/> must follow, once.
    /// </summary>
    /// <param name="key">What <see cref="KeyOf"/> says of its address.</param>
    public bool TryEnter(UInt128? key)
    {
        lock (_lock)
        {
            if (_count >= connectionsMax)
            {
                _refusedInAll++;
                return false;
            }

            if (key is { } counted)
            {
                _byAddress.TryGetValue(counted, out var held);
                if (held >= perAddressMax)
                {
                    _refusedByAddress++;
                    return false;
                }

                _byAddress[counted] = held + 1;
            }

            _count++;
            return true;
        }
    }

    /// <summary>One that had entered is closed.</summary>
    /// <param name="key">What it had entered with.</param>
    public void Leave(UInt128? key)
    {
        lock (_lock)
        {
            _count--;
            if (key is { } counted && --_byAddress[counted] is var held && held == 0)
            {
                _byAddress.Remove(counted);
            }
        }
    }

    /// <summary>
    /// What connections from an address are counted under; null: they are not. Whoever has one address of IPv6 has a network of
    /// them: 64 bits (RFC 4291, section 2.5.4).
    /// </summary>
    public UInt128? KeyOf(IPAddress? address)
    {
        if (perAddressMax is null || address is null)
        {
            return null;
        }

        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (isExempt?.Invoke(address) == true)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetwork
            ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
            : (UInt128)BinaryPrimitives.ReadUInt64BigEndian(bytes) << 64;
    }
}
