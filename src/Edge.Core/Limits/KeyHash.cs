namespace Edge.Core.Limits;

/// <summary>
/// 128 bits that stand for the key of a bucket: SipHash-1-3 with 128 bits of output, under a key that each process draws for
/// itself.
/// </summary>
/// <remarks>
/// The table of buckets keeps these bits instead of the key's text. Two keys that share them would share a bucket. Without the
/// secret nobody can look for such a pair, so only chance is left: among a million keys it is less than one in 2^88.
/// </remarks>
/// <param name="High">The first half.</param>
/// <param name="Low">The second half.</param>
public readonly record struct KeyHash(ulong High, ulong Low);
