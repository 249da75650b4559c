using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Unicode;
using Edge.Core.Configuration;
using Edge.Pipeline;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Demo;

/// <summary>What the mock serves beside models, for tests and measurements of plain HTTP.</summary>
internal static class PlainEndpoints
{
    /// <summary>Most bytes of a made-up body.</summary>
    public const long BytesMax = 16L * 1024 * 1024 * 1024;

    /// <summary>Most bytes of a request's body that are told back as text; of a longer one, length and hash alone.</summary>
    public const int EchoTextBytesMax = 64 * 1024;

    /// <summary>Most bytes of an event of <c>/sse</c>.</summary>
    public const int EventBytesMax = 1024 * 1024;

    private const string JsonType = "application/json";
    private const string BytesType = "application/octet-stream";
    private const int ChunkBytesDefault = 4096;
    private const int SmallBytesMax = 65_520;

    // Byte i of every body is the i-th letter of the endlessly repeated alphabet: a multiple of 26 repeats without a seam.
    private static readonly byte[] Letters = MakeLetters(SmallBytesMax);

    /// <summary>Answers a request to one of these endpoints.</summary>
    public static ValueTask AnswerAsync(MockExchange exchange, MockEndpoint endpoint, string argument) => endpoint switch
    {
        MockEndpoint.Bytes => SendBytesAsync(exchange, argument, chunked: false),
        MockEndpoint.Chunked => SendBytesAsync(exchange, argument, chunked: true),
        MockEndpoint.Echo => EchoAsync(exchange),
        MockEndpoint.Mirror => MirrorAsync(exchange),
        MockEndpoint.Status => SendStatusAsync(exchange, argument),
        MockEndpoint.Sse => SendEventsAsync(exchange),
        MockEndpoint.Trailers => SendTrailersAsync(exchange),
        MockEndpoint.Raw => SendRawAsync(exchange, argument),
        MockEndpoint.WebSocket => WebSocketEcho.AnswerAsync(exchange),
        MockEndpoint.Stats => SendStatsAsync(exchange),
        _ => SendHealthAsync(exchange),
    };

    private static async ValueTask SendBytesAsync(MockExchange exchange, string argument, bool chunked)
    {
        if (!long.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > BytesMax)
        {
            await RefuseAsync(exchange, $"The path ends in a number of bytes from 0 to {BytesMax}.");
            return;
        }

        exchange.Response.StatusCode = 200;
        exchange.Response.Headers.ContentType = BytesType;
        if (!chunked)
        {
            exchange.Response.Headers.ContentLength = length;
        }

        if (exchange.Request.Method == "HEAD")
        {
            return;
        }

        var pieceMax = chunked ? (int)Query(exchange, "chunk", ChunkBytesDefault, 1, Letters.Length) : Letters.Length;
        if (length > pieceMax)
        {
            exchange.AllowSlowCaller();
        }

        if (exchange.Settings.IsPlain)
        {
            await SendLettersAsync(exchange, length, pieceMax);
            return;
        }

        if (exchange.Settings.FirstDelayMs != 0)
        {
            await exchange.Body.Writer.FlushAsync();
        }

        if (!await exchange.DelayAsync(exchange.Settings.FirstDelayMs))
        {
            return;
        }

        if (exchange.Settings.CutAfter is null)
        {
            await SendLettersAsync(exchange, length, pieceMax);
            return;
        }

        await SendLettersAsync(exchange, length / 2, pieceMax);
        await exchange.CutAsync(exchange.Settings.CutByReset);
    }

    private static async ValueTask SendLettersAsync(MockExchange exchange, long length, int pieceMax)
    {
        for (long sent = 0; sent < length;)
        {
            var from = (int)(sent % Letters.Length);
            var piece = (int)Math.Min(Math.Min(pieceMax, Letters.Length - from), length - sent);
            var result = await exchange.Body.Writer.WriteAsync(Letters.AsMemory(from, piece));
            if (result.IsCompleted)
            {
                exchange.NoticeCallerLeft();
                return;
            }

            sent += piece;
        }
    }

    private static async ValueTask EchoAsync(MockExchange exchange)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        exchange.AllowSlowCaller();
        var reader = exchange.Features.Require<IRequestBodyPipeFeature>().Reader;
        var length = 0L;
        while (true)
        {
            var read = await reader.ReadAsync();
            foreach (var segment in read.Buffer)
            {
                hash.AppendData(segment.Span);
                if (length + segment.Length <= EchoTextBytesMax)
                {
                    exchange.RequestBody.Append(segment.Span);
                }

                length += segment.Length;
            }

            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        WriteEcho(exchange, length, hash.GetHashAndReset());
        await exchange.SendBufferAsync(200, JsonType);
    }

