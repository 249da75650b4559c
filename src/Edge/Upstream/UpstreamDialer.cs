using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Threading;
using Edge.Transport;

namespace Edge.Upstream;

/// <summary>
/// Makes connections to one target: name, TCP and TLS within one time limit. Safe from any thread. It owns what it remembers of
/// the target's addresses and the TLS settings; connections belong to whoever dialled.
/// </summary>
internal sealed class UpstreamDialer
{
    private readonly TargetPlan _target;
    private readonly TimeSpan _timeout;
    private readonly TargetAddresses _addresses;
    private readonly IConnector _connector;
    private readonly TimeProvider _time;
    private readonly SslClientAuthenticationOptions? _tls;

    /// <summary>A dialer for one of a service's targets. Reads the CA file, if there is one.</summary>
    /// <exception cref="IOException">The CA file cannot be read, or has no certificate in it.</exception>
    /// <exception cref="CryptographicException">The CA file is malformed.</exception>
    public UpstreamDialer(UpstreamPlan upstream, TargetPlan target, IHostResolver resolver, TimeProvider time)
        : this(upstream, target, resolver, new SocketConnector(), time)
    {
    }

    /// <summary>The same, with the TCP step given, so that tests can race addresses without a network.</summary>
    internal UpstreamDialer(
        UpstreamPlan upstream, TargetPlan target, IHostResolver resolver, IConnector connector, TimeProvider time)
    {
        _target = target;
        _timeout = upstream.Timeouts.Connect;
        _addresses = new TargetAddresses(target.Host, resolver, _timeout, time);
        _connector = connector;
        _time = time;
        _tls = target.Tls ? UpstreamTls.CreateOptions(target.Host, upstream.CaFile) : null;
    }

    /// <summary>
    /// Makes one connection. Expected failures are results, not exceptions; a cancelled token gives
    /// <see cref="Failure.CallerGone"/>. Whatever comes of it, nothing stays open but what the result holds.
    /// </summary>
    /// <param name="loop">Where the connection is going to live.</param>
    /// <param name="cancellation">Calls it off.</param>
    public async PooledValueTask<DialResult> DialAsync(EventLoop loop, CancellationToken cancellation)
    {
        // Cancelled by either: a source that is linked with another would be a second one.
        using var either = new CancellationTokenSource(_timeout, _time);
        await using var calledOff = cancellation.UnsafeRegister(
            static source => ((CancellationTokenSource)source!).Cancel(), either);
        IPAddress[] addresses;
        try
        {
            addresses = await _addresses.ResolveAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            return GaveUp(Failure.UpstreamDnsTimeout, "name resolution", cancellation);
        }
        catch (SocketException exception)
        {
            var timedOut = exception.SocketErrorCode == SocketError.TimedOut;
            var failure = timedOut ? Failure.UpstreamDnsTimeout : Failure.UpstreamDnsError;
            return DialResult.Failed(failure, $"name {_target.Host} does not resolve ({exception.SocketErrorCode})");
        }

        var race = new ConnectRace(_connector, loop, _addresses, _target.Port, _time);
        SocketChannel? channel;
        try
        {
            channel = await race.RunAsync(addresses, either.Token);
        }
        catch (OperationCanceledException)
        {
            if (!cancellation.IsCancellationRequested)
            {
                race.BlameUnfinished();
            }

            return GaveUp(Failure.UpstreamConnectTimeout, "TCP", cancellation);
        }

        if (channel is null)
        {
            return DialResult.Failed(race.Error.Failure, race.Error.Detail);
        }

        return _tls is null
            ? new DialResult(channel, null, Failure.None, null)
            : await SecureAsync(channel, _tls, either.Token, cancellation);
    }

    private async Task<DialResult> SecureAsync(
        SocketChannel channel, SslClientAuthenticationOptions options, CancellationToken either, CancellationToken cancellation)
    {
        var endpoint = channel.Remote!;
        var verdict = new CertificateVerdict();
        var inner = new SocketStream(channel);
        var tls = new SslStream(inner, leaveInnerStreamOpen: false, verdict.Judge);
        DialResult failed;
        try
        {
            await tls.AuthenticateAsClientAsync(options, either);
            inner.HandshakeDone();
            return new DialResult(channel, tls, Failure.None, null);
        }
        catch (Exception exception) when (verdict.Problem is not null && exception is not OperationCanceledException)
        {
            failed = DialResult.Failed(
                Failure.UpstreamCertificateError, $"certificate of {_target.Authority} at {endpoint}: {verdict.Problem}");
        }
        catch (OperationCanceledException)
        {
            failed = GaveUp(Failure.UpstreamConnectTimeout, $"TLS with {endpoint}", cancellation);
        }
        catch (Exception exception)
            when (exception is AuthenticationException or IOException or SocketException or CryptographicException)
        {
            // The last of these is what a certificate that cannot even be read may come to.
            var cause = (exception.InnerException ?? exception).Message;
            failed = DialResult.Failed(Failure.UpstreamTlsError, $"TLS with {_target.Authority} at {endpoint}: {cause}");
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }

        await tls.DisposeAsync();
        if (failed.Failure != Failure.CallerGone)
        {
            // Another address of the target may do better.
            _addresses.Failed(endpoint.Address);
        }

        return failed;
    }

    private DialResult GaveUp(Failure timeout, string step, CancellationToken cancellation) =>
        cancellation.IsCancellationRequested
            ? DialResult.Failed(Failure.CallerGone, $"{step} for {_target.Authority} called off")
            : DialResult.Failed(timeout, $"{step} for {_target.Authority} not done within {_timeout.TotalMilliseconds:0} ms");
}
