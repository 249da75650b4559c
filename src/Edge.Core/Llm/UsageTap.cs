namespace Edge.Core.Llm;

/// <summary>
/// Reads the usage from a provider's answer as it passes, in pieces that are cut anywhere: a JSON body, or an event stream of
/// which each line of data is one JSON text, as all providers send them. What comes later replaces what came before, count by
/// count, because Anthropic's counts are cumulative. Nothing is kept of the answer. One for each answer; not thread-safe.
/// Allocates nothing.
/// </summary>
public sealed class UsageTap
{
    private UsageScanner _scanner;
    private UsageCounts _usage;
    private LinePart _part;
    private int _matched;
    private bool _isEventStream;
    private bool _afterReturn;

    private enum LinePart
    {
        /// <summary>In the field's name, of which so much has matched <c>data:</c>.</summary>
        Field,

        /// <summary>In the data.</summary>
        Data,

        /// <summary>In a line that has none.</summary>
        Other,
    }

    private static ReadOnlySpan<byte> DataField => "data:"u8;

    /// <summary>What has been named so far.</summary>
    public UsageCounts Usage => _usage;

    /// <summary>Begins with an answer.</summary>
    /// <param name="isEventStream">It is an event stream, not one JSON text.</param>
    public void Start(bool isEventStream)
    {
        _isEventStream = isEventStream;
        _usage = default;
        _scanner.Restart();
        _part = LinePart.Field;
        _matched = 0;
        _afterReturn = false;
    }

    /// <summary>Takes the next bytes of the answer.</summary>
    public void Take(ReadOnlySpan<byte> next)
    {
        if (!_isEventStream)
        {
            _scanner.Take(next, ref _usage);
            return;
        }

        while (!next.IsEmpty)
        {
            if (_part == LinePart.Field && _matched == 0 && !MayBeAboutUsage(next))
            {
                // No whole line of these matters; what follows the last of them may.
                next = next[(next.LastIndexOf((byte)'\n') + 1)..];
                if (next.IsEmpty)
                {
                    _afterReturn = false;
                    return;
                }
            }

            next = next[TakeLine(next)..];
        }
    }

    // Events between the first and the last name no usage, or say that it is null.
    internal static bool MayBeAboutUsage(ReadOnlySpan<byte> next)
    {
        while (true)
        {
            var at = next.IndexOf("\"usage\""u8);
            if (at < 0)
            {
                return false;
            }

            next = next[(at + 7)..];
            if (!next.StartsWith(":null"u8))
            {
                return true;
            }
        }
    }

    private int TakeLine(ReadOnlySpan<byte> next)
    {
        if (_afterReturn)
        {
            _afterReturn = false;
            if (next[0] == '\n')
            {
                return 1;
            }
        }

        var length = next.IndexOfAny((byte)'\r', (byte)'\n');
        var line = length < 0 ? next : next[..length];
        var data = line;
        while (_part == LinePart.Field && !data.IsEmpty)
        {
            if (data[0] != DataField[_matched])
            {
                _part = LinePart.Other;
            }
            else if (++_matched == DataField.Length)
            {
                _part = LinePart.Data;
            }

            data = data[1..];
        }

        if (_part == LinePart.Data && (length < 0 || !_scanner.IsAtStart || MayBeAboutUsage(data)))
        {
            _scanner.Take(data, ref _usage);
        }

        if (length < 0)
        {
            return next.Length;
        }

        _scanner.Restart();
        _part = LinePart.Field;
        _matched = 0;
        _afterReturn = next[length] == '\r';
        return length + 1;
    }
}
