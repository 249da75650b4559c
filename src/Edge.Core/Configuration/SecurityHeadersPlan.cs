using System.Collections.Immutable;

namespace Edge.Core.Configuration;

/// <summary>Headers that tell browsers to be careful with an answer; they replace what the upstream says.</summary>
/// <param name="Always">Sent with every answer: names and values.</param>
/// <param name="TransportSecurity">
/// Strict-Transport-Security, which is sent only where the caller's connection is encrypted (RFC 6797, section 7.2); null: never.
/// </param>
public sealed record SecurityHeadersPlan(ImmutableArray<KeyValuePair<string, string>> Always, string? TransportSecurity)
{
    /// <summary>None of them.</summary>
    public static SecurityHeadersPlan None { get; } = new([], null);
}