    private static void WriteEcho(MockExchange exchange, long length, byte[] hash)
    {
        var json = exchange.Json;
        var request = exchange.Request;
        json.Reset();
        json.WriteStartObject();
        json.WriteString("method"u8, request.Method);
        json.WriteString("target"u8, request.RawTarget);
        json.WriteString("protocol"u8, request.Protocol);
        json.WriteStartObject("headers"u8);
        WriteFields(json, request.Headers);
        json.WriteEndObject();
        json.WriteStartObject("body"u8);
        json.WriteNumber("length"u8, length);
        json.WriteString("sha256"u8, Convert.ToHexStringLower(hash));
        if (length <= EchoTextBytesMax && Utf8.IsValid(exchange.RequestBody.Span))
        {
            json.WriteString("text"u8, exchange.RequestBody.Span);
        }

        json.WriteEndObject();
        if (exchange.Features.Find<IHttpRequestTrailersFeature>() is { Available: true, Trailers.Count: > 0 } trailers)
        {
            json.WriteStartObject("trailers"u8);
            WriteFields(json, trailers.Trailers);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.Flush();
    }

    private static void WriteFields(Utf8JsonWriter json, IHeaderDictionary fields)
    {
        foreach (var (name, values) in fields)
        {
            json.WriteStartArray(name.ToLowerInvariant());
            foreach (var value in values)
            {
                json.WriteStringValue(value);
            }

            json.WriteEndArray();
        }
    }

    private static async ValueTask MirrorAsync(MockExchange exchange)
    {
        exchange.AllowSlowCaller();
        exchange.Response.StatusCode = 200;
        exchange.Response.Headers.ContentType = BytesType;
        var reader = exchange.Features.Require<IRequestBodyPipeFeature>().Reader;
        await exchange.Body.Writer.FlushAsync();
        while (true)
        {
            var read = await reader.ReadAsync();
            foreach (var segment in read.Buffer)
            {
                await exchange.Body.Writer.WriteAsync(segment);
            }

            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    private static ValueTask SendStatusAsync(MockExchange exchange, string argument)
    {
        if (!int.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out var status) || status is < 200 or > 599)
        {
            return RefuseAsync(exchange, "The path ends in a status code from 200 to 599.");
        }

        if (status is >= 300 and < 400)
        {
            exchange.Response.Headers.Location = "/";
        }

        if (status is 204 or 205 or 304)
        {
            exchange.Response.StatusCode = status;
            return ValueTask.CompletedTask;
        }

        var json = exchange.Json;
        json.Reset();
        json.WriteStartObject();
        json.WriteNumber("status"u8, status);
        json.WriteEndObject();
        json.Flush();
        return exchange.SendBufferAsync(status, JsonType);
    }

    private static ValueTask SendEventsAsync(MockExchange exchange)
    {
        exchange.Settings.SuggestGap((int)Query(exchange, "gapMs", 0, 0, MockSettings.DelayMsMax));
        var events = (int)Query(exchange, "events", 10, 0, MockSettings.EventsMax);
        var bytes = (int)Query(exchange, "bytes", 100, NumberedEvents.BytesMin, EventBytesMax);
        return EventStream.RunAsync(exchange, new NumberedEvents(exchange, events, bytes), Dialect.OpenAI);
    }

    private static async ValueTask SendTrailersAsync(MockExchange exchange)
    {
        if (exchange.Features.Find<IHttpResponseTrailersFeature>() is not { } trailers)
        {
            // Kestrel sends trailers in HTTP/2 only.
            await RawAnswers.SendAsync(exchange, "trailers");
            return;
        }

        exchange.Response.StatusCode = 200;
        exchange.Response.Headers.ContentType = "text/plain";
        exchange.Response.Headers.Trailer = "X-Sum";
        await exchange.Body.Writer.WriteAsync("ok"u8.ToArray());
        trailers.Trailers["X-Sum"] = "2";
    }

    private static async ValueTask SendRawAsync(MockExchange exchange, string name)
    {
        if (exchange.Socket is null)
        {
            await RefuseAsync(exchange, "Raw answers need HTTP/1.1.");
        }
        else if (name.Length != 0)
        {
            await (RawAnswers.Find(name) is null
                ? RefuseAsync(exchange, $"The raw answers are {RawAnswers.Names}.")
                : RawAnswers.SendAsync(exchange, name));
        }
        else if (!await exchange.ReadBodyAsync(RawAnswers.BytesMax))
        {
            await RefuseAsync(exchange, $"A raw answer has at most {RawAnswers.BytesMax} bytes.");
        }
        else
        {
            var end = QueryText(exchange, "then") switch
            {
                "hold" => RawEnd.Hold,
                "reset" => RawEnd.Reset,
                _ => RawEnd.Close,
            };
            var piece = (int)Query(exchange, "piece", int.MaxValue, 1, int.MaxValue);
            var gap = (int)Query(exchange, "gapMs", 0, 0, MockSettings.DelayMsMax);
            await RawAnswers.SendAsync(exchange, exchange.RequestBody.Memory, end, piece, gap);
        }
    }

    private static ValueTask SendStatsAsync(MockExchange exchange)
    {
        exchange.Json.Reset();
        exchange.Stats.Write(exchange.Json);
        return exchange.SendBufferAsync(200, JsonType);
    }

    private static ValueTask SendHealthAsync(MockExchange exchange)
    {
        exchange.Buffer.Append("{\"status\":\"ok\"}"u8);
        return exchange.SendBufferAsync(200, JsonType);
    }

    private static ValueTask RefuseAsync(MockExchange exchange, string message)
    {
        exchange.Json.Reset();
        MockProblem.Bad(message).Write(exchange.Json, Dialect.OpenAI, exchange.Answer.RequestId);
        return exchange.SendBufferAsync(400, JsonType);
    }

    /// <summary>A number of the query, or the default where it is absent, no number or out of its range.</summary>
    private static long Query(MockExchange exchange, string name, long otherwise, long least, long most)
        => long.TryParse(QueryText(exchange, name), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most
            ? number
            : otherwise;

    private static ReadOnlySpan<char> QueryText(MockExchange exchange, ReadOnlySpan<char> name)
    {
        var query = exchange.Request.QueryString.AsSpan().TrimStart('?');
        foreach (var range in query.Split('&'))
        {
            var pair = query[range];
            if (pair.Length > name.Length && pair[name.Length] == '=' && pair.StartsWith(name, StringComparison.Ordinal))
            {
                return pair[(name.Length + 1)..];
            }
        }

        return default;
    }

    private static byte[] MakeLetters(int length)
    {
        var letters = new byte[length];
        for (var i = 0; i < length; i++)
        {
            letters[i] = (byte)('a' + (i % 26));
        }

        return letters;
    }
}
