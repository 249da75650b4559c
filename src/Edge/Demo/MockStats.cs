using System.Text.Json;

namespace Edge.Demo;

/// <summary>What a mock provider has done since it was started. Counters only grow, but for the streams now open.</summary>
internal sealed class MockStats
{
    private readonly long[] _requests = new long[MockEndpoints.Count];
    private long _events;
    private long _tokens;
    private long _streams;
    private long _abandoned;
    private long _openStreams;

    /// <summary>Tokens that were generated, whether or not somebody was there to take them.</summary>
    public long Tokens => Volatile.Read(ref _tokens);

    /// <summary>Events written to streams.</summary>
    public long Events => Volatile.Read(ref _events);

    /// <summary>Streams begun.</summary>
    public long Streams => Volatile.Read(ref _streams);

    /// <summary>Streams that run now.</summary>
    public long OpenStreams => Volatile.Read(ref _openStreams);

    /// <summary>Answers whose caller left before their end.</summary>
    public long Abandoned => Volatile.Read(ref _abandoned);

    /// <summary>How many requests came for an endpoint, the wrong ones included.</summary>
    public long Requests(MockEndpoint endpoint) => Volatile.Read(ref _requests[(int)endpoint]);

    /// <summary>Counts a request.</summary>
    public void Request(MockEndpoint endpoint) => Interlocked.Increment(ref _requests[(int)endpoint]);

    /// <summary>Counts generated tokens.</summary>
    public void Generated(int tokens) => Interlocked.Add(ref _tokens, tokens);

    /// <summary>Counts an event and its tokens.</summary>
    public void Event(int tokens)
    {
        Interlocked.Increment(ref _events);
        if (tokens != 0)
        {
            Interlocked.Add(ref _tokens, tokens);
        }
    }

    /// <summary>Counts the beginning of a stream.</summary>
    public void StreamBegan()
    {
        Interlocked.Increment(ref _streams);
        Interlocked.Increment(ref _openStreams);
    }

    /// <summary>Counts the end of a stream, good or bad.</summary>
    public void StreamEnded() => Interlocked.Decrement(ref _openStreams);

    /// <summary>Counts a caller that left before the end.</summary>
    public void CallerLeft() => Interlocked.Increment(ref _abandoned);

    /// <summary>Writes all of it as one object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("requests"u8);
        for (var i = 0; i < MockEndpoints.Count; i++)
        {
            json.WriteNumber(MockEndpoints.Name((MockEndpoint)i), Volatile.Read(ref _requests[i]));
        }

        json.WriteEndObject();
        json.WriteNumber("streams"u8, Streams);
        json.WriteNumber("openStreams"u8, OpenStreams);
        json.WriteNumber("abandoned"u8, Abandoned);
        json.WriteNumber("events"u8, Events);
        json.WriteNumber("tokens"u8, Tokens);
        json.WriteEndObject();
        json.Flush();
    }
}
