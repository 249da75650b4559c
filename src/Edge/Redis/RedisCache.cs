using System.Collections.Concurrent;
using System.Globalization;
using Edge.Core.Caching;
using Edge.Core.Configuration;
using Edge.Core.Limits;
using Edge.Hosting;
using Edge.Telemetry;
using StackExchange.Redis;

namespace Edge.Redis;

/// <summary>
/// Answers that replicas share through Redis, Valkey or what else speaks their protocol: the level behind the memory of each. It
/// is asked only where the memory has nothing, for no longer than <c>redis.timeout</c>, and while it is away not at all.
/// <para>
/// A purge is noted in a numbered list. Replicas hear of it by a message, and read the list once a second besides, so that a lost
/// message costs a second; who finds that it has missed more than the list has forgets everything. Answers in the store tell by a
/// number which purges were known when they were asked for, and are held to the later ones: nothing has to be looked for there.
/// </para>
/// It owns its connection. Safe from any thread.
/// </summary>
internal sealed class RedisCache : IAsyncDisposable
{
    /// <summary>Time between two looks at the list of purges.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <summary>Most requests that wait for it at once. Others go on without.</summary>
    public const int FindsMax = 1024;

    /// <summary>Most answers that are on their way to it at once. Others stay in memory alone.</summary>
    public const int KeepsMax = 256;

    /// <summary>Most bytes of an answer that is sent to it.</summary>
    public const int ObjectBytesMax = 8 * 1024 * 1024;

    /// <summary>Most purges that wait for it to come back. Beyond, it is told to forget everything.</summary>
    public const int PurgesWaitingMax = 1024;

    /// <summary>Most changed resources that it has to be told of. Beyond, likewise.</summary>
    public const int ChangesWaitingMax = 4096;

    private const int PurgesAtOnce = 256;
    private const string LogMessage = "purged";
    private const string ChangeMessage = "changed ";

    private static readonly RedisScript FindScript = new(SharedScripts.Find);
    private static readonly RedisScript KeepScript = new(SharedScripts.Keep);
    private static readonly RedisScript ChangeScript = new(SharedScripts.Change);
    private static readonly RedisScript PurgeScript = new(SharedScripts.Purge);
    private static readonly RedisScript ReadScript = new(SharedScripts.Read);

    private readonly GatewayCache _cache;
    private readonly TimeProvider _time;
    private readonly RedisCacheLink _link;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _looking = new(1);
    private readonly ConcurrentQueue<string> _waiting = new();
    private readonly List<ulong> _changed = [];
    private readonly RedisKey[] _listKeys;
    private readonly string _channel;
    private readonly string _prefix;
    private readonly Task _running;
    private volatile TaskCompletionSource _heard = NewHeard();
    private volatile PurgeHistory _history = PurgeHistory.Unknown;
    private volatile bool _isDisposed;
    private int _finds;
    private int _keeps;

    private RedisCache(RedisPlan plan, GatewayCache cache, TimeProvider time, ProgramLog log)
    {
        Plan = plan;
        _cache = cache;
        _time = time;
        _prefix = $"{plan.Prefix}:cache";
        _channel = $"{plan.Prefix}:cache";
        _listKeys = [$"{{{_prefix}}}:purges:newest", $"{{{_prefix}}}:purges"];
        _link = new RedisCacheLink(plan, Counters, time, log);
        _running = RunAsync();
    }

    /// <summary>The configuration that it was made from.</summary>
    public RedisPlan Plan { get; }

    /// <summary>What is counted.</summary>
    public SharedCounters Counters => _cache.SharedCounters;

    /// <summary>True while it is asked.</summary>
    public bool IsUp => _link.IsUp && !_isDisposed;

    /// <summary>The number of the newest purge that is known; 0: none is, and nothing may be kept.</summary>
    public long Generation => IsUp ? _history.Generation : 0;

    /// <summary>The purges that are known.</summary>
    public PurgeHistory History => _history;

    /// <summary>Begins to connect.</summary>
    public static RedisCache Start(RedisPlan plan, GatewayCache cache, TimeProvider time, ProgramLog log) =>
        new(plan, cache, time, log);

