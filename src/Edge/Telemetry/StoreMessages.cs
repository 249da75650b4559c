using Microsoft.Extensions.Logging;

namespace Edge.Telemetry;

/// <summary>What the log says of what is kept: counts in a file, and what replicas share in Redis.</summary>
internal static partial class StoreMessages
{
    /// <summary>The file of counts is of no use.</summary>
    [LoggerMessage(
        400, LogLevel.Error, "edge: limit state: {path} {why}; all counts begin anew, and it is kept as {aside}",
        EventName = "edge.limit_state.unread")]
    public static partial void LimitStateUnread(this ILogger log, string path, string why, string aside);

    /// <summary>Some of it is.</summary>
    [LoggerMessage(
        401, LogLevel.Error,
        "edge: limit state: {path} is damaged: {damaged} counts and {bytes} bytes at its end are lost, {counts} counts are read",
        EventName = "edge.limit_state.damaged")]
    public static partial void LimitStateDamaged(this ILogger log, string path, long damaged, long bytes, long counts);

    /// <summary>All of it is.</summary>
    [LoggerMessage(
        402, LogLevel.Information, "edge: limit state: {counts} counts read from {path}", EventName = "edge.limit_state.read")]
    public static partial void LimitStateRead(this ILogger log, long counts, string path);

    /// <summary>It can no longer be written.</summary>
    [LoggerMessage(
        403, LogLevel.Error, "edge: limit state: {path} cannot be written, and a restart would forgive: {error}",
        EventName = "edge.limit_state.failed")]
    public static partial void LimitStateFailed(this ILogger log, string path, string error);

    /// <summary>It can again.</summary>
    [LoggerMessage(
        404, LogLevel.Information, "edge: limit state: {path} is written again", EventName = "edge.limit_state.recovered")]
    public static partial void LimitStateRecovered(this ILogger log, string path);

    /// <summary>Limits are shared.</summary>
    [LoggerMessage(
        410, LogLevel.Information, "edge: redis answers; {replicas} {noun} known", EventName = "edge.redis.answers")]
    public static partial void RedisAnswers(this ILogger log, long replicas, string noun);

    /// <summary>They are again.</summary>
    [LoggerMessage(411, LogLevel.Information, "edge: redis answers again", EventName = "edge.redis.recovered")]
    public static partial void RedisAnswersAgain(this ILogger log);

    /// <summary>They are not from the start.</summary>
    [LoggerMessage(412, LogLevel.Error, "edge: redis does not answer; {policy}", EventName = "edge.redis.silent")]
    public static partial void RedisIsSilent(this ILogger log, string policy);

    /// <summary>They no longer are.</summary>
    [LoggerMessage(413, LogLevel.Error, "edge: redis is away ({error}); {policy}", EventName = "edge.redis.away")]
    public static partial void RedisIsAway(this ILogger log, string error, string policy);

    /// <summary>Nothing is known of where it is.</summary>
    [LoggerMessage(414, LogLevel.Error, "edge: redis cannot be reached: {error}", EventName = "edge.redis.unreachable")]
    public static partial void RedisIsUnreachable(this ILogger log, string error);

    /// <summary>A call is refused.</summary>
    [LoggerMessage(
        415, LogLevel.Warning, "edge: redis refuses a call for one limit: {error}", EventName = "edge.redis.refused")]
    public static partial void RedisRefuses(this ILogger log, string error);

    /// <summary>A primary of a cluster is away.</summary>
    [LoggerMessage(
        416, LogLevel.Error, "edge: redis at {shard} is away ({error}); for its keys {policy}",
        EventName = "edge.redis.shard_away")]
    public static partial void RedisShardIsAway(this ILogger log, string shard, string error, string policy);

    /// <summary>It is back.</summary>
    [LoggerMessage(
        417, LogLevel.Information, "edge: the keys of redis at {shard} are served again",
        EventName = "edge.redis.shard_recovered")]
    public static partial void RedisShardServes(this ILogger log, string shard);

    /// <summary>Answers are shared.</summary>
    [LoggerMessage(
        420, LogLevel.Information, "edge: redis answers; answers are shared", EventName = "edge.cache.redis.answers")]
    public static partial void CacheIsShared(this ILogger log);

    /// <summary>They no longer are.</summary>
    [LoggerMessage(
        421, LogLevel.Error, "edge: redis is away ({error}); answers are kept in memory alone",
        EventName = "edge.cache.redis.away")]
    public static partial void CacheIsAlone(this ILogger log, string error);

    /// <summary>A call is refused.</summary>
    [LoggerMessage(
        422, LogLevel.Warning, "edge: redis refuses a call of the cache: {error}", EventName = "edge.cache.redis.refused")]
    public static partial void CacheCallRefused(this ILogger log, string error);

    /// <summary>A primary of a cluster is away.</summary>
    [LoggerMessage(
        423, LogLevel.Error, "edge: redis at {shard} is away ({error}); its answers are kept in memory alone",
        EventName = "edge.cache.redis.shard_away")]
    public static partial void CacheShardIsAway(this ILogger log, string shard, string error);

    /// <summary>It is back.</summary>
    [LoggerMessage(
        424, LogLevel.Information, "edge: answers in redis at {shard} are shared again",
        EventName = "edge.cache.redis.shard_recovered")]
    public static partial void CacheShardIsShared(this ILogger log, string shard);
}
