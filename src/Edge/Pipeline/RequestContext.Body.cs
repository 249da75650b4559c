using System.Numerics;
using Edge.Hosting;
using Edge.Transport;

namespace Edge.Pipeline;

/// <content>Whether all of the request was received, and the memory of a body that is held whole.</content>
internal sealed partial class RequestContext
{
    private long _bodyBytesHeld;
    private bool _isHeartPaused;
    private CallerUpload? _upload;

    /// <summary>The connection that it came on; null where that is not the gateway's own.</summary>
    public LoopConnection? Wire { get; }

    /// <summary>True where a stage has taken the request's body, whole: it is in <see cref="Body"/>.</summary>
    public bool IsBodyTaken { get; private set; }

    /// <summary>True once nothing of the request is left to be received; false also where that is not known.</summary>
    public bool IsBodyRead { get; set; }

    /// <summary>
    /// Has room for a body that grows to so many bytes. False where all bodies together have no more: the request is then to be
    /// turned away, as one that comes while memory is short.
    /// </summary>
    public bool MayGrowBody(long bytes)
    {
        if (bytes <= Math.Max(RequestBody.WholeBytesMax, _bodyBytesHeld))
        {
            return true;
        }

        // The buffer doubles as it grows.
        var held = (long)BitOperations.RoundUpToPowerOf2((ulong)bytes);
        if (!BodyMemory.OfProcess.TryHold(held - _bodyBytesHeld))
        {
            RetryAfterSeconds = MemoryWatch.RetryAfterSeconds;
            return false;
        }

        _bodyBytesHeld = held;
        return true;
    }

    /// <summary>From here on the request's body is this side's: it is being read into <see cref="Body"/>.</summary>
    public void TakeBody()
    {
        IsBodyTaken = true;
        Body.Clear();
    }

    /// <summary>From here on the request's body goes to the upstream as it comes.</summary>
    public CallerUpload BeginUpload()
    {
        _upload ??= new CallerUpload(this);
        _upload.Begin();
        return _upload;
    }

    /// <summary>
    /// The rest of the answer is waited for, perhaps for long. Where the whole request is here, the server has nothing to look
    /// after on the connection until it is over.
    /// </summary>
    public void BeginLongAnswer()
    {
        if (IsBodyRead)
        {
            PauseHeartbeat();
        }
    }

    private void BeginBody()
    {
        IsBodyRead = !CanHaveBody;
        Wire?.IsMidRequest = true;
    }

    // A connection of several streams may be in the middle of another's body.
    private void EndBody()
    {
        if (IsBodyRead && Tunnel is null && !IsHttp2)
        {
            Wire?.IsMidRequest = false;
        }
    }

    // Other streams of the connection go on being looked after.
    private void PauseHeartbeat()
    {
        if (!_isHeartPaused && !IsHttp2 && Wire is { } wire)
        {
            _isHeartPaused = true;
            wire.Heartbeat.Pause();
        }
    }

    private void ResumeHeartbeat()
    {
        if (_isHeartPaused)
        {
            _isHeartPaused = false;
            Wire!.Heartbeat.Resume();
        }
    }

    private void ReturnBody()
    {
        Body.ReturnMemory();
        if (_bodyBytesHeld > 0)
        {
            BodyMemory.OfProcess.Release(_bodyBytesHeld);
            _bodyBytesHeld = 0;
        }
    }
}