    /// <summary>Looks for an answer.</summary>
    /// <param name="hash">The hash of its key.</param>
    /// <param name="resource">The number of its resource; null: it has none that is changed.</param>
    /// <returns>What there is, which nobody has looked at yet.</returns>
    public async ValueTask<SharedFind> FindAsync(KeyHash hash, ulong? resource)
    {
        var keys = KeysOf(hash, resource);
        if (!IsUp || !_link.Serves(keys[0]))
        {
            Interlocked.Increment(ref Counters.Away);
            return default;
        }

        if (Interlocked.Increment(ref _finds) > FindsMax)
        {
            Interlocked.Decrement(ref _finds);
            Interlocked.Increment(ref Counters.Crowded);
            return default;
        }

        try
        {
            if (await _link.CallAsync(FindScript, keys, []) is not { IsNull: false } answer)
            {
                Interlocked.Increment(ref Counters.Failed);
                return default;
            }

            var parts = (RedisResult[]?)answer ?? [];
            var stamp = parts.Length > 0 && TryRead(parts[0], out var number) ? number : 0;
            if (parts.Length == 3 && TryRead(parts[2], out var leftMs) && (byte[]?)parts[1] is { } bytes)
            {
                Interlocked.Add(ref Counters.FoundBytes, bytes.Length);
                return new SharedFind(stamp, bytes, leftMs);
            }

            Interlocked.Increment(ref Counters.Missed);
            return new SharedFind(stamp, null, 0);
        }
        finally
        {
            Interlocked.Decrement(ref _finds);
        }
    }

