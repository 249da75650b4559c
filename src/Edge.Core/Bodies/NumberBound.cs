namespace Edge.Core.Bodies;

/// <summary>A number that others are held against, read once. Immutable.</summary>
internal sealed class NumberBound
{
    private readonly long _billionths;
    private readonly bool _isShort;

    /// <summary>Takes a number as JSON spells it.</summary>
    public NumberBound(byte[] json)
    {
        Json = json;
        _isShort = JsonNumber.TryReadShort(json, out _billionths);
    }

    /// <summary>As it is spelled.</summary>
    public byte[] Json { get; }

    /// <summary>How a number, as JSON spells it, stands to this one: below (negative), equal (0), above (positive).</summary>
    public int Compare(ReadOnlySpan<byte> number) => _isShort && JsonNumber.TryReadShort(number, out var billionths)
        ? billionths.CompareTo(_billionths)
        : JsonNumber.Parse(number).CompareTo(JsonNumber.Parse(Json));
}
