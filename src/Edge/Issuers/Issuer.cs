using Edge.Core.Identity;
using Edge.Telemetry;

namespace Edge.Issuers;

/// <summary>
/// An issuer of tokens as it runs: its keys, and the one task that fetches them, in time before they are too old, and once more
/// when a token names a key that is not among them. Old keys stay while the issuer cannot be reached. It owns its task.
/// Thread-safe.
/// </summary>
/// <remarks>
/// <code>
///   request ── Keys ───────► verify     (a field's read: never waits)
///      └── key unknown ── WaitForKeyAsync ──┐ single flight, bounded
///   task: due or asked ── discovery, keys ──┴─► Keys ─► retire those that are gone
/// </code>
/// Only the clock's timestamps are used, so a wall clock that jumps changes nothing here.
/// </remarks>
internal sealed class Issuer : IAsyncDisposable
{
    /// <summary>Most requests that wait for keys at once; further ones are told at once that there is no telling.</summary>
    public const int WaitersMax = 1_000;

    /// <summary>Longest wait of a request for keys.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(3);

    // Of the refresh interval: so that each refresh that is due looks again where the keys are, and no unknown key does.
    private const double DiscoveryLifetime = 0.75;

    private readonly IDocumentSource _documents;
    private readonly TimeProvider _time;
    private readonly ProgramLog _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly long _origin;
    private readonly Lock _gate = new();
    private readonly KeySchedule _schedule;
    private readonly IssuerCounters _counters = new();
    private volatile JwtKeySet? _keys;
    private TaskCompletionSource _wake = NewSignal();
    private Round? _asked;
    private Round? _running;
    private int _waiting;
    private IssuerUrl? _discovered;
    private long _discoveredAtMs;
    private long _keysAtMs;
    private Task _task = Task.CompletedTask;

    /// <summary>An issuer whose keys have not been fetched yet.</summary>
    public Issuer(IssuerSource source, IDocumentSource documents, TimeProvider time, Random random, ProgramLog log)
    {
        Source = source;
        _documents = documents;
        _time = time;
        _log = log;
        _origin = time.GetTimestamp();
        _schedule = new KeySchedule(0, source.RefreshInterval, random);
    }

    /// <summary>Where its keys come from.</summary>
    public IssuerSource Source { get; }

    /// <summary>Its keys, at least one; null until they were fetched for the first time.</summary>
    public JwtKeySet? Keys => _keys;

    private long NowMs => (long)_time.GetElapsedTime(_origin).TotalMilliseconds;

    /// <summary>Begins to fetch. Once.</summary>
    public void Start() => _task = Task.Run(RunAsync);

    /// <summary>
    /// A token names a key that is not in a set. Has the issuer asked, unless that was done too often of late, and waits for the
    /// answer, but no longer than <see cref="WaitMax"/>.
    /// </summary>
    /// <param name="tried">The set that does not have the key.</param>
    public async ValueTask<KeyWait> WaitForKeyAsync(JwtKeySet tried)
    {
        var untilMs = NowMs + (long)WaitMax.TotalMilliseconds;
        while (true)
        {
            if (Join(tried, out var mayLack) is not { } round)
            {
                return mayLack;
            }

            FetchFault fault;
            try
            {
                var left = TimeSpan.FromMilliseconds(Math.Max(untilMs - NowMs, 0));
                fault = await round.Done.Task.WaitAsync(left, _time);
            }
            catch (TimeoutException)
            {
                return KeyWait.Unavailable;
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }

            if (_keys != tried)
            {
                return KeyWait.LookAgain;
            }

            // A round that ran already when this began may have been answered before the key was published: ask once more.
            if (fault != FetchFault.None || mayLack == KeyWait.Unknown)
            {
                return fault == FetchFault.None ? KeyWait.Unknown : KeyWait.Unavailable;
            }
        }
    }

    /// <summary>What to tell of it now.</summary>
    public IssuerState ReadState()
    {
        lock (_gate)
        {
            return new IssuerState(Source.Name, Source.Issuer, _counters)
            {
                KeyCount = _keys?.Count ?? 0,
                KeysAge = _keys is null ? null : TimeSpan.FromMilliseconds(NowMs - _keysAtMs),
                FailuresInARow = _schedule.FailuresInARow,
                NextFetch = TimeSpan.FromMilliseconds(Math.Max(_schedule.DueMs - NowMs, 0)),
                Waiting = Volatile.Read(ref _waiting),
            };
        }
    }

