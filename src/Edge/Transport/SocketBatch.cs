using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Edge.Core.Memory;

namespace Edge.Transport;

/// <summary>
/// What the sockets of a loop receive and send in one turn, all together and, where the system has an <see cref="IoRing"/>, with
/// one system call:
/// <code>
///   events -> 1 receive for every socket that is waited for -> 2 tell the owners, which send -> 3 send all that -> events ...
/// </code>
/// A send wakes its receiver, which takes the processor: so sending last, and not in between, is worth something by itself.
/// For the loop's thread, except <see cref="Return"/>.
/// </summary>
internal sealed unsafe class SocketBatch
{
    /// <summary>Bytes of a received piece. A socket that brings more at a time is better served alone.</summary>
    public const int ReceiveBytes = BlockPool.SmallBytes;

    /// <summary>
    /// Most bytes of a send that waits for the others of its turn. It is copied for that, which must cost less than it saves.
    /// </summary>
    public const int SendBytesMax = BlockPool.SmallBytes;

    /// <summary>Pieces that its sockets may hold.</summary>
    public const int PiecesMax = IoRing.OperationsMax;

    // No answer waits for more than these many others.
    private const int SendsMax = 32;

    private readonly IoRing? _ring;
    private readonly byte* _pieces = (byte*)NativeMemory.AlignedAlloc(PiecesMax * ReceiveBytes, ReceiveBytes);
    private readonly byte* _outgoing = (byte*)NativeMemory.AlignedAlloc(SendsMax * SendBytesMax, SendBytesMax);
    private readonly int[] _free = new int[PiecesMax];
    private readonly ConcurrentQueue<int> _returned = new();
    private readonly Receiver[] _receivers = new Receiver[PiecesMax];
    private readonly Sender[] _senders = new Sender[SendsMax];
    private readonly Queue<LoopSocket> _awaited = new();
    private int _freeCount = PiecesMax;
    private int _receiverCount;
    private int _senderCount;
    private int _outgoingBytes;

    /// <summary>The batch of the loop whose thread this is.</summary>
    /// <param name="ring">Makes one system call of many; null: they are made one after the other.</param>
    public SocketBatch(IoRing? ring)
    {
        _ring = ring;
        for (var i = 0; i < PiecesMax; i++)
        {
            // The first comes out first, so that few of them are used again and again.
            _free[i] = PiecesMax - 1 - i;
        }
    }


    /// <summary>True while sends wait for the end of the turn.</summary>
    public bool PutsOff { get; set; } = true;

    /// <summary>True where many calls are one.</summary>
    public bool HasRing => _ring is not null;

    /// <summary>Pieces that no socket holds.</summary>
    public int FreePieces => _freeCount + _returned.Count;

    /// <summary>A piece's bytes.</summary>
    public ReadOnlySpan<byte> Piece(int piece, int start, int end) => new(_pieces + (piece * ReceiveBytes) + start, end - start);

    /// <summary>Adds a receive. False: there is no memory for it now.</summary>
    public bool TryAddReceive(LoopSocket socket, int descriptor)
    {
        if (_freeCount == 0 && !TryTakeReturned())
        {
            return false;
        }

        var piece = _free[--_freeCount];
        _receivers[_receiverCount++] = new Receiver(socket, descriptor, piece);
        return true;
    }

    /// <summary>Receives what was added, and gives it to the sockets. They tell nobody yet.</summary>
    public void Receive()
    {
        var count = _receiverCount;
        if (count == 0)
        {
            return;
        }

        _receiverCount = 0;
        if (_ring is null || count == 1)
        {
            for (var i = 0; i < count; i++)
            {
                ref readonly var receiver = ref _receivers[i];
                var into = new Span<byte>(_pieces + (receiver.Piece * ReceiveBytes), ReceiveBytes);
                receiver.Socket.Received(this, receiver.Piece, LinuxSocket.Receive(receiver.Descriptor, into));
            }
        }
        else
        {
            for (var i = 0; i < count; i++)
            {
                ref readonly var receiver = ref _receivers[i];
                _ring.AddReceive(receiver.Descriptor, _pieces + (receiver.Piece * ReceiveBytes), ReceiveBytes);
            }

            var results = _ring.Run();
            for (var i = 0; i < count; i++)
            {
                ref readonly var receiver = ref _receivers[i];
                receiver.Socket.Received(this, receiver.Piece, results[i]);
            }
        }

        _receivers.AsSpan(0, count).Clear();
    }

