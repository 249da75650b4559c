using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class RequestHeaderKindTests
{
    [Theory]
    [InlineData("Accept", RequestHeaderKind.EndToEnd)]
    [InlineData("X-Forwarded", RequestHeaderKind.EndToEnd)]
    [InlineData("TE", RequestHeaderKind.HopByHop)]
    [InlineData("Keep-Alive", RequestHeaderKind.HopByHop)]
    [InlineData("Transfer-Encoding", RequestHeaderKind.HopByHop)]
    [InlineData("X-Content-Length", RequestHeaderKind.HopByHop)]
    [InlineData("Proxy-Authorization", RequestHeaderKind.HopByHop)]
    [InlineData("Host", RequestHeaderKind.Framing)]
    [InlineData("Content-Length", RequestHeaderKind.Framing)]
    [InlineData("Authorization", RequestHeaderKind.Credential)]
    [InlineData("X-Api-Key", RequestHeaderKind.Credential)]
    [InlineData("Api-Key", RequestHeaderKind.Credential)]
    [InlineData("X-Goog-Api-Key", RequestHeaderKind.Credential)]
    [InlineData("Forwarded", RequestHeaderKind.Forwarded)]
    [InlineData("X-Real-IP", RequestHeaderKind.Forwarded)]
    [InlineData("X-Forwarded-For", RequestHeaderKind.Forwarded)]
    [InlineData("X-Forwarded-Proto", RequestHeaderKind.Forwarded)]
    [InlineData("X-Forwarded-Anything-At-All", RequestHeaderKind.Forwarded)]
    [InlineData("Via", RequestHeaderKind.Via)]
    [InlineData("Cookie", RequestHeaderKind.Cookie)]
    public void A_name_has_its_kind_in_any_case_and_with_underscores(string name, RequestHeaderKind kind)
    {
        Assert.Equal(kind, RequestHeaderKinds.Of(name));
        Assert.Equal(kind, RequestHeaderKinds.Of(name.ToUpperInvariant()));
        Assert.Equal(kind, RequestHeaderKinds.Of(name.Replace('-', '_')));
    }

    [Fact]
    public void A_long_name_with_underscores_is_an_ordinary_one() =>
        Assert.Equal(RequestHeaderKind.EndToEnd, RequestHeaderKinds.Of("X_" + new string('a', 5000)));

    [Theory]
    [InlineData("X-Checksum", true)]
    [InlineData("Server-Timing", true)]
    [InlineData("Content-Type", false)]
    [InlineData("content-anything", false)]
    [InlineData("If-None-Match", false)]
    [InlineData("Cache-Control", false)]
    [InlineData("Set-Cookie", false)]
    [InlineData("Host", false)]
    [InlineData("Transfer_Encoding", false)]
    [InlineData("Authorization", false)]
    [InlineData("Cookie", false)]
    [InlineData("Via", false)]
    public void A_trailer_may_pass_unless_it_frames_routes_or_proves_something(string name, bool mayPass) =>
        Assert.Equal(mayPass, RequestTrailers.MayPass(name));
}
