using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Edge.Transport;

/// <summary>
/// The system calls of the transport, as Linux has them (man pages epoll(7), recv(2), send(2), accept4(2), connect(2)). Sockets
/// are non-blocking throughout, so that none of these calls waits but <see cref="NextEvents"/>.
/// A failure is a negative error number, as the kernel itself returns it.
/// </summary>
internal static unsafe partial class LinuxSocket
{
    /// <summary>EAGAIN: nothing to be had now.</summary>
    public const int WouldBlock = -11;

    /// <summary>EINPROGRESS: a connection is on its way.</summary>
    public const int InProgress = -115;

    /// <summary>EPIPE: this end is closed.</summary>
    public const int BrokenPipe = -32;

    /// <summary>ECONNRESET: the peer broke the connection.</summary>
    public const int ConnectionReset = -104;

    /// <summary>EINTR: a signal came first.</summary>
    public const int Interrupted = -4;

    /// <summary>SOL_SOCKET.</summary>
    public const int LevelSocket = 1;

    /// <summary>IPPROTO_TCP.</summary>
    public const int LevelTcp = 6;

    /// <summary>SO_KEEPALIVE.</summary>
    public const int KeepAlive = 9;

    /// <summary>TCP_NODELAY.</summary>
    public const int NoDelay = 1;

    /// <summary>TCP_KEEPIDLE, in seconds.</summary>
    public const int KeepAliveTime = 4;

    /// <summary>TCP_KEEPINTVL, in seconds.</summary>
    public const int KeepAliveInterval = 5;

    /// <summary>TCP_KEEPCNT.</summary>
    public const int KeepAliveProbes = 6;

    /// <summary>TCP_USER_TIMEOUT, in milliseconds.</summary>
    public const int UserTimeout = 18;

    /// <summary>EPOLLIN.</summary>
    public const uint EventIn = 0x1;

    /// <summary>EPOLLOUT.</summary>
    public const uint EventOut = 0x4;

    /// <summary>EPOLLERR.</summary>
    public const uint EventError = 0x8;

    /// <summary>EPOLLHUP: both directions are shut.</summary>
    public const uint EventHangUp = 0x10;

    /// <summary>EPOLLRDHUP: the peer sends no more.</summary>
    public const uint EventPeerEnded = 0x2000;

    /// <summary>Bytes of the largest address that an internet socket has (sockaddr_in6).</summary>
    public const int AddressBytesMax = 28;

    private const uint EdgeTriggered = 1u << 31;
    private const int ControlAdd = 1;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int NoSignal = 0x4000;
    private const int PeekOnly = 0x2;
    private const int StreamSocket = 1;
    private const int FamilyInternet = 2;
    private const int FamilyInternet6 = 10;
    private const int LevelInternet6 = 41;
    private const int OptionError = 4;
    private const int ReuseAddress = 2;
    private const int Internet6Only = 26;
    private const nuint OutputQueue = 0x5411;
    private const int ShutWrite = 1;
    private const int ShutBoth = 2;

    /// <summary>A new epoll instance.</summary>
    public static int CreateEpoll() => Checked(epoll_create1(CloseOnExec));

    /// <summary>A new eventfd, for waking a loop.</summary>
    public static int CreateEvent() => Checked(eventfd(0, CloseOnExec | NonBlocking));

    /// <summary>
    /// Watches a descriptor for everything, edge-triggered: each change is told once, together with <paramref name="data"/>.
    /// </summary>
    public static int Watch(int epoll, int descriptor, ulong data)
    {
        var memory = stackalloc byte[EpollEvent.BytesMax];
        EpollEvent.Write(memory, EventIn | EventOut | EventPeerEnded | EdgeTriggered, data);
        return Result(epoll_ctl(epoll, ControlAdd, descriptor, memory));
    }

    /// <summary>Waits for events; an interrupted wait has none.</summary>
    public static int NextEvents(int epoll, byte* events, int eventsMax, int timeoutMs)
    {
        var count = Result(epoll_wait(epoll, events, eventsMax, timeoutMs));
        return count == Interrupted ? 0 : count;
    }

    /// <summary>Makes an eventfd readable.</summary>
    public static void Signal(int descriptor)
    {
        ulong one = 1;
        _ = write(descriptor, &one, sizeof(ulong));
    }

    /// <summary>Receives. Zero: the peer has ended.</summary>
    public static int Receive(int descriptor, Span<byte> into)
    {
        fixed (byte* start = into)
        {
            int count;
            do
            {
                count = Result(recv(descriptor, start, (nuint)into.Length, 0));
            }
            while (count == Interrupted);
            return count;
        }
    }

    /// <summary>Looks whether there is something to receive, and leaves it there.</summary>
    public static int Peek(int descriptor)
    {
        byte one;
        return Result(recv(descriptor, &one, 1, PeekOnly));
    }

