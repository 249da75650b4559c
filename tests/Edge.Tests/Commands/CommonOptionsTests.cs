using System.CommandLine;
using Edge.Commands;

namespace Edge.Tests.Commands;

public sealed class CommonOptionsTests
{
    private readonly Option<int> _port = CommonOptions.Port(8080);

    [Theory]
    [InlineData("--port 0", 0)]
    [InlineData("--port 65535", 65535)]
    [InlineData("-p 9000", 9000)]
    [InlineData("", 8080)]
    public void A_port_is_read(string line, int port)
    {
        var parsed = Parse(line);
        Assert.Empty(parsed.Errors);
        Assert.Equal(port, parsed.GetValue(_port));
    }

    [Theory]
    [InlineData("--port 65536")]
    [InlineData("--port -1")]
    [InlineData("--port +1")]
    [InlineData("--port x")]
    [InlineData("--port=")]
    [InlineData("--port")]
    [InlineData("--port 1 2")]
    [InlineData("--port 1 --port 2")]
    public void What_is_no_port_is_an_error_and_no_crash(string line) => Assert.NotEmpty(Parse(line).Errors);

    private ParseResult Parse(string line) => new RootCommand { _port }.Parse(line);
}
