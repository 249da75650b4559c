using System.Runtime.InteropServices;

namespace Edge.Measuring;

/// <summary>The calls of Linux that .NET has no words for.</summary>
internal static unsafe partial class Native
{
    /// <summary>A moment or a duration as the kernel writes it.</summary>
    internal struct TimeSpec
    {
        /// <summary>Whole seconds.</summary>
        public long Seconds;

        /// <summary>Nanoseconds beside them.</summary>
        public long Nanoseconds;
    }

    /// <summary>SIGHUP.</summary>
    internal const int HangUp = 1;

    /// <summary>SIGTERM.</summary>
    internal const int Terminate = 15;

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static partial int EpollControl(int poll, int operation, int descriptor, void* interest);

    [LibraryImport("libc", EntryPoint = "epoll_pwait2", SetLastError = true)]
    internal static partial int EpollWait(int poll, void* events, int eventsMax, TimeSpec* timeout, void* signals);

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    internal static partial int ClockGetTime(int clock, TimeSpec* time);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    internal static partial int ProcessControl(int option, ulong argument);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static partial int Kill(int process, int signal);
}