    /// <summary>Sends as much as the kernel takes.</summary>
    public static int Send(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            int count;
            do
            {
                count = Result(send(descriptor, start, (nuint)bytes.Length, NoSignal));
            }
            while (count == Interrupted);
            return count;
        }
    }

    /// <summary>Sends pieces as if they were one, as much as the kernel takes. The last may be empty.</summary>
    public static int Send(
        int descriptor, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third = default)
    {
        fixed (byte* one = first, two = second, three = third)
        {
            var pieces = stackalloc Piece[3];
            pieces[0] = new Piece(one, (nuint)first.Length);
            pieces[1] = new Piece(two, (nuint)second.Length);
            pieces[2] = new Piece(three, (nuint)third.Length);
            var message = new Message { Pieces = pieces, Count = third.IsEmpty ? 2u : 3u };
            int count;
            do
            {
                count = Result(sendmsg(descriptor, &message, NoSignal));
            }
            while (count == Interrupted);
            return count;
        }
    }

    /// <summary>Takes the next connection from a listening socket; its peer's address is written in the kernel's form.</summary>
    public static int Accept(int listener, Span<byte> address)
    {
        fixed (byte* start = address)
        {
            var length = address.Length;
            return Result(accept4(listener, start, &length, NonBlocking | CloseOnExec));
        }
    }

    /// <summary>A new TCP socket.</summary>
    public static int Create(AddressFamily family) =>
        Result(socket(
            family == AddressFamily.InterNetworkV6 ? FamilyInternet6 : FamilyInternet,
            StreamSocket | NonBlocking | CloseOnExec,
            0));

    /// <summary>Binds a socket to an address; the wildcard of IPv6 takes IPv4 too.</summary>
    public static int Bind(int descriptor, IPEndPoint to)
    {
        // A listener may come back while connections of its predecessor linger.
        _ = SetOption(descriptor, LevelSocket, ReuseAddress, 1);
        if (to.AddressFamily == AddressFamily.InterNetworkV6)
        {
            _ = SetOption(descriptor, LevelInternet6, Internet6Only, to.Address.Equals(IPAddress.IPv6Any) ? 0 : 1);
        }

        var address = to.Serialize();
        fixed (byte* start = address.Buffer.Span)
        {
            return Result(bind(descriptor, start, address.Size));
        }
    }

    /// <summary>Listens on a bound socket.</summary>
    public static int Listen(int descriptor, int backlog) => Result(listen(descriptor, backlog));

    /// <summary>Starts to connect.</summary>
    public static int Connect(int descriptor, IPEndPoint to)
    {
        // On every system this is the form that its own kernel takes.
        var address = to.Serialize();
        fixed (byte* start = address.Buffer.Span)
        {
            return Result(connect(descriptor, start, address.Size));
        }
    }

    /// <summary>How an attempt to connect ended: zero, or the negative error number.</summary>
    public static int ConnectResult(int descriptor)
    {
        var error = GetOption(descriptor, LevelSocket, OptionError);
        return error < 0 ? error : -error;
    }

    /// <summary>Reads an option that is a number.</summary>
    public static int GetOption(int descriptor, int level, int name)
    {
        int value;
        var length = sizeof(int);
        var result = Result(getsockopt(descriptor, level, name, &value, &length));
        return result < 0 ? result : value;
    }

    /// <summary>
    /// Bytes that were sent and that the peer has not taken: in the kernel here, or on the way (SIOCOUTQ, tcp(7)).
    /// </summary>
    public static int Untaken(int descriptor)
    {
        int bytes;
        var result = Result(ioctl(descriptor, OutputQueue, &bytes));
        return result < 0 ? result : bytes;
    }

    /// <summary>Sets an option that is a number.</summary>
    public static int SetOption(int descriptor, int level, int name, int value) =>
        Result(setsockopt(descriptor, level, name, &value, sizeof(int)));

    /// <summary>The address of this end.</summary>
    public static IPEndPoint? LocalEndPoint(int descriptor)
    {
        Span<byte> address = stackalloc byte[AddressBytesMax];
        fixed (byte* start = address)
        {
            var length = address.Length;
            return Result(getsockname(descriptor, start, &length)) < 0 ? null : ParseAddress(address);
        }
    }

    /// <summary>Ends both directions. Waits on the socket end; the descriptor stays.</summary>
    public static void Shutdown(int descriptor) => _ = shutdown(descriptor, ShutBoth);

    /// <summary>Ends what is sent; what comes is still received.</summary>
    public static void ShutdownSend(int descriptor) => _ = shutdown(descriptor, ShutWrite);

    /// <summary>
    /// Dissolves a connection by a reset; the descriptor stays (connect(2) with AF_UNSPEC). To close with no time to linger would
    /// reset it too, but only once the descriptor is free, and nobody would be told who waits on it.
    /// </summary>
    public static void Disconnect(int descriptor)
    {
        var nowhere = stackalloc byte[AddressBytesMax];
        new Span<byte>(nowhere, AddressBytesMax).Clear();
        _ = connect(descriptor, nowhere, AddressBytesMax);
    }

    /// <summary>Closes a descriptor.</summary>
    public static void Close(int descriptor) => _ = close(descriptor);

    /// <summary>Reads an address in the kernel's form (sockaddr_in, sockaddr_in6); null: of another family.</summary>
    public static IPEndPoint? ParseAddress(ReadOnlySpan<byte> address)
    {
        var port = (address[2] << 8) | address[3];
        return MemoryMarshal.Read<ushort>(address) switch
        {
            FamilyInternet => new IPEndPoint(new IPAddress(address.Slice(4, 4)), port),
            FamilyInternet6 => new IPEndPoint(
                new IPAddress(address.Slice(8, 16), MemoryMarshal.Read<uint>(address[24..])), port),
            _ => null,
        };
    }

    /// <summary>The framework's name of an error number.</summary>
    public static SocketException ExceptionOf(int result) => new(ErrorOf(-result));

    private static int Checked(int result) => result >= 0 ? result : throw ExceptionOf(Result(result));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Result(nint result) => result >= 0 ? (int)result : -Marshal.GetLastSystemError();

    // The framework's socket errors are Windows' numbers; what is not in the table shows as a general error.
    private static int ErrorOf(int number) => (int)(number switch
    {
        1 or 13 => SocketError.AccessDenied,
        11 => SocketError.WouldBlock,
        23 or 24 => SocketError.TooManyOpenSockets,
        32 or 108 => SocketError.Shutdown,
        97 => SocketError.AddressFamilyNotSupported,
        98 => SocketError.AddressAlreadyInUse,
        99 => SocketError.AddressNotAvailable,
        100 => SocketError.NetworkDown,
        101 => SocketError.NetworkUnreachable,
        103 => SocketError.ConnectionAborted,
        104 => SocketError.ConnectionReset,
        12 or 105 => SocketError.NoBufferSpaceAvailable,
        107 => SocketError.NotConnected,
        110 => SocketError.TimedOut,
        111 => SocketError.ConnectionRefused,
        112 => SocketError.HostDown,
        113 => SocketError.HostUnreachable,
        115 => SocketError.InProgress,
        _ => SocketError.SocketError,
    });

    [LibraryImport("libc")]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc")]
    private static partial int epoll_ctl(int epoll, int operation, int descriptor, byte* change);

    [LibraryImport("libc")]
    private static partial int epoll_wait(int epoll, byte* events, int eventsMax, int timeoutMs);

    [LibraryImport("libc")]
    private static partial int eventfd(uint value, int flags);

    [LibraryImport("libc")]
    private static partial nint write(int descriptor, void* bytes, nuint count);

    [LibraryImport("libc")]
    private static partial nint recv(int descriptor, byte* bytes, nuint count, int flags);

    [LibraryImport("libc")]
    private static partial nint send(int descriptor, byte* bytes, nuint count, int flags);

    [LibraryImport("libc")]
    private static partial nint sendmsg(int descriptor, Message* message, int flags);

    [LibraryImport("libc")]
    private static partial int accept4(int descriptor, byte* address, int* length, int flags);

    [LibraryImport("libc")]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc")]
    private static partial int bind(int descriptor, byte* address, int length);

    [LibraryImport("libc")]
    private static partial int ioctl(int descriptor, nuint request, int* value);

    [LibraryImport("libc")]
    private static partial int listen(int descriptor, int backlog);

    [LibraryImport("libc")]
    private static partial int connect(int descriptor, byte* address, int length);

    [LibraryImport("libc")]
    private static partial int getsockopt(int descriptor, int level, int name, int* value, int* length);

    [LibraryImport("libc")]
    private static partial int setsockopt(int descriptor, int level, int name, int* value, int length);

    [LibraryImport("libc")]
    private static partial int getsockname(int descriptor, byte* address, int* length);

    [LibraryImport("libc")]
    private static partial int shutdown(int descriptor, int how);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    // struct iovec.
    private readonly struct Piece(byte* start, nuint length)
    {
        public readonly byte* Start = start;
        public readonly nuint Length = length;
    }

    // struct msghdr: its count is a number of 32 bits in some libraries, and the rest of the 64 then has to be zero.
    private struct Message
    {
        public byte* Name;
        public nuint NameLength;
        public Piece* Pieces;
        public nuint Count;
        public byte* Control;
        public nuint ControlLength;
        public nuint Flags;
    }
}
