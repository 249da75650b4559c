using Edge.Core.Bodies;
using Edge.Core.Bodies.Rewriting;
using Edge.Core.Bodies.Schemas;
using Microsoft.Extensions.Primitives;

namespace Edge.Pipeline;

/// <summary>
/// What it takes to work on one body. A body is worked on in one go, without waiting, so each thread has one and lends it to one
/// request after another.
/// </summary>
internal sealed class BodyEngine : IRewriteContext
{
    private const string ClaimPrefix = "claims.";

    [ThreadStatic]
    private static BodyEngine? OfThread;

    private RequestContext _context = null!;

    /// <summary>The tokens of the body as it came.</summary>
    public JsonTape Tape { get; } = new();

    /// <summary>Applies schemas.</summary>
    public SchemaValidator Validator { get; } = new();

    /// <summary>Applies rules.</summary>
    public BodyRewriter Rewriter { get; } = new();

    /// <inheritdoc/>
    public string? Tier => _context.Caller?.Tier;

    /// <inheritdoc/>
    public string? RequestId => _context.RequestId;

    /// <summary>Borrows the thread's own, until <see cref="Return"/>.</summary>
    public static BodyEngine Borrow(RequestContext context)
    {
        var engine = OfThread ??= new BodyEngine();
        engine._context = context;
        return engine;
    }

    /// <summary>Forgets the body, and gives back what only a large one needed.</summary>
    public void Return()
    {
        _context = null!;
        Tape.Reset();
        Rewriter.ReturnMemory();
    }

    /// <inheritdoc/>
    public string? Caller(string name) => _context.Caller is not { } caller ? null : name switch
    {
        "id" => caller.Id,
        "customId" => caller.CustomId,
        "email" => caller.Email,
        "tier" => caller.Tier,
        "scopes" => caller.Scopes.IsEmpty ? null : caller.Scopes.Text,
        _ when name.StartsWith(ClaimPrefix, StringComparison.Ordinal) => caller.Claim(name.AsSpan(ClaimPrefix.Length)),
        _ => null,
    };

    /// <inheritdoc/>
    public string? Header(string name)
    {
        var values = _context.HeaderNamed(name);
        return values.Count == 1 ? values[0] : StringValues.IsNullOrEmpty(values) ? null : values.ToString();
    }
}
