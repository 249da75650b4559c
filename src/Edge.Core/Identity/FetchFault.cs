namespace Edge.Core.Identity;

/// <summary>Why an issuer's discovery document or keys could not be had. All of them are the issuer's side.</summary>
public enum FetchFault
{
    /// <summary>Nothing was wrong.</summary>
    None,

    /// <summary>No connection, or it broke: name, TCP, TLS, certificate, framing.</summary>
    Unreachable,

    /// <summary>It took longer than the limit.</summary>
    Timeout,

    /// <summary>The answer was a redirect: the gateway goes only where its file, or a discovery document, says.</summary>
    Redirected,

    /// <summary>The answer's status was not 200.</summary>
    Status,

    /// <summary>The answer has a content coding that was not asked for.</summary>
    Encoded,

    /// <summary>The answer is larger than the limit.</summary>
    TooLarge,

    /// <summary>The document is not what it should be: not JSON, members missing or of the wrong kind.</summary>
    Malformed,

    /// <summary>The discovery document speaks of another issuer (OpenID Connect Discovery 1.0, section 4.3).</summary>
    IssuerMismatch,

    /// <summary>The discovery document names keys at a URL that may not be followed.</summary>
    KeysUrlRefused,

    /// <summary>There is no key in the set that could verify anything.</summary>
    NoUsableKey,
}
