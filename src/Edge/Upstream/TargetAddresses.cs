using System.Net;
using System.Net.Sockets;

namespace Edge.Upstream;

/// <summary>
/// What is known about the addresses of one target: the last answer of the name service and which addresses failed of late.
/// Owned by the target's dialer; safe from any thread.
/// </summary>
internal sealed class TargetAddresses
{
    /// <summary>A burst of dials shares one answer for this long; later ones ask anew, so that DNS changes are seen.</summary>
    public static readonly TimeSpan ReuseTime = TimeSpan.FromSeconds(1);

    /// <summary>When the name service fails, an answer younger than this is better than none.</summary>
    public static readonly TimeSpan StaleTime = TimeSpan.FromMinutes(5);

    /// <summary>With such an answer at hand, a name service that is silent for this long counts as failing.</summary>
    public static readonly TimeSpan StaleWait = TimeSpan.FromSeconds(1);

    /// <summary>A look-up without an end is given up after this long, and the next dial starts another.</summary>
    public static readonly TimeSpan LookUpTimeout = TimeSpan.FromSeconds(30);

    /// <summary>An address that failed goes last for this long.</summary>
    public static readonly TimeSpan FailedTime = TimeSpan.FromSeconds(30);

    /// <summary>Most addresses of one answer that are used.</summary>
    public const int AddressesMax = 32;

    private readonly string _host;
    private readonly IPAddress[]? _literal;
    private readonly IHostResolver _resolver;
    private readonly TimeProvider _time;
    private readonly TimeSpan _staleWait;
    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, long> _failedAt = [];

    private IPAddress[]? _known;
    private long _knownAt;
    private Task<LookUp>? _running;
    private long _runningSince;

    /// <summary>Nothing known yet. An IP literal is its own only address, and no name service is asked.</summary>
    /// <param name="host">Host name or IP literal without brackets.</param>
    /// <param name="resolver">The name service.</param>
    /// <param name="connectTimeout">The time of a whole dial, of which the name service gets half where a stale answer is at
    /// hand.</param>
    /// <param name="time">The clock.</param>
    public TargetAddresses(string host, IHostResolver resolver, TimeSpan connectTimeout, TimeProvider time)
    {
        _host = host;
        _literal = IPAddress.TryParse(host, out var literal) ? [literal] : null;
        _resolver = resolver;
        _time = time;
        _staleWait = connectTimeout / 2 < StaleWait ? connectTimeout / 2 : StaleWait;
    }

    /// <summary>How many failed addresses are remembered; at most <see cref="AddressesMax"/>.</summary>
    internal int FailedCount
    {
        get
        {
            lock (_gate)
            {
                return _failedAt.Count;
            }
        }
    }

    /// <summary>The addresses to try: families interleaved (RFC 8305, section 4), those that failed of late last.</summary>
    /// <exception cref="SocketException">The name service failed and no answer young enough is at hand.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<IPAddress[]> ResolveAsync(CancellationToken ct)
    {
        if (_literal is not null)
        {
            return _literal;
        }

        Task<LookUp> running;
        IPAddress[]? stale = null;
        TimeSpan waited;
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            if (_known is not null)
            {
                var age = _time.GetElapsedTime(_knownAt, now);
                if (age <= ReuseTime)
                {
                    return Order(_known, now);
                }

                stale = age < StaleTime ? _known : null;
            }

            // One look-up at a time: the system's takes a thread for as long as it lasts.
            if (_running is null || _running.IsCompleted)
            {
                _runningSince = now;
                _running = LookUpAsync();
            }

            running = _running;
            waited = _time.GetElapsedTime(_runningSince, now);
        }

