using Edge.Core.Configuration;
using Edge.Core.Llm.Translation;

namespace Edge.Core.Tests.Llm.Translation;

public sealed class DialectPathTests
{
    [Theory]
    [InlineData("/v1/chat/completions", Dialect.OpenAI, "")]
    [InlineData("/chat/completions", Dialect.OpenAI, "")]
    [InlineData("/team/v1/chat/completions/", Dialect.OpenAI, "/team")]
    [InlineData("/v1/messages", Dialect.Anthropic, "")]
    [InlineData("/team/v1/messages", Dialect.Anthropic, "/team")]
    [InlineData("/messages", Dialect.Http, "/messages")]
    [InlineData("/v1/threads/t/messages", Dialect.Http, "/v1/threads/t/messages")]
    [InlineData("/v1/messages/count_tokens", Dialect.Http, "/v1/messages/count_tokens")]
    [InlineData("/v1/completions", Dialect.Http, "/v1/completions")]
    public void A_path_tells_its_dialect_and_what_precedes_it(string path, Dialect dialect, string prefix)
    {
        Assert.Equal(dialect, DialectPath.DialectOf(path));
        Assert.Equal(prefix, DialectPath.PrefixOf(path).ToString());
    }
}
