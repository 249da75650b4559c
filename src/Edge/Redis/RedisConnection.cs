using System.Security.Cryptography;
using Edge.Core.Configuration;
using Edge.Upstream;
using StackExchange.Redis;

namespace Edge.Redis;

/// <summary>How the store is connected to. Stateless.</summary>
internal static class RedisConnection
{
    /// <summary>Reads the authorities that a plan names, to find out whether they can be read.</summary>
    /// <exception cref="IOException">They cannot.</exception>
    /// <exception cref="CryptographicException">A certificate is malformed.</exception>
    public static void Check(RedisPlan plan) => UpstreamTls.CreateOptions("", plan.CaFile, protocol: null);

    /// <summary>The options of a connection.</summary>
    public static ConfigurationOptions Options(RedisPlan plan)
    {
        var options = new ConfigurationOptions
        {
            // It goes on trying by itself, and what cannot be sent now fails now.
            AbortOnConnectFail = false,
            BacklogPolicy = BacklogPolicy.FailFast,
            ReconnectRetryPolicy = new LinearRetry((int)RedisLeases.ProbeInterval.TotalMilliseconds),
            ClientName = "edge",
            Ssl = plan.Tls,
            SslClientAuthenticationOptions = host => UpstreamTls.CreateOptions(host, plan.CaFile, protocol: null),

            // Neither a key to break ties between primaries nor a channel that tells of them: the user needs rights for neither.
            TieBreaker = "",
            ConfigurationChannel = "",
            User = plan.User,
            Password = plan.Password?.Reveal(),
            ServiceName = plan.SentinelPrimary,
        };
        foreach (var endpoint in plan.Endpoints)
        {
            options.EndPoints.Add(endpoint);
        }

        return options;
    }
}
