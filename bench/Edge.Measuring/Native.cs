using System.ComponentModel;
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

    /// <summary>A limit of the process: what holds, and up to what it may be raised.</summary>
    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }

    /// <summary>SIGHUP.</summary>
    internal const int HangUp = 1;

    /// <summary>SIGKILL.</summary>
    internal const int KillNow = 9;

    /// <summary>SIGSTOP.</summary>
    internal const int Stop = 19;

    /// <summary>SIGCONT.</summary>
    internal const int Continue = 18;

    /// <summary>SIGTERM.</summary>
    internal const int Terminate = 15;

    private const int OpenFiles = 7;
    private const int FirstInFirstOut = 1;

    /// <summary>How many files and sockets one process may have open.</summary>
    internal static int OpenFilesMax()
    {
        Limit limit;
        return GetLimit(OpenFiles, &limit) == 0 ? (int)Math.Min(limit.Hard, int.MaxValue) : throw new Win32Exception();
    }

    /// <summary>
    /// Lets a thread go before all others that want its core (SCHED_FIFO), or takes that back; false where the user may not do
    /// it. Generators and origins must not wait for the core that a peer is on: their lateness would be in the peer's figures.
    /// </summary>
    /// <param name="thread">Its id, which for the first thread of a process is the process's; 0 for the caller's own.</param>
    /// <param name="goesFirst">Whether it does.</param>
    internal static bool SetPriority(int thread, bool goesFirst)
    {
        var priority = goesFirst ? 1 : 0;
        return SetScheduler(thread, goesFirst ? FirstInFirstOut : 0, &priority) == 0;
    }

    [LibraryImport("libc", EntryPoint = "sched_setscheduler", SetLastError = true)]
    private static partial int SetScheduler(int thread, int policy, int* priority);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimit(int resource, Limit* limit);

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
