namespace Edge.Core.Llm.Translation;

/// <summary>URLs that are their own content (RFC 2397), as images are sent to OpenAI. Stateless.</summary>
internal static class DataUrl
{
    /// <summary>Longest media type that is taken.</summary>
    public const int MediaTypeBytesMax = 64;

    /// <summary>Reads one whose data are in base64.</summary>
    /// <param name="url">The URL.</param>
    /// <param name="mediaType">Its media type, without parameters.</param>
    /// <param name="data">Its data, as spelled.</param>
    public static bool TryRead(ReadOnlySpan<byte> url, out ReadOnlySpan<byte> mediaType, out ReadOnlySpan<byte> data)
    {
        mediaType = default;
        data = default;
        if (!url.StartsWith("data:"u8))
        {
            return false;
        }

        url = url["data:"u8.Length..];
        var comma = url.IndexOf((byte)',');
        if (comma < 0 || !url[..comma].EndsWith(";base64"u8))
        {
            return false;
        }

        data = url[(comma + 1)..];
        mediaType = url[..(comma - ";base64"u8.Length)];
        var parameters = mediaType.IndexOf((byte)';');
        mediaType = parameters < 0 ? mediaType : mediaType[..parameters];
        return mediaType.Length is > 0 and <= MediaTypeBytesMax && !data.IsEmpty;
    }
}
