using Edge.Core.Http;
using Edge.Core.Limits;
using Edge.Core.Memory;

namespace Edge.Core.Caching;

/// <summary>How far a call that several share has come.</summary>
public enum FlightState
{
    /// <summary>Nothing can be said of the answer yet.</summary>
    Pending,

    /// <summary>Its head is known, and its body can be read as it comes.</summary>
    Open,

    /// <summary>It is whole.</summary>
    Whole,

    /// <summary>There is no answer, or no more of it.</summary>
    Failed,

    /// <summary>The answer is only for whoever asked: all others have to ask for themselves.</summary>
    Unshared,
}

/// <summary>
/// One call to an upstream that everybody who asks the same meanwhile shares. Whoever asked first leads: it makes the call and
/// records the answer. The others join: each reads what has been recorded at its own pace, so that nobody waits for a slow one.
/// A leader whose caller goes away goes on for as long as anybody else wants the answer; one that fails before there is an answer
/// hands the lead to one of those who wait, <see cref="AttemptsMax"/> times in all.
/// <para>
/// The leader's members are for one thread at a time; joiners are safe from any thread. It owns what is recorded, and lets go of
/// it with the last who uses it.
/// </para>
/// </summary>
public sealed class CacheFlight
{
    /// <summary>Most who wait for one answer. Others ask for themselves.</summary>
    public const int JoinersMax = 16 * 1024;

    /// <summary>How many lead in turn, at most, until all who wait are told of the failure.</summary>
    public const int AttemptsMax = 3;

    private readonly Lock _gate = new();
    private readonly HeadBuffer _key = new(BlockPool.TinyBytes);
    private readonly FlightTable _table;
    private CachePin? _pin;
    private FlightJoiner? _waiting;
    private IFlightSource? _orphan;
    private int _joiners;
    private int _users;
    private int _attempts;
    private int _firstBlock;
    private int _keyLength;
    private int _headLength;
    private long _length;
    private volatile FlightState _state;
    private volatile bool _isHeldUp;

    internal CacheFlight(FlightTable table) => _table = table;

    /// <summary>The answer as it is recorded. The leader's.</summary>
    public CacheFill Fill { get; } = new();

    /// <summary>How far it has come.</summary>
    public FlightState State => _state;

    /// <summary>Why it failed.</summary>
    public Failure Failure { get; private set; }

    /// <summary>True where joiners read the answer, or wait for it.</summary>
    public bool HasJoiners => Volatile.Read(ref _joiners) > 0;

    /// <summary>True where the next failure is told to all who wait.</summary>
    public bool IsLastAttempt => _attempts >= AttemptsMax;

    /// <summary>
    /// Hash of the key under which the answer is kept: another than that of the call where the resource has variants, and the
    /// answer is then only for those whose key has it too. The leader sets it before <see cref="FlightState.Open"/>.
    /// </summary>
    public KeyHash Selection { get; set; }

    /// <summary>
    /// Hash of the key under which the answer to another question much like this one is kept, which answers those who wait too;
    /// null: there is none. The leader sets it before <see cref="Unshare"/>.
    /// </summary>
    public KeyHash? Near { get; set; }

    /// <summary>Bytes that the body will have; -1: nobody knows. From <see cref="FlightState.Open"/> on.</summary>
    public long BodyLength { get; private set; }

    /// <summary>Tokens that the call used, once the answer is whole.</summary>
    public (long Input, long Output) Tokens { get; private set; }

    /// <summary>A place before the first byte of the answer's head. From <see cref="FlightState.Open"/> on.</summary>
    public CacheCursor Head => _table.Store.CursorAt(_firstBlock, _keyLength, _headLength);

    internal KeyHash Hash { get; private set; }

    /// <summary>What had been purged when it began: see <see cref="CacheStore.Purges"/>.</summary>
    public long Purges { get; private set; }

    internal bool IsListed { get; set; }

    internal CacheFlight? NextInTable { get; set; }

    /// <summary>The next bytes of the head, in place.</summary>
    public bool TryReadHead(ref CacheCursor cursor, out ReadOnlySpan<byte> run) => _table.Store.TryRead(ref cursor, out run);

    /// <summary>The answer has begun and is recorded: who waits may read it as it comes.</summary>
    /// <param name="bodyLength">Bytes that its body will have; -1: nobody knows.</param>
    public void Open(long bodyLength)
    {
        Keep(bodyLength);
        Tell(FlightState.Open, Failure.None);
    }

    /// <summary>Records the next bytes of the body.</summary>
    /// <returns>False: there is no room.</returns>
    public bool TryAppend(ReadOnlySpan<byte> run)
    {
        if (!Fill.Append(run))
        {
            return false;
        }

        // Before it is open it may still become another's, or nobody's.
        if (_state != FlightState.Open)
        {
            return true;
        }

        Volatile.Write(ref _length, Fill.BodyLength);

        // Who waits says so and then looks at the length; here the length is set and then looked who waits.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _waiting) is not null)
        {
            Tell(_state, Failure.None);
        }

        return true;
    }

