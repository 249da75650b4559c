using System.Runtime.InteropServices;

namespace Edge.Transport;

/// <summary>
/// Several receives and sends in one system call (io_uring(7)). Not a proactor: every operation is one that does not wait, so all
/// of them are over when <see cref="Run"/> returns, and nothing of ours stays with the kernel. For the thread that made it.
/// </summary>
/// <remarks>
/// What it saves is the way into the kernel and back, which is 0.1 to 1 us a call, by processor and hypervisor.
/// </remarks>
internal sealed unsafe partial class IoRing
{
    /// <summary>Operations in one call.</summary>
    public const int OperationsMax = 256;

    /// <summary>The environment's word on whether rings are used.</summary>
    public const string Variable = "EDGE_IO_URING";

    private const int SetUpCall = 425;
    private const int EnterCall = 426;
    private const int ParametersBytes = 120;
    private const int SingleIssuer = 1 << 12;
    private const int DeferTaskRun = 1 << 13;
    private const uint SingleMap = 1;
    private const nint OperationsOffset = 0x10000000;
    private const int OperationBytes = 64;
    private const int CompletionBytes = 16;
    private const int WaitForCompletions = 1;
    private const byte SendOperation = 26;
    private const byte ReceiveOperation = 27;
    private const int NoWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int NoDescriptor = -1;
    private const int BadDescriptor = -9;
    private const int ReadWrite = 3;
    private const int SharedPopulated = 0x8001;

    private readonly int _descriptor;
    private readonly byte* _operations;
    private readonly uint* _queueTail;
    private readonly uint _queueMask;
    private readonly uint* _completionHead;
    private readonly uint* _completionTail;
    private readonly uint _completionMask;
    private readonly byte* _completions;
    private readonly int[] _results = new int[OperationsMax];
    private int _count;

    private IoRing(int descriptor, byte* parameters, byte* rings, byte* operations)
    {
        _descriptor = descriptor;
        _operations = operations;
        var queue = (uint*)(parameters + 40);
        _queueTail = (uint*)(rings + queue[1]);
        _queueMask = *(uint*)(rings + queue[2]);
        var completion = (uint*)(parameters + 80);
        _completionHead = (uint*)(rings + completion[0]);
        _completionTail = (uint*)(rings + completion[1]);
        _completionMask = *(uint*)(rings + completion[2]);
        _completions = rings + completion[5];

        // Operations stand in the queue in the order of their places, once and for all.
        var places = (uint*)(rings + queue[6]);
        for (var i = 0u; i <= _queueMask; i++)
        {
            places[i] = i;
        }
    }

    /// <summary>Operations that the next <see cref="Run"/> does.</summary>
    public int Count => _count;

    /// <summary>
    /// A ring, or null where the system has none or forbids it, as container engines do by default, or where
    /// <see cref="Variable"/> is "0" in the environment.
    /// </summary>
    public static IoRing? TryCreate()
    {
        if (Environment.GetEnvironmentVariable(Variable) == "0")
        {
            return null;
        }

        var parameters = stackalloc byte[ParametersBytes];
        var descriptor = SetUp(parameters, SingleIssuer | DeferTaskRun);
        if (descriptor < 0)
        {
            // Kernels before 6.1 know neither.
            descriptor = SetUp(parameters, 0);
        }

        if (descriptor < 0)
        {
            return null;
        }

        var numbers = (uint*)parameters;
        var ringBytes = Math.Max(
            numbers[16] + (numbers[0] * sizeof(uint)),
            numbers[25] + (numbers[1] * CompletionBytes));
        var rings = (numbers[5] & SingleMap) == 0 ? -1 : mmap(0, ringBytes, ReadWrite, SharedPopulated, descriptor, 0);
        var operations = rings == -1
            ? -1
            : mmap(0, numbers[0] * OperationBytes, ReadWrite, SharedPopulated, descriptor, OperationsOffset);
        if (operations == -1)
        {
            LinuxSocket.Close(descriptor);
            return null;
        }

        var ring = new IoRing(descriptor, parameters, (byte*)rings, (byte*)operations);
        return ring.KnowsOperations() ? ring : null;
    }

