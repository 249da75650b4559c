using System.Text;
using Edge.Core.Http;
using Edge.Pipeline;
using Microsoft.AspNetCore.Http;

namespace Edge.Tests.Upstream;

public sealed class ResponseFieldsTests
{
    [Theory]
    [InlineData("Content-Type")]
    [InlineData("Date")]
    [InlineData("Server")]
    [InlineData("Via")]
    [InlineData("Set-Cookie")]
    [InlineData("Vary")]
    [InlineData("apim-request-id")]
    [InlineData("x-unheard-of")]
    public void Every_value_of_a_name_is_there_in_its_order(string name)
    {
        var headers = new HeaderDictionary();
        var fields = Begin(headers);
        Add(fields, name, "a");
        Assert.Equal(["a"], (string?[])headers[name]!);
        Add(fields, name, "b");
        Add(fields, name, "c");
        Assert.Equal(["a", "b", "c"], (string?[])headers[name]!);
        Assert.Single(headers);
    }

    [Fact]
    public void No_known_name_is_taken_for_another()
    {
        var headers = new HeaderDictionary();
        var fields = Begin(headers);
        foreach (var name in KnownResponseHeaders.All)
        {
            Add(fields, name, name);
        }

        foreach (var name in KnownResponseHeaders.All)
        {
            Assert.Equal([name], (string?[])headers[name]!);
        }
    }

    [Theory]
    [InlineData("Date")]
    [InlineData("Vary")]
    public void What_was_there_before_stays(string name)
    {
        var headers = new HeaderDictionary { [name] = "before" };
        var fields = Begin(headers);
        Add(fields, name, "a");
        Assert.Equal(["before", "a"], (string?[])headers[name]!);
    }

    [Fact]
    public void Via_tells_of_all_on_the_way()
    {
        IHeaderDictionary headers = new HeaderDictionary();
        Begin(headers).AddVia("1.1 edge");
        Assert.Equal(["1.1 edge"], (string?[])headers.Via!);
        headers.Via = "1.0 first";
        Begin(headers).AddVia("1.1 edge");
        Assert.Equal(["1.0 first", "1.1 edge"], (string?[])headers.Via!);
    }

    private static ResponseFields Begin(IHeaderDictionary headers)
    {
        var fields = ResponseFields.Rent();
        fields.Begin(headers, ready: null);
        return fields;
    }

    private static void Add(ResponseFields fields, string name, string value)
    {
        fields.Add(KnownResponseHeaders.NumberOf(Encoding.ASCII.GetBytes(name)), name, value);
    }
}
