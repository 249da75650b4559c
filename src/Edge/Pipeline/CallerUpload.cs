using System.IO.Pipelines;
using Edge.Core.Http;
using Edge.Upstream;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Pipeline;

/// <summary>
/// A caller's request body on its way upstream. It is kept with the connection's context and used again for the next request.
/// </summary>
internal sealed class CallerUpload(RequestContext context) : UploadSource
{
    private IHttpRequestTrailersFeature? _trailers;
    private PipeReader? _body;
    private long? _contentLength;
    private long _bytesMax;

    /// <inheritdoc/>
    public override PipeReader Body => _body!;

    /// <inheritdoc/>
    public override long? ContentLength => _contentLength;

    /// <inheritdoc/>
    public override long BytesMax => _bytesMax;

    /// <summary>The body is that of the context's request.</summary>
    public void Begin()
    {
        _trailers = context.Features.Find<IHttpRequestTrailersFeature>();
        _body = context.BodyPipe.Reader;
        _contentLength = context.RequestLength;
        _bytesMax = context.RequestBodyMax;
        BytesRead = 0;
    }

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