    /// <summary>Stops fetching. The keys stay for those who still hold the issuer.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _task;
        _stop.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Finds the round to wait for, and counts one who waits.</summary>
    /// <param name="tried">The set that does not have the key.</param>
    /// <param name="verdict">
    /// Without a round: the answer. With one: Unknown where its answer settles the matter, LookAgain where it may be too old.
    /// </param>
    private Round? Join(JwtKeySet tried, out KeyWait verdict)
    {
        lock (_gate)
        {
            if (_keys != tried)
            {
                verdict = KeyWait.LookAgain;
                return null;
            }

            if (_schedule.FailuresInARow > 0 || Volatile.Read(ref _waiting) >= WaitersMax)
            {
                verdict = KeyWait.Unavailable;
                _counters.Unavailable();
                return null;
            }

            if (_running is { } running)
            {
                verdict = KeyWait.LookAgain;
                Interlocked.Increment(ref _waiting);
                return running;
            }

            verdict = KeyWait.Unknown;
            if (_asked is null && NowMs < _schedule.AllowedMs)
            {
                _counters.CoolingDown();
                return null;
            }

            Interlocked.Increment(ref _waiting);
            if (_asked is null)
            {
                _asked = new Round();
                _counters.Asked();
                _wake.TrySetResult();
            }

            return _asked;
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await WaitUntilDueAsync(_stop.Token);
                var round = Begin();
                End(round, await FetchAsync(_stop.Token));
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }

        lock (_gate)
        {
            _running?.Done.TrySetResult(FetchFault.Unreachable);
            _asked?.Done.TrySetResult(FetchFault.Unreachable);
        }
    }

    private async Task WaitUntilDueAsync(CancellationToken ct)
    {
        while (true)
        {
            Task wake;
            TimeSpan left;
            lock (_gate)
            {
                left = TimeSpan.FromMilliseconds(_schedule.DueMs - NowMs);
                if (_asked is not null || left <= TimeSpan.Zero)
                {
                    return;
                }

                wake = _wake.Task;
            }

            try
            {
                await wake.WaitAsync(left, _time, ct);
            }
            catch (TimeoutException)
            {
                // It is due.
            }
        }
    }

    private Round Begin()
    {
        lock (_gate)
        {
            _running = _asked ?? new Round();
            _asked = null;
            _wake = NewSignal();
            return _running;
        }
    }

    private void End(Round round, Fetched fetched)
    {
        lock (_gate)
        {
            _counters.Ended(fetched.Fault, fetched.Detail);
            if (fetched.Fault == FetchFault.None)
            {
                _keysAtMs = NowMs;
                _schedule.Succeeded(NowMs, fetched.MaxAge);
            }
            else
            {
                _schedule.Failed(NowMs);
            }

            _running = null;
        }

        if (fetched.Fault != FetchFault.None)
        {
            var wait = TimeSpan.FromMilliseconds(Math.Max(_schedule.DueMs - NowMs, 0));
            var have = _keys is null ? "there are none yet" : "the old ones stay";
            _log.IssuerFailed(Source.Name, fetched.Detail ?? "", have, (long)Math.Round(wait.TotalSeconds));
        }

        round.Done.TrySetResult(fetched.Fault);
    }

    private async Task<Fetched> FetchAsync(CancellationToken ct)
    {
        try
        {
            var (url, failed) = await FindKeysUrlAsync(ct);
            var fetched = url is null ? failed : await FetchKeysAsync(url, ct);
            if (fetched.Fault != FetchFault.None)
            {
                // The keys may have moved.
                _discovered = null;
            }

            ct.ThrowIfCancellationRequested();
            return fetched;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A bug of ours must not end the task: the issuer would never be asked again.
            return new Fetched(FetchFault.Malformed, null, exception.ToString().ReplaceLineEndings(" | "));
        }
    }

