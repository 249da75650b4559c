namespace Edge.Upstream;

/// <summary>What a request wants of the target that is picked for it.</summary>
/// <param name="Affinity">Requests with the same number go to the same target, where the upstream balances so.</param>
/// <param name="Tokens">Tokens of prompt and answer, as estimated; 0: not known.</param>
/// <param name="OnlyUntried">True where a target that the request has been at already is of no use.</param>
internal readonly record struct TargetQuery(ulong Affinity, long Tokens, bool OnlyUntried);
