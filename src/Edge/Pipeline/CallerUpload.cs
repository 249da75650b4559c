using System.IO.Pipelines;
using Edge.Core.Http;
using Edge.Upstream;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Pipeline;

/// <summary>A caller's request body on its way upstream.</summary>
internal sealed class CallerUpload(RequestContext context) : UploadSource
{
    private readonly IHttpRequestTrailersFeature? _trailers = context.Features.Find<IHttpRequestTrailersFeature>();

    /// <inheritdoc/>
    public override PipeReader Body { get; } = context.BodyPipe.Reader;

    /// <inheritdoc/>
    public override long? ContentLength { get; } = context.RequestLength;

    /// <inheritdoc/>
    public override long BytesMax { get; } = context.RequestBodyMax;

    /// <inheritdoc/>
    public override Failure FailureOf(Exception exception) => CallerFailures.Of(exception);

    /// <inheritdoc/>
    public override void WriteTrailers(HeadBuffer to)
    {
        if (_trailers is not { Available: true })
        {
            return;
        }

        foreach (var (name, values) in _trailers.Trailers)
        {
            // What may not stand before the body, or only there, must not arrive behind it.
            if (!UpstreamRequestWriter.MayTrail(context, name))
            {
                continue;
            }

            foreach (var value in values)
            {
                if (value is not null && FieldText.IsValue(value))
                {
                    to.WriteLatin1(name);
                    to.Write(": "u8);
                    to.WriteLatin1(value);
                    to.Write("\r\n"u8);
                }
            }
        }
    }
}