    /// <summary>Adds a receive.</summary>
    /// <param name="descriptor">The socket; open until <see cref="Run"/> has returned.</param>
    /// <param name="into">Memory that does not move until then.</param>
    /// <param name="bytes">How much of it there is.</param>
    public void AddReceive(int descriptor, byte* into, int bytes) => Add(ReceiveOperation, descriptor, into, bytes, NoWait);

    /// <summary>Adds a send.</summary>
    /// <param name="descriptor">The socket; open until <see cref="Run"/> has returned.</param>
    /// <param name="from">Memory that does not move until then.</param>
    /// <param name="bytes">How much of it is sent at most.</param>
    public void AddSend(int descriptor, byte* from, int bytes) => Add(SendOperation, descriptor, from, bytes, NoWait | NoSignal);

    /// <summary>
    /// Does all that was added. The results are in the order of adding, until the next call: what recv(2) and send(2) return,
    /// with negative error numbers.
    /// </summary>
    public ReadOnlySpan<int> Run()
    {
        var count = _count;
        _count = 0;
        Volatile.Write(ref *_queueTail, *_queueTail + (uint)count);
        var taken = 0;
        var done = 0;
        while (done < count)
        {
            var result = (int)syscall(EnterCall, _descriptor, count - taken, count - done, WaitForCompletions, 0, 0);
            taken += Math.Max(result, 0);
            done += TakeResults();
            if (result >= 0 || Marshal.GetLastSystemError() == -LinuxSocket.Interrupted)
            {
                continue;
            }

            if (taken == count)
            {
                throw new InvalidOperationException("The kernel keeps results to itself.");
            }

            // It is short of memory for the ring's sake: what it has not taken is done as if there were no ring.
            done += RunAlone(taken, count);
            taken = count;
        }

        return _results.AsSpan(0, count);
    }

    // Kernels before 5.6 have rings, but not these operations, and a sandbox may allow some of them only.
    private bool KnowsOperations()
    {
        byte one;
        AddReceive(NoDescriptor, &one, 1);
        AddSend(NoDescriptor, &one, 1);
        var results = Run();
        return results[0] == BadDescriptor && results[1] == BadDescriptor;
    }

    private int RunAlone(int from, int to)
    {
        var first = *_queueTail - (uint)to;
        Volatile.Write(ref *_queueTail, first + (uint)from);
        for (var i = from; i < to; i++)
        {
            var operation = _operations + (((first + (uint)i) & _queueMask) * OperationBytes);
            var descriptor = *(int*)(operation + 4);
            var bytes = new Span<byte>(*(byte**)(operation + 16), *(int*)(operation + 24));
            _results[i] = *operation == SendOperation
                ? LinuxSocket.Send(descriptor, bytes)
                : LinuxSocket.Receive(descriptor, bytes);
        }

        return to - from;
    }

    private int TakeResults()
    {
        var head = *_completionHead;
        var tail = Volatile.Read(ref *_completionTail);
        var taken = (int)(tail - head);
        for (; head != tail; head++)
        {
            var completion = _completions + ((head & _completionMask) * CompletionBytes);
            _results[*(ulong*)completion] = *(int*)(completion + 8);
        }

        Volatile.Write(ref *_completionHead, head);
        return taken;
    }

    private void Add(byte what, int descriptor, byte* memory, int bytes, int flags)
    {
        var operation = _operations + (((*_queueTail + (uint)_count) & _queueMask) * OperationBytes);
        new Span<byte>(operation, OperationBytes).Clear();
        *operation = what;
        *(int*)(operation + 4) = descriptor;
        *(ulong*)(operation + 16) = (ulong)memory;
        *(int*)(operation + 24) = bytes;
        *(int*)(operation + 28) = flags;
        *(ulong*)(operation + 32) = (ulong)_count;
        _count++;
    }

    private static int SetUp(byte* parameters, int flags)
    {
        new Span<byte>(parameters, ParametersBytes).Clear();
        *(int*)(parameters + 8) = flags;
        return (int)syscall(SetUpCall, OperationsMax, (nint)parameters, 0, 0, 0, 0);
    }

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    [LibraryImport("libc")]
    private static partial nint mmap(nint address, nuint bytes, int protection, int flags, int descriptor, nint offset);
}
