using Edge.Tests.Support;

namespace Edge.Tests.SupportTests;

public sealed class EdgeProcessTests
{
    [Fact]
    public async Task Readiness_and_addresses_are_read_from_the_programs_lines()
    {
        await using var edge = EdgeProcess.StartOther("/bin/sh", "-c",
            "echo hello; exec 1>&2; echo edge: listening on http://127.0.0.1:81; echo edge: listening on https://127.0.0.1:82; "
            + "echo edge: admin on http://127.0.0.1:83; echo edge: ready, 1 routes; exec sleep 60");
        await edge.WaitUntilReadyAsync();
        Assert.Equal([new("http://127.0.0.1:81"), new("https://127.0.0.1:82")], edge.Listeners);
        Assert.Equal(new Uri("http://127.0.0.1:83"), edge.Admin);
        Assert.Equal("127.0.0.1:81", edge.Endpoint.ToString());
    }

    [Fact]
    public async Task A_program_that_ends_before_it_is_ready_tells_its_code_and_what_it_wrote()
    {
        await using var edge = EdgeProcess.StartOther("/bin/sh", "-c", "echo on its way; echo no such file >&2; exit 3");
        var ended = await Assert.ThrowsAsync<InvalidOperationException>(edge.WaitUntilReadyAsync);
        Assert.Equal("The program ended with 3.\non its way\nno such file", ended.Message);
    }

    [Fact]
    public async Task A_signal_reaches_the_program()
    {
        await using var edge = EdgeProcess.StartOther(
            "/bin/sh", "-c", "trap 'exit 7' TERM; echo edge: ready; while :; do sleep 0.01; done");
        await edge.WaitUntilReadyAsync();
        edge.Signal(EdgeProcess.SigTerm);
        Assert.Equal(7, await edge.WaitForExitAsync());
    }

    [Fact]
    public async Task The_program_forwards_and_ends_with_0_on_SIGTERM()
    {
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("hello")));
        await using var edge = await EdgeProcess.RunAsync(Configuration(upstream.Url));
        var answer = await RawHttpClient.ExchangeAsync(edge.Endpoint, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal((200, "hello"), (answer.Status, answer.Text));
        edge.Signal(EdgeProcess.SigTerm);
        Assert.Equal(0, await edge.WaitForExitAsync());
    }

    [Fact]
    public async Task The_program_tells_why_it_does_not_start()
    {
        var ended = await Assert.ThrowsAsync<InvalidOperationException>(() => EdgeProcess.RunAsync("listenrs: []"));
        Assert.Contains("The program ended with 1.", ended.Message, StringComparison.Ordinal);
        Assert.Contains("edge.yaml:1:1: ", ended.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disposing_ends_the_process()
    {
        var edge = EdgeProcess.StartOther("/bin/sh", "-c", "echo edge: ready; exec sleep 60");
        await edge.WaitUntilReadyAsync();
        var id = edge.Id;
        await edge.DisposeAsync();
        Assert.False(Directory.Exists($"/proc/{id}"));
    }

    private static string Configuration(Uri upstream) =>
        $$"""
        listeners:
          - address: 127.0.0.1:0
        upstreams:
          scripted: { dialect: http, targets: ["{{upstream}}"] }
        routes:
          - { name: all, match: { path: "/*" }, upstream: scripted }
        """;
}
