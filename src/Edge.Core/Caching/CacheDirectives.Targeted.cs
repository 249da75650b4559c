using Edge.Core.Http;

namespace Edge.Core.Caching;

/// <content>
/// What a field says that is for some caches alone (RFC 9213): the same directives as structured values. Of several of a name the
/// last counts. Where a value is not of the kind that its directive has, a time has passed, and what forbids is obeyed, since
/// whoever wrote it meant to; what allows does not count.
/// </content>
public partial struct CacheDirectives
{
    /// <summary>Takes a line of such a field.</summary>
    /// <returns>False: it says nothing, or not by the grammar, so that none of the field's lines count.</returns>
    public bool TryTakeTargeted(ReadOnlySpan<byte> line)
    {
        var members = new StructuredMembers(line);
        var hasAny = false;
        while (members.TryNext(out var name, out var value))
        {
            hasAny = true;
            Set(name, value);
        }

        return hasAny && !members.IsBad;
    }

    /// <summary>True where a line of such a field says that a field is not to be kept: no-cache="...", private="...".</summary>
    public static bool TargetedNames(ReadOnlySpan<byte> line, ReadOnlySpan<byte> field)
    {
        var members = new StructuredMembers(line);
        while (members.TryNext(out var name, out var value))
        {
            if ((Is(name, "no-cache"u8) || Is(name, "private"u8)) && IsListed(value.Text, field))
            {
                return true;
            }
        }

        return false;
    }

    private void Set(ReadOnlySpan<byte> name, in StructuredValue value)
    {
        var forbids = value.Kind != StructuredKind.Boolean || value.Number != 0;
        var allows = value.Kind == StructuredKind.Boolean && value.Number != 0;
        var names = !value.Text.IsEmpty;
        if (Is(name, "no-store"u8)) NoStore = forbids;
        else if (Is(name, "no-cache"u8)) (NoCache, NamesFields) = (forbids && !names, NamesFields || names);
        else if (Is(name, "private"u8)) (Private, NamesFields) = (forbids && !names, NamesFields || names);
        else if (Is(name, "public"u8)) Public = allows;
        else if (Is(name, "must-revalidate"u8)) MustRevalidate = forbids;
        else if (Is(name, "proxy-revalidate"u8)) ProxyRevalidate = forbids;
        else if (Is(name, "must-understand"u8)) MustUnderstand = allows;
        else if (Is(name, "max-age"u8)) MaxAge = SecondsOf(value, otherwise: 0);
        else if (Is(name, "s-maxage"u8)) SharedMaxAge = SecondsOf(value, otherwise: 0);
        else if (Is(name, "stale-while-revalidate"u8)) StaleWhileRevalidate = SecondsOf(value, otherwise: -1);
        else if (Is(name, "stale-if-error"u8)) StaleIfError = SecondsOf(value, otherwise: -1);
    }

    private static int SecondsOf(in StructuredValue value, int otherwise) =>
        value.Kind == StructuredKind.Integer && value.Number >= 0 ? (int)Math.Min(value.Number, SecondsMax) : otherwise;
}
