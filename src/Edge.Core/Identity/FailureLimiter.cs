using System.Buffers.Binary;
using System.Net;
using Edge.Core.Configuration;

namespace Edge.Core.Identity;

/// <summary>
/// Bounds how often one address may fail to prove who it is, so that guessing costs the guesser and not us. Ask
/// <see cref="MayTry"/> before a credential is looked at, and tell of each that was wrong by <see cref="RecordFailure"/>.
/// <para>
/// An address may fail as often as the plan says at once, and then once more each time that its share of the plan's time has
/// passed: a leaky bucket, kept as one number, the time at which the last failure will have been forgotten (GCRA). IPv4 counts by
/// address, IPv6 by /64, which is what one customer has at least.
/// </para>
/// <para>
/// Memory is a table of fixed size. An address has eight places that it may stand in; where all are taken, the one with the
/// least to answer for makes room. So whoever calls from millions of addresses drives out others like itself first, and who has
/// failed often stays. Which addresses share places depends on a secret of the process, so nobody can aim at another's.
/// </para>
/// For all threads at once, without locks; allocates nothing. A race costs a failure that is not counted at worst.
/// </summary>
public sealed class FailureLimiter
{
    /// <summary>How many addresses are kept at once; a power of two. 8 bytes each.</summary>
    public const int AddressCountMax = 1 << 17;

    private const int WayCount = 8;
    private const int SetCount = AddressCountMax / WayCount;
    private const int AddressBytesMax = 16;

    // A word is a mark of the address above, and a time in units of 1/1024 s below: 38 bits of it last eight years.
    private const int TimeBits = 38;
    private const int UnitsPerSecond = 1024;
    private const ulong TimeMask = (1UL << TimeBits) - 1;

    // Keeps IPv4 apart from IPv6: a /64 that begins so is of multicast, which nobody calls from.
    private const ulong IPv4Mark = 0xFFFF_FFFF_0000_0000;

    private readonly TimeProvider _time;
    private readonly long _startTimestamp;
    private readonly UInt128 _secret;
    private readonly ulong _withinUnits;
    private readonly ulong _costUnits;
    private readonly ulong[] _words = new ulong[AddressCountMax];

    /// <summary>An empty table.</summary>
    /// <param name="plan">The limit.</param>
    /// <param name="time">The clock.</param>
    /// <param name="secret">Random; decides which addresses share places.</param>
    public FailureLimiter(FailureLimitPlan plan, TimeProvider time, UInt128 secret)
    {
        Plan = plan;
        _time = time;
        _startTimestamp = time.GetTimestamp();
        _secret = secret;
        _withinUnits = Math.Max(1, (ulong)(plan.Within.TotalSeconds * UnitsPerSecond));

        // Rounded up: never more than as many failures within the time.
        _costUnits = Math.Max(1, (_withinUnits + (ulong)plan.Failures - 1) / (ulong)plan.Failures);
    }

    /// <summary>The limit.</summary>
    public FailureLimitPlan Plan { get; }

    /// <summary>True where this address has not failed too often lately. Changes nothing.</summary>
    public bool MayTry(IPAddress address) => RetryAfterSeconds(address) == 0;

    /// <summary>Seconds, rounded up, until this address may try again; 0: now.</summary>
    public int RetryAfterSeconds(IPAddress address)
    {
        var (set, mark) = PlaceOf(address);
        var now = Now();
        ulong forgotten = 0;
        foreach (ref var word in _words.AsSpan(set, WayCount))
        {
            var seen = Volatile.Read(ref word);
            if (seen >> TimeBits == mark)
            {
                forgotten = Math.Max(forgotten, seen & TimeMask);
            }
        }

        // One more failure has to fit.
        var freeAt = forgotten + _costUnits;
        var limit = now + Allowance;
        return freeAt <= limit ? 0 : (int)((freeAt - limit + UnitsPerSecond - 1) / UnitsPerSecond);
    }

    /// <summary>Counts a failure of this address.</summary>
    public void RecordFailure(IPAddress address)
    {
        var (set, mark) = PlaceOf(address);
        var now = Now();
        var ways = _words.AsSpan(set, WayCount);
        while (true)
        {
            ref var slot = ref Find(ways, mark, out var seen);
            var forgotten = seen >> TimeBits == mark ? Math.Max(seen & TimeMask, now) : now;

            // Never further ahead than the allowance: who goes on failing waits no longer for that.
            forgotten = Math.Min(forgotten + _costUnits, now + Allowance);
            if (Interlocked.CompareExchange(ref slot, (mark << TimeBits) | forgotten, seen) == seen)
            {
                return;
            }
        }
    }

    // As many failures as the plan says, which is its time but for rounding.
    private ulong Allowance => _costUnits * (ulong)Plan.Failures;

    /// <summary>The place of a mark, or else the one that has the least to answer for.</summary>
    private static ref ulong Find(Span<ulong> ways, ulong mark, out ulong seen)
    {
        ref var least = ref ways[0];
        seen = Volatile.Read(ref least);
        foreach (ref var way in ways)
        {
            var word = Volatile.Read(ref way);
            if (word >> TimeBits == mark)
            {
                seen = word;
                return ref way;
            }

            if ((word & TimeMask) < (seen & TimeMask))
            {
                least = ref way;
                seen = word;
            }
        }

        return ref least;
    }

    private ulong Now() =>
        (ulong)(_time.GetElapsedTime(_startTimestamp).TotalSeconds * UnitsPerSecond);

    /// <summary>Where an address may stand, and its mark there, which is never 0.</summary>
    private (int Set, ulong Mark) PlaceOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[AddressBytesMax];
        address.TryWriteBytes(bytes, out var length);
        ulong key;
        if (length == sizeof(uint))
        {
            key = IPv4Mark | BinaryPrimitives.ReadUInt32BigEndian(bytes);
        }
        else
        {
            key = address.IsIPv4MappedToIPv6
                ? IPv4Mark | BinaryPrimitives.ReadUInt32BigEndian(bytes[12..])
                : BinaryPrimitives.ReadUInt64BigEndian(bytes);
        }

        // A multiplication by a secret odd number whose middle is kept: cheap, and nobody outside sees what comes of it.
        var product = (UInt128)(key ^ (ulong)(_secret >> 64)) * ((ulong)_secret | 1);
        var mixed = (ulong)(product >> 64) ^ (ulong)product;
        product = (UInt128)(mixed ^ (ulong)_secret) * ((ulong)(_secret >> 64) | 1);
        mixed = (ulong)(product >> 64) ^ (ulong)product;
        return ((int)(mixed % SetCount) * WayCount, (mixed >> TimeBits) | 1);
    }
}