    /// <summary>The answer is whole.</summary>
    /// <param name="info">What is kept of it; null: it is for those who wait alone.</param>
    /// <param name="tokens">Tokens that the call used.</param>
    /// <returns>True where it was stored.</returns>
    public bool Complete(CacheInfo? info, (long Input, long Output) tokens)
    {
        if (_state == FlightState.Pending)
        {
            Keep(Fill.BodyLength);
        }

        Tokens = tokens;
        var isStored = false;
        if (info is { } known && Fill.Commit(known, out var pin))
        {
            _pin = pin;
            isStored = true;
        }

        // Only now: who comes from here on finds it in the store.
        _table.Remove(this);
        if (_state != FlightState.Unshared)
        {
            Tell(FlightState.Whole, Failure.None);
        }

        return isStored;
    }

    /// <summary>Holds once more what was stored, which the leader does before it lets go: to be released.</summary>
    public CachePin HoldKept() => _pin!.Value.HoldAgain();

    /// <summary>
    /// The answer has become too long to be kept, or there is no room for it.
    /// </summary>
    /// <returns>True where joiners are reading it, so that it has to be recorded on.</returns>
    public bool Outgrow()
    {
        _table.Remove(this);
        lock (_gate)
        {
            if (_joiners > 0 && _state == FlightState.Open)
            {
                return true;
            }
        }

        Unshare();
        if (!HasJoiners)
        {
            Fill.Abandon();
        }

        return false;
    }

    /// <summary>The answer is only for whoever asked.</summary>
    public void Unshare()
    {
        _table.Remove(this);
        Tell(FlightState.Unshared, Failure.None);
    }

    /// <summary>
    /// The call has failed. Where nobody has been given any of an answer, one of those who wait leads from here on; else, or if
    /// that has been so too often, all are told.
    /// </summary>
    /// <param name="failure">What all are told.</param>
    /// <param name="isCallersOwn">It is the leader's caller's own affair, which says nothing about the others.</param>
    public void Fail(Failure failure, bool isCallersOwn)
    {
        if (TryHandOn(isCallersOwn))
        {
            return;
        }

        _table.Remove(this);
        if (_state is FlightState.Pending or FlightState.Open)
        {
            Tell(FlightState.Failed, failure);
        }
    }

    /// <summary>
    /// There is no answer for the others here. Where nobody has been given any of one, one of those who wait leads from here on.
    /// </summary>
    /// <param name="isCallersOwn">It is the leader's caller's own affair, and does not count as an attempt.</param>
    /// <returns>True where another leads. The caller still lets go of the flight.</returns>
    public bool TryHandOn(bool isCallersOwn)
    {
        FlightJoiner? next = null;
        lock (_gate)
        {
            _orphan = null;
            _isHeldUp = false;
            if (_state == FlightState.Pending && _waiting is not null && (isCallersOwn || !IsLastAttempt))
            {
                next = _waiting;
                _waiting = next.Next;
                next.Next = null;
                _joiners--;
                _attempts += isCallersOwn ? 0 : 1;
            }
        }

        next?.Tell(FlightNews.Leads);
        return next is not null;
    }

    /// <summary>
    /// The leader's caller has gone. Where others want the answer, the call goes on, and is broken by
    /// <see cref="IFlightSource.Break"/> when the last of them leaves.
    /// </summary>
    /// <returns>False: nobody else wants it.</returns>
    public bool TryOrphan(IFlightSource source)
    {
        lock (_gate)
        {
            if (_joiners == 0 || _state is not (FlightState.Pending or FlightState.Open))
            {
                return false;
            }

            _orphan = source;
            return true;
        }
    }

    /// <summary>
    /// The leader waits for its own caller, and so would all who join meanwhile: nobody does, until <see cref="GoOn"/>.
    /// </summary>
    /// <returns>False: others have joined, and must not wait.</returns>
    public bool TryHoldUp()
    {
        lock (_gate)
        {
            _isHeldUp = _joiners == 0;
            return _isHeldUp;
        }
    }

    /// <summary>The leader waits no longer.</summary>
    public void GoOn() => _isHeldUp = false;

    /// <summary>Has the leader read its own answer like a joiner, at its own pace. It leaves like one, too.</summary>
    /// <param name="joiner">The leader's.</param>
    /// <param name="position">Bytes of the body that its caller has been given.</param>
    /// <param name="source">Broken when nobody wants the answer any more.</param>
    public void JoinOwn(FlightJoiner joiner, long position, IFlightSource source)
    {
        lock (_gate)
        {
            joiner.Begin(this);
            _joiners++;
            _users++;
            _orphan = source;
        }

        _table.CountJoined(1);

        joiner.Skip(position);
    }

