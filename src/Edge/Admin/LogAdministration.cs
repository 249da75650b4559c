using System.Net;
using System.Text;
using Edge.Core.Configuration;
using Edge.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Admin;

/// <summary>
/// <c>GET /log-level</c> tells how much the program says of itself, and <c>POST /log-level?level=warning</c> changes it until the
/// next reload. Whoever calls it has checked the token.
/// </summary>
internal sealed class LogAdministration(Gateway gateway)
{
    /// <summary>Where it is.</summary>
    public const string Path = "/log-level";

    private const string Asked = "?level=";

    private static readonly string[] Names = ["information", "warning", "error"];

    /// <summary>Answers.</summary>
    /// <param name="request">The request, whose path is this one.</param>
    /// <param name="response">Its headers are set.</param>
    /// <param name="body">What is written.</param>
    /// <param name="from">Where it comes from.</param>
    /// <returns>The status.</returns>
    public int Answer(IHttpRequestFeature request, IHttpResponseFeature response, MemoryStream body, IPAddress? from)
    {
        switch (request.Method)
        {
            case "GET" or "HEAD":
                return Say(request, body, StatusCodes.Status200OK, Names[(int)gateway.Log.Level], from);
            case "POST":
                var query = request.QueryString;
                var level = query.StartsWith(Asked, StringComparison.Ordinal) ? Array.IndexOf(Names, query[Asked.Length..]) : -1;
                if (level < 0)
                {
                    return Say(
                        request, body, StatusCodes.Status400BadRequest, "write ?level=information, warning or error", from);
                }

                gateway.Log.Level = (ProgramLogLevel)level;
                return Say(request, body, StatusCodes.Status200OK, Names[level], from);
            default:
                response.Headers.Allow = "GET, HEAD, POST";
                return Say(request, body, StatusCodes.Status405MethodNotAllowed, "method not allowed", from);
        }
    }

    private int Say(IHttpRequestFeature request, MemoryStream body, int status, string text, IPAddress? from)
    {
        var outcome = status == StatusCodes.Status200OK ? "done" : "refused";
        gateway.Audit.Administered($"{request.Method} {request.Path}: {text}", outcome, status, from);
        body.Write(Encoding.ASCII.GetBytes(text + "\n"));
        return status;
    }
}
