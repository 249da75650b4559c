using Edge.Core.Limits;
using Edge.Hosting;

namespace Edge.Pipeline;

/// <content>The answer to another question that is much like the request's.</content>
internal sealed partial class CacheExchange
{
    private SemanticLookup? _lookup;
    private bool _looksUp;

    /// <summary>Hash of the key under which the answer is kept that the request is given; null: it is its own.</summary>
    public KeyHash? Near { get; set; }

    /// <summary>What is known of the request's question; null: nobody was asked about it.</summary>
    public SemanticLookup? Lookup => _looksUp ? _lookup : null;

    /// <summary>Begins to look for questions like the request's. The memory is the connection's.</summary>
    public SemanticLookup BeginLookup(RouteSemantic semantic)
    {
        _lookup ??= new SemanticLookup(semantic.Sweeper);
        _looksUp = true;
        return _lookup;
    }

    private void BeginNear()
    {
        Near = null;
        _looksUp = false;
    }
}
