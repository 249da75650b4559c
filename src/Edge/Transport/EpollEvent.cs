using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Edge.Transport;

/// <summary>
/// The layout of the kernel's epoll_event: 32 bits of events and 64 of data, packed on x86-64 and aligned elsewhere
/// (EPOLL_PACKED in linux/eventpoll.h).
/// </summary>
internal static unsafe class EpollEvent
{
    /// <summary>The larger of the two layouts.</summary>
    public const int BytesMax = 16;

    /// <summary>Bytes from one event to the next.</summary>
    public static int Bytes => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : BytesMax;

    private static int DataOffset => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    /// <summary>Writes one.</summary>
    public static void Write(byte* at, uint events, ulong data)
    {
        Unsafe.WriteUnaligned(at, events);
        Unsafe.WriteUnaligned(at + DataOffset, data);
    }

    /// <summary>Reads one.</summary>
    public static uint Read(byte* at, out ulong data)
    {
        data = Unsafe.ReadUnaligned<ulong>(at + DataOffset);
        return Unsafe.ReadUnaligned<uint>(at);
    }
}