        var found = stale is null ? await running.WaitAsync(ct) : await WaitWithStaleAsync(running, waited, stale, ct);
        var usable = found.Addresses ?? stale ?? throw new SocketException((int)found.Error);
        lock (_gate)
        {
            return Order(usable, _time.GetTimestamp());
        }
    }

    /// <summary>Remembers that an address failed just now.</summary>
    public void Failed(IPAddress address)
    {
        lock (_gate)
        {
            if (_failedAt.Count >= AddressesMax && !_failedAt.ContainsKey(address))
            {
                // Old ones of names that have moved on. Forgetting only costs one more attempt.
                _failedAt.Clear();
            }

            _failedAt[address] = _time.GetTimestamp();
        }
    }

    /// <summary>Remembers that an address works.</summary>
    public void Worked(IPAddress address)
    {
        lock (_gate)
        {
            _failedAt.Remove(address);
        }
    }

    private async Task<LookUp> WaitWithStaleAsync(Task<LookUp> running, TimeSpan waited, IPAddress[] stale, CancellationToken ct)
    {
        try
        {
            var left = _staleWait - waited;
            return await running.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, _time, ct);
        }
        catch (TimeoutException)
        {
            return new LookUp(stale, SocketError.Success);
        }
    }

    // Never throws: it is shared, and those who wait for it may all have left.
    private async Task<LookUp> LookUpAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(LookUpTimeout, _time);
            var answer = await _resolver.ResolveAsync(_host, limit.Token).WaitAsync(limit.Token);
            if (answer.Length == 0)
            {
                return new LookUp(null, SocketError.NoData);
            }

            var addresses = Distinct(answer);
            lock (_gate)
            {
                _known = addresses;
                _knownAt = _time.GetTimestamp();
            }

            return new LookUp(addresses, SocketError.Success);
        }
        catch (SocketException exception)
        {
            return new LookUp(null, exception.SocketErrorCode);
        }
        catch (OperationCanceledException)
        {
            return new LookUp(null, SocketError.TimedOut);
        }
        catch (ArgumentException)
        {
            // What the system's resolver says of a name that is too long to be one.
            return new LookUp(null, SocketError.HostNotFound);
        }
    }

    private static IPAddress[] Distinct(IPAddress[] answer)
    {
        var count = 0;
        var distinct = new IPAddress[Math.Min(answer.Length, AddressesMax)];
        for (var i = 0; i < answer.Length && count < AddressesMax; i++)
        {
            var address = answer[i].IsIPv4MappedToIPv6 ? answer[i].MapToIPv4() : answer[i];
            if (Array.IndexOf(distinct, address, 0, count) < 0)
            {
                distinct[count++] = address;
            }
        }

        return distinct[..count];
    }

    private IPAddress[] Order(IPAddress[] known, long now)
    {
        var ordered = Interleave(known);
        if (_failedAt.Count == 0)
        {
            return ordered;
        }

        // A stable partition: the order within both halves stays the resolver's.
        var last = new IPAddress[ordered.Length];
        int kept = 0, failed = 0;
        foreach (var address in ordered)
        {
            if (_failedAt.TryGetValue(address, out var at) && _time.GetElapsedTime(at, now) < FailedTime)
            {
                last[failed++] = address;
            }
            else
            {
                ordered[kept++] = address;
            }
        }

        last.AsSpan(0, failed).CopyTo(ordered.AsSpan(kept));
        return ordered;
    }

    /// <summary>A new array with the families by turns, beginning with the first address's.</summary>
    private static IPAddress[] Interleave(IPAddress[] known)
    {
        var first = known[0].AddressFamily;
        var ordered = new IPAddress[known.Length];
        int same = 0, other = 0;
        for (var i = 0; i < ordered.Length; i++)
        {
            while (same < known.Length && known[same].AddressFamily != first)
            {
                same++;
            }

            while (other < known.Length && known[other].AddressFamily == first)
            {
                other++;
            }

            var takeOther = same == known.Length || (i % 2 == 1 && other < known.Length);
            ordered[i] = takeOther ? known[other++] : known[same++];
        }

        return ordered;
    }

    private readonly record struct LookUp(IPAddress[]? Addresses, SocketError Error);
}
