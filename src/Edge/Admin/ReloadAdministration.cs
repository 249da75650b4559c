using System.Net;
using System.Text;
using System.Text.Json;
using Edge.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Admin;

/// <summary>
/// <c>POST /reload</c> reads the configuration again, as SIGHUP does, and answers what became of it: 200, or 422 with every error
/// of the file. Whoever calls it has checked the token.
/// </summary>
internal sealed class ReloadAdministration(Gateway gateway)
{
    /// <summary>Where it is.</summary>
    public const string Path = "/reload";

    /// <summary>Answers.</summary>
    /// <param name="request">The request, whose path is this one.</param>
    /// <param name="response">Its headers are set.</param>
    /// <param name="body">What is written.</param>
    /// <param name="from">Where it comes from.</param>
    /// <returns>The status.</returns>
    public async ValueTask<int> AnswerAsync(
        IHttpRequestFeature request, IHttpResponseFeature response, MemoryStream body, IPAddress? from)
    {
        if (request.Method != "POST")
        {
            response.Headers.Allow = "POST";
            return Refuse(request, body, StatusCodes.Status405MethodNotAllowed, "method not allowed", from);
        }

        if (gateway.Watcher is not { } watcher)
        {
            return Refuse(request, body, StatusCodes.Status409Conflict, "there is no file to read again", from);
        }

        // Reading takes too long for a thread that does I/O.
        var result = await Task.Run(watcher.ReloadNow);
        var status = result.Succeeded ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity;
        gateway.Audit.Administered($"{request.Method} {request.Path}", result.Succeeded ? "done" : "refused", status, from);
        response.Headers.ContentType = "application/json";
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        result.Write(json);
        json.WriteEndObject();
        return status;
    }

    private int Refuse(IHttpRequestFeature request, MemoryStream body, int status, string text, IPAddress? from)
    {
        gateway.Audit.Administered($"{request.Method} {request.Path}: {text}", "refused", status, from);
        body.Write(Encoding.ASCII.GetBytes(text + "\n"));
        return status;
    }
}
