using System.Buffers;
using System.Text.Json;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Pipeline;

namespace Edge.Telemetry;

/// <summary>
/// What each metered request has used: a line of JSON each (docs/bodies.md has the fields). Whoever tells it of a request never
/// waits (<see cref="LineLog{TEntry}"/>). Thread-safe.
/// </summary>
internal sealed class UsageLog : IAsyncDisposable
{
    /// <summary>Most chars of a text of the caller's.</summary>
    public const int TextCharsMax = 256;

    private const decimal MicrosPerDollar = 1_000_000m;

    private readonly TimeProvider _time;
    private readonly LineLog<UsageEntry> _lines;
    private readonly Lock _gate = new();
    private UsageLogPlan? _plan;
    private volatile bool _isKept;

    /// <summary>A log that keeps nothing until <see cref="Apply"/> says where to.</summary>
    public UsageLog(ProgramLog log, TimeProvider time)
    {
        _time = time;
        _lines = new LineLog<UsageEntry>("usage log", "lines", log, time, static (to, entry) => WriteLine(to, entry));
    }

    /// <summary>Lines written.</summary>
    public long Written => _lines.Written;

    /// <summary>Requests that were not written: the queue was full, or the file could not be written.</summary>
    public long Dropped => _lines.Dropped;

    /// <summary>Goes by a configuration from now on; null: keeps nothing.</summary>
    /// <exception cref="IOException">The file cannot be opened; nothing has changed.</exception>
    public void Apply(UsageLogPlan? plan)
    {
        lock (_gate)
        {
            if (plan is not null && plan != _plan)
            {
                _lines.Open(plan.To, plan.File);
            }

            _plan = plan;
            _isKept = plan is not null;
        }
    }

    /// <summary>Opens the file anew, for whoever moved it away (SIGHUP).</summary>
    public void Reopen() => _lines.Reopen();

    /// <summary>A metered request is over.</summary>
    public void Used(RequestContext context, Failure failure)
    {
        if (!_isKept)
        {
            return;
        }

        _lines.Add(new UsageEntry
        {
            Time = _time.GetUtcNow().UtcDateTime,
            Route = context.Route!.Plan.Name,
            Upstream = context.Upstream.Plan.Name,
            Caller = context.Caller?.Id,
            Source = context.Caller?.Source,
            Tier = context.Caller?.Tier,
            Model = context.Facts.Model,
            RequestId = context.RequestId,
            IsStreaming = context.Facts.IsStreaming,
            Failure = failure == Failure.None ? null : Failures.Code(failure),
            IsHit = context.Cache is { Outcome: CacheOutcome.Hit or CacheOutcome.Collapsed },
            IsCollapsed = context.Cache is { Outcome: CacheOutcome.Collapsed },
            IsNear = context.Cache is { Outcome: CacheOutcome.Hit, Near: not null },
            EmbeddingTokens = context.Cache?.Lookup?.Tokens ?? 0,
            EmbeddingMicroDollars = context.Cache?.Lookup?.MicroDollars,
            Saved = context.Cache?.Saved ?? default,
            Usage = context.Usage,
            MicroDollars = context.CostMicros,
        });
    }

    /// <summary>Writes what is waiting, for <see cref="LineLogs.EndMax"/> at most, and ends.</summary>
    public ValueTask DisposeAsync() => _lines.DisposeAsync();

    private static void WriteLine(IBufferWriter<byte> to, in UsageEntry entry)
    {
        using var json = new Utf8JsonWriter(to);
        json.WriteStartObject();
        json.WriteString("time"u8, entry.Time);
        Write(json, "route"u8, entry.Route);
        Write(json, "upstream"u8, entry.Upstream);
        Write(json, "consumer"u8, entry.Caller);
        Write(json, "source"u8, entry.Source);
        Write(json, "tier"u8, entry.Tier);
        Write(json, "model"u8, entry.Model);
        Write(json, "requestId"u8, entry.RequestId);
        json.WriteBoolean("stream"u8, entry.IsStreaming);
        var counts = entry.Usage.Counts;
        json.WriteNumber("inputTokens"u8, counts.InputTokensTotal);
        json.WriteNumber("outputTokens"u8, counts.OutputTokens ?? 0);
        if ((counts.CachedTokens ?? counts.CacheReadTokens) is { } cached)
        {
            json.WriteNumber("cachedTokens"u8, cached);
        }

        if (counts.CacheCreationTokens is { } created)
        {
            json.WriteNumber("cacheCreationTokens"u8, created);
        }

        if (counts.ReasoningTokens is { } reasoning)
        {
            json.WriteNumber("reasoningTokens"u8, reasoning);
        }

        if (entry.MicroDollars is { } micros)
        {
            json.WriteNumber("dollars"u8, micros / MicrosPerDollar);
        }

        json.WriteBoolean("exact"u8, entry.Usage.Kind == UsageKind.Exact || entry.IsHit);
        if (entry.IsHit)
        {
            json.WriteString("cache"u8, entry.IsCollapsed ? "collapsed"u8 : entry.IsNear ? "semantic"u8 : "hit"u8);
            json.WriteNumber("savedInputTokens"u8, entry.Saved.InputTokens ?? 0);
            json.WriteNumber("savedOutputTokens"u8, entry.Saved.OutputTokens ?? 0);
        }

        WriteEmbedding(json, entry);
        Write(json, "failure"u8, entry.Failure);
        json.WriteEndObject();
        json.Flush();
        to.Write("\n"u8);
    }

    private static void WriteEmbedding(Utf8JsonWriter json, in UsageEntry entry)
    {
        if (entry.EmbeddingTokens > 0)
        {
            json.WriteNumber("embeddingTokens"u8, entry.EmbeddingTokens);
        }

        if (entry.EmbeddingMicroDollars is { } micros)
        {
            json.WriteNumber("embeddingDollars"u8, micros / MicrosPerDollar);
        }
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text.Length > TextCharsMax ? text.AsSpan(0, TextCharsMax) : text);
        }
    }
}
