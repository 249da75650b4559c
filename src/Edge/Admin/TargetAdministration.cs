using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Edge.Hosting;
using Edge.Upstream;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Edge.Admin;

/// <summary>
/// <c>POST /targets/circuit</c> opens the circuit of a target until it is closed by hand, or closes it and forgets what it had
/// counted. Whoever calls it has checked the token.
/// </summary>
internal sealed class TargetAdministration(Gateway gateway)
{
    /// <summary>Opens or closes a circuit.</summary>
    public const string CircuitPath = "/targets/circuit";

    private const string Usage = "say which: upstream=NAME, state=open or closed, and target=AUTHORITY, or all its targets";

    /// <summary>True where the path is this one.</summary>
    public static bool IsFor(string path) => path == CircuitPath;

    /// <summary>Answers.</summary>
    /// <param name="request">The request, whose path is this one.</param>
    /// <param name="response">Its headers are set.</param>
    /// <param name="body">What is written.</param>
    /// <param name="from">Where it comes from.</param>
    /// <returns>The status.</returns>
    public int Answer(IHttpRequestFeature request, IHttpResponseFeature response, MemoryStream body, IPAddress? from)
    {
        if (request.Method != "POST")
        {
            response.Headers.Allow = "POST";
            return Say(request, body, StatusCodes.Status405MethodNotAllowed, "method not allowed", from);
        }

        if (!TryParse(request.QueryString, out var upstream, out var target, out var opens, out var error))
        {
            return Say(request, body, StatusCodes.Status400BadRequest, error, from);
        }

        var changed = Change(upstream!, target, opens);
        gateway.Audit.Administered(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{request.Method} {request.Path} {request.QueryString.TrimStart('?')}: " +
                $"{changed} circuits {(opens ? "opened" : "closed")}"),
            "done", StatusCodes.Status200OK, from);
        response.Headers.ContentType = "application/json";
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteNumber("changed"u8, changed);
        json.WriteEndObject();
        return StatusCodes.Status200OK;
    }

    private static int Change(UpstreamCluster upstream, string? target, bool opens)
    {
        var changed = 0;
        for (var i = 0; i < upstream.Pools.Count; i++)
        {
            if (target is not null && upstream.Pools[i].Target.Authority != target)
            {
                continue;
            }

            var breaker = upstream.States[i].Breaker!;
            if (opens)
            {
                breaker.ForceOpen();
            }
            else
            {
                breaker.Reset();
            }

            changed++;
        }

        return changed;
    }

    private bool TryParse(string query, out UpstreamCluster? upstream, out string? target, out bool opens, out string error)
    {
        string? name = null;
        string? state = null;
        upstream = null;
        target = null;
        opens = false;
        error = Usage;
        foreach (var pair in new QueryStringEnumerable(query))
        {
            var value = pair.DecodeValue().ToString();
            switch (pair.DecodeName().Span)
            {
                case "upstream" when name is null:
                    name = value;
                    break;
                case "target" when target is null:
                    target = value;
                    break;
                case "state" when state is null:
                    state = value;
                    break;
                default:
                    return false;
            }
        }

        opens = state == "open";
        if (name is null || state is not ("open" or "closed"))
        {
            return false;
        }

        foreach (var running in gateway.Upstreams)
        {
            upstream = running.Plan.Name == name ? running : upstream;
        }

        error = upstream is null ? "there is no upstream of this name"
            : upstream.Plan.Breaker is null ? "this upstream has no breaker, so that its targets have no circuits"
            : target is not null && !HasTarget(upstream, target) ? "the upstream has no target of this authority"
            : "";
        return error.Length == 0;
    }

    private static bool HasTarget(UpstreamCluster upstream, string authority)
    {
        foreach (var pool in upstream.Pools)
        {
            if (pool.Target.Authority == authority)
            {
                return true;
            }
        }

        return false;
    }

    private int Say(IHttpRequestFeature request, MemoryStream body, int status, string text, IPAddress? from)
    {
        gateway.Audit.Administered($"{request.Method} {request.Path}: {text}", "refused", status, from);
        body.Write(Encoding.UTF8.GetBytes(text + "\n"));
        return status;
    }
}
