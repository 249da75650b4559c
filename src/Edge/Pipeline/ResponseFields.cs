using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Edge.Core.Http;
using Edge.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Edge.Pipeline;

/// <summary>
/// Puts the fields of a head, one after another, into an answer: fields that nothing looks at any more as the lines that go on
/// the wire, which the server writes in one piece (<see cref="FieldLineEncoding"/>), and all others into its headers.
/// </summary>
/// <remarks>
/// To the server a field is a name and a value to be checked, looked up, kept, and encoded when the head is written; that was a
/// tenth of the cost of an answer from memory. Of the headers too, what cannot be there yet is not looked for, and where the
/// server has a member for a field, that is set, without a look at the name.
/// What puts a field together is not inlined: at dozens of places it would be code that each request has to fetch anew, and
/// misses of the processor's instruction cache are a large part of what a request costs.
/// Rented for one head and given back when that is written. Used by one thread at a time.
/// </remarks>
internal sealed class ResponseFields
{
    private const int LinesBytesFirst = 1024;
    private const int LinesBytesKept = 16 * 1024;
    private const int DigitsMax = 20;
    private const int TextsMax = 3600;

    private static readonly string?[] Texts = new string?[TextsMax];

    // What no field may have (RFC 9110, section 5.5). The server says so of what it is given; of lines this does.
    private static readonly SearchValues<byte> Controls = SearchValues.Create(
        0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127);

    [ThreadStatic]
    private static ResponseFields? Spare;

    [ThreadStatic]
    private static ResponseFields? Starting;

    private IHeaderDictionary _headers = null!;
    private RouteFields? _ready;
    private byte[] _lines = new byte[LinesBytesFirst];
    private int _length;

    // Of what was there before, no name has been seen here: each is looked for.
    private bool _isForeign;
    private HeaderNumberSet _seen;

    // The server does not ask how an empty value is written: it carries no lines.
    private bool _carriesLines;

    private ResponseFields()
    {
    }

    private static ReadOnlySpan<byte> LineEnd => "\r\n"u8;

    /// <summary>The lines of the head that the server is writing on this thread.</summary>
    public static ReadOnlySpan<byte> LinesWritten => Starting is { } fields ? fields._lines.AsSpan(0, fields._length) : default;

    /// <summary>The same, once: of several values the first has them behind it.</summary>
    public static ReadOnlySpan<byte> TakeLinesWritten()
    {
        var lines = LinesWritten;
        Starting = null;
        return lines;
    }

    /// <summary>Takes one that is free.</summary>
    public static ResponseFields Rent()
    {
        var fields = Spare ?? new ResponseFields();
        Spare = null;
        return fields;
    }

    /// <summary>Gives it back.</summary>
    public void Return()
    {
        _headers = null!;
        _ready = null;
        _length = 0;
        if (_lines.Length <= LinesBytesKept)
        {
            Spare = this;
        }
    }

    /// <summary>Begins a head.</summary>
    /// <param name="headers">Of the answer, which has not started.</param>
    /// <param name="ready">
    /// Which fields may be lines; null: none, and the answer need not be started by <see cref="StartAsync"/>.
    /// </param>
    public void Begin(IHeaderDictionary headers, RouteFields? ready)
    {
        _headers = headers;
        _ready = ready;
        _length = 0;
        _seen = default;
        _carriesLines = false;
        _isForeign = headers.Count > 0;
    }

    /// <summary>Adds a field that is handed on. One that came before under the same name stays.</summary>
    /// <param name="number">Number of the name, see <see cref="KnownResponseHeaders"/>; 0: it has none.</param>
    /// <param name="name">The name.</param>
    /// <param name="value">The value, in Latin-1.</param>
    /// <param name="strings">Makes text of them.</param>
    public void Copy(int number, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, HeaderValueCache strings)
    {
        if (_ready is { } ready && ready.Copied.Has(number) && value.IndexOfAny(Controls) < 0)
        {
            Line(number, value.Length);
            Put(value);
            return;
        }

        Add(number, KnownResponseHeaders.NameOf(number) ?? strings.Get(name),
            KnownResponseHeaders.KindOf(number) == ResponseHeaderKind.SetCookie
                ? Encoding.Latin1.GetString(value)
                : strings.Get(value));
    }

    /// <summary>Adds a field. One that came before under the same name stays.</summary>
    /// <param name="number">Number of the name; 0: it has none.</param>
    /// <param name="name">The name.</param>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Add(int number, string name, string value)
    {
        if (number == 0 || _isForeign || _seen.Has(number))
        {
            _headers.Append(name, value);
            return;
        }

        _seen = _seen.With(number);
        switch (KnownResponseHeaders.KindOf(number))
        {
            case ResponseHeaderKind.ContentType:
                _headers.ContentType = value;
                break;
            case ResponseHeaderKind.Date:
                _carriesLines = value.Length > 0;
                _headers.Date = value;
                break;
            case ResponseHeaderKind.Server:
                _headers.Server = value;
                break;
            default:
                _headers[name] = value;
                break;
        }
    }

