using System.Text;
using CsCheck;
using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

/// <summary>
/// What we accept, .NET's own client must read in the same way. It may accept more: that is what strictness means.
/// </summary>
public sealed class ResponseDifferentialTests
{
    private static readonly Gen<string> StatusLine = Gen.OneOf(
        "HTTP/1.1 200 OK", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK", "HTTP/1.1 404", "HTTP/1.1 500 ", "HTTP/1.0 299 \u00e9\t",
        "HTTP/1.1 204 No Content", "HTTP/1.1 304 Not Modified", "HTTP/1.1  200", "HTTP/1.1 20", "HTTP/1.1 200OK");

    private static readonly Gen<string> Field = Gen.OneOf(
        "Content-Length: 5", "Content-Length: 5", "content-length:\t05 ", "Content-Length: 5, 5", "Content-Length: +5",
        "Transfer-Encoding: chunked", "Transfer-Encoding: chunked", "Transfer-Encoding: identity",
        "Transfer-Encoding: \tCHUNKED ", "Content-Type: text/plain", "X-One: a\tb", "X-One:", "X-Two: \u00e9", " folded",
        "X-Three : 3", "Set-Cookie: a=b", "Set-Cookie: c=d", "Connection: close", "Connection: X-One", "NoColon",
        "Content-Encoding: gzip");

    private static readonly Gen<string> Body = Gen.OneOf(
        "hello", "hello", "5\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n",
        "2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 1\r\n\r\n", "hell", "5\r\nhello\r\n", "5\nhello\n0\n\n",
        "05 ;x\r\nhello\r\n00\r\n\r\n", "5\r\nhello\r\n0\r\n\r\nsurplus", "");

    private static readonly Gen<string> LineEnd =
        Gen.Frequency((12, Gen.Const("\r\n")), (1, Gen.Const("\n")), (1, Gen.Const("\r")));

    [Fact]
    public async Task What_is_accepted_means_the_same_to_dotnets_own_client()
    {
        var accepted = 0;
        await Gen.Select(StatusLine, Gen.Select(Field, LineEnd).Array[0, 4], LineEnd, Body).SampleAsync(
            async (statusLine, fields, end, body) =>
            {
                var text = statusLine + end + string.Concat(fields.Select(field => field.Item1 + field.Item2)) + end + body;
                var bytes = Encoding.Latin1.GetBytes(text);
                if (ReadOurselves(bytes) is { } ours)
                {
                    Assert.Equal(ours, await ReadWithHttpClient(bytes));
                    Interlocked.Increment(ref accepted);
                }
            },
            iter: 3_000);
        Assert.True(accepted > 100, $"only {accepted} messages were accepted");
    }

    private static string? ReadOurselves(byte[] bytes)
    {
        var head = new ResponseHead(bytes.Length + 1);
        if (head.Parse(bytes, out var consumed) != ParseStatus.Complete)
        {
            return null;
        }

        var rest = bytes.AsSpan(consumed);
        string? content;
        switch (head.FramingFor(requestWasHead: false))
        {
            case BodyFraming.None:
                content = "";
                break;
            case BodyFraming.ContentLength:
                content = rest.Length < head.ContentLength ? null : Encoding.Latin1.GetString(rest[..(int)head.ContentLength]);
                break;
            case BodyFraming.Chunked:
                content = Decode(rest);
                break;
            default:
                content = Encoding.Latin1.GetString(rest);
                break;
        }

        var names = new List<string>();
        for (var i = 0; i < head.HeaderCount; i++)
        {
            var value = head[i].Kind == ResponseHeaderKind.ContentLength
                ? $"{head.ContentLength}"
                : Encoding.Latin1.GetString(head[i].Value(bytes));
            names.Add($"{Encoding.Latin1.GetString(head[i].Name(bytes))}={value}");
        }

        return content is null ? null : Describe(head.StatusCode, head.MinorVersion, names, content);
    }

    private static string? Decode(ReadOnlySpan<byte> rest)
    {
        var decoder = default(ChunkedDecoder);
        var content = new StringBuilder();
        while (true)
        {
            var status = decoder.Read(rest, out var consumed, out var start, out var length);
            content.Append(Encoding.Latin1.GetString(rest.Slice(start, length)));
            rest = rest[consumed..];
            if (status != ChunkedStatus.Data)
            {
                return status == ChunkedStatus.End ? content.ToString() : null;
            }
        }
    }

    private static async Task<string> ReadWithHttpClient(byte[] bytes)
    {
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(new ScriptedStream(bytes)),
        };
        using var client = new HttpMessageInvoker(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://upstream.test/");
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var content = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        var names = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .SelectMany(field => field.Value.Select(value => $"{field.Key}={value}"));
        return Describe((int)response.StatusCode, response.Version.Minor, names, Encoding.Latin1.GetString(content));
    }

    private static string Describe(int status, int minor, IEnumerable<string> fields, string content)
    {
        var sorted = fields
            .Select(field => $"{field[..field.IndexOf('=')].ToUpperInvariant()}{field[field.IndexOf('=')..]}")
            .Order();
        return $"{status} 1.{minor}\n{string.Join('\n', sorted)}\n\n{content}";
    }

    /// <summary>A connection to an upstream that has already said all it will say.</summary>
    private sealed class ScriptedStream(byte[] script) : MemoryStream(script, writable: false)
    {
        public override bool CanWrite => true;

        public override void Write(byte[] buffer, int offset, int count)
        {
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.CompletedTask;

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            Task.CompletedTask;
    }
}
