using System.Buffers;
using System.IO.Pipelines;
using Edge.Core.Http;
using Edge.Upstream;

namespace Edge.Pipeline;

/// <summary>A large body that is here, whole, on its way upstream. The memory is lent until the exchange is closed.</summary>
internal sealed class HeldUpload(ReadOnlyMemory<byte> body) : UploadSource
{
    /// <inheritdoc/>
    public override PipeReader Body { get; } = PipeReader.Create(new ReadOnlySequence<byte>(body));

    /// <inheritdoc/>
    public override long? ContentLength { get; } = body.Length;

    /// <inheritdoc/>
    public override Failure FailureOf(Exception exception) => Failure.EdgeInternal;

    /// <inheritdoc/>
    public override void WriteTrailers(HeadBuffer to)
    {
        // Behind a body of known length there are none.
    }
}
