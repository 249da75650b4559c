using System.Buffers;
using System.Text;

namespace Edge.Core.Identity;

/// <summary>
/// Collects consumers one by one, the credentials of each right after it, and makes a <see cref="ConsumerRegistry"/> of them.
/// Names, hashes and <c>kid</c>s are unique: the caller has made sure of that. Used by one thread.
/// </summary>
public sealed class ConsumerRegistryBuilder
{
    private readonly ArrayBufferWriter<byte> _text = new();
    private readonly List<string> _shared = [];
    private readonly Dictionary<string, int> _sharedNumbers = new(StringComparer.Ordinal);
    private readonly List<ConsumerEntry> _consumers = [];
    private readonly List<ApiKeyEntry> _keys = [];
    private readonly List<SecretEntry> _secrets = [];

    /// <summary>Makes room for so many more consumers, with a key and a secret each.</summary>
    public void Expect(int count)
    {
        _consumers.EnsureCapacity(_consumers.Count + count);
        _keys.EnsureCapacity(_keys.Count + count);
        _secrets.EnsureCapacity(_secrets.Count + count);
    }

    /// <summary>Begins a consumer.</summary>
    public void Add(string id, string? customId, string? email, string? tier, Scopes scopes) =>
        _consumers.Add(new ConsumerEntry(
            Keep(id), Keep(customId), Keep(email), Share(tier), scopes.IsEmpty ? -1 : Share(scopes.Text)));

    /// <summary>Gives the consumer that was added last an API key.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="sha256">Its hash.</param>
    /// <param name="notBefore">From when on it is valid; null: always.</param>
    /// <param name="expires">From when on it is not any more; null: never.</param>
    public void AddApiKey(string name, ReadOnlySpan<byte> sha256, DateTimeOffset? notBefore, DateTimeOffset? expires) =>
        _keys.Add(new ApiKeyEntry(
            KeyHash.Of(sha256), Keep(name), _consumers.Count - 1,
            notBefore?.ToUnixTimeSeconds() ?? long.MinValue, expires?.ToUnixTimeSeconds() ?? long.MaxValue));

    /// <summary>Gives the consumer that was added last a secret.</summary>
    public void AddSecret(string kid, JwtAlgorithm algorithm, string secret) =>
        _secrets.Add(new SecretEntry(Keep(kid), Keep(secret), _consumers.Count - 1, algorithm));

    /// <summary>Makes the registry.</summary>
    public ConsumerRegistry Build() =>
        new(_text.WrittenSpan.ToArray(), [.. _shared], [.. _consumers], [.. _keys], [.. _secrets]);

    private TextRange Keep(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return default;
        }

        var start = _text.WrittenCount;
        return new TextRange(start, (int)Encoding.UTF8.GetBytes(text, _text));
    }

    // Tiers and scopes are few, however many consumers have them.
    private int Share(string? text)
    {
        if (text is null)
        {
            return -1;
        }

        if (!_sharedNumbers.TryGetValue(text, out var number))
        {
            number = _shared.Count;
            _shared.Add(text);
            _sharedNumbers.Add(text, number);
        }

        return number;
    }
}
