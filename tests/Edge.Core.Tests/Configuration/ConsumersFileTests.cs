using System.Text;
using Edge.Core.Configuration;
using Edge.Core.Identity;

namespace Edge.Core.Tests.Configuration;

/// <summary>Consumers in a file of their own, a JSON object a line.</summary>
public sealed class ConsumersFileTests
{
    private const string FilePath = "/etc/edge/consumers.jsonl";
    private const string Hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    private const string Secret = "0123456789abcdef0123456789abcdef";

    private const string Inline = $$"""
        identity:
          consumersFile: consumers.jsonl
          consumers:
            here: { apiKeys: [{ name: k, sha256: "{{Hash}}" }], jwt: [{ kid: here-1, secret: "{{Secret}}" }] }
        tiers: { free: {} }
        """;

    [Fact]
    public void They_are_consumers_like_those_of_the_configuration()
    {
        var plan = Plan("""
            {"name":"a","customId":"ä","tier":"free","apiKeys":[{"name":"k","sha256":"HASH1","expires":"2030-01-01"}]}

            {"name":"b","email":"b@example.com","scopes":["x","y"],"jwt":[{"kid":"b-1","secret":"${SIGNING_SECRET}"}]}
            """);
        var consumers = plan.Identity.Consumers;
        Assert.Equal(3, consumers.Count);
        Assert.Equal(ApiKeyOutcome.Found, consumers.FindApiKey(Convert.FromHexString(HashOf(1)), 0, out var a));
        Assert.Equal(("a", "ä", "free"), (a!.Id, a.CustomId, a.Tier));
        Assert.Equal(ApiKeyOutcome.Expired, consumers.FindApiKey(Convert.FromHexString(HashOf(1)), 4_000_000_000, out _));
        Assert.True(consumers.TryFindSecret("b-1"u8, out var secret));
        Assert.Equal(new string('s', 48), Encoding.UTF8.GetString(secret.Secret));
        var b = consumers.MakeTokenCaller(secret.Consumer, "b-1", null, null);
        Assert.Equal(("b", "b@example.com", "x y"), (b.Id, b.Email, b.Scopes.Text));
        Assert.True(consumers.TryFindSecret("here-1"u8, out _));
        Assert.Contains(FilePath, plan.Files);
    }

    [Fact]
    public void It_may_be_empty_begin_with_a_mark_and_have_lines_of_either_kind()
    {
        Assert.Equal(1, Plan("").Identity.Consumers.Count);
        Assert.Equal(1, Plan("\uFEFF").Identity.Consumers.Count);
        Assert.Equal(3, Plan("\uFEFF{\"name\":\"a\"}\r\n \t\r\n{\"name\":\"b\"}").Identity.Consumers.Count);
        Assert.Equal(2, Plan("{\"name\":\"a\"}\n").Identity.Consumers.Count);
    }

