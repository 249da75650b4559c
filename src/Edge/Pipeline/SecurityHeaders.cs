using Edge.Core.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Edge.Pipeline;

/// <summary>Security headers as values made once. Immutable; safe from any thread.</summary>
internal sealed class SecurityHeaders
{
    private readonly KeyValuePair<string, StringValues>[] _always;
    private readonly StringValues _transportSecurity;

    /// <summary>Prepares the headers of a plan.</summary>
    public SecurityHeaders(SecurityHeadersPlan plan)
    {
        _transportSecurity = plan.TransportSecurity;
        _always = new KeyValuePair<string, StringValues>[plan.Always.Length];
        for (var i = 0; i < _always.Length; i++)
        {
            _always[i] = new(plan.Always[i].Key, plan.Always[i].Value);
        }
    }

    /// <summary>Puts them in the place of what stands there.</summary>
    public void ApplyTo(IHeaderDictionary headers, RequestContext context)
    {
        foreach (var (name, value) in _always)
        {
            headers[name] = value;
        }

        // Over plain text anybody on the way could have said so: browsers must ignore it, and we must not send it (RFC 6797,
        // sections 7.2 and 8.1).
        if (_transportSecurity.Count > 0)
        {
            headers.StrictTransportSecurity = context.IsSecure ? _transportSecurity : default;
        }
    }
}
