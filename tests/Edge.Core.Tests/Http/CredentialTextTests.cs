using System.Text;
using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

/// <summary>Taking credentials out of queries and cookies.</summary>
public sealed class CredentialTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("?", "?")]
    [InlineData("?jwt=t", "")]
    [InlineData("?jwt", "")]
    [InlineData("?jwt=", "")]
    [InlineData("?a=1&jwt=t", "?a=1")]
    [InlineData("?jwt=t&a=1", "?a=1")]
    [InlineData("?a=%20+x&jwt=t&b", "?a=%20+x&b")]
    [InlineData("?jwt=a&jwt=b&c=1", "?c=1")]
    [InlineData("?%6awt=t&a=1", "?a=1")]
    [InlineData("?%6A%77%74=t", "")]
    [InlineData("?j%57t=t", "?j%57t=t")]
    [InlineData("?JWT=t&jwtx=1&xjwt=2&jw=3", "?JWT=t&jwtx=1&xjwt=2&jw=3")]
    [InlineData("?&&jwt=t&&a", "?&&&a")]
    [InlineData("?a=jwt=t", "?a=jwt=t")]
    [InlineData("?jwt=a=b&c", "?c")]
    [InlineData("?%6=t&%zz=t&%=t", "?%6=t&%zz=t&%=t")]
    [InlineData("?%256awt=t", "?%256awt=t")]
    [InlineData("?token=x&jwt=t&a=1", "?a=1")]
    public void A_parameter_is_taken_out_and_the_others_stay_as_they_are(string query, string expected)
    {
        var buffer = new HeadBuffer();
        QueryText.WriteWithout(buffer, query, ["jwt", "token"]);
        Assert.Equal(expected, Encoding.Latin1.GetString(buffer.Written.Span));
    }

    [Theory]
    [InlineData("jwt=t", "")]
    [InlineData("a=1; jwt=t; b=2", "a=1; b=2")]
    [InlineData("jwt=t; a=1", "a=1")]
    [InlineData("a=1;jwt=t;b=2", "a=1; b=2")]
    [InlineData("jwt=\"t\"; a=\"x y\"", "a=\"x y\"")]
    [InlineData("jwt=t; jwt=u; a=1", "a=1")]
    [InlineData(" jwt =t; a=1", "a=1")]
    [InlineData("%6awt=t; a=1", "a=1")]
    [InlineData("JWT=t; jwtx=u", "JWT=t; jwtx=u")]
    [InlineData("jwt; a=1", "a=1")]
    [InlineData("a=jwt=t", "a=jwt=t")]
    [InlineData(";;a=1;", "a=1")]
    public void A_cookie_is_taken_out_and_the_others_stay(string field, string expected)
    {
        var buffer = new HeadBuffer();
        var isFirst = true;
        CookieText.WriteWithout(buffer, field, ["jwt"], ref isFirst);
        Assert.Equal(expected, Encoding.Latin1.GetString(buffer.Written.Span));
        Assert.Equal(expected.Length == 0, isFirst);
    }

    [Theory]
    [InlineData("jwt=t", "t")]
    [InlineData("jwt=\"t\"", "t")]
    [InlineData("jwt= t ", "t")]
    [InlineData("jwt=\"", "\"")]
    [InlineData("jwt=a=b", "a=b")]
    [InlineData("jwt", "")]
    public void A_cookies_value_is_read_without_its_quotes(string cookie, string expected) =>
        Assert.Equal(expected, CookieText.ValueOf(cookie).ToString());
}
