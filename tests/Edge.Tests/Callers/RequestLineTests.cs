using Edge.Tests.Support;

namespace Edge.Tests.Callers;

/// <summary>What stands in the request line and in Host, and which of it travels on.</summary>
public sealed class RequestLineTests
{
    [Theory]
    [InlineData("GET / HTTP/1.2", "505")]
    [InlineData("GET / HTTP/2.0", "505")]
    [InlineData("GET / HTTP/0.9", "505")]
    [InlineData("GET / http/1.1", "505")]
    [InlineData("GET / HTTP/1.10", "400")]
    [InlineData("GET / HTTP/01.1", "400")]
    [InlineData("GET /", "400")]
    [InlineData("GET", "400")]
    [InlineData("GET  / HTTP/1.1", "400")]
    [InlineData("GET / HTTP/1.1 ", "400")]
    [InlineData("GET\t/ HTTP/1.1", "400")]
    [InlineData("GET\v/ HTTP/1.1", "400")]
    [InlineData(" GET / HTTP/1.1", "400")]
    [InlineData("GET / HTTP/1.1\r", "400")]
    [InlineData("G@T / HTTP/1.1", "400")]
    [InlineData("G\0T / HTTP/1.1", "400")]
    [InlineData("G\u00e9T / HTTP/1.1", "400")]
    [InlineData("GET /a b HTTP/1.1", "400")]
    [InlineData("GET /a\0b HTTP/1.1", "400")]
    [InlineData("GET /%00 HTTP/1.1", "400")]
    [InlineData("GET /\u00e9 HTTP/1.1", "400")]
    [InlineData("GET \\x HTTP/1.1", "400")]
    [InlineData("GET ?x HTTP/1.1", "400")]
    [InlineData("GET ../x HTTP/1.1", "400")]
    [InlineData("GET ftp://a/x HTTP/1.1", "400")]
    [InlineData("GET HTTP://a/x HTTP/1.1", "400")]
    [InlineData("GET http:/x HTTP/1.1", "400")]
    [InlineData("GET http:///x HTTP/1.1", "400")]
    [InlineData("GET http://b/x HTTP/1.1", "400")]
    [InlineData("GET http://a:81/x HTTP/1.1", "400")]
    [InlineData("GET x HTTP/1.1", "405")]
    [InlineData("GET * HTTP/1.1", "405")]
    [InlineData("CONNECT a:443 HTTP/1.1", "400")]
    public async Task A_request_line_that_is_none_is_refused_and_the_connection_closed(string line, string status)
    {
        await using var door = await Door.OpenAsync();
        var outcome = await door.AttackAsync($"{line}\r\nHost: a\r\n\r\n");
        Assert.Equal((status, true, ConnectionEnd.Closed), (outcome.Statuses, outcome.SaidClose, outcome.End));
        Assert.Equal(0, door.Upstream.Connections);
    }

