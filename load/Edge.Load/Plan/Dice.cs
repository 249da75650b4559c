namespace Edge.Load.Plan;

/// <summary>Chance that repeats by its seed (SplitMix64): small enough to give every arrival its own.</summary>
internal struct Dice
{
    private const ulong Step = 0x9E37_79B9_7F4A_7C15;

    private ulong _state;

    /// <summary>The same seed throws the same numbers.</summary>
    public Dice(ulong seed) => _state = seed;

    /// <summary>Any 64 bits.</summary>
    public ulong NextBits()
    {
        var mixed = _state += Step;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>From 0, and less than 1.</summary>
    public double NextUnit() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>From 0, and less than the bound.</summary>
    public int Next(int bound) => (int)(NextUnit() * bound);
}
