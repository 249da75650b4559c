using System.Net;
using System.Security.Authentication;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>An item of <c>listeners</c> as written.</summary>
internal sealed class ListenerOptions
{
    /// <summary>Smallest bound for a request's headers.</summary>
    public const int RequestHeadersBytesMin = 1024;

    /// <summary>Largest bound for a request's headers.</summary>
    public const int RequestHeadersBytesMax = 1024 * 1024;

    /// <summary>Largest bound for a request's body.</summary>
    public const long RequestBodyBytesMax = 1L << 40;

    /// <summary>Largest bound for the number of connections.</summary>
    public const int ConnectionsCountMax = 1_000_000;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<ListenerOptions> Shape = new(
        "listener", "a listener", "One address on which callers are accepted, and the limits of its door.",
        new Key<ListenerOptions, IPEndPoint>(
            "address", Scalars.Address, (o, v) => o.Address = v,
            "IP address and port, such as `0.0.0.0:8080`. `localhost` is 127.0.0.1; `\"*:8080\"` is every address, IPv6 and " +
            "IPv4; an IPv6 address stands in brackets, all in quotes: `\"[::1]:8080\"`.", isRequired: true),
        new Key<ListenerOptions, ListenerTlsOptions>(
            "tls", ListenerTlsOptions.Shape, (o, v) => o.Tls = v, "Speak TLS, with HTTP/1.1 and HTTP/2. Left out: plain text."),
        new Key<ListenerOptions, bool>(
            "h2c", Scalars.Boolean, (o, v) => o.H2c = v,
            "Speak HTTP/2 in plain text (with prior knowledge) and nothing else. Not together with `tls`.",
            defaultText: "false"),
        new Key<ListenerOptions, long>(
            "requestHeadersMax", Scalars.Size(RequestHeadersBytesMin, RequestHeadersBytesMax), (o, v) => o.RequestHeadersMax = v,
            "Most bytes of request line and headers together.", defaultText: "32KiB"),
        new Key<ListenerOptions, long>(
            "requestBodyMax", Scalars.Size(0, RequestBodyBytesMax), (o, v) => o.RequestBodyMax = v,
            "Most bytes of a request's body, unless the route says otherwise.", defaultText: "10MiB"),
        new Key<ListenerOptions, TimeSpan>(
            "headersTimeout", Scalars.Duration(), (o, v) => o.HeadersTimeout = v,
            "How long a caller may take to send request line and headers.", defaultText: "10s"),
        new Key<ListenerOptions, TimeSpan>(
            "keepAliveTimeout", Scalars.Duration(),
            (o, v) => o.KeepAliveTimeout = v, "How long a connection may lie idle between two requests.", defaultText: "75s"),
        new Key<ListenerOptions, int>(
            "connectionsMax", Scalars.Count(1, ConnectionsCountMax), (o, v) => o.ConnectionsMax = v,
            "Most connections at once.", defaultText: "20000"),
        new Key<ListenerOptions, int>(
            "connectionsPerAddress", Scalars.Count(1, ConnectionsCountMax), (o, v) => o.ConnectionsPerAddress = v,
            "Most of them from one address (of IPv6, from one network of 64 bits); `trustedProxies` may have any number. Left " +
            "out: any."));

    /// <summary>Where to listen.</summary>
    public Located<IPEndPoint>? Address { get; set; }

    /// <summary>TLS.</summary>
    public Located<ListenerTlsOptions>? Tls { get; set; }

    /// <summary>HTTP/2 in plain text.</summary>
    public Located<bool>? H2c { get; set; }

    /// <summary>Bytes of headers.</summary>
    public Located<long>? RequestHeadersMax { get; set; }

    /// <summary>Bytes of a body.</summary>
    public Located<long>? RequestBodyMax { get; set; }

    /// <summary>Time for the headers.</summary>
    public Located<TimeSpan>? HeadersTimeout { get; set; }

    /// <summary>Time between requests.</summary>
    public Located<TimeSpan>? KeepAliveTimeout { get; set; }

    /// <summary>Connections at once.</summary>
    public Located<int>? ConnectionsMax { get; set; }

    /// <summary>Connections of one address.</summary>
    public Located<int>? ConnectionsPerAddress { get; set; }
}

/// <summary>A listener's <c>tls</c> as written.</summary>
internal sealed class ListenerTlsOptions
{
    /// <summary>Its description.</summary>
    public static readonly ObjectShape<ListenerTlsOptions> Shape = new(
        "listenerTls", "TLS settings", "The certificate of a listener. The files are watched and read again when they change.",
        new Key<ListenerTlsOptions, string>(
            "certificate", Scalars.File, (o, v) => o.Certificate = v,
            "PEM file with the certificate and then its chain. A relative path is taken from the folder of this file.",
            isRequired: true),
        new Key<ListenerTlsOptions, string>(
            "key", Scalars.File, (o, v) => o.Key = v, "PEM file with the certificate's private key, not encrypted.",
            isRequired: true),
        new Key<ListenerTlsOptions, SslProtocols>(
            "minimum", Scalars.TlsVersion, (o, v) => o.Minimum = v, "The oldest version of TLS that is accepted.",
            defaultText: "1.2"));

    /// <summary>Path of the certificate.</summary>
    public Located<string>? Certificate { get; set; }

    /// <summary>Path of the key.</summary>
    public Located<string>? Key { get; set; }

    /// <summary>The oldest version.</summary>
    public Located<SslProtocols>? Minimum { get; set; }
}

/// <summary>The object <c>admin</c> as written.</summary>
internal sealed class AdminOptions
{
    /// <summary>Its description.</summary>
    public static readonly ObjectShape<AdminOptions> Shape = new(
        "admin", "admin settings", "The administrative listener: health and readiness.",
        new Key<AdminOptions, IPEndPoint>(
            "address", Scalars.Address, (o, v) => o.Address = v,
            "IP address and port, as for a listener. Not one that callers can reach.", isRequired: true),
        new Key<AdminOptions, Secret>(
            "token", Scalars.Secret, (o, v) => o.Token = v,
            "Bearer token wanted for everything but health and readiness. Left out: nothing else is answered."));

    /// <summary>Where to listen.</summary>
    public Located<IPEndPoint>? Address { get; set; }

    /// <summary>The token.</summary>
    public Located<Secret>? Token { get; set; }
}