    [Theory]
    [InlineData("GET /a\\b HTTP/1.1", 400)]
    [InlineData("GET /a#b HTTP/1.1", 400)]
    [InlineData("GET /a\rb HTTP/1.1", 400)]
    [InlineData("GET /a\u007fb HTTP/1.1", 400)]
    [InlineData("GET /?a\u0001b HTTP/1.1", 400)]
    [InlineData("GET /../b HTTP/1.1", 400)]
    [InlineData("GET /%2e%2e/b HTTP/1.1", 400)]
    [InlineData("GET /.%2E/b HTTP/1.1", 400)]
    [InlineData("GET /a%2f..%2fb HTTP/1.1", 400)]
    [InlineData("GET /a%5c..%5cb HTTP/1.1", 400)]
    [InlineData("GET /a/..;x/b HTTP/1.1", 400)]
    [InlineData("GET /%zz HTTP/1.1", 400)]
    [InlineData("GET /% HTTP/1.1", 400)]
    [InlineData("GET http://u@a/x HTTP/1.1", 400)]
    [InlineData("CONNECT / HTTP/1.1", 405)]
    [InlineData("connect / HTTP/1.1", 405)]
    [InlineData("TRACE / HTTP/1.1", 405)]
    [InlineData("trace / HTTP/1.1", 405)]
    [InlineData("TRACK / HTTP/1.1", 405)]
    [InlineData("OPTIONS * HTTP/1.1", 404)]
    public async Task A_target_or_method_that_could_mislead_is_refused_and_the_next_request_unharmed(string line, int status)
    {
        await using var door = await Door.OpenAsync();
        var outcome = await door.AttackAsync($"{line}\r\nHost: a\r\n\r\n");
        Assert.Equal($"{status},200", outcome.Statuses);
        Assert.Equal("application/problem+json", outcome.Responses[0].Headers["Content-Type"]);
        Assert.StartsWith("edge; error=", outcome.Responses[0].Headers["Proxy-Status"], StringComparison.Ordinal);
        Assert.Equal(status == 405, outcome.Responses[0].Headers.Contains("Allow"));
        Assert.Equal("/next", Assert.Single(await door.SeenAsync()).Target);
    }

