using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace Edge.Redis;

/// <summary>A Lua script, sent by its hash, and in full to a server that does not know it yet. Safe from any thread.</summary>
internal sealed class RedisScript(string text)
{
    private readonly byte[] _hash = HashOf(text);

    /// <summary>Runs it.</summary>
    /// <exception cref="RedisException">The server is away, or the script failed.</exception>
    public async Task<long[]> RunAsync(IDatabaseAsync database, RedisKey key, RedisValue[] arguments)
    {
        var result = await RunAsync(database, [key], arguments);
        return result.Resp2Type == ResultType.Array ? (long[]?)result ?? [] : [(long)result];
    }

    /// <summary>Runs it, whatever it answers.</summary>
    /// <exception cref="RedisException">The server is away, or the script failed.</exception>
    public async Task<RedisResult> RunAsync(IDatabaseAsync database, RedisKey[] keys, RedisValue[] arguments)
    {
        try
        {
            return await database.ScriptEvaluateAsync(_hash, keys, arguments);
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            return await database.ScriptEvaluateAsync(text, keys, arguments);
        }
    }

    // Redis names scripts by their SHA-1; nothing is proven by it.
    private static byte[] HashOf(string text)
    {
#pragma warning disable CA5350
        return SHA1.HashData(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5350
    }
}
