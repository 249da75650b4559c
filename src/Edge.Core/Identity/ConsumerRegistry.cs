using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Edge.Core.Identity;

/// <summary>
/// The consumers of the file, found by the hash of an API key or by the name of a secret. Made for very many: texts lie in one
/// block, credentials in arrays of values, and the <see cref="Caller"/> of an API key is made when the key is first used.
/// Immutable but for those; safe from any thread.
/// </summary>
/// <remarks>
/// A key is looked up by its SHA-256, which nobody who does not have the key can steer; where an entry with the same beginning is
/// found, the whole is compared in constant time.
/// </remarks>
public sealed class ConsumerRegistry
{
    private readonly byte[] _text;
    private readonly string[] _shared;
    private readonly ConsumerEntry[] _consumers;
    private readonly ApiKeyEntry[] _keys;
    private readonly SecretEntry[] _secrets;
    private readonly int[] _keyTable;
    private readonly int[] _secretTable;
    private readonly Caller?[] _keyCallers;

    internal ConsumerRegistry(
        byte[] text, string[] shared, ConsumerEntry[] consumers, ApiKeyEntry[] keys, SecretEntry[] secrets)
    {
        _text = text;
        _shared = shared;
        _consumers = consumers;
        _keys = keys;
        _secrets = secrets;
        _keyCallers = new Caller?[keys.Length];
        _keyTable = HashTable.Create(keys.Length);
        for (var i = 0; i < keys.Length; i++)
        {
            HashTable.Add(_keyTable, keys[i].Hash.Start, i);
        }

        _secretTable = HashTable.Create(secrets.Length);
        for (var i = 0; i < secrets.Length; i++)
        {
            HashTable.Add(_secretTable, HashTable.Hash(Bytes(secrets[i].Kid)), i);
        }
    }

    /// <summary>No consumer.</summary>
    public static ConsumerRegistry Empty { get; } = new ConsumerRegistryBuilder().Build();

    /// <summary>How many there are.</summary>
    public int Count => _consumers.Length;

    /// <summary>True where another registry has the same consumers with the same credentials in the same order.</summary>
    public bool IsSameAs(ConsumerRegistry other) =>
        _text.AsSpan().SequenceEqual(other._text)
        && _shared.AsSpan().SequenceEqual(other._shared)
        && _consumers.AsSpan().SequenceEqual(other._consumers)
        && _keys.AsSpan().SequenceEqual(other._keys)
        && _secrets.AsSpan().SequenceEqual(other._secrets);

    /// <summary>Looks for the consumer with an API key. Allocates nothing but, at a key's first use, its caller.</summary>
    /// <param name="sha256">SHA-256 of the key that was presented.</param>
    /// <param name="unixSeconds">The time.</param>
    /// <param name="caller">The consumer; also where its key is out of its time, for the audit log.</param>
    public ApiKeyOutcome FindApiKey(ReadOnlySpan<byte> sha256, long unixSeconds, out Caller? caller)
    {
        caller = null;
        var start = KeyHash.Of(sha256).Start;
        for (var slot = HashTable.First(_keyTable, start); _keyTable[slot] != 0; slot = HashTable.Next(_keyTable, slot))
        {
            var index = _keyTable[slot] - 1;
            ref readonly var entry = ref _keys[index];
            var hash = entry.Hash;
            if (hash.Start != start
                || !CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(new ReadOnlySpan<KeyHash>(in hash)), sha256))
            {
                continue;
            }

            caller = Volatile.Read(ref _keyCallers[index]) ?? MakeKeyCaller(index);
            return unixSeconds < entry.NotBefore ? ApiKeyOutcome.NotYetValid
                : unixSeconds >= entry.Expires ? ApiKeyOutcome.Expired
                : ApiKeyOutcome.Found;
        }

