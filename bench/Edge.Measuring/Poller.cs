using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Edge.Measuring;

/// <summary>
/// epoll for one thread, with waits to the nanosecond: what a load generator needs and .NET's sockets don't offer. Sockets are
/// watched for input, level-triggered, until they are closed.
/// </summary>
internal sealed unsafe class Poller : IDisposable
{
    private const int ReadyMax = 256;
    private const int AddOperation = 1;
    private const uint InputReady = 1;
    private const int SetTimerSlack = 29;

    // The kernel packs the event on x86-64 and nowhere else: four bytes of flags, then eight of the caller's own.
    private static readonly int TagOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventBytes = TagOffset + sizeof(long);

    private readonly SafeFileHandle _handle;
    private readonly byte[] _ready = new byte[ReadyMax * EventBytes];

    /// <summary>Makes one for the thread that calls, whose timers are sharpened from 50 us to the hardware's own.</summary>
    public Poller()
    {
        var descriptor = Native.EpollCreate(0);
        if (descriptor < 0)
        {
            throw new Win32Exception();
        }

        _handle = new SafeFileHandle(descriptor, ownsHandle: true);
        _ = Native.ProcessControl(SetTimerSlack, 1);
    }

    /// <summary>Watches a socket; its tag comes back from <see cref="Tag"/>.</summary>
    public void Add(Socket socket, int tag)
    {
        var interest = stackalloc byte[EventBytes];
        *(uint*)interest = InputReady;
        *(long*)(interest + TagOffset) = tag;
        var result = Native.EpollControl(
            (int)_handle.DangerousGetHandle(), AddOperation, (int)socket.SafeHandle.DangerousGetHandle(), interest);
        if (result != 0)
        {
            throw new Win32Exception();
        }
    }

    /// <summary>Waits for input until a moment of <see cref="Monotonic"/>, and answers how many sockets have some.</summary>
    public int Wait(long untilNs)
    {
        var wait = Math.Max(0, untilNs - Monotonic.NowNs);
        var timeout = new Native.TimeSpec
        {
            Seconds = wait / Monotonic.SecondNs,
            Nanoseconds = wait % Monotonic.SecondNs,
        };
        fixed (byte* ready = _ready)
        {
            // Interrupted by a signal is nothing ready: the caller's loop asks again.
            return Math.Max(0, Native.EpollWait((int)_handle.DangerousGetHandle(), ready, ReadyMax, &timeout, null));
        }
    }

    /// <summary>The tag of one of the sockets that are ready.</summary>
    public int Tag(int index) => (int)MemoryMarshal.Read<long>(_ready.AsSpan((index * EventBytes) + TagOffset));

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}
