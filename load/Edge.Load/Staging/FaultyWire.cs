using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Edge.Load.Plan;

namespace Edge.Load.Staging;

/// <summary>
/// A wire between the gateway and a provider: passes bytes on, late if it is told to, until it breaks, at a byte that chance
/// chooses. It has several addresses, any of which can be taken away and given back. Thread-safe.
/// </summary>
internal sealed class FaultyWire : IAsyncDisposable
{
    private const int BufferBytes = 16 * 1024;
    private const int CutAfterBytesMax = 3000;

    private readonly int _port;
    private readonly int _providerPort;
    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentDictionary<Relay, Task> _relays = new();
    private readonly ConcurrentDictionary<IPAddress, Socket> _listeners = new();
    private readonly ConcurrentDictionary<IPAddress, int> _accepted = new();
    private readonly ConcurrentBag<Task> _accepting = [];
    private int _cuts;

    /// <summary>A wire that listens nowhere yet.</summary>
    /// <param name="port">Its port, at each of its addresses.</param>
    /// <param name="providerPort">Where it leads, on 127.0.0.1.</param>
    public FaultyWire(int port, int providerPort) => (_port, _providerPort) = (port, providerPort);

    /// <summary>How long each piece of an answer is held up.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Connections that were cut so far.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>Connections that came to an address.</summary>
    public int AcceptedAt(IPAddress address) => _accepted.GetValueOrDefault(address);

    /// <summary>Listens at an address.</summary>
    public void Listen(IPAddress address)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(address, _port));
        listener.Listen(1024);
        _listeners[address] = listener;
        _accepting.Add(AcceptAsync(listener, address));
    }

    /// <summary>Takes an address away: nobody listens there any more, and what ran over it is cut.</summary>
    public void Leave(IPAddress address)
    {
        if (_listeners.TryRemove(address, out var listener))
        {
            listener.Dispose();
        }

        foreach (var relay in _relays.Keys)
        {
            if (relay.Address.Equals(address))
            {
                relay.Cut();
            }
        }
    }

    /// <summary>Has all connections that are there now break, each within its next few kilobytes.</summary>
    public void CutSoon(ref Dice dice)
    {
        foreach (var relay in _relays.Keys)
        {
            relay.CutAfter(dice.Next(CutAfterBytesMax));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        foreach (var address in _listeners.Keys)
        {
            Leave(address);
        }

        await Task.WhenAll([.. _accepting, .. _relays.Values]);
        _ended.Dispose();
    }

    private async Task AcceptAsync(Socket listener, IPAddress address)
    {
        while (true)
        {
            Socket caller;
            try
            {
                caller = await listener.AcceptAsync(_ended.Token);
            }
            catch (Exception exception) when (IsOver(exception))
            {
                return;
            }

            _accepted.AddOrUpdate(address, 1, static (_, count) => count + 1);
            var provider = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            var relay = new Relay(this, caller, provider, address);
            _relays[relay] = Task.CompletedTask;
            _relays[relay] = relay.RunAsync();
        }
    }

    private static bool IsOver(Exception exception) =>
        exception is SocketException or ObjectDisposedException or OperationCanceledException;

    /// <summary>One connection, and the one behind it.</summary>
    private sealed class Relay(FaultyWire wire, Socket caller, Socket provider, IPAddress address)
    {
        private int _left = int.MaxValue;

        public IPAddress Address => address;

        public void CutAfter(int bytes) => Interlocked.CompareExchange(ref _left, bytes, int.MaxValue);

        /// <summary>Resets it: what is on its way is lost.</summary>
        public void Cut()
        {
            Interlocked.Increment(ref wire._cuts);
            caller.Close(0);
            provider.Close(0);
        }

        public async Task RunAsync()
        {
            try
            {
                caller.NoDelay = true;
                await provider.ConnectAsync(IPAddress.Loopback, wire._providerPort, wire._ended.Token);
                var asking = PassAsync(caller, provider, isAnswer: false);
                await PassAsync(provider, caller, isAnswer: true);
                await asking;
            }
            catch (Exception exception) when (IsOver(exception))
            {
                // Either side has gone, or it was cut.
            }
            finally
            {
                caller.Dispose();
                provider.Dispose();
                wire._relays.TryRemove(this, out _);
            }
        }

        private async Task PassAsync(Socket from, Socket to, bool isAnswer)
        {
            var buffer = new byte[BufferBytes];
            try
            {
                while (await from.ReceiveAsync(buffer, wire._ended.Token) is > 0 and var count)
                {
                    var left = isAnswer ? Volatile.Read(ref _left) : int.MaxValue;
                    if (isAnswer && wire.Delay > TimeSpan.Zero)
                    {
                        await Task.Delay(wire.Delay, wire._ended.Token);
                    }

                    await SendAllAsync(to, buffer.AsMemory(0, Math.Min(count, left)));
                    if (count >= left)
                    {
                        Cut();
                        return;
                    }

                    if (left != int.MaxValue)
                    {
                        Volatile.Write(ref _left, left - count);
                    }
                }

                to.Shutdown(SocketShutdown.Send);
            }
            catch (Exception exception) when (IsOver(exception))
            {
                // What one side does not hear any more the other need not say.
                caller.Close(0);
                provider.Close(0);
            }
        }

        private async Task SendAllAsync(Socket to, ReadOnlyMemory<byte> bytes)
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await to.SendAsync(bytes, wire._ended.Token)..];
            }
        }
    }
}
