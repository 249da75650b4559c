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

    private readonly Poller _poller = new();
    private readonly byte[] _request;
    private readonly Socket[] _sockets = new Socket[Connections];
    private readonly AnswerReader[] _readers = new AnswerReader[Connections];
    private long _answers;
    private long _failed;

    /// <summary>Sends a request, written as on the wire, to a port.</summary>
    public ClosedLoad(int port, byte[] request)
    {
        _request = request;
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
        Array.ForEach(_sockets, socket => Loopback.Send(socket, _request));
        Serve(Monotonic.NowNs + (warmupMs * Monotonic.MillisecondNs));
        _answers = 0;
        begun();
        var start = Monotonic.NowNs;
        Serve(start + (measureMs * Monotonic.MillisecondNs));
        ended();
        return new Saturation(_answers, _answers * (double)Monotonic.SecondNs / (Monotonic.NowNs - start), _failed);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _poller.Dispose();
        Array.ForEach(_sockets, static socket => socket?.Dispose());
    }

    private void Serve(long endNs)
    {
        while (Monotonic.NowNs < endNs)
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
        if (answer == Answer.Broken || !Loopback.Send(_sockets[connection], _request))
        {
            throw new IOException("A connection broke.");
        }
    }
}
