using System.Globalization;

namespace Edge.Tests.Support;

/// <summary>A response, parsed by the letter of RFC 9112: what it refuses, a real client might misread.</summary>
internal sealed class RawResponse
{
    private const string VersionText = "HTTP/1.1 ";
    private const int StatusEnd = 12;

    private RawResponse(int status, string reason, RawHeaders headers, RawBody body)
    {
        Status = status;
        Reason = reason;
        Headers = headers;
        Body = body;
    }

    /// <summary>The status code.</summary>
    public int Status { get; }

    /// <summary>The reason phrase, mostly empty.</summary>
    public string Reason { get; }

    /// <summary>The header fields.</summary>
    public RawHeaders Headers { get; }

    /// <summary>The body: all of it, or still to be read, by how the response was asked for.</summary>
    public RawBody Body { get; }

    /// <summary>The body as UTF-8 text, as far as it has been read.</summary>
    public string Text => Body.Text;

    /// <summary>The statuses of the interim (1xx) responses before this one.</summary>
    public IReadOnlyList<int> Interim { get; private init; } = [];

    /// <summary>Reads the head of the next final response; its body is still to be read.</summary>
    /// <param name="connection">Where it comes from.</param>
    /// <param name="method">The method of the request: an answer to HEAD has no body, and one to CONNECT none of its own.</param>
    /// <exception cref="InvalidDataException">It is not a well-formed response.</exception>
    /// <exception cref="EndOfStreamException">The connection ended first.</exception>
    public static async Task<RawResponse> ReadHeadAsync(RawConnection connection, string method)
    {
        List<int> interim = [];
        while (true)
        {
            var (status, reason) = ParseStatusLine(await connection.ReadLineAsync());
            var headers = await RawHeaders.ReadAsync(connection);
            if (status is >= 100 and < 200 and not 101)
            {
                interim.Add(status);
                continue;
            }

            return new RawResponse(status, reason, headers, BodyOf(connection, method, status, headers)) { Interim = interim };
        }
    }

    private static RawBody BodyOf(RawConnection connection, string method, int status, RawHeaders headers)
    {
        // Asked in any case, so that a contradiction in the headers is seen where there is no body too.
        var (chunked, length) = (headers.IsChunked(), headers.ContentLength());
        if (method == "HEAD" || status is 101 or 204 or 304)
        {
            return new RawBody(connection, RawFraming.None, 0);
        }

        if (chunked)
        {
            return new RawBody(connection, RawFraming.Chunked, 0);
        }

        return length is { } count
            ? new RawBody(connection, RawFraming.Length, count)
            : new RawBody(connection, RawFraming.Close, 0);
    }

    // RFC 9112 section 4: the space after the code stands there even where the reason is empty.
    private static (int Status, string Reason) ParseStatusLine(string line)
    {
        if (line.Length <= StatusEnd || !line.StartsWith(VersionText, StringComparison.Ordinal) || line[StatusEnd] != ' '
            || !int.TryParse(line.AsSpan(VersionText.Length, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            || status is < 100 or > 999)
        {
            throw new InvalidDataException($"Not a status line: \"{line}\"");
        }

        return (status, line[(StatusEnd + 1)..]);
    }
}
