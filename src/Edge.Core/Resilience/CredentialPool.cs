namespace Edge.Core.Resilience;

/// <summary>
/// Chooses among several credentials of one provider: the one with most room, by what the provider said of each in its answers
/// and by what is under way since. One that the provider has turned away rests. Knows them by number only. Thread-safe;
/// allocates nothing.
/// </summary>
public sealed class CredentialPool
{
    /// <summary>After a 429 without a time, and at least, a credential rests so long.</summary>
    public static readonly TimeSpan RestMin = TimeSpan.FromSeconds(1);

    /// <summary>However long the provider says, after this time a request shows whether it still holds.</summary>
    public static readonly TimeSpan RestMax = TimeSpan.FromMinutes(1);

    /// <summary>One that the provider does not know (401) rests so long.</summary>
    public static readonly TimeSpan RejectedRest = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly State[] _states;
    private int _turn;

    /// <summary>A pool of so many.</summary>
    public CredentialPool(int count)
    {
        _states = new State[count];
        for (var i = 0; i < count; i++)
        {
            _states[i] = new State();
        }
    }

    /// <summary>How many there are.</summary>
    public int Count => _states.Length;

    /// <summary>Takes over what another pool knows of a credential that is the same.</summary>
    /// <param name="own">Its number here.</param>
    /// <param name="other">The other pool.</param>
    /// <param name="others">Its number there.</param>
    public void Inherit(int own, CredentialPool other, int others) => _states[own] = other._states[others];

    /// <summary>Chooses one; <see cref="End"/> must follow.</summary>
    /// <param name="tokens">Tokens of the request.</param>
    /// <param name="nowNs">The time.</param>
    /// <param name="waitNs">Where there is none: how long until the first has rested.</param>
    /// <returns>Its number; negative: all of them rest.</returns>
    public int Pick(long tokens, long nowNs, out long waitNs)
    {
        lock (_lock)
        {
            var best = -1;
            var most = double.NegativeInfinity;
            waitNs = long.MaxValue;
            for (var i = 0; i < _states.Length; i++)
            {
                // Of equals each comes first in its turn.
                var number = (_turn + i) % _states.Length;
                var state = _states[number];
                if (state.RestUntilNs > nowNs)
                {
                    waitNs = Math.Min(waitNs, state.RestUntilNs - nowNs);
                }
                else if (state.RoomAt(nowNs) is var room && room > most)
                {
                    most = room;
                    best = number;
                }
            }

            if (best >= 0)
            {
                _turn = (best + 1) % _states.Length;
                _states[best].Enter(tokens);
                waitNs = 0;
            }

            return best;
        }
    }

    /// <summary>What was chosen is no longer under way.</summary>
    public void End(int number, long tokens)
    {
        lock (_lock)
        {
            _states[number].Exit(tokens);
        }
    }

    /// <summary>An answer has begun.</summary>
    /// <param name="number">The credential.</param>
    /// <param name="status">The answer's status.</param>
    /// <param name="room">What it says of room.</param>
    /// <param name="retryAfter">How long the provider asks to be left alone.</param>
    /// <param name="nowNs">The time.</param>
    /// <returns>True where the answer is about the credential, so that another one may fare better.</returns>
    public bool Answered(int number, int status, in ProviderRoom room, TimeSpan? retryAfter, long nowNs)
    {
        lock (_lock)
        {
            var state = _states[number];
            state.Take(room, nowNs);
            var rest = status switch
            {
                429 => retryAfter is { } asked ? asked < RestMin ? RestMin : asked > RestMax ? RestMax : asked : RestMin,
                401 => RejectedRest,
                _ => TimeSpan.Zero,
            };
            if (rest > TimeSpan.Zero)
            {
                state.RestUntilNs = Math.Max(state.RestUntilNs, nowNs + (rest.Ticks * TimeSpan.NanosecondsPerTick));
                state.Rejections++;
            }

            return rest > TimeSpan.Zero;
        }
    }

    /// <summary>What is known of one.</summary>
    public CredentialState StateOf(int number, long nowNs)
    {
        lock (_lock)
        {
            var state = _states[number];
            return new CredentialState(
                state.InFlight, Math.Max(0, state.RestUntilNs - nowNs), state.Rejections,
                state.Requests.RemainingAt(nowNs), state.Tokens.RemainingAt(nowNs));
        }
    }

    private sealed class State
    {
        public Budget Requests;
        public Budget Tokens;

        public long RestUntilNs { get; set; }

        public long InFlight { get; private set; }

        public long Rejections { get; set; }

        public void Enter(long tokens)
        {
            InFlight++;
            Requests.Pending++;
            Tokens.Pending += tokens;
        }

        public void Exit(long tokens)
        {
            InFlight--;
            Requests.Pending = Math.Max(0, Requests.Pending - 1);
            Tokens.Pending = Math.Max(0, Tokens.Pending - tokens);
        }

        // From 1, all of it, downwards; below 0 where more is under way than is left.
        public double RoomAt(long nowNs) => Math.Min(Requests.ShareAt(nowNs), Tokens.ShareAt(nowNs)) - (InFlight * 1e-9);

        public void Take(in ProviderRoom room, long nowNs)
        {
            Requests.Take(room.Requests, nowNs);
            Tokens.Take(room.Tokens, nowNs);
        }
    }

    private struct Budget
    {
        public long Pending;
        private long _limit;
        private long _remaining;
        private long _resetNs;

        public readonly double ShareAt(long nowNs) =>
            _limit <= 0 ? 1 : ((nowNs >= _resetNs ? _limit : _remaining) - (double)Pending) / _limit;

        public readonly long? RemainingAt(long nowNs) => _limit <= 0 ? null : nowNs >= _resetNs ? _limit : _remaining;

        // A provider that does not say when is believed for a minute, as long as its windows are.
        public void Take(RoomFigures? figures, long nowNs)
        {
            if (figures is not { Limit: > 0 } told)
            {
                return;
            }

            var reset = told.ResetsIn is { } time && time < RestMax ? time : RestMax;
            _limit = told.Limit;
            _remaining = Math.Min(told.Remaining, told.Limit);
            _resetNs = nowNs + (reset.Ticks * TimeSpan.NanosecondsPerTick);
        }
    }
}

/// <summary>What is known of one credential, of whose value nothing is said.</summary>
/// <param name="InFlight">Requests under way.</param>
/// <param name="RestNs">How long it still rests.</param>
/// <param name="Rejections">How often the provider has turned it away.</param>
/// <param name="RequestsLeft">Requests that are left; null: not known.</param>
/// <param name="TokensLeft">Tokens that are left; null: not known.</param>
public readonly record struct CredentialState(
    long InFlight, long RestNs, long Rejections, long? RequestsLeft, long? TokensLeft);
