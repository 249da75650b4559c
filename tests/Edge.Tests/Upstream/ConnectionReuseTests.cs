using System.Net;
using System.Net.Sockets;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Tests.Support;
using Edge.Upstream;

namespace Edge.Tests.Upstream;

/// <summary>Which connection a request gets, and what happens when it turns out to be a dead one.</summary>
public class ConnectionReuseTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private const string Post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";

    // Half of the places are requests': none is left for a connection of another loop's.
    private const string NoneAhead = ", connectionsMax: 3";

    private static readonly Func<ScriptedConnection, Task> Fine = ScriptedUpstream.Answer(ScriptedUpstream.Ok("fine"));

    [Fact]
    public async Task Requests_one_after_the_other_share_a_connection()
    {
        await using var upstream = ScriptedUpstream.Start(Fine);
        await using var door = await Door.OpenAsync(upstream.Url.ToString(), NoneAhead);

        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        for (var i = 0; i < 50; i++)
        {
            await caller.SendAsync(i % 2 == 0 ? Get : Post);
            Assert.Equal("fine", (await caller.ReadResponseAsync()).Text);
        }

        Assert.Equal(1, upstream.Connections);
    }

    [Theory]
    [InlineData(Get, "")]
    [InlineData(Post, "")]
    [InlineData(Get, "x")]
    [InlineData(Post, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")]
    public async Task A_connection_that_ended_or_spoke_while_idle_is_not_used(string request, string said)
    {
        var gone = new TaskCompletionSource();
        await using var upstream = ScriptedUpstream.Start(
            async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync(ScriptedUpstream.Ok("first"));
                await gone.Task;
                await connection.SendAsync(said);
                connection.FinishSending();
                Assert.False(await connection.WaitForBytesAsync());
            },
            Fine);
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        Assert.Equal("first", (await door.GetAsync()).Text);
        gone.SetResult();
        await upstream.WaitForEndedAsync(1);
        await using var caller = await door.CallAsync(request);

        Assert.Equal("fine", (await caller.ReadResponseAsync()).Text);
        Assert.Equal(2, upstream.Requests.Count);
    }

    [Theory]
    [InlineData("GET", true, true)]
    [InlineData("GET", false, true)]
    [InlineData("HEAD", true, true)]
    [InlineData("PUT", true, true)]
    [InlineData("DELETE", true, true)]
    [InlineData("POST", true, false)]
    [InlineData("POST", false, false)]
    [InlineData("PATCH", true, false)]
    public async Task A_request_lost_on_an_old_connection_is_repeated_once_if_that_is_safe(
        string method, bool reset, bool repeated)
    {
        await using var upstream = ScriptedUpstream.Start(LosesSecond(reset, ""), Fine);
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        Assert.Equal("first", (await door.GetAsync()).Text);
        await using var caller = await door.CallAsync($"{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        var answer = await caller.ReadResponseAsync(method);

        Assert.Equal(repeated ? 200 : 502, answer.Status);
        Assert.Equal(repeated ? 3 : 2, upstream.Requests.Count);
        Assert.Equal(repeated ? 2 : 1, upstream.Connections);
        if (!repeated)
        {
            Assert.Contains("connection_terminated", answer.Headers["Proxy-Status"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_repeated_request_that_is_lost_again_is_given_up()
    {
        await using var upstream = ScriptedUpstream.Start(
            LosesSecond(false, ""), async connection => await connection.ReadRequestAsync());
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        Assert.Equal("first", (await door.GetAsync()).Text);

        Assert.Equal(502, (await door.GetAsync()).Status);
        Assert.Equal(2, upstream.Connections);
    }

    [Fact]
    public async Task Nothing_is_repeated_on_a_new_connection()
    {
        await using var upstream = ScriptedUpstream.Start(async connection => await connection.ReadRequestAsync(), Fine);
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        Assert.Equal(502, (await door.GetAsync()).Status);
        Assert.Single(upstream.Requests);
    }

    [Theory]
    [InlineData("H")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n")]
    public async Task Nothing_is_repeated_after_the_first_byte_of_an_answer(string begun)
    {
        await using var upstream = ScriptedUpstream.Start(LosesSecond(false, begun), Fine);
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        Assert.Equal("first", (await door.GetAsync()).Text);

        Assert.Equal(502, (await door.GetAsync()).Status);
        Assert.Equal(2, upstream.Requests.Count);
    }

    [Fact]
    public async Task As_many_connections_as_the_limit_are_made_and_one_more_request_is_turned_away()
    {
        var release = new TaskCompletionSource();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.StallAsync(release.Task);
                await connection.SendAsync(ScriptedUpstream.Ok("fine"));
            }
        });
        await using var door = await Door.OpenAsync(upstream.Url.ToString(), ", connectionsMax: 2");

        await using var first = await door.CallAsync();
        await using var second = await door.CallAsync();
        await upstream.WaitForRequestsAsync(2);
        var third = await door.GetAsync();
        Assert.Equal(503, third.Status);
        Assert.Equal("1", third.Headers["Retry-After"]);
        Assert.Contains("connection_limit_reached", third.Headers["Proxy-Status"], StringComparison.Ordinal);

        release.SetResult();
        Assert.Equal("fine", (await first.ReadResponseAsync()).Text);
        Assert.Equal("fine", (await second.ReadResponseAsync()).Text);
        Assert.Equal("fine", (await door.GetAsync()).Text);
        Assert.Equal(2, upstream.Connections);
    }

    [Fact]
    public async Task A_full_target_gives_way_to_the_next()
    {
        Func<ScriptedConnection, Task> hold = async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.StallAsync();
        };
        await using var one = ScriptedUpstream.Start(hold);
        await using var two = ScriptedUpstream.Start(hold);
        await using var door = await Door.OpenAsync($"{one.Url}, {two.Url}", ", connectionsMax: 2");

        var callers = new List<RawHttpClient>();
        for (var i = 0; i < 4; i++)
        {
            callers.Add(await door.CallAsync());
        }

        await one.WaitForRequestsAsync(2);
        await two.WaitForRequestsAsync(2);
        Assert.Equal(503, (await door.GetAsync()).Status);
        foreach (var caller in callers)
        {
            await caller.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(", connectionLifetime: 10s", 11)]
    [InlineData(", connectionIdleTimeout: 10s", 11)]
    public async Task A_connection_that_is_too_old_or_idle_for_too_long_is_closed(string limit, int seconds)
    {
        var time = new ManualTime();
        await using var upstream = ScriptedUpstream.Start(Fine);
        await using var door = await Door.OpenAsync(upstream.Url.ToString(), limit, time: time);

        Assert.Equal("fine", (await door.GetAsync()).Text);
        time.Advance(TimeSpan.FromSeconds(seconds - 2));
        Assert.Equal("fine", (await door.GetAsync()).Text);
        Assert.Equal(1, upstream.Connections);
        time.Advance(TimeSpan.FromSeconds(seconds));
        await upstream.WaitForEndedAsync(1);
        Assert.Equal("fine", (await door.GetAsync()).Text);
        Assert.Equal(2, upstream.Connections);
    }

    [Fact]
    public async Task A_target_that_refuses_is_passed_over()
    {
        await using var upstream = ScriptedUpstream.Start(Fine);
        await using var door = await Door.OpenAsync($"http://127.0.0.1:{ClosedPort()}, {upstream.Url}");

        for (var i = 0; i < 4; i++)
        {
            await using var caller = await door.CallAsync(Post);
            Assert.Equal("fine", (await caller.ReadResponseAsync()).Text);
        }
    }

    [Fact]
    public async Task Where_all_refuse_the_caller_is_told()
    {
        await using var door = await Door.OpenAsync($"http://127.0.0.1:{ClosedPort()}, http://127.0.0.1:{ClosedPort()}");

        var answer = await door.GetAsync();

        Assert.Equal(502, answer.Status);
        Assert.Contains("connection_refused", answer.Headers["Proxy-Status"], StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_told()
    {
        await using var door = await Door.OpenAsync("http://nowhere.example:1", resolver: new NoNames());

        var answer = await door.GetAsync();

        Assert.Equal(502, answer.Status);
        Assert.Contains("dns_error", answer.Headers["Proxy-Status"], StringComparison.Ordinal);
        Assert.DoesNotContain("nowhere", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", false, true, 200, "")]
    [InlineData("127.0.0.2", false, true, 502, "tls_certificate_error")]
    [InlineData("127.0.0.1", true, true, 502, "tls_certificate_error")]
    [InlineData("127.0.0.1", false, false, 502, "tls_certificate_error")]
    public async Task A_TLS_target_is_used_only_with_a_sound_certificate(
        string host, bool expired, bool known, int status, string error)
    {
        using var authority = new TestAuthority();
        using var other = new TestAuthority();
        var certificate = authority.Issue(host, expired);
        await using var upstream = ScriptedUpstream.StartTls(certificate, Fine);
        await using var door = await Door.OpenAsync(
            upstream.Url.ToString(), $", tls: {{ ca: {(known ? authority : other).File} }}");

        for (var i = 0; i < 3; i++)
        {
            var answer = await door.GetAsync();
            Assert.Equal(status, answer.Status);
            Assert.Contains(error, answer.Headers["Proxy-Status"] ?? "", StringComparison.Ordinal);
        }

        Assert.Equal(status == 200 ? 1 : 0, upstream.Requests.Select(static r => r.Connection).Distinct().Count());
    }

    [Theory]
    [InlineData("Content-Length: 5\r\n\r\nhel")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhel")]
    public async Task A_TLS_connection_cut_within_a_body_breaks_it(string rest)
    {
        using var authority = new TestAuthority();
        await using var upstream = ScriptedUpstream.StartTls(
            authority.Issue("127.0.0.1"),
            async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync("HTTP/1.1 200 OK\r\n" + rest);
            },
            Fine);
        await using var door = await Door.OpenAsync(upstream.Url.ToString(), $", tls: {{ ca: {authority.File} }}");

        Assert.True((await door.GetAsync()).Body.IsBroken);
        Assert.Equal("fine", (await door.GetAsync()).Text);
    }

    [Fact]
    public async Task A_request_that_cannot_be_forwarded_costs_no_connection()
    {
        await using var upstream = ScriptedUpstream.Start(Fine);
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("fine", (await door.GetAsync()).Text);
            await using var caller = await door.CallAsync("GET / HTTP/1.1\r\nHost: a\r\nX: a\u0001b\r\n\r\n");
            Assert.Equal(400, (await caller.ReadResponseAsync()).Status);
        }

        Assert.Equal(1, upstream.Connections);
    }

    [Fact]
    public async Task A_pool_that_was_replaced_still_holds_its_requests_to_their_deadlines()
    {
        var time = new ManualTime();
        using var sweeper = new UpstreamSweeper(time);
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.StallAsync();
        });
        var plan = PlanFor(upstream.Endpoint);
        var cluster = new UpstreamCluster(plan, sweeper, new SystemHostResolver());
        var pool = cluster.Pools[0];
        cluster.Dispose();

        var connected = await pool.ConnectAsync(TestContext.Current.CancellationToken);
        var exchange = new UpstreamExchange(sweeper);
        exchange.Open(pool, connected.Connection!, plan.Timeouts, false, exchange.DueIn(plan.Timeouts.Total));
        exchange.Request.Write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8);
        Assert.Equal(Failure.None, await exchange.SendAsync(isWhole: true));
        var head = exchange.ReceiveHeadAsync().AsTask();
        await time.AdvanceUntilAsync(head);

        Assert.Equal(Failure.UpstreamFirstByteTimeout, await head);
        await exchange.CloseAsync();
        Assert.Equal(0, pool.ConnectionCount);
    }

    [Fact]
    public async Task A_receive_on_an_aborted_connection_tells_the_reason()
    {
        using var sweeper = new UpstreamSweeper(TimeProvider.System);
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\n\r\nhel");
            await connection.StallAsync();
        });
        var plan = PlanFor(upstream.Endpoint);
        using var cluster = new UpstreamCluster(plan, sweeper, new SystemHostResolver());
        var pool = cluster.Pools[0];
        var connected = await pool.ConnectAsync(TestContext.Current.CancellationToken);
        var exchange = new UpstreamExchange(sweeper);
        exchange.Open(pool, connected.Connection!, plan.Timeouts, false, exchange.DueIn(plan.Timeouts.Total));
        exchange.Request.Write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8);
        Assert.Equal(Failure.None, await exchange.SendAsync(isWhole: true));
        Assert.Equal(Failure.None, await exchange.ReceiveHeadAsync());
        exchange.BeginBody();
        while (exchange.TryReadBody(out _) == BodyStatus.Data)
        {
        }

        exchange.Abort(Failure.UpstreamTotalTimeout);
        var receiving = exchange.ReceiveMoreAsync();
        exchange.AwaitMore();
        Failure failure;
        try
        {
            failure = exchange.EndReceive(await receiving);
        }
        catch (Exception exception) when (UpstreamConnection.IsConnectionError(exception))
        {
            failure = exchange.FailureOfReceive(exception, Failure.UpstreamBodyIncomplete);
        }

        Assert.Equal(Failure.UpstreamTotalTimeout, failure);
        Assert.NotEqual(BodyStatus.End, exchange.TryReadBody(out _));
        await exchange.CloseAsync();
        Assert.Equal(0, pool.ConnectionCount);
    }

    private static UpstreamPlan PlanFor(IPEndPoint endpoint) => new()
    {
        Name = "it",
        Dialect = Dialect.Http,
        Targets = [new TargetPlan(false, endpoint.Address.ToString(), endpoint.Port, endpoint.ToString(), "")],
        Timeouts = new UpstreamTimeouts { FirstByte = TimeSpan.FromSeconds(1) },
    };

    private static Func<ScriptedConnection, Task> LosesSecond(bool reset, string begun) => async connection =>
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync(ScriptedUpstream.Ok("first"));
        await connection.ReadRequestAsync();
        await connection.SendAsync(begun);
        await connection.WaitUntilReceivedAsync();
        if (reset)
        {
            connection.Reset();
        }
    };

    /// <summary>A port on which nobody listens.</summary>
    private static int ClosedPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private sealed class NoNames : IHostResolver
    {
        public Task<IPAddress[]> ResolveAsync(string host, CancellationToken ct) =>
            Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound));
    }
}
