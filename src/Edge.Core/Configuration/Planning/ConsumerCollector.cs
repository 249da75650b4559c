using System.Globalization;
using System.Text;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Identity;

namespace Edge.Core.Configuration.Planning;

/// <summary>
/// Takes consumers one by one, from the configuration and from a file of their own: looks for credentials that could be taken
/// for one another and for secrets too short for their use, and keeps what is right. Nothing that was read stays but that, so
/// that very many cost little.
/// </summary>
internal sealed class ConsumerCollector
{
    /// <summary>Most consumers, those of the configuration and those of the file together.</summary>
    public const int ConsumersMax = IdentityOptions.ConsumersMax;

    private readonly ConsumerRegistryBuilder _builder = new();
    private readonly Dictionary<string, Origin> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Origin> _kids = new(StringComparer.Ordinal);
    private readonly Dictionary<KeyHash, Origin> _hashes = [];
    private readonly HashSet<string> _keyNames = new(StringComparer.Ordinal);

    /// <summary>How many were taken.</summary>
    public int Count => _names.Count;

    /// <summary>Makes room for so many more, so that very many do not have to be moved while they come.</summary>
    public void Expect(int count)
    {
        _names.EnsureCapacity(_names.Count + count);
        _kids.EnsureCapacity(_kids.Count + count);
        _hashes.EnsureCapacity(_hashes.Count + count);
        _builder.Expect(count);
    }

    /// <summary>Takes a consumer, and tells what is wrong with it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="consumer">What was read of it.</param>
    /// <param name="diagnostics">Of the file in which it stands.</param>
    public void Add(Located<string> name, ConsumerOptions consumer, DiagnosticBag diagnostics)
    {
        if (!_names.TryAdd(name.Value, new Origin(diagnostics, name.Place.Line)))
        {
            var first = _names[name.Value].Tell(diagnostics);
            diagnostics.Add(name.Place, $"there is a consumer {name.Text()} already, on {first}; choose another name");
        }

        foreach (var jwt in consumer.Jwt.Items()) CheckSecret(jwt.Value, diagnostics);
        CheckKeys(consumer, diagnostics);

        // Where anything was wrong there will be no registry, and what is missing here was told.
        if (diagnostics.IsEmpty) Keep(name.Value, consumer);
    }

    /// <summary>Makes the registry of all that were taken, none of them with a mistake.</summary>
    public ConsumerRegistry Build() => Count == 0 ? ConsumerRegistry.Empty : _builder.Build();

    private void CheckKeys(ConsumerOptions consumer, DiagnosticBag diagnostics)
    {
        _keyNames.Clear();
        foreach (var key in consumer.ApiKeys.Items())
        {
            if (key.Value.Name is { } name && !_keyNames.Add(name.Value))
                diagnostics.Add(name.Place, "another API key of this consumer has this name; choose another");
            if (key.Value.Sha256 is { } hash
                && !_hashes.TryAdd(KeyHash.Of(hash.Value), new Origin(diagnostics, hash.Place.Line)))
            {
                var first = _hashes[KeyHash.Of(hash.Value)].Tell(diagnostics);
                diagnostics.Add(hash.Place, $"this is the same API key as the one on {first}; a key belongs to one consumer");
            }

            if (key.Value is { NotBefore: { } begin, Expires: { } end } && begin.Value >= end.Value)
                diagnostics.Add(end.Place, "the key expires before it begins to be valid");
        }
    }

    private void CheckSecret(ConsumerJwtOptions jwt, DiagnosticBag diagnostics)
    {
        if (jwt.Kid is { } kid && !_kids.TryAdd(kid.Value, new Origin(diagnostics, kid.Place.Line)))
        {
            var first = _kids[kid.Value].Tell(diagnostics);
            diagnostics.Add(kid.Place, $"the secret on {first} has this kid already; choose another");
        }

        if (jwt is not { Secret: { } secret, Algorithm: { } algorithm }) return;
        var bytes = JwtAlgorithms.HashBytes(algorithm.Value);
        if (Encoding.UTF8.GetByteCount(secret.Value.Reveal()) >= bytes) return;
        diagnostics.Add(
            secret.Place,
            $"the secret is too short to sign with {JwtAlgorithms.Name(algorithm.Value)}, which takes at least {bytes} bytes " +
            "(RFC 7518, section 3.2); make one with 'openssl rand -base64 48'");
    }

    private void Keep(string name, ConsumerOptions consumer)
    {
        var texts = consumer.Scopes.Items();
        var scopes = texts.Count == 0 ? Scopes.None : Scopes.Of([.. Texts(texts)]);
        _builder.Add(name, consumer.CustomId?.Value, consumer.Email?.Value, consumer.Tier?.Value, scopes);
        foreach (var key in consumer.ApiKeys.Items())
        {
            _builder.AddApiKey(
                key.Value.Name.Get(), key.Value.Sha256.Get(), key.Value.NotBefore?.Value, key.Value.Expires?.Value);
        }

        foreach (var jwt in consumer.Jwt.Items())
            _builder.AddSecret(jwt.Value.Kid.Get(), jwt.Value.Algorithm.Get(), jwt.Value.Secret.Get().Reveal());
    }

    private static IEnumerable<string> Texts(List<Located<string>> items)
    {
        foreach (var item in items) yield return item.Value;
    }

    /// <summary>Where something stood first.</summary>
    private readonly record struct Origin(DiagnosticBag Bag, int Line)
    {
        /// <summary>In words, for a message about a file.</summary>
        public string Tell(DiagnosticBag teller)
        {
            var line = Line.ToString(CultureInfo.InvariantCulture);
            return ReferenceEquals(teller, Bag) ? $"line {line}" : $"line {line} of {Bag.File}";
        }
    }
}