    /// <summary>Lets go of it: the leader at its end, after it has said how that was.</summary>
    public void Release()
    {
        lock (_gate)
        {
            if (--_users > 0)
            {
                return;
            }
        }

        Fill.Abandon();
        _pin?.Release();
        _pin = null;
        _key.ReturnMemory();
        _table.TakeBack(this);
    }

    internal bool HasKey(ReadOnlySpan<byte> key) => key.SequenceEqual(_key.Written.Span);

    internal void Begin(KeyHash hash, ReadOnlySpan<byte> key)
    {
        Hash = hash;
        Selection = hash;
        Near = null;
        _key.Clear();
        _key.Write(key);
        Purges = _table.Store.Purges;
        Failure = Failure.None;
        BodyLength = -1;
        Tokens = default;
        _users = 1;
        _joiners = 0;
        _attempts = 1;
        _orphan = null;
        _isHeldUp = false;
        _length = 0;
        _state = FlightState.Pending;
    }

    internal bool TryJoin(FlightJoiner joiner)
    {
        lock (_gate)
        {
            if (_isHeldUp || _joiners >= JoinersMax || _state is not (FlightState.Pending or FlightState.Open))
            {
                return false;
            }

            joiner.Begin(this);
            _joiners++;
            _users++;
        }

        _table.CountJoined(1);
        return true;
    }

    /// <summary>Registers one who waits, unless there is something new already.</summary>
    internal bool TryWait(FlightJoiner joiner)
    {
        lock (_gate)
        {
            joiner.Next = _waiting;
            _waiting = joiner;
            Interlocked.MemoryBarrier();
            if (!joiner.IsGone && !HasNews(joiner))
            {
                return true;
            }

            _waiting = joiner.Next;
            joiner.Next = null;
            return false;
        }
    }

    /// <summary>One who waits has lost its caller.</summary>
    internal void Wake(FlightJoiner joiner)
    {
        lock (_gate)
        {
            ref var link = ref _waiting;
            while (link is not null && link != joiner)
            {
                link = ref link.NextLink;
            }

            if (link is null)
            {
                return;
            }

            link = joiner.Next;
            joiner.Next = null;
        }

        joiner.Tell(FlightNews.More);
    }

    /// <summary>A joiner leaves.</summary>
    internal void Leave(bool leads)
    {
        _table.CountJoined(-1);
        if (!leads)
        {
            IFlightSource? orphan = null;
            lock (_gate)
            {
                if (--_joiners == 0)
                {
                    (orphan, _orphan) = (_orphan, null);
                }
            }

            orphan?.Break();
            Release();
        }
    }

    internal bool HasUnread(FlightJoiner joiner) => Volatile.Read(ref _length) > joiner.Position;

    internal bool HasNews(FlightJoiner joiner) => _state switch
    {
        FlightState.Pending => false,
        FlightState.Open => HasUnread(joiner),
        _ => true,
    };

    internal bool TryRead(ref CacheCursor cursor, long position, out ReadOnlySpan<byte> run)
    {
        // A new place is before the first byte of the body, and no block is looked for before there is something in it.
        cursor.Left = (int)Math.Min(int.MaxValue, Volatile.Read(ref _length) - position);
        if (cursor.Left > 0 && position == 0)
        {
            cursor = _table.Store.CursorAt(_firstBlock, _keyLength + _headLength, cursor.Left);
        }

        return _table.Store.TryRead(ref cursor, out run);
    }

    private void Keep(long bodyLength)
    {
        _firstBlock = Fill.First;
        _keyLength = Fill.KeyLength;
        _headLength = Fill.HeadLength;
        BodyLength = bodyLength;

        // What a leader before has recorded, who failed, is nobody's: a length of it would let others read blocks of this record
        // that nothing has been written to.
        Volatile.Write(ref _length, Fill.BodyLength);
    }

    private void Tell(FlightState state, Failure failure)
    {
        FlightJoiner? waiting;
        lock (_gate)
        {
            Failure = failure;
            _state = state;
            if (state is FlightState.Whole or FlightState.Failed or FlightState.Unshared)
            {
                _orphan = null;
            }

            waiting = _waiting;
            _waiting = null;
        }

        while (waiting is not null)
        {
            var next = waiting.Next;
            waiting.Next = null;
            waiting.Tell(FlightNews.More);
            waiting = next;
        }
    }
}

/// <summary>The call of a leader whose own caller does not want the answer any more.</summary>
public interface IFlightSource
{
    /// <summary>Nobody wants it any more. From any thread; no harm if the call is over.</summary>
    public void Break();
}
