namespace Edge.Issuers;

/// <summary>
/// Where an issuer's keys come from: all that decides whether a running one can go on after a reload. What is asked of its tokens
/// is not part of it.
/// </summary>
/// <param name="Name">Its name in the file, for the log.</param>
/// <param name="Issuer">What <c>iss</c> says.</param>
/// <param name="JwksUri">Where its keys are; null: its discovery document says.</param>
/// <param name="CaFile">PEM file of the only authorities to trust; null: the system's.</param>
/// <param name="RefreshInterval">After this time its keys are fetched anew.</param>
internal sealed record IssuerSource(string Name, string Issuer, string? JwksUri, string? CaFile, TimeSpan RefreshInterval);