    private async Task<(IssuerUrl? Url, Fetched Failed)> FindKeysUrlAsync(CancellationToken ct)
    {
        if (Source.JwksUri is { } configured)
        {
            return IssuerUrl.TryParse(configured, out var given)
                ? (given, default)
                : (null, new Fetched(FetchFault.KeysUrlRefused, null, "jwksUri is not a URL that can be fetched"));
        }

        if (_discovered is not null && NowMs - _discoveredAtMs < Source.RefreshInterval.TotalMilliseconds * DiscoveryLifetime)
        {
            return (_discovered, default);
        }

        if (!IssuerUrl.TryDiscovery(Source.Issuer, out var url))
        {
            return (null, new Fetched(FetchFault.KeysUrlRefused, null, "the issuer is not a URL that can be fetched"));
        }

        await TakeFetchAsync(ct);
        var document = await _documents.GetAsync(url, ct);
        if (document.Fault != FetchFault.None)
        {
            return (null, new Fetched(document.Fault, null, "discovery: " + document.Detail));
        }

        var discovery = JwtDiscovery.Parse(document.Body.Span, Source.Issuer);
        if (discovery.Fault != JwtDocumentFault.None)
        {
            return (null, discovery.Fault switch
            {
                JwtDocumentFault.IssuerMismatch => new Fetched(
                    FetchFault.IssuerMismatch, null, "discovery: the document is another issuer's; every character counts"),
                JwtDocumentFault.UriInvalid => new Fetched(
                    FetchFault.KeysUrlRefused, null, "discovery: jwks_uri is not a URL"),
                _ => new Fetched(FetchFault.Malformed, null, $"discovery: {discovery.Fault}"),
            });
        }

        if (!IssuerUrl.TryParse(discovery.JwksUri!, out var keys) || !url.MayLeadTo(keys))
        {
            return (null, new Fetched(FetchFault.KeysUrlRefused, null, "discovery: jwks_uri is not a URL that may be followed"));
        }

        _discovered = keys;
        _discoveredAtMs = NowMs;
        return (keys, default);
    }

    private async Task<Fetched> FetchKeysAsync(IssuerUrl url, CancellationToken ct)
    {
        await TakeFetchAsync(ct);
        var document = await _documents.GetAsync(url, ct);
        if (document.Fault != FetchFault.None)
        {
            return new Fetched(document.Fault, null, "keys: " + document.Detail);
        }

        var old = _keys;
        var read = JwtKeySet.Parse(document.Body.Span, old);
        if (read.Keys is not { } keys)
        {
            return new Fetched(FetchFault.Malformed, null, $"keys: {read.Fault}");
        }

        if (keys.Count == 0)
        {
            var why = read.Skipped.IsEmpty ? "the set is empty" : $"the first is {read.Skipped[0].Problem}";
            return new Fetched(FetchFault.NoUsableKey, null, $"keys: none can be used, {why}");
        }

        Install(old, keys, read.Skipped.Length);
        return new Fetched(FetchFault.None, document.MaxAge, null);
    }

    private void Install(JwtKeySet? old, JwtKeySet keys, int skipped)
    {
        if (old is not null && IsSame(old, keys))
        {
            return;
        }

        _keys = keys;
        old?.RetireKeysNotIn(keys);
        _log.IssuerHasKeys(Source.Name, keys.Count, skipped);
    }

    // A key that both documents have is one object.
    private static bool IsSame(JwtKeySet old, JwtKeySet keys) => old.Keys.SequenceEqual(keys.Keys);

    private async Task TakeFetchAsync(CancellationToken ct)
    {
        while (true)
        {
            TimeSpan wait;
            lock (_gate)
            {
                if (_schedule.TryTakeFetch(NowMs))
                {
                    _counters.Fetched();
                    return;
                }

                wait = TimeSpan.FromMilliseconds(Math.Max(_schedule.AllowedMs - NowMs, 1));
            }

            await Task.Delay(wait, _time, ct);
        }
    }

    /// <summary>One time of asking the issuer; those who wait for it share its end.</summary>
    private sealed class Round
    {
        public TaskCompletionSource<FetchFault> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private readonly record struct Fetched(FetchFault Fault, TimeSpan? MaxAge, string? Detail);
}
