using System.Buffers.Text;
using System.Text;

namespace Edge.Core.Caching;

/// <summary>
/// What Cache-Control says (RFC 9111, section 5.2), of one or several field lines. Where it says a thing twice, what allows less
/// counts; a number of seconds that is none counts as 0. Seconds that are not said are -1.
/// </summary>
public partial struct CacheDirectives()
{
    private const int SecondsMax = int.MaxValue;

    /// <summary>Nothing may be kept.</summary>
    public bool NoStore { get; private set; }

    /// <summary>Nothing may be used before the upstream has been asked.</summary>
    public bool NoCache { get; private set; }

    /// <summary>Single fields are not to be kept; see <see cref="Names"/>.</summary>
    public bool NamesFields { get; private set; }

    /// <summary>It is for one caller.</summary>
    public bool Private { get; private set; }

    /// <summary>It is for all.</summary>
    public bool Public { get; private set; }

    /// <summary>What is stale may not be used, not even when the upstream is away.</summary>
    public bool MustRevalidate { get; private set; }

    /// <summary>Likewise for caches that several share.</summary>
    public bool ProxyRevalidate { get; private set; }

    /// <summary>Only who knows the status may keep it.</summary>
    public bool MustUnderstand { get; private set; }

    /// <summary>Only what is kept already is wanted.</summary>
    public bool OnlyIfCached { get; private set; }

    /// <summary>The oldest that is fresh, or wanted.</summary>
    public int MaxAge { get; private set; } = -1;

    /// <summary>The same for caches that several share.</summary>
    public int SharedMaxAge { get; private set; } = -1;

    /// <summary>How long it has to stay fresh.</summary>
    public int MinFresh { get; private set; } = -1;

    /// <summary>How stale it may be.</summary>
    public int MaxStale { get; private set; } = -1;

    /// <summary>How long what is stale may be used while a fresh one is asked for (RFC 5861).</summary>
    public int StaleWhileRevalidate { get; private set; } = -1;

    /// <summary>How long what is stale may be used when the upstream fails (RFC 5861).</summary>
    public int StaleIfError { get; private set; } = -1;

    /// <summary>Takes a field line.</summary>
    public void Take(ReadOnlySpan<byte> line)
    {
        while (TryNext(ref line, out var name, out var value, out var hasValue))
        {
            if (Is(name, "no-store"u8)) NoStore = true;
            else if (Is(name, "no-cache"u8)) TakeNames(value, hasValue, isNoCache: true);
            else if (Is(name, "private"u8)) TakeNames(value, hasValue, isNoCache: false);
            else if (Is(name, "public"u8)) Public = true;
            else if (Is(name, "must-revalidate"u8)) MustRevalidate = true;
            else if (Is(name, "proxy-revalidate"u8)) ProxyRevalidate = true;
            else if (Is(name, "must-understand"u8)) MustUnderstand = true;
            else if (Is(name, "only-if-cached"u8)) OnlyIfCached = true;
            else if (Is(name, "max-age"u8)) MaxAge = Least(MaxAge, Seconds(value));
            else if (Is(name, "s-maxage"u8)) SharedMaxAge = Least(SharedMaxAge, Seconds(value));
            else if (Is(name, "min-fresh"u8)) MinFresh = Math.Max(MinFresh, Seconds(value));
            else if (Is(name, "max-stale"u8)) MaxStale = Least(MaxStale, hasValue ? Seconds(value) : SecondsMax);
            else if (Is(name, "stale-while-revalidate"u8)) StaleWhileRevalidate = Least(StaleWhileRevalidate, Seconds(value));
            else if (Is(name, "stale-if-error"u8)) StaleIfError = Least(StaleIfError, Seconds(value));
        }
    }

    /// <summary>True where a line of Cache-Control says that a field is not to be kept: no-cache="...", private="...".</summary>
    public static bool Names(ReadOnlySpan<byte> line, ReadOnlySpan<byte> field)
    {
        while (TryNext(ref line, out var name, out var value, out var hasValue))
        {
            if (hasValue && (Is(name, "no-cache"u8) || Is(name, "private"u8)) && IsListed(value, field))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsListed(ReadOnlySpan<byte> list, ReadOnlySpan<byte> field)
    {
        foreach (var part in list.Split((byte)','))
        {
            if (Is(list[part].Trim(" \t"u8), field))
            {
                return true;
            }
        }

        return false;
    }

    private void TakeNames(ReadOnlySpan<byte> value, bool hasValue, bool isNoCache)
    {
        NamesFields |= hasValue && !value.IsEmpty;
        NoCache |= isNoCache && !(hasValue && !value.IsEmpty);
        Private |= !isNoCache && !(hasValue && !value.IsEmpty);
    }

    private static int Least(int one, int other) => one < 0 ? other : Math.Min(one, other);

    private static int Seconds(ReadOnlySpan<byte> value) =>
        value.IsEmpty || value.ContainsAnyExceptInRange((byte)'0', (byte)'9') ? 0
        : Utf8Parser.TryParse(value, out int seconds, out _) ? seconds
        : SecondsMax;

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> other) => Ascii.EqualsIgnoreCase(name, other);

    /// <summary>The next member of the list; commas within quotes do not count.</summary>
    private static bool TryNext(
        ref ReadOnlySpan<byte> line, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value, out bool hasValue)
    {
        name = default;
        value = default;
        hasValue = false;
        if (line.IsEmpty)
        {
            return false;
        }

        var end = 0;
        var isQuoted = false;
        while (end < line.Length && (isQuoted || line[end] != ','))
        {
            if (isQuoted && line[end] == '\\')
            {
                end++;
            }
            else if (line[end] == '"')
            {
                isQuoted = !isQuoted;
            }

            end++;
        }

        end = Math.Min(end, line.Length);
        var member = line[..end].Trim(" \t"u8);
        line = end < line.Length ? line[(end + 1)..] : default;
        var equals = member.IndexOf((byte)'=');
        hasValue = equals >= 0;
        name = hasValue ? member[..equals] : member;
        value = hasValue ? member[(equals + 1)..] : default;
        if (value.Length >= 2 && value[0] == '"' && value[^1] == '"')
        {
            value = value[1..^1];
        }

        return true;
    }
}
