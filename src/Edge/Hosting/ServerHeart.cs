using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Edge.Hosting;

/// <summary>
/// Has Kestrel's own heart beat without the connections, where those have hearts of their own
/// (<see cref="Transport.Heartbeats"/>): for the date, and its pools of memory. By itself it goes through all of them once a
/// second, to find of each that there is nothing to do: of 9,000 streams that was another 1.9 ms of processor time.
/// </summary>
/// <remarks>What it calls is not public. Where a release of Kestrel has it no more, all is as it does it by itself.</remarks>
internal static class ServerHeart
{
    private const string Kestrel = "Microsoft.AspNetCore.Server.Kestrel.Core.";
    private const string Assembly = ", Microsoft.AspNetCore.Server.Kestrel.Core";
    private const string Server = Kestrel + "KestrelServerImpl" + Assembly;
    private const string Context = Kestrel + "Internal.ServiceContext" + Assembly;
    private const string Heart = Kestrel + "Internal.Infrastructure.Heartbeat" + Assembly;
    private const string Dates = Kestrel + "Internal.Http.DateHeaderValueManager" + Assembly;
    private const string Connections = Kestrel + "Internal.Infrastructure.ConnectionManager" + Assembly;

    // Fields whose types are not public are beyond the accessors below.
    private static readonly FieldInfo? InnerServer =
        typeof(KestrelServer).GetField("_innerKestrelServer", BindingFlags.NonPublic | BindingFlags.Instance);

    private static readonly FieldInfo? CalledOfHeart =
        Type.GetType(Heart)?.GetField("_callbacks", BindingFlags.NonPublic | BindingFlags.Instance);

    /// <summary>Leaves the connections out. Before the server starts.</summary>
    /// <returns>False: it can't be done.</returns>
    public static bool TryLeaveOutConnections(IServer server)
    {
        try
        {
            var context = GetContext(server is KestrelServer ? InnerServer?.GetValue(server) ?? server : server);
            if (CalledOfHeart?.GetValue(GetHeart(context)) is not Array called)
            {
                return false;
            }

            var index = Array.IndexOf(called, GetConnections(context));
            if (index < 0)
            {
                return false;
            }

            // Something has to be there. The date is made twice.
            called.SetValue(GetDates(context), index);
            return true;
        }
        catch (Exception exception) when (exception is MissingMemberException or TypeLoadException or InvalidCastException)
        {
            return false;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_ServiceContext")]
    [return: UnsafeAccessorType(Context)]
    private static extern object GetContext([UnsafeAccessorType(Server)] object server);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Heartbeat")]
    [return: UnsafeAccessorType(Heart)]
    private static extern object GetHeart([UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_DateHeaderValueManager")]
    [return: UnsafeAccessorType(Dates)]
    private static extern object GetDates([UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_ConnectionManager")]
    [return: UnsafeAccessorType(Connections)]
    private static extern object GetConnections([UnsafeAccessorType(Context)] object context);
}
