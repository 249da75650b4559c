namespace Edge.Core.Identity;

/// <summary>The bounds of everything that is read from a token or from an issuer.</summary>
public static class JwtLimits
{
    /// <summary>Most bytes of any token, whatever a policy says.</summary>
    public const int TokenBytesMax = 16 * 1024;

    /// <summary>Most bytes of a token where a policy says nothing.</summary>
    public const int TokenBytesDefault = 8 * 1024;

    /// <summary>Most bytes of the decoded header: real ones have a hundred.</summary>
    public const int HeaderBytesMax = 1024;

    /// <summary>Most bytes of a key's id.</summary>
    public const int KeyIdBytesMax = 256;

    /// <summary>Most objects and arrays inside each other, in a token or in an issuer's document.</summary>
    public const int NestingMax = 16;

    /// <summary>Most members of objects open at one time, and most members of one object, in a token.</summary>
    public const int MembersMax = 256;

    /// <summary>Most characters of a number that is read: a time in seconds has ten.</summary>
    public const int NumberCharactersMax = 64;

    /// <summary>The last second of the year 9999. A time beyond it is a mistake (milliseconds, mostly), not a date.</summary>
    public const long UnixSecondsMax = 253_402_300_799;

    /// <summary>Most keys that are tried for one token.</summary>
    public const int CandidatesMax = 4;

    /// <summary>Most bytes of a JWKS document.</summary>
    public const int JwksBytesMax = 512 * 1024;

    /// <summary>Most bytes of an OpenID Connect discovery document.</summary>
    public const int DiscoveryBytesMax = 128 * 1024;

    /// <summary>Most keys of a JWKS document. More, and the document is refused.</summary>
    public const int KeysMax = 100;

    /// <summary>Fewest bits of an RSA modulus (RFC 7518, section 3.3).</summary>
    public const int RsaBitsMin = 2048;

    /// <summary>Most bits of an RSA modulus: the time to verify grows with its square.</summary>
    public const int RsaBitsMax = 8192;

    /// <summary>Most bytes of a shared secret.</summary>
    public const int SecretBytesMax = 1024;
}
