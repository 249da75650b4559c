using Edge.Core.Caching;
using Edge.Core.Http;

namespace Edge.Pipeline;

/// <summary>
/// What a request to an ordinary service has to do with the cache beside what every request has: what the caller asks of it, and
/// the answer that was found and is too old. One for each <see cref="CacheExchange"/>, used by one request after another.
/// </summary>
internal sealed class HttpCacheExchange
{
    private CachePin? _stale;

    /// <summary>What the caller's Cache-Control says, where it counts.</summary>
    public CacheDirectives Asked { get; set; }

    /// <summary>The bytes that the request asks for, of an answer that may be here; not given: all.</summary>
    public ByteRange Range { get; set; }

    /// <summary>The bytes of a kept answer that the caller gets; none: all.</summary>
    public (int Offset, int Length) Part { get; set; }

    /// <summary>The request has a credential or cookies that go upstream (RFC 9111, section 3.5).</summary>
    public bool IsPersonal { get; set; }

    /// <summary>The method may change the resource, whose kept answers then are not to be used any more.</summary>
    public bool Invalidates { get; set; }

    /// <summary>The upstream is asked whether what is kept is still good.</summary>
    public bool Revalidates { get; set; }

    /// <summary>The caller has its answer; the upstream is asked for the next one's sake.</summary>
    public bool IsSilent { get; set; }

    /// <summary>A number for the resource, whoever asks for it.</summary>
    public ulong Resource { get; set; }

    /// <summary>The state of the resource that replicas know; 0: it is not known.</summary>
    public long Stamp { get; set; }

    /// <summary>When the upstream was asked, on the cache's clock.</summary>
    public long AskedMs { get; set; }

    /// <summary>What is known of the answer that is being stored.</summary>
    public CacheInfo Info { get; set; }

    /// <summary>The head of the answer that was found.</summary>
    public HeadBuffer Found { get; } = new();

    /// <summary>The head of an index while it is put together.</summary>
    public HeadBuffer Names { get; } = new();

    /// <summary>Stores the names by which variants differ.</summary>
    public CacheFill Index { get; } = new();

    /// <summary>True where an answer is held that is too old.</summary>
    public bool HasStale => _stale is not null;

    /// <summary>Begins with a request.</summary>
    public void Begin(long nowMs)
    {
        Asked = new CacheDirectives();
        Range = default;
        Part = default;
        IsPersonal = false;
        Invalidates = false;
        Revalidates = false;
        IsSilent = false;
        Resource = 0;
        Stamp = 0;
        AskedMs = nowMs;
        Info = default;
    }

    /// <summary>Holds an answer that is too old, whose head is in <see cref="Found"/>, and nothing else.</summary>
    public void Hold(CachePin pin)
    {
        _stale?.Release();
        _stale = pin;
    }

    /// <summary>
    /// Another look has found nothing that is fresh, but may have put another head into <see cref="Found"/>: puts that of what is
    /// held there again.
    /// </summary>
    public void ReadHeld()
    {
        if (_stale is { } pin)
        {
            Read(pin);
        }
    }

    /// <summary>Puts the head of an answer into <see cref="Found"/>.</summary>
    public void Read(CachePin pin)
    {
        Found.Clear();
        for (var cursor = pin.Head; pin.TryRead(ref cursor, out var run);)
        {
            Found.Write(run);
        }
    }

    /// <summary>What is held; it is the caller's to release from here on.</summary>
    public CachePin TakeStale()
    {
        var pin = _stale!.Value;
        _stale = null;
        return pin;
    }

    /// <summary>What is held; it stays so.</summary>
    public CachePin Stale => _stale!.Value;

    /// <summary>The request is over.</summary>
    public void End()
    {
        _stale?.Release();
        _stale = null;
        Found.ReturnMemory();
    }
}
