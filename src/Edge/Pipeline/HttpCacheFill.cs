using System.Buffers.Text;
using System.Text;
using Edge.Core.Caching;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Hosting;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>Decides by an answer's head whether it may be kept, and for how long (RFC 9111, sections 3 and 4.2).</summary>
internal static class HttpCacheFill
{
    private const long MsPerSecond = 1000;
    private const int MonthsSeconds = 31_556_952;
    private const int LifetimeSecondsMax = 365 * 24 * 60 * 60;

    /// <summary>
    /// Looks at a head, of a new answer or of one to a question whether what is kept is still good. What is to be kept of it is
    /// put into <see cref="CacheExchange.Head"/>, and <see cref="HttpCacheExchange.Info"/> says for how long.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="route">Its route's cache.</param>
    /// <param name="exchange">Its dealings with the cache.</param>
    /// <param name="head">The head.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="kept">What is kept already, and is to be brought up to date (section 3.2); empty: nothing.</param>
    /// <returns>False: it may not be kept.</returns>
    public static bool TryRead(
        RequestContext context, RouteCache route, CacheExchange exchange, ResponseHead head, ReadOnlySpan<byte> bytes,
        ReadOnlySpan<byte> kept)
    {
        if (!IsAbout(head, bytes, kept))
        {
            return false;
        }

        var http = exchange.Http!;
        var found = new Facts { NowSeconds = route.Shared.UtcSeconds };
        if (!kept.IsEmpty)
        {
            var old = new StoredHead(kept);
            for (var at = 0; old.TryNext(ref at, out var name, out var value);)
            {
                if (IsKept(head, bytes, name))
                {
                    found.Take(name, value);
                }
            }
        }

        for (var i = 0; i < head.HeaderCount; i++)
        {
            found.Take(head[i].Name(bytes), head[i].Value(bytes));
        }

        TakeTargeted(route, ref found, head, bytes, kept);
        var status = kept.IsEmpty ? head.StatusCode : new StoredHead(kept).Status;
        if (!MayKeep(context, route, http, found, status))
        {
            return false;
        }

        var rules = RulesOf(found, route, status);
        Write(exchange.Head, status, rules, head, bytes, kept, found);
        if (exchange.Head.Length > StoredHead.BytesMax)
        {
            return false;
        }

        var freshUntilMs = http.AskedMs + ((rules.LifetimeSeconds - (long)rules.AgeSeconds) * MsPerSecond);
        var keptMs = Math.Max(
            route.StaleMs, Math.Max(rules.StaleIfErrorSeconds, rules.StaleWhileRevalidateSeconds) * MsPerSecond);
        http.Info = new CacheInfo
        {
            StoredMs = http.AskedMs,
            FreshUntilMs = freshUntilMs,
            ExpiresMs = Math.Max(freshUntilMs, http.AskedMs) + keptMs,
            Owner = exchange.Key.Owner,
            Route = route.Counters.Number,
            TagBits = CacheTags.BitsOf(new StoredHead(exchange.Head.Written.Span)),
        };
        return true;
    }

    private static bool MayKeep(RequestContext context, RouteCache route, HttpCacheExchange http, in Facts found, int status)
    {
        var says = found.Directives;
        if (status is < 200 or StatusCodes.Status206PartialContent or StatusCodes.Status304NotModified
            || !MayStore(says, status) || found.HasManyTypes
            || (says.Private && !(route.Plan.Scope.Kind == CacheScopeKind.Consumer && context.Caller is not null)))
        {
            return false;
        }

        // Section 3.5, and likewise for cookies, of which the same is true, in both directions.
        var isForAll = says.Public || says.SharedMaxAge >= 0;
        if ((http.IsPersonal && !(isForAll || says.MustRevalidate)) || (found.SetsCookie && !isForAll))
        {
            return false;
        }

        // Without a word of how long it is fresh it is kept only to be asked about, or by the word of the file.
        return found.HasLifetime || (status == StatusCodes.Status200OK && (found.HasValidator || route.TtlMs >= 0));
    }

    /// <summary>
    /// Who knows what a status means may keep it by must-understand, whatever no-store says beside that; nobody else may
    /// (RFC 9111, section 5.2.2.3). Known are the statuses of RFC 9110.
    /// </summary>
    private static bool MayStore(in CacheDirectives says, int status) => says.MustUnderstand
        ? status is (>= 200 and <= 205) or (>= 300 and <= 305) or 307 or 308
            or (>= 400 and <= 417) or 421 or 422 or 426 or (>= 500 and <= 505)
        : !says.NoStore;

