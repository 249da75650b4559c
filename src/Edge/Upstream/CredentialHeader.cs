using System.Text;
using Edge.Core.Configuration;
using Edge.Core.Templating;

namespace Edge.Upstream;

/// <summary>The header in which a service wants its credential. What it makes is secret.</summary>
internal static class CredentialHeader
{
    /// <summary>The header.</summary>
    public static HeaderValue Of(UpstreamPlan upstream, Secret credential) => upstream switch
    {
        { Dialect: Dialect.Anthropic } => new HeaderValue("x-api-key", Template.Literal(credential.Reveal())),
        { Azure: not null } => new HeaderValue("api-key", Template.Literal(credential.Reveal())),
        _ => new HeaderValue("Authorization", Template.Literal("Bearer " + credential.Reveal())),
    };

    /// <summary>The header as a line that ends.</summary>
    public static byte[] LineOf(UpstreamPlan upstream, Secret credential)
    {
        var header = Of(upstream, credential);
        return Encoding.Latin1.GetBytes($"{header.Name}: {header.Value.LiteralText}\r\n");
    }
}
