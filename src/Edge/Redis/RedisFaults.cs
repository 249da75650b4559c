using System.Linq;
using StackExchange.Redis;

namespace Edge.Redis;

/// <summary>Tells faults apart. Stateless.</summary>
internal static class RedisFaults
{
    /// <summary>Most characters of a server's message that are logged.</summary>
    public const int MessageCharsMax = 200;

    /// <summary>The first words of what a server says that can do nothing for anybody now.</summary>
    private static readonly string[] NotServing =
        ["READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "MISCONF", "NOREPLICAS", "BUSY", "TRYAGAIN"];

    /// <summary>What an exception of a call means.</summary>
    /// <param name="exception">The exception.</param>
    /// <param name="isLoginRefused">True where the connection failed because of its credentials.</param>
    public static RedisFault Of(Exception exception, bool isLoginRefused) => exception switch
    {
        RedisServerException server => OfMessage(server.Message),
        TimeoutException when isLoginRefused => RedisFault.Login,
        TimeoutException => RedisFault.Timeout,
        _ => isLoginRefused || IsOfLogin(exception) ? RedisFault.Login : RedisFault.Connection,
    };

    /// <summary>A call that finds no connection says what became of the last one.</summary>
    public static bool IsOfLogin(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure }
                || exception.Message.Contains("WRONGPASS", StringComparison.Ordinal)
                || exception.Message.Contains("AuthenticationFailure", StringComparison.Ordinal)
                || exception.Message.Contains("authentication failure", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What a server's error means, by its first word. Scripts pass on the errors of what they call.</summary>
    public static RedisFault OfMessage(string message)
    {
        if (Begins(message, "OOM"))
        {
            return RedisFault.Full;
        }

        if (Begins(message, "NOPERM") || message.Contains("no permission", StringComparison.OrdinalIgnoreCase)
            || message.Contains("ACL failure", StringComparison.OrdinalIgnoreCase))
        {
            return RedisFault.Permission;
        }

        return Begins(message, "WRONGPASS") || Begins(message, "NOAUTH") ? RedisFault.Login
            : NotServing.Any(word => Begins(message, word)) ? RedisFault.NotServing
            : RedisFault.Refused;
    }

    /// <summary>In words, for the log. Neither has a credential in it: servers do not repeat them.</summary>
    public static string Describe(RedisFault fault, Exception? exception) => fault switch
    {
        RedisFault.Timeout => "no answer in time",
        RedisFault.Connection => "no connection",
        RedisFault.Login => "it refuses the user or the password",
        RedisFault.Full => "it is full: maxmemory is reached",
        _ => Line(exception?.Message ?? ""),
    };

    private static string Line(string message)
    {
        var line = message.ReplaceLineEndings(" ");
        return line.Length > MessageCharsMax ? line[..MessageCharsMax] : line;
    }

    private static bool Begins(string message, string word) => message.StartsWith(word, StringComparison.Ordinal);
}