        return ApiKeyOutcome.Unknown;
    }

    /// <summary>Looks for the secret with this name.</summary>
    /// <param name="kid">The name as UTF-8.</param>
    /// <param name="secret">What it is and whose.</param>
    public bool TryFindSecret(ReadOnlySpan<byte> kid, out ConsumerSecret secret)
    {
        var hash = HashTable.Hash(kid);
        for (var slot = HashTable.First(_secretTable, hash); _secretTable[slot] != 0; slot = HashTable.Next(_secretTable, slot))
        {
            ref readonly var entry = ref _secrets[_secretTable[slot] - 1];
            if (Bytes(entry.Kid).SequenceEqual(kid))
            {
                secret = new ConsumerSecret(entry.Algorithm, Bytes(entry.Secret), entry.Consumer);
                return true;
            }
        }

        secret = default;
        return false;
    }

    /// <summary>Looks for a secret of the consumer with this name. For commands: it looks at every one.</summary>
    public bool TryFindSecretOf(string consumer, out string kid, out ConsumerSecret secret)
    {
        foreach (ref readonly var entry in _secrets.AsSpan())
        {
            if (Text(_consumers[entry.Consumer].Id) == consumer)
            {
                kid = Text(entry.Kid)!;
                secret = new ConsumerSecret(entry.Algorithm, Bytes(entry.Secret), entry.Consumer);
                return true;
            }
        }

        kid = "";
        secret = default;
        return false;
    }

    /// <summary>The caller of a token that a consumer signed.</summary>
    /// <param name="consumer">The number of the consumer: see <see cref="ConsumerSecret.Consumer"/>.</param>
    /// <param name="kid">Name of the secret.</param>
    /// <param name="narrowed">The token's own scopes: they take some of the consumer's away, and add none. Null: all.</param>
    /// <param name="claims">Claims to remember, or null.</param>
    public Caller MakeTokenCaller(int consumer, string kid, Scopes? narrowed, KeyValuePair<string, string>[]? claims)
    {
        ref readonly var entry = ref _consumers[consumer];
        var own = entry.Scopes < 0 ? Scopes.None : Scopes.Parse(_shared[entry.Scopes]);
        return new Caller(CallerKind.ConsumerToken, Caller.ConsumersSource, Text(entry.Id), claims)
        {
            CustomId = Text(entry.CustomId),
            Email = Text(entry.Email),
            Tier = entry.Tier < 0 ? null : _shared[entry.Tier],
            Scopes = narrowed is null ? own : own.Intersect(narrowed),
            CredentialName = kid,
        };
    }

    private Caller MakeKeyCaller(int index)
    {
        ref readonly var key = ref _keys[index];
        ref readonly var entry = ref _consumers[key.Consumer];
        var made = new Caller(CallerKind.ApiKey, Caller.ConsumersSource, Text(entry.Id))
        {
            CustomId = Text(entry.CustomId),
            Email = Text(entry.Email),
            Tier = entry.Tier < 0 ? null : _shared[entry.Tier],
            Scopes = entry.Scopes < 0 ? Scopes.None : Scopes.Parse(_shared[entry.Scopes]),
            CredentialName = Text(key.Name),
        };
        return Interlocked.CompareExchange(ref _keyCallers[index], made, null) ?? made;
    }

    private ReadOnlySpan<byte> Bytes(TextRange range) => _text.AsSpan(range.Start, range.Length);

    private string? Text(TextRange range) => range.Length == 0 ? null : Encoding.UTF8.GetString(Bytes(range));
}

/// <summary>What came of looking for an API key.</summary>
public enum ApiKeyOutcome : byte
{
    /// <summary>No consumer has it.</summary>
    Unknown,

    /// <summary>A consumer has it, and now is within its time.</summary>
    Found,

    /// <summary>Its time has not come.</summary>
    NotYetValid,

    /// <summary>Its time is over.</summary>
    Expired,
}

/// <summary>A secret with which a consumer signs tokens.</summary>
/// <param name="algorithm">The only algorithm that it is used with.</param>
/// <param name="secret">The secret's bytes.</param>
/// <param name="consumer">The number of the consumer.</param>
public readonly ref struct ConsumerSecret(JwtAlgorithm algorithm, ReadOnlySpan<byte> secret, int consumer)
{
    /// <summary>The only algorithm that it is used with.</summary>
    public JwtAlgorithm Algorithm { get; } = algorithm;

    /// <summary>The secret's bytes. Never logged.</summary>
    public ReadOnlySpan<byte> Secret { get; } = secret;

    /// <summary>The number of the consumer, for <see cref="ConsumerRegistry.MakeTokenCaller"/>.</summary>
    public int Consumer { get; } = consumer;
}