    /// <summary>Adds a field of the gateway's own to those under its name.</summary>
    /// <param name="number">Number of the name.</param>
    /// <param name="value">The value, in Latin-1 and without control characters.</param>
    public void Append(int number, string value)
    {
        if (!IsLine(number))
        {
            Add(number, KnownResponseHeaders.NameOf(number)!, value);
            return;
        }

        Line(number, value.Length);
        Put(value);
    }

    /// <summary>Sets a field of the gateway's own in the place of what was there under its name.</summary>
    /// <param name="number">Number of the name, which is none of <see cref="RouteFields.Copied"/>.</param>
    /// <param name="value">The value, in Latin-1 and without control characters.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Set(int number, string value)
    {
        if (!IsLine(number))
        {
            _headers[KnownResponseHeaders.NameOf(number)!] = value;
            return;
        }

        OnlyLine(number, value.Length);
        Put(value);
    }

    /// <summary>Sets a field of the gateway's own likewise.</summary>
    public void Set(int number, long value)
    {
        if (!IsLine(number))
        {
            _headers[KnownResponseHeaders.NameOf(number)!] = TextOf(value);
            return;
        }

        OnlyLine(number, DigitsMax);
        Utf8Formatter.TryFormat(value, _lines.AsSpan(_length), out var count);
        _length += count;
    }

    /// <summary>
    /// Sets the fields that tell of limits in the place of what was there under their names: so many bytes of lines that were
    /// written into <see cref="Room"/>, without control characters in their values.
    /// </summary>
    public void SetLimits(int length)
    {
        var areLines = _ready is { AreLimitsLines: true };
        if (!areLines || _isForeign || _seen.HasAny(RouteFields.Limits))
        {
            Replace(_lines.AsSpan(_length, length), areLines);
        }

        _length += areLines ? length : 0;
    }

    /// <summary>Memory behind what is here, of at least so many bytes; for <see cref="SetLimits"/>.</summary>
    public Span<byte> Room(int length)
    {
        if (_length + length > _lines.Length)
        {
            Array.Resize(ref _lines, Math.Max(_length + length, _lines.Length * 2));
        }

        return _lines.AsSpan(_length);
    }

    /// <summary>Adds this gateway to the way that an answer came (RFC 9110, section 7.6.3).</summary>
    public void AddVia(string value)
    {
        if (_isForeign || _seen.Has(KnownResponseHeaders.Via))
        {
            var before = _headers.Via;
            _headers.Via = before.Count == 0 ? value : StringValues.Concat(before, value);
        }
        else if (_carriesLines && IsLine(KnownResponseHeaders.Via))
        {
            Line(KnownResponseHeaders.Via, value.Length);
            Put(value);
        }
        else
        {
            // Behind the one or the other the server writes the lines.
            _headers.Via = value;
        }
    }

    /// <summary>Starts the answer, with its lines behind the first value that the server writes: Date, or Via.</summary>
    public Task StartAsync(IHttpResponseBodyFeature body)
    {
        if (_length == 0)
        {
            return body.StartAsync();
        }

        // The server writes the head before it returns: nothing of this gateway is called at the start of an answer.
        Starting = this;
        try
        {
            return body.StartAsync();
        }
        finally
        {
            Starting = null;
        }
    }

    /// <summary>A number as the value of a header; of small ones there is one string each.</summary>
    public static string TextOf(long number) => (ulong)number < TextsMax
        ? Texts[number] ??= number.ToString(CultureInfo.InvariantCulture)
        : number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Removes the headers that lines stand for, or sets them instead.</summary>
    private void Replace(ReadOnlySpan<byte> lines, bool areLines)
    {
        while (!lines.IsEmpty)
        {
            lines = lines[LineEnd.Length..];
            var end = lines.IndexOf(LineEnd);
            var line = end < 0 ? lines : lines[..end];
            var colon = line.IndexOf(": "u8);
            var name = KnownResponseHeaders.NameOf(KnownResponseHeaders.NumberOf(line[..colon]))!;
            if (areLines)
            {
                _headers.Remove(name);
            }
            else
            {
                _headers[name] = Encoding.Latin1.GetString(line[(colon + 2)..]);
            }

            lines = lines[line.Length..];
        }
    }

    private bool IsLine(int number) => _ready is { } ready && !ready.Ruled.Has(number);

    /// <summary>Begins a line, in the place of what was there under its name, with room for a value.</summary>
    private void OnlyLine(int number, int valueLength)
    {
        Debug.Assert(_ready is null || !_ready.Copied.Has(number), "what is handed on under such a name is no line yet");
        if (_isForeign || _seen.Has(number))
        {
            _headers.Remove(KnownResponseHeaders.NameOf(number)!);
        }

        Line(number, valueLength);
    }

    /// <summary>Begins a line, with room for a value.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Line(int number, int valueLength)
    {
        var start = KnownResponseHeaders.LineStartOf(number);
        start.CopyTo(Room(start.Length + valueLength));
        _length += start.Length;
    }

    /// <summary>Goes on with a line that has room for it.</summary>
    private void Put(ReadOnlySpan<byte> value)
    {
        value.CopyTo(_lines.AsSpan(_length));
        _length += value.Length;
    }

    /// <summary>Goes on with a line that has room for it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Put(string value)
    {
        Debug.Assert(FieldText.IsValue(value), "it would end the line");
        _length += Encoding.Latin1.GetBytes(value, _lines.AsSpan(_length));
    }
}
