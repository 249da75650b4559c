using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Identity;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Edge.Pipeline;

/// <content>What the caller says in headers.</content>
internal sealed partial class RequestContext
{
    private CallerHeaders? _callerHeaders;
    private bool _hasCallerHeaders;
    private ForwardedHeaders _forwardedMode;
    private string? _forwardedHost;
    private byte[]? _forwarded;

    /// <summary>
    /// The same, read once: for whoever goes through all of them, or looks for one that the server has no member for. To be asked
    /// for by one thread first.
    /// </summary>
    public CallerHeaders CallerHeaders => _hasCallerHeaders ? _callerHeaders! : ReadHeaders();

    /// <summary>The values of a header whose name the file says.</summary>
    public StringValues HeaderNamed(string name) =>
        name.Length == HeaderNames.ContentLength.Length ? RequestHeaders[name] : CallerHeaders.Find(name);

    /// <summary>The token that was recalled last on the connection, or the HTTP/2 stream; null where none was.</summary>
    public VerifiedToken<Caller>? Remembered { get; private set; }

    /// <summary>The text that <see cref="Remembered"/> was found in.</summary>
    public string? RememberedText { get; private set; }

    /// <summary>Remembers a token for the next request.</summary>
    /// <param name="text">The text that it was found in; null: there is nothing to know it by.</param>
    /// <param name="token">The token.</param>
    public void Remember(string? text, VerifiedToken<Caller> token) =>
        (RememberedText, Remembered) = text is null ? (null, null) : (text, token);

    /// <summary>
    /// Writes the lines that tell a service who called. Of a connection whose requests name the same host they are the same, so
    /// from the second one on they are kept: put together anew, they are a thousand instructions.
    /// </summary>
    public void WriteForwarded(HeadBuffer to, ForwardedHeaders mode)
    {
        var host = CallerHost;
        if (mode == ForwardedHeaders.None || IsPeerTrusted || mode != _forwardedMode || host != _forwardedHost)
        {
            MakeForwarded(to, mode, host);
            (_forwardedMode, _forwardedHost, _forwarded) = (mode, IsPeerTrusted ? null : host, null);
            return;
        }

        if (_forwarded is null)
        {
            var start = to.Length;
            MakeForwarded(to, mode, host);
            _forwarded = to.Written.Span[start..].ToArray();
            return;
        }

        to.Write(_forwarded);
    }

    private void MakeForwarded(HeadBuffer to, ForwardedHeaders mode, string host)
    {
        var trusted = IsPeerTrusted;
        ForwardedWriter.Write(to, mode, new ForwardedRequest
        {
            Peer = PeerText,
            Https = IsHttps,
            Host = host,
            Trusted = trusted,
            ForwardedFor = trusted ? HeaderNamed("X-Forwarded-For").ToString() : default,
            ForwardedProto = trusted ? HeaderNamed("X-Forwarded-Proto").ToString() : default,
            ForwardedHost = trusted ? HeaderNamed("X-Forwarded-Host").ToString() : default,
            Forwarded = trusted ? HeaderNamed("Forwarded").ToString() : default,
        });
    }

    private void EndHeaders()
    {
        if (_hasCallerHeaders)
        {
            _hasCallerHeaders = false;
            _callerHeaders!.Clear();
        }
    }

    private CallerHeaders ReadHeaders()
    {
        _callerHeaders ??= new CallerHeaders();
        _callerHeaders.Read(RequestHeaders, RequestLength);
        _hasCallerHeaders = true;
        return _callerHeaders;
    }
}
