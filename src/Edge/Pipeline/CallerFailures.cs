using Edge.Core.Http;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>What Kestrel's exceptions about a request's body mean.</summary>
internal static class CallerFailures
{
    /// <summary>The failure behind an exception that reading the body threw.</summary>
    public static Failure Of(Exception exception) => exception switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Failure.CallerBodyTooLarge,
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => Failure.CallerBodyTimeout,
        BadHttpRequestException => Failure.CallerBodyInvalid,

        // A chunk's size that no integer holds, a zero byte in a trailer: told in these ways, while the caller is still there.
        IOException { InnerException: OverflowException } or InvalidOperationException => Failure.CallerBodyInvalid,
        _ => Failure.CallerGone,
    };

    /// <summary>
    /// True where it is not known any more where the caller's next request would begin, so that its connection has to be closed.
    /// </summary>
    public static bool LoseFraming(Failure failure) => failure
        is Failure.CallerBodyInvalid or Failure.CallerBodyTooLarge or Failure.CallerBodyTimeout or Failure.CallerGone;
}
