using System.Globalization;
using Edge.Core.Http;

namespace Edge.Telemetry;

/// <summary>
/// What OpenTelemetry's HTTP conventions tell of an exchange, packed into a whole number: method, scheme, version, status and
/// failure. Methods that are none of the known ones are <c>_OTHER</c>, so callers cannot make series.
/// </summary>
/// <param name="Code">The number.</param>
internal readonly record struct HttpLabels(int Code)
{
    private const int MethodBits = 4;
    private const int StatusBits = 10;
    private const int FailureBits = 8;
    private const string Other = "_OTHER";

    private static readonly string[] Methods =
        [Other, "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE", "QUERY"];

    /// <summary>The numbers of a request whose answer is not known yet.</summary>
    public static HttpLabels Of(string method, bool isSecure) => new((MethodOf(method) << 1) | (isSecure ? 1 : 0));

    /// <summary>The numbers of an exchange that is over.</summary>
    /// <param name="method">The method.</param>
    /// <param name="isSecure">It came, or went, over TLS.</param>
    /// <param name="isHttp2">It was HTTP/2.</param>
    /// <param name="status">The answer's status; 0: there was none.</param>
    /// <param name="failure">How it failed.</param>
    public static HttpLabels Of(string method, bool isSecure, bool isHttp2, int status, Failure failure)
    {
        var code = ((int)failure << StatusBits) | (status & ((1 << StatusBits) - 1));
        code = (code << 1) | (isHttp2 ? 1 : 0);
        return new HttpLabels((((code << MethodBits) | MethodOf(method)) << 1) | (isSecure ? 1 : 0));
    }

    /// <summary><c>http.request.method</c>.</summary>
    public string Method => Methods[(Code >> 1) & ((1 << MethodBits) - 1)];

    /// <summary><c>url.scheme</c>.</summary>
    public string Scheme => (Code & 1) != 0 ? "https" : "http";

    /// <summary><c>network.protocol.version</c>.</summary>
    public string Version => (Code & (1 << (MethodBits + 1))) != 0 ? "2" : "1.1";

    /// <summary><c>http.response.status_code</c>; empty: there was no answer.</summary>
    public string Status => StatusCode == 0 ? "" : StatusCode.ToString(CultureInfo.InvariantCulture);

    /// <summary><c>error.type</c>: the failure's code, or the status where that alone tells of an error; empty: none.</summary>
    public string ErrorType
    {
        get
        {
            var failure = (Failure)((Code >> (MethodBits + 2 + StatusBits)) & ((1 << FailureBits) - 1));
            return failure != Failure.None ? Failures.Code(failure) : StatusCode >= 500 ? Status : "";
        }
    }

    private int StatusCode => (Code >> (MethodBits + 2)) & ((1 << StatusBits) - 1);

    private static int MethodOf(string method)
    {
        for (var i = 1; i < Methods.Length; i++)
        {
            if (ReferenceEquals(method, Methods[i]) || method == Methods[i])
            {
                return i;
            }
        }

        return 0;
    }
}