    /// <summary>Takes a piece back. Any thread.</summary>
    public void Return(int piece, bool isOnLoop)
    {
        if (isOnLoop)
        {
            _free[_freeCount++] = piece;
        }
        else
        {
            _returned.Enqueue(piece);
        }
    }

    /// <summary>Copies what is to be sent at the end of the turn, or before that if much is waiting.</summary>
    public void AddSend(LoopSocket socket, int descriptor, ReadOnlySpan<byte> bytes)
    {
        if (_senderCount == SendsMax || Outgoing.Length - _outgoingBytes < bytes.Length)
        {
            Send();
        }

        bytes.CopyTo(Outgoing[_outgoingBytes..]);
        _senders[_senderCount++] = new Sender(socket, descriptor, _outgoingBytes, bytes.Length);
        _outgoingBytes += bytes.Length;
    }

    /// <summary>
    /// Sends what was added. Sockets whose peers are slow keep what the kernel did not take. Nobody is told: who calls this may
    /// hold locks, of which others must not come to know.
    /// </summary>
    public void Send()
    {
        if (_senderCount > 0)
        {
            Send(_senderCount);
            _senders.AsSpan(0, _senderCount).Clear();
            _senderCount = 0;
        }

        // Also what has left by SendWith.
        _outgoingBytes = 0;
    }

    /// <summary>
    /// Sends what was added for a socket, and behind it these bytes. Answers how many of these the kernel took, or a negative
    /// error number.
    /// </summary>
    public int SendWith(LoopSocket socket, ReadOnlySpan<byte> bytes)
    {
        var index = _senderCount - 1;
        while (_senders[index].Socket != socket)
        {
            index--;
        }

        var sender = _senders[index];
        _senders[index] = _senders[--_senderCount];
        _senders[_senderCount] = default;
        var result = LinuxSocket.Send(sender.Descriptor, Bytes(sender), bytes);
        End(sender, Math.Min(result, sender.Length));
        if (sender.Start + sender.Length == _outgoingBytes)
        {
            _outgoingBytes = sender.Start;
        }

        return result < 0 ? result : result > sender.Length ? result - sender.Length : LinuxSocket.WouldBlock;
    }

    /// <summary>The end of a turn: sends, and tells those who wait for room. Called by the loop only.</summary>
    public void End()
    {
        do
        {
            Send();
            while (_awaited.TryDequeue(out var socket))
            {
                socket.TellWritable();
            }
        }
        while (_senderCount > 0);
    }

    private void Send(int count)
    {
        if (_ring is null || count == 1)
        {
            for (var i = 0; i < count; i++)
            {
                End(_senders[i], LinuxSocket.Send(_senders[i].Descriptor, Bytes(_senders[i])));
            }

            return;
        }

        for (var i = 0; i < count; i++)
        {
            ref readonly var sender = ref _senders[i];
            _ring.AddSend(sender.Descriptor, _outgoing + sender.Start, sender.Length);
        }

        var results = _ring.Run();
        for (var i = 0; i < count; i++)
        {
            End(_senders[i], results[i]);
        }
    }

    private void End(in Sender sender, int result)
    {
        if (sender.Socket.Sent(Bytes(sender), result))
        {
            _awaited.Enqueue(sender.Socket);
        }
    }

    private Span<byte> Outgoing => new(_outgoing, SendsMax * SendBytesMax);

    private ReadOnlySpan<byte> Bytes(in Sender sender) => Outgoing.Slice(sender.Start, sender.Length);

    private bool TryTakeReturned()
    {
        while (_returned.TryDequeue(out var piece))
        {
            _free[_freeCount++] = piece;
        }

        return _freeCount > 0;
    }

    private readonly record struct Receiver(LoopSocket Socket, int Descriptor, int Piece);

    private readonly record struct Sender(LoopSocket Socket, int Descriptor, int Start, int Length);
}
