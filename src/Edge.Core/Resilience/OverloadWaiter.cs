using System.Threading.Tasks.Sources;

namespace Edge.Core.Resilience;

/// <summary>
/// A request that stands in line at an <see cref="OverloadGate"/>. Its owner uses it again for the next request, once the one
/// before was told.
/// </summary>
public sealed class OverloadWaiter : IValueTaskSource<bool>
{
    // Whoever lets it in is itself on the way of a request, and must not have this one's to walk besides.
    private ManualResetValueTaskSourceCore<bool> _told = new() { RunContinuationsAsynchronously = true };

    /// <summary>Its place: greater ones go first.</summary>
    internal int Rank;

    /// <summary>When it gives up.</summary>
    internal long UntilNs;

    /// <summary>The one that came before it.</summary>
    internal OverloadWaiter? Before;

    /// <summary>The one that came after it.</summary>
    internal OverloadWaiter? After;

    /// <inheritdoc/>
    public bool GetResult(short token) => _told.GetResult(token);

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _told.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _told.OnCompleted(continuation, state, token, flags);

    /// <summary>Begins to wait.</summary>
    internal ValueTask<bool> Begin()
    {
        _told.Reset();
        return new ValueTask<bool>(this, _told.Version);
    }

    /// <summary>Ends the waiting: in, or turned away.</summary>
    internal void Tell(bool isIn) => _told.SetResult(isIn);
}
