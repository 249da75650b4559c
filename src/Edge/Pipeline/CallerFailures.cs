using Edge.Core.Http;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>What Kestrel's exceptions about a request's body mean.</summary>
internal static class CallerFailures
{
    /// <summary>The failure behind an exception that reading the body threw.</summary>
    public static Failure Of(Exception exception) => exception is BadHttpRequestException bad
        ? bad.StatusCode switch
        {
            StatusCodes.Status413PayloadTooLarge => Failure.CallerBodyTooLarge,
            StatusCodes.Status408RequestTimeout => Failure.CallerBodyTimeout,
            _ => Failure.CallerBodyInvalid,
        }
        : Failure.CallerGone;
}
