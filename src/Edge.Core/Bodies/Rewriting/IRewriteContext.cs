namespace Edge.Core.Bodies.Rewriting;

/// <summary>What rules know beside the body. Asked by one thread; each answer may be any text at all, it is escaped.</summary>
public interface IRewriteContext
{
    /// <summary>The caller's tier, or null.</summary>
    public string? Tier { get; }

    /// <summary>The request's identifier, or null.</summary>
    public string? RequestId { get; }

    /// <summary>A property of the caller (<c>id</c>, <c>email</c>, ...), or null where it has none of that name.</summary>
    public string? Caller(string name);

    /// <summary>The value of a request header, or null.</summary>
    public string? Header(string name);
}
