using Edge.Core.Configuration;
using Edge.Core.Templating;

namespace Edge.Core.Tests;

public sealed class SecretTests
{
    [Fact]
    public void A_secret_prints_as_stars()
    {
        Assert.Equal("***", new Secret("sk-live").ToString());
        Assert.Equal("X-Key: ***", new HeaderValue("X-Key", Template.Literal("sk-live")).ToString());
    }
}
