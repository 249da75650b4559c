using System.IO.Pipelines;
using System.Reflection;
using System.Runtime.CompilerServices;
using Edge.Transport;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Hosting;

/// <summary>
/// Has Kestrel read the frames of HTTP/2 and begin its streams on the connection's event loop, as it does the requests of
/// HTTP/1.1. By itself it hands what came to the thread pool, and from there each stream to the thread pool again, lest an
/// application block the connection; with the wake-ups that was a fifth of what a request cost. Ours never blocks.
/// </summary>
/// <remarks>
/// Kestrel has both as settings, but not as public ones. Where a release of it has them no more, all is as it does it by itself.
/// </remarks>
internal static class LoopScheduling
{
    private const string Kestrel = "Microsoft.AspNetCore.Server.Kestrel.Core.";
    private const string Assembly = ", Microsoft.AspNetCore.Server.Kestrel.Core";
    private const string Server = Kestrel + "KestrelServerImpl" + Assembly;
    private const string Context = Kestrel + "Internal.ServiceContext" + Assembly;
    private const string Stream = Kestrel + "Internal.Http2.Http2Stream" + Assembly;
    private const string StreamContext = Kestrel + "Internal.Http2.Http2StreamContext" + Assembly;
    private const string Handler = Kestrel + "Internal.Http2.IHttp2StreamLifetimeHandler" + Assembly;
    private const string Connection = Kestrel + "Internal.Http2.Http2Connection" + Assembly;

    // A field whose type is not public is beyond the accessors below.
    private static readonly FieldInfo? ContextOfStream =
        Type.GetType(Stream)?.GetField("_context", BindingFlags.NonPublic | BindingFlags.Instance);

    /// <summary>Has frames read on the loop. Before the server starts; of one that comes from Kestrel's own services.</summary>
    /// <returns>False: it can't be set.</returns>
    public static bool TryReadOnLoop(IServer server)
    {
        try
        {
            SetScheduler(GetContext(server), LoopScheduler.Instance);
            return true;
        }
        catch (Exception exception) when (IsMissing(exception))
        {
            return false;
        }
    }

    /// <summary>Has the streams of a connection begin where its frames are read, from the next on.</summary>
    /// <param name="stream">One of them, as which Kestrel passes its features; of HTTP/1.1 there is nothing to set.</param>
    /// <returns>False: it can't be set.</returns>
    public static bool TryBeginStreamsOnLoop(IFeatureCollection stream)
    {
        if (ContextOfStream is not { DeclaringType: { } type } field || !type.IsInstanceOfType(stream))
        {
            return false;
        }

        try
        {
            BeginsStreamsInline(GetHandler(field.GetValue(stream)!)) = true;
            return true;
        }
        catch (Exception exception) when (IsMissing(exception))
        {
            return false;
        }
    }

    private static bool IsMissing(Exception exception) =>
        exception is MissingMemberException or TypeLoadException or InvalidCastException;

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_ServiceContext")]
    [return: UnsafeAccessorType(Context)]
    private static extern object GetContext([UnsafeAccessorType(Server)] object server);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_Scheduler")]
    private static extern void SetScheduler([UnsafeAccessorType(Context)] object context, PipeScheduler scheduler);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_StreamLifetimeHandler")]
    [return: UnsafeAccessorType(Handler)]
    private static extern object GetHandler([UnsafeAccessorType(StreamContext)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_scheduleInline")]
    private static extern ref bool BeginsStreamsInline([UnsafeAccessorType(Connection)] object connection);
}
