using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Edge.Core.Http;

namespace Edge.Core.Limits;

/// <summary>How a limit counts.</summary>
public enum LimitKind : byte
{
    /// <summary>A bucket that fills evenly (GCRA).</summary>
    Bucket,

    /// <summary>A count that begins anew with each window of a clock or a calendar.</summary>
    Window,

    /// <summary>How much runs at once.</summary>
    Concurrent,
}

/// <summary>
/// What one limit allows, in the numbers that buckets count with. Immutable except for the window in force; shared by all keys
/// of the limit and by all threads.
/// </summary>
public sealed class LimitRule
{
    /// <summary>
    /// Least nanoseconds between two units: an interval is rounded up to whole nanoseconds, which then takes at most 1 % off
    /// the rate.
    /// </summary>
    public const long IntervalNsMin = 100;

    /// <summary>Most units of a limit.</summary>
    public const long UnitsMax = 1_000_000_000_000;

    /// <summary>Longest time in which an empty bucket becomes full, in nanoseconds: three years.</summary>
    public const long CapacityNsMax = 94_608_000_000_000_000;

    /// <summary>The shortest window that is kept over a restart.</summary>
    public static readonly TimeSpan KeptWindowMin = TimeSpan.FromHours(1);

    // The fields that tell of a limit are three of each kind, and one kind stands behind the other.
    private const int Fields = 3;
    private const int FieldKinds = ((KnownResponseHeaders.AnthropicOutputTokens - KnownResponseHeaders.XRateLimit) / Fields) + 1;

    private readonly byte[] _identityHash;
    private readonly byte[][] _linesUpToLeft = new byte[FieldKinds][];
    private LeaseFleet? _fleet;
    private volatile LimitRule? _share;
    private int _shareReplicas;

    private LimitRule(string identity, string name, LimitKind kind, long limit)
    {
        Identity = identity;
        _identityHash = SHA256.HashData(Encoding.UTF8.GetBytes(identity)).AsSpan(0, 16).ToArray();
        Name = name;
        var text = Encoding.ASCII.GetBytes(limit.ToString(CultureInfo.InvariantCulture));
        for (var i = 0; i < FieldKinds; i++)
        {
            var first = KnownResponseHeaders.XRateLimit + (i * Fields);
            _linesUpToLeft[i] =
                [.. KnownResponseHeaders.LineStartOf(first), .. text, .. KnownResponseHeaders.LineStartOf(first + 1)];
            LinesUpToLeftBytesMax = Math.Max(LinesUpToLeftBytesMax, _linesUpToLeft[i].Length);
        }

        LeftIn = Encoding.Latin1.GetBytes($", \"{name}\";r=");
        Kind = kind;
        Limit = limit;
        Burst = limit;
    }

    /// <summary>
    /// Tells this limit from all others, in every process of a fleet: where it stands in the file, and its name.
    /// </summary>
    public string Identity { get; }

    /// <summary>The same in few bytes, for keys.</summary>
    public ReadOnlySpan<byte> IdentityHash => _identityHash;

    /// <summary>Its name in the file, which callers are told.</summary>
    public string Name { get; }

    /// <summary>A comma and what comes before how much is left of it in RateLimit, in Latin-1.</summary>
    public byte[] LeftIn { get; }

    /// <summary>
    /// What a head says of it, as lines, in the three fields from one on: how much it allows, and of the next field the name, but
    /// not yet how much is left.
    /// </summary>
    /// <param name="first"><see cref="KnownResponseHeaders.XRateLimit"/>, or another first of three.</param>
    public ReadOnlySpan<byte> LinesUpToLeft(int first) => _linesUpToLeft[(first - KnownResponseHeaders.XRateLimit) / Fields];

    /// <summary>Most bytes of <see cref="LinesUpToLeft"/>.</summary>
    public int LinesUpToLeftBytesMax { get; }

    /// <summary>How it counts.</summary>
    public LimitKind Kind { get; }

    /// <summary>What it counts.</summary>
    public LimitUnit Unit { get; private init; }

    /// <summary>Units in a window, or at once.</summary>
    public long Limit { get; }

    /// <summary>Units that a full bucket holds; for the other kinds, the limit.</summary>
    public long Burst { get; private init; }

    /// <summary>Length of a window in nanoseconds; 0 for calendar windows and for what runs at once.</summary>
    public long WindowNs { get; private init; }

    /// <summary>Nanoseconds in which a bucket regains a unit, rounded up so that the limit is never exceeded.</summary>
    public long IntervalNs { get; private init; }

    /// <summary>Nanoseconds in which an empty bucket becomes full.</summary>
    public long CapacityNs { get; private init; }

