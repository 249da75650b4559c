using System.Collections;
using System.Globalization;

namespace Edge.Tests.Support;

/// <summary>Header or trailer fields as they stood on the wire, in order, parsed by the letter of RFC 9112 section 5.</summary>
internal sealed class RawHeaders : IEnumerable<KeyValuePair<string, string>>
{
    private const string TokenMarks = "!#$%&'*+-.^_`|~";
    private readonly List<KeyValuePair<string, string>> _fields = [];

    /// <summary>How many field lines there are.</summary>
    public int Count => _fields.Count;

    /// <summary>The value of a field that may stand there once; null where it does not.</summary>
    /// <exception cref="InvalidDataException">It stands there more than once.</exception>
    public string? this[string name]
    {
        get
        {
            var all = All(name);
            return all.Length < 2
                ? all.SingleOrDefault()
                : throw new InvalidDataException($"{name} stands there {all.Length} times.");
        }
    }

    /// <summary>Parses the next field lines of a connection, up to and including the empty line.</summary>
    /// <exception cref="InvalidDataException">A line is not a field line.</exception>
    public static async Task<RawHeaders> ReadAsync(RawConnection connection)
    {
        var headers = new RawHeaders();
        while (await connection.ReadLineAsync() is { Length: > 0 } line)
        {
            headers.Add(line);
        }

        return headers;
    }

    /// <summary>True for a token of RFC 9110 section 5.6.2.</summary>
    public static bool IsToken(string text) =>
        text.Length > 0 && text.All(static c => char.IsAsciiLetterOrDigit(c) || TokenMarks.Contains(c, StringComparison.Ordinal));

    /// <summary>Every value of a field, in order.</summary>
    public string[] All(string name) =>
    [
        .. from field in _fields
           where field.Key.Equals(name, StringComparison.OrdinalIgnoreCase)
           select field.Value,
    ];

    /// <summary>True where the field stands there at least once.</summary>
    public bool Contains(string name) => All(name).Length > 0;

    /// <summary>The number in Content-Length, or null where there is none.</summary>
    /// <exception cref="InvalidDataException">It is not plain digits, or it stands there twice.</exception>
    public long? ContentLength() => this["Content-Length"] switch
    {
        null => null,
        { Length: > 0 } digits when digits.All(char.IsAsciiDigit) => long.Parse(digits, CultureInfo.InvariantCulture),
        var other => throw new InvalidDataException($"Content-Length is \"{other}\"."),
    };

    /// <summary>True where the body is chunked.</summary>
    /// <exception cref="InvalidDataException">
    /// Transfer-Encoding is anything but "chunked", or stands beside a Content-Length.
    /// </exception>
    public bool IsChunked()
    {
        var coding = this["Transfer-Encoding"];
        if (coding is null)
        {
            return false;
        }

        if (!coding.Equals("chunked", StringComparison.OrdinalIgnoreCase) || Contains("Content-Length"))
        {
            throw new InvalidDataException($"Transfer-Encoding \"{coding}\", Content-Length \"{this["Content-Length"]}\".");
        }

        return true;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _fields.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void Add(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || !IsToken(line[..colon]) || line.Any(static c => c is '\0' or '\r' or '\n'))
        {
            throw new InvalidDataException($"Not a field line: \"{line}\"");
        }

        _fields.Add(new(line[..colon], line[(colon + 1)..].Trim(' ', '\t')));
    }
}
