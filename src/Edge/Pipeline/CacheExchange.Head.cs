using System.Text;
using Edge.Core.Caching;
using Edge.Core.Configuration;
using Edge.Core.Http;

namespace Edge.Pipeline;

/// <content>What the head of an LLM's answer says of keeping it.</content>
internal sealed partial class CacheExchange
{
    /// <summary>Longest Content-Type that is kept.</summary>
    public const int ContentTypeBytesMax = 256;

    private const int VaryNameBytesMax = 256;

    private static ReadOnlySpan<byte> Blanks => " \t"u8;

    /// <summary>Of the head the content type is kept. A field that forbids storing, or says for whom else, ends it.</summary>
    private bool TryReadHead(RequestContext context, ResponseHead head, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> contentType = default;
        for (var i = 0; i < head.HeaderCount; i++)
        {
            ref readonly var field = ref head[i];
            var name = field.Name(bytes);
            var value = field.Value(bytes);
            if (Is(name, "Content-Type"u8))
            {
                contentType = value;
            }
            else if (Is(name, "Content-Range"u8) || (Is(name, "Cache-Control"u8) && Forbids(context, value))
                || (Is(name, "Vary"u8) && !Covers(context, value)))
            {
                return false;
            }
        }

        if (context.Translation is { } translation)
        {
            // What is kept is what the caller gets.
            contentType = translation.IsStream ? "text/event-stream; charset=utf-8"u8 : "application/json"u8;
        }

        if (contentType.Length is 0 or > ContentTypeBytesMax)
        {
            return false;
        }

        StoredHead.Begin(Head, head.StatusCode, default);
        StoredHead.Add(Head, "Content-Type"u8, contentType);
        for (var i = 0; i < head.HeaderCount; i++)
        {
            if (CacheTags.IsField(head[i].Name(bytes)))
            {
                StoredHead.Add(Head, head[i].Name(bytes), head[i].Value(bytes));
            }
        }

        _tagBits = CacheTags.BitsOf(new StoredHead(Head.Written.Span));
        return Head.Length <= StoredHead.BytesMax;
    }

    private bool Forbids(RequestContext context, ReadOnlySpan<byte> cacheControl)
    {
        var isOwn = _route!.Plan.Scope.Kind == CacheScopeKind.Consumer && context.Caller is not null;
        foreach (var part in cacheControl.Split((byte)','))
        {
            var directive = cacheControl[part];
            var equals = directive.IndexOf((byte)'=');
            var name = (equals < 0 ? directive : directive[..equals]).Trim(Blanks);
            if (Is(name, "no-store"u8) || (Is(name, "private"u8) && !isOwn))
            {
                return true;
            }
        }

        return false;
    }

    // Accept-Encoding: only what is not coded is kept. Origin: the route's own CORS is written anew for each answer.
    private bool Covers(RequestContext context, ReadOnlySpan<byte> vary)
    {
        Span<char> name = stackalloc char[VaryNameBytesMax];
        foreach (var part in vary.Split((byte)','))
        {
            var field = vary[part].Trim(Blanks);
            if (field.IsEmpty || Is(field, "Accept-Encoding"u8) || (Is(field, "Origin"u8) && context.Route!.Cors is not null))
            {
                continue;
            }

            if (field.Length > name.Length)
            {
                return false;
            }

            Encoding.Latin1.GetChars(field, name);
            if (!_route!.Covers(name[..field.Length]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> other) =>
        Ascii.EqualsIgnoreCase(name, other);
}
