using System.Collections.Frozen;

namespace Edge.Core.Llm;

/// <summary>The prices of models. Immutable.</summary>
/// <param name="models">By the model's name; a name that ends with <c>*</c> is that of all models which begin so.</param>
/// <param name="unknown">What models cost that are not among them; null: they are refused where money is limited.</param>
public sealed class PriceTable(IEnumerable<KeyValuePair<string, ModelPrice>> models, ModelPrice? unknown)
{
    private readonly FrozenDictionary<string, ModelPrice> _models = models.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The price of a model: its own, else that of the longest beginning that fits, else the unknown ones'.</summary>
    public ModelPrice? Find(string? model)
    {
        if (model is null)
        {
            return unknown;
        }

        if (_models.TryGetValue(model, out var price))
        {
            return price;
        }

        var lookup = _models.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> pattern = stackalloc char[Math.Min(model.Length, NameCharsMax) + 1];
        for (var length = pattern.Length - 1; length >= 0; length--)
        {
            model.AsSpan(0, length).CopyTo(pattern);
            pattern[length] = '*';
            if (lookup.TryGetValue(pattern[..(length + 1)], out price))
            {
                return price;
            }
        }

        return unknown;
    }

    /// <summary>Most characters of a model's name that are compared with beginnings.</summary>
    public const int NameCharsMax = 200;
}