    private static StoredRules RulesOf(in Facts found, RouteCache route, int status)
    {
        var says = found.Directives;
        var lifetime = says.SharedMaxAge >= 0 ? says.SharedMaxAge
            : says.MaxAge >= 0 ? says.MaxAge
            : found.HasExpires ? found.Expires - (found.Date ?? found.NowSeconds)
            : status == StatusCodes.Status200OK && route.TtlMs >= 0 ? route.TtlMs / MsPerSecond
            : 0;
        var apparent = found.Date is { } date ? Math.Max(0, found.NowSeconds - date) : 0;
        var traits = (says.MustRevalidate || says.ProxyRevalidate || says.SharedMaxAge >= 0
                ? StoredTraits.MustRevalidate : StoredTraits.None)
            | (says.NoCache ? StoredTraits.NoCache : StoredTraits.None);
        return new StoredRules
        {
            Traits = traits,
            AgeSeconds = (int)Math.Min(int.MaxValue, Math.Max(apparent, found.Age)),
            LifetimeSeconds = (int)Math.Clamp(lifetime, 0, LifetimeSecondsMax),
            StaleWhileRevalidateSeconds = Math.Clamp(says.StaleWhileRevalidate, 0, LifetimeSecondsMax),
            StaleIfErrorSeconds = Math.Min(says.StaleIfError, LifetimeSecondsMax),
        };
    }

    private static void Write(
        HeadBuffer to, int status, in StoredRules rules, ResponseHead head, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> kept,
        in Facts found)
    {
        StoredHead.Begin(to, status, rules);
        if (!kept.IsEmpty)
        {
            var old = new StoredHead(kept);
            for (var at = 0; old.TryNext(ref at, out var name, out var value);)
            {
                if (IsKept(head, bytes, name))
                {
                    StoredHead.Add(to, name, value);
                }
            }
        }

        for (var i = 0; i < head.HeaderCount; i++)
        {
            ref readonly var field = ref head[i];
            var name = field.Name(bytes);
            if (field.Kind is ResponseHeaderKind.HopByHop or ResponseHeaderKind.ContentLength or ResponseHeaderKind.SetCookie
                || head.IsNamedByConnection(bytes, i) || Is(name, "Age"u8) || Is(name, "Alt-Svc"u8) || Is(name, "Set-Cookie2"u8)
                || (!kept.IsEmpty && IsOfContent(name)) || IsNamed(found, head, bytes, kept, name))
            {
                continue;
            }

            StoredHead.Add(to, name, field.Value(bytes));
        }
    }

    /// <summary>
    /// True where a head brings what is kept up to date: one with an entity tag only what has the same (section 4.3.4). Whether
    /// it is weak does not count: servers that compress name it weakly with a body, and strongly with a 304.
    /// </summary>
    private static bool IsAbout(ResponseHead head, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> kept)
    {
        for (var i = 0; i < head.HeaderCount && !kept.IsEmpty; i++)
        {
            if (Is(head[i].Name(bytes), "ETag"u8) && !(new StoredHead(kept).TryFind("ETag"u8, out var tag)
                && Opaque(head[i].Value(bytes)).SequenceEqual(Opaque(tag))))
            {
                return false;
            }
        }

        return true;
    }

    private static ReadOnlySpan<byte> Opaque(ReadOnlySpan<byte> tag) => tag.StartsWith("W/"u8) ? tag[2..] : tag;

    /// <summary>True where a kept field stays as it is when what is kept is brought up to date.</summary>
    private static bool IsKept(ResponseHead head, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> name) =>
        !head.Has(bytes, name) || IsOfContent(name);

    /// <summary>True for what tells how the kept bytes are to be read: it goes with them (section 3.2).</summary>
    private static bool IsOfContent(ReadOnlySpan<byte> name) =>
        Is(name, "ETag"u8) || Is(name, "Content-Encoding"u8) || Is(name, "Content-Range"u8);

