namespace Edge.Transport;

/// <summary>Where received bytes go. Asked for memory only when there is something to receive.</summary>
internal interface IReceiveRoom
{
    /// <summary>The memory for the next bytes; the receiver counts what came into it.</summary>
    public Span<byte> Room { get; }

    /// <summary>Nothing came after all, and what comes next is waited for, perhaps for long: the memory is not needed.</summary>
    public void ReleaseRoom();
}
