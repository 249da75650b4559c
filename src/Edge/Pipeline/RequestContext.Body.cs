using System.Numerics;
using Edge.Hosting;

namespace Edge.Pipeline;

/// <content>The memory of a body that is held whole.</content>
internal sealed partial class RequestContext
{
    private long _bodyBytesHeld;

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
