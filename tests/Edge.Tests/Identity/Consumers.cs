using System.Text;
using Edge.Commands;
using Edge.Core.Identity;
using Edge.Tests.Callers;
using Edge.Tests.Support;

namespace Edge.Tests.Identity;

/// <summary>A gateway whose file knows two consumers, and the credentials that they have.</summary>
internal static class Consumers
{
    /// <summary>API key of <c>ann</c>: tier starter, scopes chat.read and chat.write.</summary>
    public const string AnnKey = "key-of-ann";

    /// <summary>A second key of <c>ann</c>, for a rotation.</summary>
    public const string AnnNewKey = "key-of-ann-2";

    /// <summary>API key of <c>bob</c>: tier free, no scope.</summary>
    public const string BobKey = "key-of-bob";

    /// <summary>A key of <c>bob</c> whose time is over.</summary>
    public const string BobOldKey = "key-of-bob-0";

    /// <summary>The secret of <c>ann</c>, under the name <c>ann-1</c>.</summary>
    public const string AnnSecret = "0123456789abcdef0123456789abcdef";

    /// <summary>Lines of the file.</summary>
    public static readonly string Lines = $$"""
        identity:
          consumers:
            ann:
              customId: c-1
              email: ann@example.com
              tier: starter
              scopes: [chat.read, chat.write]
              jwt: [{ kid: ann-1, algorithm: HS256, secret: {{AnnSecret}} }]
              apiKeys:
                - { name: laptop, sha256: "{{KeyCommand.HashOf(AnnKey)}}" }
                - { name: phone, sha256: "{{KeyCommand.HashOf(AnnNewKey)}}", expires: 2999-01-01 }
            bob:
              tier: free
              apiKeys:
                - { name: main, sha256: "{{KeyCommand.HashOf(BobKey)}}" }
                - { name: old, sha256: "{{KeyCommand.HashOf(BobOldKey)}}", expires: 2020-01-01 }
        """;

    /// <summary>A gateway whose only route asks for one of them.</summary>
    /// <param name="from">Where the credential may stand; the default of the file if null.</param>
    /// <param name="more">More keys of <c>authenticate</c>, each beginning with a comma.</param>
    /// <param name="route">More keys of the route, each beginning with a comma.</param>
    /// <param name="upstream">Keys of the upstream.</param>
    /// <param name="listener">Keys of the listener.</param>
    /// <param name="top">More lines of the file.</param>
    public static Task<Door> OpenAsync(
        string? from = null, string more = "", string route = "", string upstream = "", string listener = "", string top = "") =>
        Door.OpenAsync(
            listener, upstream,
            $"authenticate: {{ with: [consumers]{(from is null ? "" : $", from: {from}")}{more} }}{route}", $"{Lines}\n{top}");

    /// <summary>A token of <c>ann</c>.</summary>
    public static string Token(TimeSpan? lifetime = null, string kid = "ann-1", string? scope = null, params string[] claims) =>
        TokenWriter.Sign(
            JwtAlgorithm.HS256, Encoding.ASCII.GetBytes(AnnSecret), kid,
            new TokenContent
            {
                Subject = "somebody",
                Lifetime = lifetime ?? TimeSpan.FromMinutes(5),
                Scopes = scope is null ? Scopes.None : Scopes.Parse(scope),
                Claims = Array.ConvertAll(claims, c => KeyValuePair.Create(c.Split('=')[0], c.Split('=')[1])),
            },
            TimeProvider.System);

    /// <summary>One request with these header lines, each ending in CR LF, read to its end.</summary>
    public static Task<RawResponse> SendAsync(Door door, string headers = "", string target = "/", string method = "GET") =>
        RawHttpClient.ExchangeAsync(
            door.Endpoint, $"{method} {target} HTTP/1.1\r\nHost: a\r\n{headers}Connection: close\r\n\r\n");
}