    /// <summary>Has an answer kept, in its own time.</summary>
    /// <param name="pin">It, which is released here.</param>
    /// <param name="hash">The hash of its key.</param>
    /// <param name="resource">The number of its resource, and which state of that was known; null: it has none.</param>
    /// <param name="generation">Which purges were known when it was asked for.</param>
    public void Keep(CachePin pin, KeyHash hash, (ulong Number, long Stamp)? resource, long generation)
    {
        var isCrowded = Interlocked.Increment(ref _keeps) > KeepsMax;
        if (isCrowded || !IsUp || generation == 0 || resource is { Stamp: 0 }
            || pin.KeyLength + (long)pin.HeadLength + pin.BodyLength > ObjectBytesMax)
        {
            Interlocked.Decrement(ref _keeps);
            Interlocked.Increment(ref Counters.NotKept);
            pin.Release();
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(
            static job => _ = job.Cache.KeepAsync(job), new KeepJob(this, pin, hash, resource, generation), preferLocal: false);
    }

    /// <summary>A resource was changed: what is kept of it is good no more, here and in the memory of all replicas.</summary>
    public void Change(ulong resource) => _ = ChangeAsync(resource);

    /// <summary>Tells all replicas of a purge that was made here.</summary>
    /// <returns>True where all will have heard of it in a moment; false: as soon as the store is back.</returns>
    public async Task<bool> SpreadAsync(string purge)
    {
        if (_waiting.Count >= PurgesWaitingMax)
        {
            _waiting.Clear();
            purge = CachePurge.Everything.Text;
        }

        _waiting.Enqueue(purge);
        try
        {
            return !_isDisposed && await LookAsync();
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        await _stop.CancelAsync();
        await _running;
        await _link.DisposeAsync();
        _stop.Dispose();
    }

    private static bool TryRead(RedisResult result, out long number)
    {
        number = 0;
        return result.Resp2Type is ResultType.BulkString or ResultType.Integer or ResultType.SimpleString
            && ((RedisValue)result).TryParse(out number);
    }

    private static TaskCompletionSource NewHeard() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task ChangeAsync(ulong resource)
    {
        if (IsUp && await _link.CallAsync(ChangeScript, [ResourceKey(resource)], []) is not null)
        {
            _link.Publish(_channel, ChangeMessage + resource.ToString("x16", CultureInfo.InvariantCulture));
            return;
        }

        // Nothing of it is used before the store has been told.
        lock (_changed)
        {
            if (_changed.Count < ChangesWaitingMax)
            {
                _changed.Add(resource);
                return;
            }

            _changed.Clear();
        }

        _waiting.Enqueue(CachePurge.Everything.Text);
    }

    private async Task KeepAsync(KeepJob job)
    {
        var buffer = new Core.Http.HeadBuffer();
        try
        {
            var info = job.Pin.Info;
            var nowMs = _cache.NowMs;
            var facts = new SharedFacts
            {
                Generation = job.Generation,
                Stamp = job.Resource?.Stamp ?? 0,
                AgeMs = nowMs - info.StoredMs,
                FreshMs = info.FreshUntilMs - nowMs,
                LifetimeMs = Math.Min(info.ExpiresMs - nowMs, (long)SharedObject.LifetimeMax.TotalMilliseconds),
                InputTokens = info.InputTokens,
                OutputTokens = info.OutputTokens,
            };
            if (facts.LifetimeMs <= 0)
            {
                return;
            }

            SharedObject.Write(buffer, job.Pin, facts, _cache.Hasher);
            var keys = KeysOf(job.Hash, job.Resource?.Number);
            RedisValue[] arguments = [buffer.Written.ToArray(), facts.LifetimeMs, facts.Stamp];
            var isKept = _link.Serves(keys[0]) && await _link.CallAsync(KeepScript, keys, arguments) is { } answer
                && TryRead(answer, out var kept) && kept == 1;
            Interlocked.Increment(ref isKept ? ref Counters.Kept : ref Counters.NotKept);
            Interlocked.Add(ref Counters.KeptBytes, isKept ? buffer.Length : 0);
        }
        finally
        {
            job.Pin.Release();
            buffer.ReturnMemory();
            Interlocked.Decrement(ref _keeps);
        }
    }

    private RedisKey[] KeysOf(KeyHash hash, ulong? resource)
    {
        var name = $"{hash.High:x16}{hash.Low:x16}";
        return resource is { } number
            ? [$"{_prefix}:{{{number:x16}}}:{name}", ResourceKey(number)]
            : [$"{_prefix}:{name}"];
    }

    private RedisKey ResourceKey(ulong resource) => $"{_prefix}:{{{resource:x16}}}";

    private void Hear(string message)
    {
        if (message.StartsWith(ChangeMessage, StringComparison.Ordinal))
        {
            if (ulong.TryParse(
                message.AsSpan(ChangeMessage.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                out var resource))
            {
                _cache.Stamps.Invalidate(resource, _cache.NowMs);
            }
        }
        else
        {
            _heard.TrySetResult();
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                var heard = _heard;
                var isAway = !await _link.TryConnectAsync(_channel, Hear) || !await LookAsync() || await _link.ProbeAsync();
                await Task.WhenAny(
                    heard.Task, Task.Delay(isAway ? RedisLeases.ProbeInterval : LookInterval, _time, _stop.Token));
                if (heard.Task.IsCompleted)
                {
                    _heard = NewHeard();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    /// <summary>Notes what was purged here, and learns what was purged anywhere. It is up from then on.</summary>
    /// <returns>False where the store does not answer.</returns>
    private async Task<bool> LookAsync()
    {
        await _looking.WaitAsync(_stop.Token);
        try
        {
            var isNoted = await NoteAsync();
            if (isNoted is null || !await ReadAsync())
            {
                _link.MarkDown("it does not tell of purges");
                return false;
            }

            if (isNoted == true)
            {
                _link.Publish(_channel, LogMessage);
            }

            _link.MarkUp();
            return true;
        }
        finally
        {
            _looking.Release();
        }
    }

    /// <returns>True where something was noted; null where the store does not answer.</returns>
    private async Task<bool?> NoteAsync()
    {
        var isNoted = false;
        while (_waiting.TryPeek(out var purge))
        {
            if (await _link.CallAsync(PurgeScript, _listKeys, [purge, PurgeHistory.PurgesMax]) is null)
            {
                return null;
            }

            _waiting.TryDequeue(out _);
            isNoted = true;
        }

        while (NextChanged() is { } resource)
        {
            if (await _link.CallAsync(ChangeScript, [ResourceKey(resource)], []) is null)
            {
                return null;
            }

            lock (_changed)
            {
                _changed.Remove(resource);
            }
        }

        return isNoted;
    }

    private ulong? NextChanged()
    {
        lock (_changed)
        {
            return _changed.Count > 0 ? _changed[0] : null;
        }
    }

    private async Task<bool> ReadAsync()
    {
        while (true)
        {
            var history = _history;
            var answer = await _link.CallAsync(ReadScript, _listKeys, [history.Generation, PurgesAtOnce]);
            var parts = answer is null ? [] : (RedisResult[]?)answer ?? [];
            if (parts.Length < 2 || !TryRead(parts[0], out var newest) || !TryRead(parts[1], out var count))
            {
                return false;
            }

            if (newest == history.Generation)
            {
                return true;
            }

            if (parts.Length == 2 || (string[]?)parts[2] is not { Length: > 0 } texts)
            {
                // What happened between nobody knows any more.
                _cache.PurgeHere(CachePurge.Everything);
                _history = PurgeHistory.From(newest - count);
                continue;
            }

            var purges = Array.ConvertAll(texts, static text => CachePurge.TryParse(text, out var purge, out _)
                ? purge
                : CachePurge.Everything);

            // First the history, by which what is found in the store is judged; then what is in memory already.
            _history = history.With(purges);
            foreach (var purge in purges)
            {
                _cache.PurgeHere(purge);
            }
        }
    }

    private sealed record KeepJob(
        RedisCache Cache, CachePin Pin, KeyHash Hash, (ulong Number, long Stamp)? Resource, long Generation);
}

/// <summary>What was found in the store that replicas share.</summary>
/// <param name="Stamp">The state of the resource; 0: it is not known.</param>
/// <param name="Bytes">The answer; null: there is none.</param>
/// <param name="LeftMs">How long it would have been kept.</param>
internal readonly record struct SharedFind(long Stamp, byte[]? Bytes, long LeftMs);