    /// <summary>True where the field that decides on keeping says that another is not to be kept.</summary>
    private static bool IsNamed(
        in Facts found, ResponseHead head, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> kept, ReadOnlySpan<byte> name)
    {
        if (!found.Directives.NamesFields)
        {
            return false;
        }

        var lines = new Lines(found.Policy.IsEmpty ? "Cache-Control"u8 : found.Policy, head, bytes, kept);
        while (lines.TryNext(out var line))
        {
            if (found.Policy.IsEmpty ? CacheDirectives.Names(line, name) : CacheDirectives.TargetedNames(line, name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Where an answer has a field for caches like this one, that can be read and says something, it alone decides, and
    /// Cache-Control and Expires do not (RFC 9213, section 2.2).
    /// </summary>
    private static void TakeTargeted(
        RouteCache route, ref Facts found, ResponseHead head, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> kept)
    {
        foreach (var field in route.TargetedFields)
        {
            var says = new CacheDirectives();
            var (hasAny, isGood) = (false, true);
            for (var lines = new Lines(field, head, bytes, kept); isGood && lines.TryNext(out var line);)
            {
                hasAny = true;
                isGood = says.TryTakeTargeted(line);
            }

            if (hasAny && isGood)
            {
                found.Directives = says;
                found.HasExpires = false;
                found.Policy = field;
                return;
            }
        }
    }

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> other) => Ascii.EqualsIgnoreCase(name, other);

    /// <summary>What a head says that decides on keeping it.</summary>
    private ref struct Facts()
    {
        public CacheDirectives Directives = new();
        public required long NowSeconds;
        public long? Date;
        public long Expires;
        public bool HasExpires;
        public long Age;
        public bool HasValidator;
        public bool SetsCookie;
        public bool HasManyTypes;
        private bool _hasAge;
        private bool _hasType;

        /// <summary>The field that decides; empty: Cache-Control, and Expires.</summary>
        public ReadOnlySpan<byte> Policy;

        public readonly bool HasLifetime => Directives.SharedMaxAge >= 0 || Directives.MaxAge >= 0 || HasExpires;

        public void Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            var thisYear = 1970 + (int)(NowSeconds / MonthsSeconds);
            if (Is(name, "Cache-Control"u8)) Directives.Take(value);
            else if (Is(name, "Date"u8)) Date = HttpDate.TryParse(value, thisYear, out var date) ? date : Date;
            else if (Is(name, "Expires"u8)) TakeExpires(value, thisYear);
            else if (Is(name, "Age"u8)) TakeAge(value);
            else if (Is(name, "ETag"u8) || Is(name, "Last-Modified"u8)) HasValidator = true;
            else if (Is(name, "Set-Cookie"u8) || Is(name, "Set-Cookie2"u8)) SetsCookie = true;
            else if (Is(name, "Content-Type"u8))
            {
                HasManyTypes = _hasType;
                _hasType = true;
            }
        }

        // What is no date has passed (section 5.3).
        private void TakeExpires(ReadOnlySpan<byte> value, int thisYear)
        {
            var expires = HttpDate.TryParse(value, thisYear, out var seconds) ? seconds : 0;
            Expires = HasExpires ? Math.Min(Expires, expires) : expires;
            HasExpires = true;
        }

        // Of several the first counts, in one line or more; what is no number does not (section 5.1).
        private void TakeAge(ReadOnlySpan<byte> value)
        {
            if (_hasAge)
            {
                return;
            }

            _hasAge = true;
            var comma = value.IndexOf((byte)',');
            var first = (comma < 0 ? value : value[..comma]).Trim(" \t"u8);
            if (!first.IsEmpty && !first.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            {
                Age = Utf8Parser.TryParse(first, out int age, out _) ? age : int.MaxValue;
            }
        }
    }

    /// <summary>The lines of a field: of a head, or where that has none, of what is kept and brought up to date by it.</summary>
    private ref struct Lines(
        ReadOnlySpan<byte> field, ResponseHead head, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> kept)
    {
        private readonly ReadOnlySpan<byte> _field = field;
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private readonly ReadOnlySpan<byte> _kept = kept;
        private readonly bool _isOfKept = !kept.IsEmpty && !head.Has(bytes, field);
        private int _at;

        public bool TryNext(out ReadOnlySpan<byte> line)
        {
            if (!_isOfKept)
            {
                while (_at < head.HeaderCount)
                {
                    ref readonly var next = ref head[_at++];
                    if (Is(next.Name(_bytes), _field))
                    {
                        line = next.Value(_bytes);
                        return true;
                    }
                }
            }
            else
            {
                var old = new StoredHead(_kept);
                while (old.TryNext(ref _at, out var name, out line))
                {
                    if (Is(name, _field))
                    {
                        return true;
                    }
                }
            }

            line = default;
            return false;
        }
    }
}
