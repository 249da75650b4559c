using System.Net;
using Microsoft.Extensions.Logging;

namespace Edge.Telemetry;

/// <summary>What the log says of the program's life. Numbers and names of messages stay what they are.</summary>
internal static partial class LifeMessages
{
    /// <summary>A listener is there.</summary>
    [LoggerMessage(100, LogLevel.Information, "edge: listening on {scheme}://{address}", EventName = "edge.listening")]
    public static partial void Listening(this ILogger log, string scheme, IPEndPoint address);

    /// <summary>So is the administrative one.</summary>
    [LoggerMessage(101, LogLevel.Information, "edge: admin on http://{address}", EventName = "edge.listening.admin")]
    public static partial void ListeningForAdmin(this ILogger log, IPEndPoint address);

    /// <summary>All are.</summary>
    [LoggerMessage(102, LogLevel.Information, "edge: ready, {routes} routes, {upstreams} upstreams", EventName = "edge.ready")]
    public static partial void Ready(this ILogger log, long routes, long upstreams);

    /// <summary>It cannot start.</summary>
    [LoggerMessage(103, LogLevel.Error, "edge: not started: {error}", EventName = "edge.not_started")]
    public static partial void NotStarted(this ILogger log, string error);

    /// <summary>The end begins.</summary>
    [LoggerMessage(
        104, LogLevel.Information,
        "edge: draining, {requests} requests running, {upgraded} of them upgraded connections, at most {seconds} s",
        EventName = "edge.draining")]
    public static partial void Draining(this ILogger log, long requests, long upgraded, long seconds);

    /// <summary>Every request has ended by itself.</summary>
    [LoggerMessage(105, LogLevel.Information, "edge: drained", EventName = "edge.drained")]
    public static partial void Drained(this ILogger log);

    /// <summary>Not every one has.</summary>
    [LoggerMessage(
        106, LogLevel.Information, "edge: drain time is up, {requests} requests broken off", EventName = "edge.drained.by_force")]
    public static partial void DrainedByForce(this ILogger log, long requests);

    /// <summary>Those who talk for hours are told of the end.</summary>
    [LoggerMessage(
        107, LogLevel.Information, "edge: drain time is nearly up, {connections} upgraded connections are told",
        EventName = "edge.draining.farewell")]
    public static partial void Farewell(this ILogger log, long connections);

    /// <summary>Memory is short.</summary>
    [LoggerMessage(
        110, LogLevel.Information,
        "edge: memory is short, new requests are turned away: {used} MiB of {limit} MiB are used",
        EventName = "edge.memory.short")]
    public static partial void MemoryIsShort(this ILogger log, long used, long limit);

    /// <summary>It no longer is.</summary>
    [LoggerMessage(
        111, LogLevel.Information, "edge: memory is enough again: {used} MiB of {limit} MiB are used",
        EventName = "edge.memory.enough")]
    public static partial void MemoryIsEnough(this ILogger log, long used, long limit);

    /// <summary>A log has lost entries.</summary>
    [LoggerMessage(120, LogLevel.Warning, "edge: {name}: {count} {noun} dropped: {error}", EventName = "edge.log.dropped")]
    public static partial void LogDropped(this ILogger log, string name, long count, string noun, string error);

    /// <summary>A log cannot be ended.</summary>
    [LoggerMessage(
        121, LogLevel.Warning, "edge: {name}: given up on, nobody takes what it writes", EventName = "edge.log.given_up")]
    public static partial void LogGivenUp(this ILogger log, string name);

    /// <summary>A collector has not taken the metrics.</summary>
    [LoggerMessage(122, LogLevel.Warning, "edge: metrics not exported: {error}", EventName = "edge.otlp.failed")]
    public static partial void MetricsNotExported(this ILogger log, string error);
}
