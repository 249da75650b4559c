using Edge.Core.Identity;

namespace Edge.Issuers;

/// <summary>Where an issuer's documents come from: a seam, so that schedules are tested without a network.</summary>
internal interface IDocumentSource
{
    /// <summary>Gets a document whole. Expected failures are results; a cancelled token counts as one too.</summary>
    public Task<FetchedDocument> GetAsync(IssuerUrl url, CancellationToken ct);
}

/// <summary>What came of fetching a document.</summary>
/// <param name="Fault">What went wrong.</param>
/// <param name="Body">The document; empty where something went wrong.</param>
/// <param name="MaxAge">For how long it may be kept, where the answer says so (RFC 9111, section 5.2.2).</param>
/// <param name="Detail">What our own log should say of a fault.</param>
internal readonly record struct FetchedDocument(FetchFault Fault, ReadOnlyMemory<byte> Body, TimeSpan? MaxAge, string? Detail)
{
    /// <summary>A failure.</summary>
    public static FetchedDocument Failed(FetchFault fault, string detail) => new(fault, default, null, detail);
}
