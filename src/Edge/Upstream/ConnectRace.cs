using System.Net;
using System.Net.Sockets;
using Edge.Core.Http;
using Edge.Threading;
using Edge.Transport;

namespace Edge.Upstream;

/// <summary>
/// One race for a connection among the addresses of a target (RFC 8305, section 5): they start one after the other, the first
/// to connect wins and the rest are closed. One instance per dial, used once; it owns every attempt until a winner is returned.
/// </summary>
internal sealed class ConnectRace
{
    /// <summary>The head start of each address over the next (RFC 8305, section 8, recommends 250 ms).</summary>
    public static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);

    private readonly IConnector _connector;
    private readonly EventLoop _loop;
    private readonly TargetAddresses _addresses;
    private readonly int _port;
    private readonly TimeProvider _time;

    // In the order in which they started.
    private readonly List<Attempt> _running = [];
    private IPAddress? _unfinished;

    /// <summary>A race that tells <paramref name="addresses"/> which of them failed and which worked.</summary>
    public ConnectRace(IConnector connector, EventLoop loop, TargetAddresses addresses, int port, TimeProvider time)
    {
        _connector = connector;
        _loop = loop;
        _addresses = addresses;
        _port = port;
        _time = time;
    }

    /// <summary>The most telling error of the addresses that failed.</summary>
    public ConnectError Error { get; private set; }

    /// <summary>Runs the race.</summary>
    /// <returns>The winner's socket, now the receiver's; null when every address failed (see <see cref="Error"/>).</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled; nothing stays open.</exception>
    public PooledValueTask<SocketChannel?> RunAsync(IPAddress[] addresses, CancellationToken ct) =>
        addresses.Length == 1 ? RunAloneAsync(addresses[0], ct) : RunAllAsync(addresses, ct);

    /// <summary>After a race that ran out of time: remembers that the addresses still trying did not answer.</summary>
    public void BlameUnfinished()
    {
        Blame(_running.Count);
        if (_unfinished is not null)
        {
            _addresses.Failed(_unfinished);
        }
    }

    /// <summary>The one address that most targets have. Nothing is raced, so that a burst of dials takes little memory.</summary>
    private async PooledValueTask<SocketChannel?> RunAloneAsync(IPAddress address, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var endpoint = new IPEndPoint(address, _port);
        try
        {
            var channel = await _connector.ConnectAsync(_loop, endpoint, ct);
            _addresses.Worked(address);
            return channel;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Note(endpoint, exception);
            return null;
        }
        catch (OperationCanceledException)
        {
            _unfinished = address;
            throw;
        }
    }

    private async PooledValueTask<SocketChannel?> RunAllAsync(IPAddress[] addresses, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        try
        {
            for (var next = 0; next < addresses.Length || _running.Count > 0;)
            {
                ct.ThrowIfCancellationRequested();
                if (next < addresses.Length)
                {
                    Start(addresses[next++], stop.Token);
                }

                // With a successor, a failure or the end of the head start lets it go; without, every attempt may finish.
                do
                {
                    await WaitAsync(next < addresses.Length, ct);
                    if (Collect() is { } winner)
                    {
                        return winner;
                    }
                }
                while (next == addresses.Length && _running.Count > 0);
            }

            return null;
        }
        finally
        {
            if (_running.Count > 0)
            {
                stop.Cancel();
                foreach (var loser in _running)
                {
                    _ = CloseAsync(loser.Connecting);
                }
            }
        }
    }

    private void Start(IPAddress address, CancellationToken ct)
    {
        var endpoint = new IPEndPoint(address, _port);
        Task<SocketChannel> connecting;
        try
        {
            connecting = _connector.ConnectAsync(_loop, endpoint, ct);
        }
        catch (SocketException exception)
        {
            // The socket itself could not be made, as with IPv6 where the system has none.
            connecting = Task.FromException<SocketChannel>(exception);
        }

        _running.Add(new Attempt(endpoint, connecting));
    }

    /// <summary>Waits until an attempt ends or, where one more address could start, the head start is over.</summary>
    private async Task WaitAsync(bool successor, CancellationToken ct)
    {
        var ends = new Task[_running.Count + (successor ? 1 : 0)];
        for (var i = 0; i < _running.Count; i++)
        {
            ends[i] = _running[i].Connecting;
        }

        if (!successor)
        {
            await Task.WhenAny(ends).WaitAsync(ct);
            return;
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(ct);
        ends[^1] = Task.Delay(AttemptDelay, _time, enough.Token);
        await Task.WhenAny(ends);
        enough.Cancel();
    }

    /// <summary>Takes the attempts that ended off the list; the socket of the first that connected.</summary>
    private SocketChannel? Collect()
    {
        for (var i = 0; i < _running.Count; i++)
        {
            var (endpoint, connecting) = _running[i];
            if (!connecting.IsCompleted)
            {
                continue;
            }

            _running.RemoveAt(i);
            if (connecting.IsCompletedSuccessfully)
            {
                // Whoever started earlier and is not there yet is slow or dead: next time others go before it.
                Blame(i);
                _addresses.Worked(endpoint.Address);
                return connecting.Result;
            }

            // A cancelled attempt says nothing about its address.
            i--;
            if (connecting.Exception?.InnerException is { } exception)
            {
                Note(endpoint, exception);
            }
        }

        return null;
    }

    private void Note(IPEndPoint endpoint, Exception exception)
    {
        var code = exception is SocketException socket ? socket.SocketErrorCode : SocketError.SocketError;
        var error = ConnectError.From(code, endpoint);
        Error = ConnectError.MoreTelling(Error, error);
        if (error.Failure != Failure.EdgeResources)
        {
            _addresses.Failed(endpoint.Address);
        }
    }

    private void Blame(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _addresses.Failed(_running[i].Endpoint.Address);
        }
    }

    /// <summary>An attempt may connect in the moment in which it is called off: then its socket is closed here.</summary>
    private static async Task CloseAsync(Task<SocketChannel> connecting)
    {
        await ((Task)connecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (connecting.IsCompletedSuccessfully)
        {
            connecting.Result.Dispose();
        }
    }

    private readonly record struct Attempt(IPEndPoint Endpoint, Task<SocketChannel> Connecting);
}
