using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Edge.Pipeline;

/// <content>What the server has of the request and of its answer.</content>
/// <remarks>
/// The server's parts are behind interfaces. Each place in the code that calls one has a cell and a cache of its own, two cache
/// lines on two pages that a request which comes alone finds cold. So what every request asks for, several times, is read once.
/// </remarks>
internal sealed partial class RequestContext
{
    private readonly IHttpResponseFeature _response;
    private readonly IHttpRequestBodyDetectionFeature _bodyDetection;
    private readonly IHttpMaxRequestBodySizeFeature _bodySize;
    private readonly long _bodySizeOfListener;
    private int _statusCode;
    private string? _callerHost;

    /// <summary>Kestrel's own collection, for the features that are rarely asked for.</summary>
    public IFeatureCollection Features { get; }

    /// <summary>The request as it came.</summary>
    public IHttpRequestFeature Request { get; }

    /// <summary>The body of the answer.</summary>
    public IHttpResponseBodyFeature ResponseBody { get; }

    /// <summary>Tells when the caller goes away.</summary>
    public IHttpRequestLifetimeFeature Lifetime { get; }

    /// <summary>The request's body.</summary>
    public IRequestBodyPipeFeature BodyPipe { get; }

    /// <summary>The method, in the letters it came in.</summary>
    public string Method { get; private set; } = "";

    /// <summary>The protocol: HTTP/1.0, HTTP/1.1 or HTTP/2.</summary>
    public string Protocol { get; private set; } = "";

    /// <summary>True of a stream of HTTP/2.</summary>
    public bool IsHttp2 { get; private set; }

    /// <summary>True where the caller's connection to the gateway itself is encrypted.</summary>
    public bool IsHttps { get; private set; }

    /// <summary>The request's headers.</summary>
    public IHeaderDictionary RequestHeaders { get; private set; } = null!;

    /// <summary>The values of the Connection header.</summary>
    public StringValues ConnectionOptions { get; private set; }

    /// <summary>
    /// The host that the caller asked for, once the target is known: the target's own in absolute form goes before the header.
    /// </summary>
    public string CallerHost => _callerHost ??= Target.Authority ?? RequestHeaders.Host.ToString();

    /// <summary>The headers of the answer.</summary>
    public IHeaderDictionary ResponseHeaders { get; private set; } = null!;

    /// <summary>Tells whether the request can have a body.</summary>
    public bool CanHaveBody { get; private set; }

    /// <summary>The length of its body that the request says, in bytes; null: it says none.</summary>
    public long? RequestLength { get; private set; }

    /// <summary>The status of the answer; 200 until it is set.</summary>
    public int StatusCode
    {
        get => _statusCode;
        set
        {
            // The server refuses it once the answer has started.
            _response.StatusCode = value;
            _statusCode = value;
        }
    }

    /// <summary>True once the head of the answer is on its way, and is what it is.</summary>
    public bool HasAnswerStarted => _response.HasStarted;

    /// <summary>True where the caller's own connection is encrypted, to us or to a trusted proxy that says so.</summary>
    public bool IsSecure => IsHttps
        || (IsPeerTrusted && RequestHeaders["X-Forwarded-Proto"] is [{ } scheme]
            && scheme.Equals("https", StringComparison.OrdinalIgnoreCase));

    private void BeginServer()
    {
        Method = Request.Method;
        Protocol = Request.Protocol;
        IsHttp2 = HttpProtocol.IsHttp2(Protocol);
        IsHttps = Request.Scheme == "https";
        RequestHeaders = Request.Headers;
        ResponseHeaders = _response.Headers;
        ConnectionOptions = RequestHeaders.Connection;
        _callerHost = null;
        CanHaveBody = _bodyDetection.CanHaveBody;
        RequestLength = RequestHeaders.ContentLength;
        _statusCode = StatusCodes.Status200OK;
    }
}
