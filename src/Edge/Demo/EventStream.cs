using System.Text.Json;
using Edge.Core.Configuration;

namespace Edge.Demo;

/// <summary>What comes next in a stream.</summary>
internal enum StreamStep
{
    /// <summary>An event that carries no token: it is sent without waiting.</summary>
    Frame,

    /// <summary>An event with tokens: it waits for its time.</summary>
    Token,

    /// <summary>Nothing: the stream is complete.</summary>
    End,
}

/// <summary>The events of one stream, in order. A script belongs to one exchange.</summary>
internal interface IEventScript
{
    /// <summary>The kind of the event that <see cref="Write"/> will write.</summary>
    public StreamStep Next { get; }

    /// <summary>Appends the next event, blank line included, to the exchange's buffer.</summary>
    /// <returns>How many tokens it carries.</returns>
    public int Write();
}

/// <summary>Sends a script as server-sent events at the pace, and with the faults, of the exchange's settings.</summary>
internal static class EventStream
{
    /// <summary>Content-Type of event streams.</summary>
    public const string ContentType = "text/event-stream; charset=utf-8";

    /// <summary>Sends a stream to its end, or to the fault that was asked for, or until the caller leaves.</summary>
    public static async ValueTask RunAsync(MockExchange exchange, IEventScript script, Dialect dialect)
    {
        exchange.Response.StatusCode = 200;
        exchange.Response.Headers.ContentType = ContentType;
        exchange.Response.Headers.CacheControl = "no-cache";
        exchange.AllowSlowCaller();
        exchange.WatchCaller();
        exchange.Stats.StreamBegan();
        try
        {
            await SendAsync(exchange, script, dialect);
        }
        finally
        {
            exchange.Stats.StreamEnded();
        }
    }

    private static async ValueTask SendAsync(MockExchange exchange, IEventScript script, Dialect dialect)
    {
        var settings = exchange.Settings;
        if (settings.Hang == MockHang.Head || settings.FirstDelayMs != 0)
        {
            await exchange.Body.Writer.FlushAsync();
            if (settings.Hang == MockHang.Head)
            {
                await exchange.HangAsync();
                return;
            }

            if (!await exchange.DelayAsync(settings.FirstDelayMs))
            {
                return;
            }
        }

        // Each token has its moment, counted from the first: a late one does not delay the rest.
        var due = exchange.Now;
        var tokenEvents = 0;
        for (var events = 0; script.Next != StreamStep.End; events++)
        {
            if (script.Next == StreamStep.Token && tokenEvents++ != 0 && settings.GapTicks != 0)
            {
                due += settings.GapTicks;
                exchange.Buffer.Release();
                if (!await exchange.WaitUntilAsync(due))
                {
                    return;
                }
            }

            if (!settings.IsPlain && FaultAt(settings, events))
            {
                await FailAsync(exchange, script, dialect, events);
                return;
            }

            exchange.Buffer.Clear();
            exchange.Stats.Event(script.Write());
            var result = await exchange.Body.Writer.WriteAsync(exchange.Buffer.Memory);
            if (result.IsCompleted || exchange.CallerLeft)
            {
                return;
            }
        }
    }

    private static bool FaultAt(MockSettings settings, int events)
        => events == settings.CutAfter || events == settings.CutInside || events == settings.HangAfter
            || events == settings.ErrorAfter;

    private static async ValueTask FailAsync(MockExchange exchange, IEventScript script, Dialect dialect, int events)
    {
        var settings = exchange.Settings;
        exchange.Buffer.Clear();
        if (events == settings.HangAfter)
        {
            // A stream that hangs before its first event has at least a head.
            await exchange.Body.Writer.FlushAsync();
            await exchange.HangAsync();
        }
        else if (events == settings.ErrorAfter)
        {
            WriteError(exchange, dialect);
            await exchange.Body.Writer.WriteAsync(exchange.Buffer.Memory);
        }
        else if (events == settings.CutInside)
        {
            script.Write();
            await exchange.Body.Writer.WriteAsync(exchange.Buffer.Memory[..(exchange.Buffer.Length / 2)]);
            await exchange.CutAsync(settings.CutByReset);
        }
        else
        {
            await exchange.Body.Writer.FlushAsync();
            await exchange.CutAsync(settings.CutByReset);
        }
    }

    /// <summary>Begins an event that has a name and JSON data: to be followed by the data and <see cref="EndEvent"/>.</summary>
    public static Utf8JsonWriter BeginEvent(MockExchange exchange, ReadOnlySpan<byte> name)
    {
        if (!name.IsEmpty)
        {
            exchange.Buffer.Append("event: "u8);
            exchange.Buffer.Append(name);
            exchange.Buffer.Append((byte)'\n');
        }

        exchange.Buffer.Append("data: "u8);
        exchange.Json.Reset();
        return exchange.Json;
    }

    /// <summary>Ends an event's data.</summary>
    public static void EndEvent(MockExchange exchange)
    {
        exchange.Json.Flush();
        exchange.Buffer.Append("\n\n"u8);
    }

    private static void WriteError(MockExchange exchange, Dialect dialect)
    {
        var problem = new MockProblem(dialect == Dialect.Anthropic ? 529 : 500, "The mock provider failed, as it was asked to.");
        var json = BeginEvent(exchange, dialect == Dialect.Anthropic ? "error"u8 : default);
        problem.Write(json, dialect, exchange.Answer.RequestId);
        EndEvent(exchange);
    }
}

/// <summary>Cuts an answer's text into the tokens of its events.</summary>
internal struct AnswerCursor
{
    private int _offset;

    /// <summary>True once everything is taken.</summary>
    public readonly bool AtEnd(MockAnswer answer) => _offset == answer.Text.Length;

    /// <summary>Takes the next event's share.</summary>
    public ReadOnlySpan<byte> Take(MockExchange exchange, out int tokens)
    {
        var rest = exchange.Answer.Text[_offset..];
        var share = rest[..TokenRule.Bytes(rest, exchange.Settings.TokensPerEvent * TokenRule.CodePointsPerToken)];
        _offset += share.Length;
        tokens = TokenRule.Tokens(share);
        return share;
    }
}