    /// <summary>The windows; null where there are none.</summary>
    public WindowSchedule? Schedule { get; private init; }

    /// <summary>How replicas share it; null: each process counts by itself.</summary>
    public LeasePolicy? Lease { get; private set; }

    /// <summary>How much may run at once in this process: its part of the limit, and at least one.</summary>
    public long LimitAtOnce => _fleet is { } fleet ? Math.Max(Limit / fleet.Replicas, 1) : Limit;

    /// <summary>True where waiting a little does not help, so that callers should not try again by themselves.</summary>
    public bool IsQuota { get; private init; }

    /// <summary>The same in a number, for what is written down.</summary>
    public UInt128 IdentityNumber => BinaryPrimitives.ReadUInt128LittleEndian(_identityHash);

    /// <summary>Where its buckets are noted when they change; null: they are not kept over a restart.</summary>
    public LimitJournal? Journal { get; private set; }

    /// <summary>
    /// True where a restart must forgive nothing: money, quotas of the calendar, and windows of an hour and more. What comes
    /// back within the hour is forgotten with the process.
    /// </summary>
    public static bool IsWorthKeeping(LimitKind kind, LimitUnit unit, TimeSpan window, CalendarUnit calendar) =>
        kind != LimitKind.Concurrent
        && (unit == LimitUnit.MicroDollars || calendar != CalendarUnit.None || window >= KeptWindowMin);

    /// <summary>Has the limit kept over a restart. Before its first use.</summary>
    public LimitRule KeptBy(LimitJournal journal)
    {
        Journal = journal;
        return this;
    }

    /// <summary>A bucket that fills evenly.</summary>
    /// <param name="identity">Tells it from others.</param>
    /// <param name="name">Its name.</param>
    /// <param name="limit">Units in a window.</param>
    /// <param name="window">The window's length.</param>
    /// <param name="burst">Units that a full bucket holds.</param>
    /// <param name="unit">What it counts.</param>
    public static LimitRule Bucket(
        string identity, string name, long limit, TimeSpan window, long burst, LimitUnit unit = LimitUnit.Requests)
    {
        var windowNs = checked(window.Ticks * TimeSpan.NanosecondsPerTick);
        var interval = (windowNs + limit - 1) / limit;
        return new LimitRule(identity, name, LimitKind.Bucket, limit)
        {
            Unit = unit,
            Burst = burst,
            WindowNs = windowNs,
            IntervalNs = interval,
            CapacityNs = checked(interval * burst),
            IsQuota = window >= TimeSpan.FromDays(1),
        };
    }

    /// <summary>A count in each window.</summary>
    public static LimitRule Window(
        string identity, string name, long limit, WindowSchedule schedule, LimitUnit unit = LimitUnit.Requests) =>
        new(identity, name, LimitKind.Window, limit)
        {
            Unit = unit,
            Schedule = schedule,
            WindowNs = schedule.LengthNs,
            IsQuota = schedule.IsCalendar || schedule.LengthNs >= TimeSpan.FromDays(1).Ticks * TimeSpan.NanosecondsPerTick,
        };

    /// <summary>So much at once.</summary>
    public static LimitRule Concurrent(string identity, string name, long limit) =>
        new(identity, name, LimitKind.Concurrent, limit);

    /// <summary>Has replicas share the limit. Before its first use.</summary>
    /// <param name="fleet">What is known of the others.</param>
    /// <param name="timeoutNs">The longest that a request waits for the common store.</param>
    public LimitRule SharedBy(LeaseFleet fleet, long timeoutNs)
    {
        _fleet = fleet;
        Lease = Kind == LimitKind.Concurrent ? null : new LeasePolicy(this, fleet, timeoutNs);
        return this;
    }

    /// <summary>One replica's part of a bucket: the same time to become full, for a part of the units, at least one.</summary>
    public LimitRule Share(int replicas)
    {
        var share = _share;
        if (share is null || share._shareReplicas != replicas)
        {
            var interval = IntervalNs * replicas;
            var burst = Math.Max(Burst / replicas, 1);
            _share = share = new LimitRule(Identity, Name, Kind, Limit)
            {
                Unit = Unit,
                Burst = burst,
                WindowNs = WindowNs,
                IntervalNs = interval,
                CapacityNs = interval * burst,
                _shareReplicas = replicas,
            };
        }

        return share;
    }

    /// <summary>True where the numbers fit what a bucket can count with.</summary>
    public static bool Fits(long limit, TimeSpan window, long burst)
    {
        var windowNs = (Int128)window.Ticks * TimeSpan.NanosecondsPerTick;
        var interval = (windowNs + limit - 1) / limit;
        return windowNs >= (Int128)IntervalNsMin * limit && interval * burst <= CapacityNsMax;
    }
}
