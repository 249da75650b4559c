using System.Collections.Concurrent;
using System.Text.Json;

namespace Edge.Core.Llm;

/// <summary>
/// What was learned of how the estimate <c>chars4</c> compares with what providers report: for each model and each script the
/// ratio of the two, over about the last million tokens. Bounded in memory. Safe from any thread; looking up takes no lock and
/// allocates nothing.
/// </summary>
public sealed class TokenCalibration
{
    /// <summary>Most models that are told apart; those that come later are learned as one.</summary>
    public const int ModelsMax = 256;

    /// <summary>Most chars of a model's name; longer ones are learned as one.</summary>
    public const int NameCharsMax = 200;

    /// <summary>A single report counts as at most so many times the estimate, or as the same part of it.</summary>
    public const int RatioMax = 16;

    /// <summary>Estimated tokens that must have been compared before what was learned is used.</summary>
    public const int TokensMin = 200;

    /// <summary>Estimated tokens from which on older ones fade.</summary>
    public const int TokensKept = 1 << 20;

    /// <summary>What all models have in common, which stands in for one that is not known yet.</summary>
    private const string Common = "*";

    private const int ScriptCount = (int)TextScript.Other + 1;

    private readonly ConcurrentDictionary<string, long[]> _models = new(StringComparer.Ordinal);
    private readonly long[] _common = new long[ScriptCount];
    private long _changes;

    /// <summary>How often something was learned; to see whether there is anything new to be kept.</summary>
    public long Changes => Volatile.Read(ref _changes);

    /// <summary>Models that are told apart.</summary>
    public int Models => _models.Count;

    /// <summary>Corrects an estimate by what was learned.</summary>
    /// <param name="model">The model; null where it is not known.</param>
    /// <param name="script">What the text is written in.</param>
    /// <param name="tokens">The estimate.</param>
    public long Correct(string? model, TextScript script, long tokens)
    {
        var word = model is not null && _models.TryGetValue(model, out var words) ? Volatile.Read(ref words[(int)script]) : 0;
        if (Estimated(word) < TokensMin)
        {
            word = Volatile.Read(ref _common[(int)script]);
        }

        return Estimated(word) < TokensMin
            ? tokens : (long)(((Int128)tokens * Reported(word)) + (Estimated(word) / 2)) / Estimated(word);
    }

    /// <summary>Learns from what a provider has reported.</summary>
    /// <param name="model">The model; null where it is not known.</param>
    /// <param name="script">What the text was written in.</param>
    /// <param name="estimated">The estimate, as it was before <see cref="Correct"/>.</param>
    /// <param name="reported">What was reported.</param>
    public void Learn(string? model, TextScript script, long estimated, long reported)
    {
        if (estimated <= 0 || reported <= 0)
        {
            return;
        }

        estimated = Math.Min(estimated, TokensKept / 2);
        reported = Math.Clamp(reported, Math.Max(estimated / RatioMax, 1), estimated * RatioMax);
        Add(ref _common[(int)script], estimated, reported);
        if (WordsOf(model) is { } words)
        {
            Add(ref words[(int)script], estimated, reported);
        }

        Interlocked.Increment(ref _changes);
    }

    /// <summary>Writes all that was learned, as <see cref="TryRead"/> reads it.</summary>
    public void Write(Utf8JsonWriter to)
    {
        to.WriteStartObject();
        WriteWords(to, Common, _common);
        foreach (var (model, words) in _models)
        {
            WriteWords(to, model, words);
        }

        to.WriteEndObject();
    }

    /// <summary>Takes what was written once. Called before anything is learned.</summary>
    /// <returns>False: it is not what was written; then nothing is known.</returns>
    public bool TryRead(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var model = reader.GetString()!;
                var words = model == Common ? _common : WordsOf(model);
                if (words is null || !TryReadWords(ref reader, words))
                {
                    return Forget();
                }
            }

            return (reader.TokenType == JsonTokenType.EndObject && !reader.Read()) || Forget();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            return Forget();
        }
    }

    private static long Estimated(long word) => word >> 32;

    private static long Reported(long word) => word & uint.MaxValue;

    private static void Add(ref long word, long estimated, long reported)
    {
        var seen = Volatile.Read(ref word);
        while (true)
        {
            var allEstimated = Estimated(seen) + estimated;
            var allReported = Reported(seen) + reported;
            if (allEstimated > TokensKept)
            {
                allEstimated /= 2;
                allReported /= 2;
            }

            var found = Interlocked.CompareExchange(ref word, (allEstimated << 32) | allReported, seen);
            if (found == seen)
            {
                return;
            }

            seen = found;
        }
    }

    private static void WriteWords(Utf8JsonWriter to, string model, long[] words)
    {
        to.WriteStartArray(model);
        for (var i = 0; i < words.Length; i++)
        {
            var word = Volatile.Read(ref words[i]);
            to.WriteNumberValue(Estimated(word));
            to.WriteNumberValue(Reported(word));
        }

        to.WriteEndArray();
    }

    private static bool TryReadWords(ref Utf8JsonReader reader, long[] words)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return false;
        }

        for (var i = 0; i < words.Length; i++)
        {
            if (!reader.Read() || !reader.TryGetInt64(out var estimated) || estimated is < 0 or > TokensKept
                || !reader.Read() || !reader.TryGetInt64(out var reported)
                || reported < estimated / RatioMax || reported > estimated * RatioMax)
            {
                return false;
            }

            words[i] = (estimated << 32) | reported;
        }

        return reader.Read() && reader.TokenType == JsonTokenType.EndArray;
    }

    private long[]? WordsOf(string? model)
    {
        if (model is null || model.Length is 0 or > NameCharsMax)
        {
            return null;
        }

        return _models.TryGetValue(model, out var words) ? words
            : _models.Count >= ModelsMax ? null : _models.GetOrAdd(model, static _ => new long[ScriptCount]);
    }

    private bool Forget()
    {
        _models.Clear();
        Array.Clear(_common);
        return false;
    }
}
