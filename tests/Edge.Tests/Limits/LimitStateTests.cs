using System.Globalization;
using System.Net;
using Edge.Tests.Support;

namespace Edge.Tests.Limits;

/// <summary>The file that keeps quotas over a restart: the program in a process of its own, and a gateway in this one.</summary>
public sealed class LimitStateTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-state-");

    private string StatePath => Path.Combine(_folder.FullName, "limits.state");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task SIGTERM_forgives_nothing()
    {
        // An hour between two writings: what is kept was written at the end.
        await using var upstream = ScriptedUpstream.Start(Answer);
        await using (var edge = await EdgeProcess.RunAsync(Configuration(upstream, every: "1h")))
        {
            Assert.Equal([9, 8, 7], await AskAsync(edge.Endpoint, 3));
            edge.Signal(EdgeProcess.SigTerm);
            Assert.Equal(0, await edge.WaitForExitAsync());
        }

        await using var again = await EdgeProcess.RunAsync(Configuration(upstream, every: "1h"));
        Assert.Equal([6], await AskAsync(again.Endpoint, 1));
        Assert.Contains("edge: limit state: 1 counts read from", again.Errors);
    }

    [Fact]
    public async Task Kill_9_forgives_nothing_that_was_used_longer_ago_than_the_interval()
    {
        await using var upstream = ScriptedUpstream.Start(Answer);
        var left = 10L;
        for (var round = 0; round < 3; round++)
        {
            await using var edge = await EdgeProcess.RunAsync(Configuration(upstream, every: "10ms"));
            Assert.Equal([left - 1, left - 2], await AskAsync(edge.Endpoint, 2));
            left -= 2;
            await WrittenAsync(edge.Admin!);
            edge.KillNow();
            await edge.WaitForExitAsync();
        }

        Assert.Equal(4, left);
    }

    [Fact]
    public async Task A_second_process_does_not_get_the_file_and_says_why()
    {
        await using var upstream = ScriptedUpstream.Start(Answer);
        await using var edge = await EdgeProcess.RunAsync(Configuration(upstream));
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => EdgeProcess.RunAsync(Configuration(upstream)));
        Assert.Contains("edge: not started: The limit state cannot be kept: ", refused.Message);
    }

    [Fact]
    public async Task Each_key_is_kept_by_itself_and_short_windows_are_not()
    {
        await using var upstream = ScriptedUpstream.Start(Answer);
        const string Limits =
            "[{ name: each, per: \"header:X-Who\", requests: 10, window: 30d }, " +
            "{ name: short, per: global, requests: 5, window: 1m }]";
        await using (var gateway = await StartAsync(upstream, Limits))
        {
            Assert.Equal(5, (await AskAsync(gateway.Endpoint, 5, "a")).Count);
        }

        await using var again = await StartAsync(upstream, Limits);
        var answer = await RawHttpClient.ExchangeAsync(again.Endpoint, Get("a"));
        Assert.StartsWith("\"each\";r=4;", answer.Headers["RateLimit"]);
        Assert.Contains("\"short\";r=4;", answer.Headers["RateLimit"]);
        answer = await RawHttpClient.ExchangeAsync(again.Endpoint, Get("b"));
        Assert.StartsWith("\"each\";r=9;", answer.Headers["RateLimit"]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(55)]
    [InlineData(57)]
    [InlineData(111)]
    public async Task A_file_that_was_cut_off_anywhere_is_survived_and_said(int bytes)
    {
        await using var upstream = ScriptedUpstream.Start(Answer);
        await SpendAsync(upstream, 3);
        Assert.Equal(112, new FileInfo(StatePath).Length);
        using (var file = File.OpenWrite(StatePath)) file.SetLength(bytes);
        string said;
        await using (var gateway = await StartAsync(upstream))
        {
            Assert.Equal([9], await AskAsync(gateway.Endpoint, 1));
            await gateway.DisposeAsync();
            said = gateway.Said;
        }

        Assert.Contains(bytes < 56 ? "is damaged at its head" : $"and {bytes - 56} bytes at its end are lost", said);
        Assert.Equal(8, await SpendAsync(upstream, 1));
    }

    [Fact]
    public async Task A_damaged_record_costs_nothing_but_itself()
    {
        await using var upstream = ScriptedUpstream.Start(Answer);
        const string Limits = "[{ name: each, per: \"header:X-Who\", requests: 10, window: month }]";
        await using (var gateway = await StartAsync(upstream, Limits))
        {
            await AskAsync(gateway.Endpoint, 2, "a");
            await AskAsync(gateway.Endpoint, 2, "b");
            await AskAsync(gateway.Endpoint, 2, "c");
        }

        var bytes = await File.ReadAllBytesAsync(StatePath, TestContext.Current.CancellationToken);
        bytes[(56 * 2) + 3] ^= 1;
        await File.WriteAllBytesAsync(StatePath, bytes, TestContext.Current.CancellationToken);
        await using var again = await StartAsync(upstream, Limits);
        var left = new[] { "a", "b", "c" }.Select(async who => (await AskAsync(again.Endpoint, 1, who))[0]).ToList();
        Assert.Equal(9 + 7 + 7, (await Task.WhenAll(left)).Sum());
        await again.DisposeAsync();
        Assert.Contains("is damaged: 1 counts and 0 bytes at its end are lost, 2 counts are read", again.Said);
    }

    [Fact]
    public async Task A_foreign_file_is_put_aside_whole()
    {
        await using var upstream = ScriptedUpstream.Start(Answer);
        var foreign = new string('x', 5000);
        await File.WriteAllTextAsync(StatePath, foreign, TestContext.Current.CancellationToken);
        Assert.Equal(9, await SpendAsync(upstream, 1));
        var aside = Assert.Single(_folder.GetFiles("*.unread-*"));
        Assert.Equal(foreign, await File.ReadAllTextAsync(aside.FullName, TestContext.Current.CancellationToken));
        Assert.Equal(8, await SpendAsync(upstream, 1));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(StatePath));
        }
    }

    [Fact]
    public async Task A_full_disk_is_counted_and_said_and_no_request_notices()
    {
        // What is written to this device never finds room.
        Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full");
        File.CreateSymbolicLink(StatePath, "/dev/full");
        await using var upstream = ScriptedUpstream.Start(Answer);
        await using var gateway = await StartAsync(upstream, every: "10ms");
        Assert.Equal([9, 8, 7], await AskAsync(gateway.Endpoint, 3));
        using var patience = new CancellationTokenSource(EdgeProcess.Patience);
        while (gateway.Gateway.Limits.State!.Failures < 2) await Task.Delay(5, patience.Token);
        Assert.Equal([6], await AskAsync(gateway.Endpoint, 1));
        Assert.True(gateway.Gateway.Limits.State.IsFailing);
        await gateway.DisposeAsync();
        Assert.Equal(1, gateway.Said.Split("cannot be written, and a restart would forgive").Length - 1);
    }

    [Fact]
    public async Task A_file_that_has_grown_is_written_anew_with_what_is_alive()
    {
        await using var upstream = ScriptedUpstream.Start(Answer);
        await SpendAsync(upstream, 3);

        // Many old records, as from a long life.
        var bytes = await File.ReadAllBytesAsync(StatePath, TestContext.Current.CancellationToken);
        await using (var file = File.Open(StatePath, FileMode.Append))
        {
            for (var i = 0; i < 40_000; i++) file.Write(bytes.AsSpan(56));
        }

        await using (var gateway = await StartAsync(upstream, every: "10ms"))
        {
            Assert.Equal([6], await AskAsync(gateway.Endpoint, 1));
            using var patience = new CancellationTokenSource(EdgeProcess.Patience);
            while (gateway.Gateway.Limits.State!.Length > 112) await Task.Delay(5, patience.Token);
            Assert.Equal([5], await AskAsync(gateway.Endpoint, 1));
        }

        Assert.Equal(4, await SpendAsync(upstream, 1));
        Assert.Single(_folder.GetFiles());
    }

    private static async Task Answer(ScriptedConnection connection)
    {
        while (await connection.ReadRequestAsync() is { Body.IsComplete: true })
        {
            await connection.SendAsync(ScriptedUpstream.Ok("ok"));
        }
    }

    private static string Get(string who) => $"GET / HTTP/1.1\r\nHost: a\r\nX-Who: {who}\r\nConnection: close\r\n\r\n";

    private static async Task<List<long>> AskAsync(IPEndPoint to, int times, string who = "a")
    {
        var left = new List<long>();
        for (var i = 0; i < times; i++)
        {
            var answer = await RawHttpClient.ExchangeAsync(to, Get(who));
            Assert.Equal(200, answer.Status);
            left.Add(long.Parse(answer.Headers["X-RateLimit-Remaining"]!, CultureInfo.InvariantCulture));
        }

        return left;
    }

    private static async Task WrittenAsync(Uri admin)
    {
        using var patience = new CancellationTokenSource(EdgeProcess.Patience);
        var before = -1L;
        while (true)
        {
            await using var client = await RawHttpClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, admin.Port));
            await client.SendAsync("GET /state HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer t\r\n\r\n");
            using var json = System.Text.Json.JsonDocument.Parse((await client.ReadResponseAsync("GET")).Text);
            var written = json.RootElement.GetProperty("limits").GetProperty("state").GetProperty("written").GetInt64();
            if (written > 0 && written == before)
            {
                return;
            }

            before = written;
            await Task.Delay(50, patience.Token);
        }
    }

    private async Task<long> SpendAsync(ScriptedUpstream upstream, int times)
    {
        await using var gateway = await StartAsync(upstream);
        return (await AskAsync(gateway.Endpoint, times))[^1];
    }

    private Task<RunningGateway> StartAsync(ScriptedUpstream upstream, string? limits = null, string every = "1h") =>
        RunningGateway.StartAsync(Configuration(upstream, limits, every));

    private string Configuration(ScriptedUpstream upstream, string? limits = null, string every = "1h") =>
        $$"""
        listeners: [{ address: 127.0.0.1:0 }]
        admin: { address: 127.0.0.1:0, token: t }
        limitState: { file: "{{StatePath}}", every: {{every}} }
        upstreams: { it: { targets: ["{{upstream.Url}}"] } }
        routes: [{ name: all, upstream: it, limits: {{limits ?? "[{ name: quota, per: global, requests: 10, window: month }]"}} }]
        """;
}
