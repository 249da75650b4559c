using System.Net;
using System.Net.Sockets;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Transport;
using Edge.Upstream;

namespace Edge.Tests.Upstream;

public sealed class TargetAddressesTests : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    private readonly ManualTime _time = new();
    private readonly FakeConnector _connector = new();
    private readonly FakeResolver _resolver = new();
    private readonly UpstreamDialer _dialer;

    public TargetAddressesTests() => _dialer = Dialer("a.test");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _connector.Dispose();

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("2001:db8::1")]
    public async Task An_IP_literal_asks_no_name_service(string literal)
    {
        Assert.Equal(literal, await DialedAsync(Dialer(literal)));
        Assert.Equal(0, _resolver.Count);
    }

    [Fact]
    public async Task A_name_that_does_not_exist_is_a_DNS_error()
    {
        var dial = _dialer.DialAsync(EventLoops.Idlest, Stop).AsTask();
        (await _resolver.NextAsync()).SetException(new SocketException((int)SocketError.HostNotFound));
        Assert.Equal(DialResult.Failed(Failure.UpstreamDnsError, "name a.test does not resolve (HostNotFound)"), await dial);
    }

    [Fact]
    public async Task A_name_that_cannot_be_one_is_a_DNS_error()
    {
        var name = new string('a', 300);
        var target = new TargetPlan(false, name, 80, name, "");
        var dialer = new UpstreamDialer(Plan(target), target, new SystemHostResolver(), _time);
        var result = await dialer.DialAsync(EventLoops.Idlest, Stop);
        Assert.Equal(Failure.UpstreamDnsError, result.Failure);
    }

    [Fact]
    public async Task A_name_without_addresses_is_a_DNS_error()
    {
        _resolver.Answer();
        Assert.Equal(Failure.UpstreamDnsError, (await _dialer.DialAsync(EventLoops.Idlest, Stop)).Failure);
    }

    [Fact]
    public async Task A_name_service_that_hangs_is_a_DNS_timeout()
    {
        var dial = _dialer.DialAsync(EventLoops.Idlest, Stop).AsTask();
        await _resolver.NextAsync();
        _time.Advance(ConnectTimeout);
        var result = await dial;
        Assert.Equal(Failure.UpstreamDnsTimeout, result.Failure);
        Assert.Contains("5000 ms", result.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dials_at_the_same_time_share_one_question()
    {
        var loop = EventLoops.Idlest;
        var dials = Enumerable.Range(0, 3).Select(_ => _dialer.DialAsync(loop, Stop).AsTask()).ToArray();
        (await _resolver.NextAsync()).SetResult([IPAddress.Parse("192.0.2.1")]);
        foreach (var _ in dials)
        {
            await (await _connector.NextAsync()).ConnectAsync();
        }

        foreach (var dial in dials)
        {
            using var socket = (await dial).Channel;
            Assert.NotNull(socket);
        }

        Assert.Equal(1, _resolver.Count);
    }

    [Fact]
    public async Task One_caller_that_leaves_does_not_take_the_others_answer_away()
    {
        using var caller = new CancellationTokenSource();
        var leaving = _dialer.DialAsync(EventLoops.Idlest, caller.Token).AsTask();
        var staying = _dialer.DialAsync(EventLoops.Idlest, Stop).AsTask();
        var question = await _resolver.NextAsync();
        await caller.CancelAsync();
        Assert.Equal(Failure.CallerGone, (await leaving).Failure);
        question.SetResult([IPAddress.Parse("192.0.2.1")]);
        await (await _connector.NextAsync()).ConnectAsync();
        using var socket = (await staying).Channel;
        Assert.NotNull(socket);
    }

    [Fact]
    public async Task An_answer_serves_a_burst_and_no_longer()
    {
        _resolver.Answer("192.0.2.1");
        Assert.Equal("192.0.2.1", await DialedAsync(_dialer));
        _resolver.Answer("192.0.2.2");
        _time.Advance(TargetAddresses.ReuseTime);
        Assert.Equal("192.0.2.1", await DialedAsync(_dialer));
        _time.Advance(Moment);
        Assert.Equal("192.0.2.2", await DialedAsync(_dialer));
        Assert.Equal(2, _resolver.Count);
    }

    [Fact]
    public async Task When_the_name_service_fails_the_last_answer_serves_for_five_minutes()
    {
        _resolver.Answer("192.0.2.1");
        await DialedAsync(_dialer);
        _resolver.Answer();
        _time.Advance(TargetAddresses.StaleTime - Moment);
        Assert.Equal("192.0.2.1", await DialedAsync(_dialer));
        _time.Advance(Moment);
        Assert.Equal(Failure.UpstreamDnsError, (await _dialer.DialAsync(EventLoops.Idlest, Stop)).Failure);
    }

    [Fact]
    public async Task When_the_name_service_hangs_the_last_answer_serves_after_a_second()
    {
        _resolver.Answer("192.0.2.1");
        await DialedAsync(_dialer);
        _resolver.Hang();
        _time.Advance(TargetAddresses.ReuseTime + Moment);
        var dial = DialedAsync(_dialer);
        await _time.TimerAsync(TargetAddresses.StaleWait);
        _time.Advance(TargetAddresses.StaleWait);
        Assert.Equal("192.0.2.1", await dial);

        // The question is still open and has had its second: the next dial does not wait at all.
        Assert.Equal("192.0.2.1", await DialedAsync(_dialer));
        Assert.Equal(2, _resolver.Count);
    }

    [Fact]
    public async Task A_question_without_an_end_is_asked_again_in_the_end()
    {
        var first = _dialer.DialAsync(EventLoops.Idlest, Stop).AsTask();
        await _resolver.NextAsync();
        _time.Advance(TargetAddresses.LookUpTimeout);
        Assert.Equal(Failure.UpstreamDnsTimeout, (await first).Failure);

        // Dials that come before the old question has wound up still share its end.
        Task<DialResult> dial;
        _resolver.Answer("192.0.2.1");
        do
        {
            dial = _dialer.DialAsync(EventLoops.Idlest, Stop).AsTask();
        }
        while (_connector.IsQuiet && (await dial).Failure == Failure.UpstreamDnsTimeout);

        await (await _connector.NextAsync()).ConnectAsync();
        using var socket = (await dial).Channel;
        Assert.NotNull(socket);
    }

    [Fact]
    public async Task Families_take_turns_beginning_with_the_resolvers_first()
    {
        _resolver.Answer("2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1", "192.0.2.2");
        Assert.Equal(
            ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "2001:db8::3"], await OrderAsync(_dialer, 5));
        _time.Advance(TargetAddresses.FailedTime);
        _resolver.Answer("192.0.2.1", "2001:db8::1", "2001:db8::2");
        Assert.Equal(["192.0.2.1", "2001:db8::1", "2001:db8::2"], await OrderAsync(_dialer, 3));
    }

    [Fact]
    public async Task Repeated_and_mapped_addresses_are_tried_once()
    {
        _resolver.Answer("192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1", "192.0.2.2");
        Assert.Equal(["192.0.2.1", "192.0.2.2"], await OrderAsync(_dialer, 2));
    }

    [Fact]
    public async Task The_number_of_addresses_is_limited()
    {
        _resolver.Answer([.. Enumerable.Range(1, TargetAddresses.AddressesMax + 1).Select(static n => $"192.0.2.{n}")]);
        Assert.Equal(TargetAddresses.AddressesMax, (await OrderAsync(_dialer, TargetAddresses.AddressesMax)).Count);
    }

    [Fact]
    public async Task An_address_that_failed_goes_last_for_a_while()
    {
        _resolver.Answer("192.0.2.1", "192.0.2.2");
        var dial = _dialer.DialAsync(EventLoops.Idlest, Stop).AsTask();
        (await _connector.NextAsync()).Fail(SocketError.ConnectionRefused);
        await (await _connector.NextAsync()).ConnectAsync();
        (await dial).Channel!.Dispose();

        Assert.Equal("192.0.2.2", await DialedAsync(_dialer));
        _time.Advance(TargetAddresses.FailedTime - Moment);
        Assert.Equal("192.0.2.2", await DialedAsync(_dialer));
        _time.Advance(Moment);
        Assert.Equal("192.0.2.1", await DialedAsync(_dialer));
    }

    [Fact]
    public async Task An_address_that_works_again_is_forgiven_at_once()
    {
        _resolver.Answer("192.0.2.1", "192.0.2.2");
        Assert.Equal(["192.0.2.1", "192.0.2.2"], await OrderAsync(_dialer, 2));
        Assert.Equal("192.0.2.1", await DialedAsync(_dialer));
        Assert.Equal("192.0.2.1", await DialedAsync(_dialer));
    }

    [Fact]
    public async Task An_address_that_took_all_the_time_goes_last()
    {
        _resolver.Answer("192.0.2.1");
        var dial = _dialer.DialAsync(EventLoops.Idlest, Stop).AsTask();
        await _connector.NextAsync();
        _time.Advance(ConnectTimeout);
        Assert.Equal(Failure.UpstreamConnectTimeout, (await dial).Failure);
        _resolver.Answer("192.0.2.1", "192.0.2.2");
        Assert.Equal("192.0.2.2", await DialedAsync(_dialer));
    }

    [Fact]
    public async Task A_caller_that_left_says_nothing_about_an_address()
    {
        _resolver.Answer("192.0.2.1", "192.0.2.2");
        using var caller = new CancellationTokenSource();
        var dial = _dialer.DialAsync(EventLoops.Idlest, caller.Token).AsTask();
        await _connector.NextAsync();
        await caller.CancelAsync();
        Assert.Equal(Failure.CallerGone, (await dial).Failure);
        Assert.Equal("192.0.2.1", await DialedAsync(_dialer));
    }

    [Fact]
    public void The_memory_of_failed_addresses_is_bounded()
    {
        var addresses = new TargetAddresses("a.test", _resolver, ConnectTimeout, _time);
        for (var i = 0; i < 100_000; i++)
        {
            addresses.Failed(new IPAddress(i));
        }

        Assert.InRange(addresses.FailedCount, 1, TargetAddresses.AddressesMax);
    }

    /// <summary>Dials, lets the first attempt succeed and tells its address.</summary>
    private async Task<string> DialedAsync(UpstreamDialer dialer)
    {
        var dial = dialer.DialAsync(EventLoops.Idlest, Stop).AsTask();
        var attempt = await _connector.NextAsync();
        await attempt.ConnectAsync();
        using var socket = (await dial).Channel;
        Assert.NotNull(socket);
        return attempt.Address;
    }

    /// <summary>Dials, lets every attempt fail and tells the order.</summary>
    private async Task<List<string>> OrderAsync(UpstreamDialer dialer, int count)
    {
        var dial = dialer.DialAsync(EventLoops.Idlest, Stop).AsTask();
        List<string> order = [];
        for (var i = 0; i < count; i++)
        {
            var attempt = await _connector.NextAsync();
            order.Add(attempt.Address);
            attempt.Fail(SocketError.ConnectionRefused);
        }

        Assert.Equal(Failure.UpstreamConnectionRefused, (await dial).Failure);
        Assert.True(_connector.IsQuiet);
        return order;
    }

    private static UpstreamPlan Plan(TargetPlan target) => new()
    {
        Name = "test",
        Dialect = Dialect.Http,
        Targets = [target],
        Timeouts = new UpstreamTimeouts { Connect = ConnectTimeout },
    };

    private UpstreamDialer Dialer(string host)
    {
        var target = new TargetPlan(false, host, 80, host, "");
        return new UpstreamDialer(Plan(target), target, _resolver, _connector, _time);
    }
}