    [Theory]
    [InlineData("""[]""", "1:1: a line must be a JSON object")]
    [InlineData("""{"name":"a"} x""", "1:14: this is not a JSON object on one line")]
    [InlineData("""{"name":"a"}{"name":"b"}""", "1:13: this is not a JSON object on one line")]
    [InlineData("""{"name":"ä","nick":""", "1:20: this is not a JSON object on one line")]
    [InlineData("nonsense", "1:2: this is not a JSON object on one line")]
    [InlineData("""{"name":"a","name":"a"}""", "1:13: key 'name' is in this object twice; keep one")]
    [InlineData("""{"name":"a","\u006eame":"a"}""", "1:13: key 'name' is in this object twice; keep one")]
    [InlineData("""{}""", "1:1: key 'name' is missing: the consumer's name, which no other has")]
    [InlineData("""{"name":null}""", "1:9: there is no value here; write a name")]
    [InlineData("""{"name":["a"]}""", "1:9: this must be a name, not a list")]
    [InlineData("""{"name":"here"}""",
        "1:9: there is a consumer 'here' already, on line 12 of /etc/edge/edge.yaml; choose another name")]
    [InlineData("""{"name":"a","teir":"free"}""", "1:13: unknown key 'teir'; did you mean 'tier'?")]
    [InlineData("""{"name":"a","tier":"gold"}""", "1:20: 'gold' is not a tier; known: free")]
    [InlineData("""{"name":"a","tier":"${NONE}"}""",
        "1:20: environment variable 'NONE' is not set; set it, or write a default: ${NONE:-default}")]
    [InlineData("""{"name":"a","jwt":[{"kid":"here-1","secret":"SECRET"}]}""",
        "1:27: the secret on line 12 of /etc/edge/edge.yaml has this kid already; choose another")]
    [InlineData("""{"name":"a","jwt":[{"kid":"k","secret":"short"}]}""",
        "1:40: the secret is too short to sign with HS256, which takes at least 32 bytes (RFC 7518, section 3.2); make " +
        "one with 'openssl rand -base64 48'")]
    [InlineData("""{"name":"a","apiKeys":[{"name":"k","sha256":"HASH0"}]}""",
        "1:45: this is the same API key as the one on line 12 of /etc/edge/edge.yaml; a key belongs to one consumer")]
    [InlineData("{\"name\":\"a\"}\n\n{\"name\":\"a\"}", "3:9: there is a consumer 'a' already, on line 1; choose another name")]
    [InlineData(
        "{\"name\":\"a\",\"apiKeys\":[{\"name\":\"k\",\"sha256\":\"HASH1\"}]}\n" +
        "{\"name\":\"b\",\"apiKeys\":[{\"name\":\"k\",\"sha256\":\"HASH1\"}]}",
        "2:45: this is the same API key as the one on line 1; a key belongs to one consumer")]
    public void What_is_wrong_is_told_with_its_line(string lines, string error)
    {
        var result = Samples.Load(Samples.WithLine(Inline), Source(lines));
        var told = Assert.Single(result.Diagnostics);
        Assert.Equal("consumers.jsonl", told.File);
        Assert.Equal(error, $"{told.Line}:{told.Column}: {told.Message}");
        Assert.DoesNotContain(Secret, told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Depth_and_bytes_that_are_no_text_are_refused()
    {
        var nested = "{\"name\":\"a\",\"scopes\":" + new string('[', 100_000);
        Assert.Equal("this is not a JSON object on one line", Assert.Single(Load(Encoding.UTF8.GetBytes(nested))).Message);
        byte[] invalid = [.. "{\"name\":\"a"u8, 0xff, .. "\"}"u8];
        Assert.Equal("this is not a JSON object on one line", Assert.Single(Load(invalid)).Message);
        Assert.NotEmpty(Load([0, 1, 2]));
    }

    [Fact]
    public void As_many_errors_are_told_as_of_a_configuration()
    {
        var errors = Load(Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Repeat("x", 1000))));
        Assert.Equal(100, errors.Length);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_told_where_it_is_named() =>
        Assert.Equal(
            "10:18: file 'none.jsonl' does not exist",
            Samples.Errors(Samples.WithLine("identity:\n  consumersFile: none.jsonl")));

    private static string HashOf(int number) => number == 0 ? Hash : new string((char)('0' + number), 64);

    private static FakeSource Source(string lines)
    {
        var source = Samples.Source();
        source.AddFile(FilePath, lines
            .Replace("HASH0", HashOf(0), StringComparison.Ordinal)
            .Replace("HASH1", HashOf(1), StringComparison.Ordinal)
            .Replace("SECRET\"", Secret + "\"", StringComparison.Ordinal));
        return source;
    }

    private static EdgePlan Plan(string lines)
    {
        var source = Samples.Source();
        source.AddFile(FilePath, lines.Replace("HASH1", HashOf(1), StringComparison.Ordinal));
        return Samples.Plan(Samples.WithLine(Inline), source);
    }

    private static Diagnostic[] Load(byte[] content)
    {
        var source = Samples.Source();
        source.AddFile(FilePath, content);
        return [.. Samples.Load(Samples.WithLine(Inline), source).Diagnostics];
    }
}
