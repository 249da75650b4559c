using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Edge.Tests.Support;

/// <summary>
/// A server on a raw loopback socket that behaves on each connection as a script says, however rudely, and remembers what it
/// was sent. Safe to ask from any thread.
/// </summary>
/// <remarks>
/// A script that fails because the peer went away, or because time was up, has just ended. Any other failure of a script, above
/// all a malformed request, is thrown when the upstream is disposed, so it fails the test.
/// </remarks>
internal sealed class ScriptedUpstream : IAsyncDisposable
{
    private readonly Func<ScriptedConnection, Task>[] _scripts;
    private readonly SslServerAuthenticationOptions? _tls;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stopped = new();
    private readonly Lock _lock = new();
    private readonly List<RawRequest> _requests = [];
    private readonly List<Exception> _failures = [];
    private readonly List<Task> _running = [];
    private readonly Task _accepting;
    private TaskCompletionSource _changed = NewSignal();
    private int _ended;

    private ScriptedUpstream(Func<ScriptedConnection, Task>[] scripts, SslServerAuthenticationOptions? tls)
    {
        _scripts = scripts;
        _tls = tls;
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Endpoint = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>Where it listens, as a target for a configuration.</summary>
    public Uri Url => new($"{(_tls is null ? "http" : "https")}://{Endpoint}");

    /// <summary>How many connections it has accepted.</summary>
    public int Connections
    {
        get
        {
            lock (_lock)
            {
                return _running.Count;
            }
        }
    }

    /// <summary>The requests read so far, in the order in which they were read, of all connections.</summary>
    public IReadOnlyList<RawRequest> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>Starts one on a port that the system chooses.</summary>
    /// <param name="scripts">One for each connection in turn; the last goes on for all further ones.</param>
    public static ScriptedUpstream Start(params Func<ScriptedConnection, Task>[] scripts) => new(scripts, null);

    /// <summary>Starts one that speaks TLS.</summary>
    /// <param name="certificate">Shown to every caller; the caller's to dispose.</param>
    /// <param name="scripts">One for each connection in turn; the last goes on for all further ones.</param>
    public static ScriptedUpstream StartTls(X509Certificate2 certificate, params Func<ScriptedConnection, Task>[] scripts) =>
        new(scripts, new SslServerAuthenticationOptions { ServerCertificate = certificate });

    /// <summary>The script that answers each request of a connection with the same bytes, until the peer closes.</summary>
    /// <param name="response">The bytes of the response, each char one byte.</param>
    public static Func<ScriptedConnection, Task> Answer(string response) => async connection =>
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            await connection.SendAsync(response);
        }
    };

    /// <summary>A well-formed 200 with a length and a text.</summary>
    public static string Ok(string text) =>
        $"HTTP/1.1 200 OK\r\nContent-Length: {Encoding.Latin1.GetByteCount(text)}\r\nContent-Type: text/plain\r\n\r\n{text}";

    /// <summary>Waits until so many requests have been read.</summary>
    public Task WaitForRequestsAsync(int count) => WaitAsync(() => _requests.Count >= count);

    /// <summary>Waits until so many connections have been accepted.</summary>
    public Task WaitForConnectionsAsync(int count) => WaitAsync(() => _running.Count >= count);

    /// <summary>Waits until the scripts of so many connections have ended.</summary>
    public Task WaitForEndedAsync(int count) => WaitAsync(() => _ended >= count);

    /// <summary>Stops listening, as a killed server does: running connections go on.</summary>
    public void StopListening() => _listener.Dispose();

    /// <summary>Stops all, waits for the scripts and throws what failed in them.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_running);
        _stopped.Dispose();
        if (_failures.Count > 0)
        {
            throw new AggregateException("A scripted upstream's script failed.", _failures);
        }
    }

    /// <summary>Remembers a request.</summary>
    internal void Record(RawRequest request) => Change(() => _requests.Add(request));

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync(_stopped.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }

            // Only this loop adds, so the count is the connection's number.
            var number = _running.Count;
            Change(() => _running.Add(Task.Run(() => RunAsync(socket, number))));
        }
    }

    private async Task RunAsync(Socket socket, int number)
    {
        try
        {
            await using var connection = new ScriptedConnection(this, socket, number, _stopped.Token);
            if (_tls is not null)
            {
                await connection.AuthenticateAsync(_tls);
            }

            await _scripts[Math.Min(number, _scripts.Length - 1)](connection);
        }
        catch (Exception gone) when (gone is IOException or SocketException or TimeoutException
            or OperationCanceledException or ObjectDisposedException or AuthenticationException)
        {
            // The peer went away, or the test is over: the script has ended.
        }
        catch (Exception failure)
        {
            Change(() => _failures.Add(failure));
        }
        finally
        {
            socket.Dispose();
            Change(() => _ended++);
        }
    }

    private void Change(Action change)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            change();
            changed = _changed;
            _changed = NewSignal();
        }

        changed.SetResult();
    }

    private async Task WaitAsync(Func<bool> reached)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (reached())
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(RawConnection.DeadlineDefault, TestContext.Current.CancellationToken);
        }
    }
}