    [Theory]
    [InlineData("GET /a/../b HTTP/1.1", "GET /b HTTP/1.1")]
    [InlineData("GET /a/%2e%2E/b?/../c HTTP/1.1", "GET /b?/../c HTTP/1.1")]
    [InlineData("GET /./a/. HTTP/1.1", "GET /a/ HTTP/1.1")]
    [InlineData("GET //a///b HTTP/1.1", "GET //a///b HTTP/1.1")]
    [InlineData("GET //evil.example/x HTTP/1.1", "GET //evil.example/x HTTP/1.1")]
    [InlineData("GET /a%2fb%3f HTTP/1.1", "GET /a%2Fb%3F HTTP/1.1")]
    [InlineData("GET /%61%7e%80 HTTP/1.1", "GET /a~%80 HTTP/1.1")]
    [InlineData("GET /?%zz=%00 HTTP/1.1", "GET /?%zz=%00 HTTP/1.1")]
    [InlineData("GET http://a/x?y HTTP/1.1", "GET /x?y HTTP/1.1")]
    [InlineData("GET /a?b   HTTP/1.1", "GET /a?b HTTP/1.1")]
    [InlineData("get / HTTP/1.1", "get / HTTP/1.1")]
    [InlineData("BREW /pot HTTP/1.1", "BREW /pot HTTP/1.1")]
    public async Task A_line_travels_in_one_form_only(string line, string seen)
    {
        await using var door = await Door.OpenAsync();
        Assert.Equal("200,200", (await door.AttackAsync($"{line}\r\nHost: a\r\n\r\n")).Statuses);
        var head = System.Text.Encoding.Latin1.GetString((await door.SeenAsync())[0].Head);
        Assert.StartsWith(seen + "\r\n", head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Host: a\r\nHost: a\r\n")]
    [InlineData("Host: a\r\nHost: b\r\n")]
    [InlineData("Host : a\r\n")]
    [InlineData("Host: u@a\r\n")]
    [InlineData("Host: u:p@a\r\n")]
    [InlineData("Host: a:x\r\n")]
    [InlineData("Host: a:\r\n")]
    [InlineData("Host: :80\r\n")]
    [InlineData("Host: a:80:90\r\n")]
    [InlineData("Host: a:-1\r\n")]
    [InlineData("Host: a/b\r\n")]
    [InlineData("Host: a\\b\r\n")]
    [InlineData("Host: a b\r\n")]
    [InlineData("Host: a,b\r\n")]
    [InlineData("Host: a?b\r\n")]
    [InlineData("Host: a#b\r\n")]
    [InlineData("Host: a%00\r\n")]
    [InlineData("Host: a\0\r\n")]
    [InlineData("Host: \u00e9\r\n")]
    [InlineData("Host: [::1\r\n")]
    [InlineData("Host: ::1\r\n")]
    [InlineData("Host: [::1]x\r\n")]
    [InlineData("Host: [evil]\r\n")]
    [InlineData("Host: http://a\r\n")]
    public async Task A_host_that_is_none_is_refused_and_the_connection_closed(string header)
    {
        await using var door = await Door.OpenAsync(route: "preserveHost: true");
        var outcome = await door.AttackAsync($"GET / HTTP/1.1\r\n{header}\r\n");
        Assert.Equal(("400", true), (outcome.Statuses, outcome.SaidClose));
        Assert.Equal(0, door.Upstream.Connections);
    }

    [Theory]
    [InlineData("X-A: 1\nX-B: 2\r\n")]
    [InlineData("X-A: 1\r\nX-B: 2\n")]
    [InlineData("X-A: 1\rX-B: 2\r\n")]
    [InlineData("X-A: 1\r\r\n")]
    [InlineData("X-A: a\0b\r\n")]
    [InlineData("X-A : 1\r\n")]
    [InlineData("X-A\t: 1\r\n")]
    [InlineData(" X-A: 1\r\n")]
    [InlineData("\tX-A: 1\r\n")]
    [InlineData("X-A: 1\r\n folded\r\n")]
    [InlineData("X-A: 1\r\n\tfolded\r\n")]
    [InlineData(": 1\r\n")]
    [InlineData("X-A\r\n")]
    [InlineData("X A: 1\r\n")]
    [InlineData("X-\u00e9: 1\r\n")]
    [InlineData("X-\0: 1\r\n")]
    [InlineData("X-A: 1\n")]
    [InlineData("\n")]
    public async Task A_header_line_that_is_none_is_refused_and_the_connection_closed(string lines)
    {
        await using var door = await Door.OpenAsync();
        var outcome = await door.AttackAsync($"GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
        Assert.Equal(("400", true), (outcome.Statuses, outcome.SaidClose));
        Assert.Equal(0, door.Upstream.Connections);
    }

    [Theory]
    [InlineData("X(A): 1")]
    [InlineData("X\"A: 1")]
    [InlineData("X/A: 1")]
    [InlineData("X@A: 1")]
    [InlineData("X\u0001A: 1")]
    [InlineData("X-A: a\u0001b")]
    [InlineData("X-A: a\u001bb")]
    [InlineData("X-A: a\u007fb")]
    [InlineData("Cookie: a\u0001b")]
    public async Task A_header_that_is_no_field_is_refused_before_anybody_behind_us_hears_of_it(string line)
    {
        await using var door = await Door.OpenAsync();
        var outcome = await door.AttackAsync($"GET / HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n");
        Assert.Contains("400", outcome.Statuses, StringComparison.Ordinal);
        var seen = await door.SeenAsync();
        Assert.DoesNotContain(seen, static request => request.Target == "/");
        Assert.True(door.Upstream.Connections <= 1);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("GET / HTTP/1.1\nHost: a\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\nHost: a\n\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\n")]
    public async Task A_bare_line_feed_is_no_line_end(string start)
    {
        await using var door = await Door.OpenAsync();
        var outcome = await door.AttackAsync(start + "GET /smuggled HTTP/1.1\nHost: a\r\n\r\n");
        Assert.Equal(("400", true), (outcome.Statuses, outcome.SaidClose));
        Assert.Equal(0, door.Upstream.Connections);
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\r\n\r\n\r\n")]
    public async Task Empty_lines_before_a_request_are_passed_over(string lines)
    {
        await using var door = await Door.OpenAsync();
        Assert.Equal("200,200", (await door.AttackAsync(lines + "GET / HTTP/1.1\r\nHost: a\r\n\r\n")).Statuses);
        Assert.Equal(["/", "/next"], (await door.SeenAsync()).Select(static request => request.Target));
    }
}
