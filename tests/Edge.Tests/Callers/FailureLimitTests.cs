using System.Text.Json;
using Edge.Tests.Support;
using Edge.Tests.Upstream;

namespace Edge.Tests.Callers;

/// <summary>Guessing credentials, and what it costs whom.</summary>
public sealed class FailureLimitTests
{
    private const string Route = "authenticate: { with: [consumers] }, cors: { origins: [\"*\"] }";

    // The SHA-256 of "test".
    private const string Consumers =
        "consumers: { app: { apiKeys: [{ name: laptop, " +
        "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 }] } }";

    [Fact]
    public async Task After_the_last_failure_that_is_allowed_no_credential_is_looked_at_until_time_has_passed()
    {
        var time = new ManualTime();
        await using var door = await Door.OpenAsync(
            route: Route, top: $"identity: {{ {Consumers}, failureLimit: {{ failures: 3, within: 30s }} }}", time: time);
        Assert.Equal(200, (await AskAsync(door, "test")).Status);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(401, (await AskAsync(door, $"guess{i}")).Status);
        }

        foreach (var key in new[] { "guess", "test" })
        {
            var refused = await AskAsync(door, key);
            Assert.Equal(429, refused.Status);
            Assert.Equal("10", refused.Headers["Retry-After"]);
            Assert.Equal("*", refused.Headers["Access-Control-Allow-Origin"]);
            Assert.Contains("too_many_failed_authentications", refused.Text, StringComparison.Ordinal);
        }

        // Who brings none is told so, as ever.
        Assert.Equal(401, (await AskAsync(door, null)).Status);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(200, (await AskAsync(door, "test")).Status);
        Assert.Equal(401, (await AskAsync(door, "guess")).Status);
        Assert.Equal(429, (await AskAsync(door, "test")).Status);
        Assert.Equal(2, (await door.SeenAsync()).Count);
    }

    [Fact]
    public async Task Without_a_word_in_the_file_twenty_may_be_wrong()
    {
        await using var door = await Door.OpenAsync(route: Route, top: $"identity: {{ {Consumers} }}", time: new ManualTime());
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(401, (await AskAsync(door, $"guess{i}")).Status);
        }

        Assert.Equal(429, (await AskAsync(door, "guess")).Status);
    }

    [Fact]
    public async Task With_none_any_number_may_be_wrong()
    {
        await using var door = await Door.OpenAsync(
            route: Route, top: $"identity: {{ {Consumers}, failureLimit: none }}", time: new ManualTime());
        for (var i = 0; i < 40; i++)
        {
            Assert.Equal(401, (await AskAsync(door, $"guess{i}")).Status);
        }
    }

    [Fact]
    public async Task Nobody_gets_another_address_by_saying_so_and_behind_a_trusted_proxy_each_has_its_own()
    {
        const string limit = "failureLimit: { failures: 1, within: 1h }";
        await using var open = await Door.OpenAsync(
            route: Route, top: $"identity: {{ {Consumers}, {limit} }}", time: new ManualTime());
        Assert.Equal(401, (await AskAsync(open, "guess", "X-Forwarded-For: 203.0.113.1\r\n")).Status);
        Assert.Equal(429, (await AskAsync(open, "guess", "X-Forwarded-For: 203.0.113.2\r\n")).Status);
        await using var behind = await Door.OpenAsync(
            route: Route, top: $"identity: {{ {Consumers}, {limit} }}\ntrustedProxies: [127.0.0.1]", time: new ManualTime());
        Assert.Equal(401, (await AskAsync(behind, "guess", "X-Forwarded-For: 203.0.113.1\r\n")).Status);
        Assert.Equal(429, (await AskAsync(behind, "guess", "X-Forwarded-For: 6.6.6.6, 203.0.113.1\r\n")).Status);
        Assert.Equal(401, (await AskAsync(behind, "guess", "X-Forwarded-For: 203.0.113.2\r\n")).Status);
    }

    [Fact]
    public async Task The_audit_log_has_each_use_of_a_key_by_name_and_each_refusal_and_no_key()
    {
        var folder = Directory.CreateTempSubdirectory("edge-keys-");
        try
        {
            var file = Path.Combine(folder.FullName, "audit.jsonl");
            await using (var door = await Door.OpenAsync(
                route: Route,
                top: $"identity: {{ {Consumers} }}\ntelemetry: {{ auditLog: {{ to: {file}, events: [keys, refusals] }} }}"))
            {
                Assert.Equal(200, (await AskAsync(door, "test")).Status);
                Assert.Equal(401, (await AskAsync(door, "sesame")).Status);
            }

            var lines = File.ReadAllLines(file);
            using var used = JsonDocument.Parse(lines[0]);
            Assert.Equal("key", used.RootElement.GetProperty("event").GetString());
            Assert.Equal("app", used.RootElement.GetProperty("caller").GetString());
            Assert.Equal("consumers", used.RootElement.GetProperty("source").GetString());
            Assert.Equal("api key", used.RootElement.GetProperty("credential").GetString());
            Assert.Equal("laptop", used.RootElement.GetProperty("key").GetString());
            using var refused = JsonDocument.Parse(lines[1]);
            Assert.Equal("refusal", refused.RootElement.GetProperty("event").GetString());
            Assert.Equal(401, refused.RootElement.GetProperty("status").GetInt32());
            Assert.Equal(2, lines.Length);
            Assert.DoesNotContain("sesame", string.Concat(lines), StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<RawResponse> AskAsync(Door door, string? key, string lines = "") =>
        await RawHttpClient.ExchangeAsync(
            door.Endpoint,
            $"GET / HTTP/1.1\r\nHost: a\r\nOrigin: https://a.example\r\n{lines}" +
            (key is null ? "\r\n" : $"Authorization: Bearer {key}\r\n\r\n"));
}
