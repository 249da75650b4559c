using System.Net.Sockets;
using Edge.Measuring;

namespace Edge.Peers.Load;

/// <summary>
/// Thirty-two connections that each send when they have their answer, with the same loop as <see cref="OpenLoad"/>: what a peer
/// carries at most beside that generator.
/// </summary>
internal sealed class ClosedLoad : IDisposable
{
    private const int Connections = 32;
    private const long SilenceNsMax = 10 * Monotonic.SecondNs;

    private readonly Poller _poller = new();
    private readonly Func<byte[]> _next;
    private readonly Socket[] _sockets = new Socket[Connections];
    private readonly AnswerReader[] _readers = new AnswerReader[Connections];
    private long _left = long.MaxValue;
    private long _answers;
    private long _failed;

    /// <summary>Sends requests to a port.</summary>
    /// <param name="port">Where they go.</param>
    /// <param name="next">The next one, written as on the wire; it may be in the same array each time.</param>
    public ClosedLoad(int port, Func<byte[]> next)
    {
        _next = next;
        for (var i = 0; i < Connections; i++)
        {
            _readers[i] = new AnswerReader();
            _sockets[i] = Loopback.Connect(port);
            _poller.Add(_sockets[i], i);
        }
    }

    /// <summary>Runs the warm-up, calls back, measures, and calls back again.</summary>
    public Saturation Run(int warmupMs, int measureMs, Action begun, Action ended)
    {
        Array.ForEach(_sockets, Send);
        Serve(Monotonic.NowNs + (warmupMs * Monotonic.MillisecondNs));
        _answers = 0;
        begun();
        var start = Monotonic.NowNs;
        Serve(start + (measureMs * Monotonic.MillisecondNs));
        ended();
        return Sum(start);
    }

    /// <summary>Sends that many, and waits for all answers.</summary>
    public Saturation RunAll(long requests)
    {
        _left = requests;
        var start = Monotonic.NowNs;
        Array.ForEach(_sockets, Send);
        while (_answers < requests)
        {
            var before = _answers;
            Serve(Monotonic.NowNs + SilenceNsMax, requests);
            if (_answers == before)
            {
                throw new IOException("Answers did not come.");
            }
        }

        return Sum(start);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _poller.Dispose();
        Array.ForEach(_sockets, static socket => socket?.Dispose());
    }

    private Saturation Sum(long startNs) =>
        new(_answers, _answers * (double)Monotonic.SecondNs / (Monotonic.NowNs - startNs), _failed);

    private void Send(Socket socket)
    {
        if (_left > 0)
        {
            _left--;
            if (!Loopback.Send(socket, _next()))
            {
                throw new IOException("A connection broke.");
            }
        }
    }

    private void Serve(long endNs, long answersMax = long.MaxValue)
    {
        while (Monotonic.NowNs < endNs && _answers < answersMax)
        {
            var ready = _poller.Wait(endNs);
            for (var i = 0; i < ready; i++)
            {
                Receive(_poller.Tag(i));
            }
        }
    }

    private void Receive(int connection)
    {
        if (Loopback.Receive(_sockets[connection], _readers[connection].Free) is not { } count
            || _readers[connection].Take(count) is not { } answer)
        {
            return;
        }

        _answers++;
        _failed += answer == Answer.Good ? 0 : 1;
        if (answer == Answer.Broken)
        {
            throw new IOException("A connection broke.");
        }

        Send(_sockets[connection]);
    }
}
