using System.Net;
using System.Text.Json;
using Edge.Core.Configuration;
using Edge.Demo;

namespace Edge.Tests.Demo;

/// <summary>What the mock says as a provider of models. The official SDKs are heard in tests/sdk.</summary>
public sealed class MockModelTests
{
    private const string Messages = "\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]";

    [Fact]
    public async Task The_same_request_has_the_same_answer_byte_for_byte()
    {
        await using var mock = await MockClient.StartAsync();
        var first = await mock.PostAsync("/v1/chat/completions", $$"""{"model":"gpt-4o",{{Messages}}}""");
        var second = await mock.PostAsync("/v1/chat/completions", $$"""{"model":"gpt-4o",{{Messages}}}""");
        Assert.Equal(200, first.Status);
        Assert.Equal(first.Body.GetRawText(), second.Body.GetRawText());
    }

    [Theory]
    [InlineData("/v1/chat/completions", Messages)]
    [InlineData("/v1/messages", Messages + ",\"max_tokens\":1000")]
    [InlineData("/v1/responses", "\"input\":\"Hello\"")]
    public async Task A_stream_says_what_the_whole_answer_says(string path, string members)
    {
        await using var mock = await MockClient.StartAsync();
        var (_, whole) = await mock.PostAsync(path, $$"""{"model":"mock;tokens=20",{{members}}}""");
        var events = await mock.StreamAsync(path, $$"""{"model":"mock;tokens=20","stream":true,{{members}}}""");
        var text = string.Concat(events.Where(data => data != "[DONE]").Select(Delta));
        Assert.Equal(20 * TokenRule.CodePointsPerToken, text.Length);
        Assert.Contains(JsonSerializer.Serialize(text), whole.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(40, mock.Provider.Stats.Tokens);
        Assert.Equal(0, mock.Provider.Stats.OpenStreams);
    }

    [Theory]
    [InlineData("exact", "[2,20]")]
    [InlineData("zero", "[0,0]")]
    [InlineData("omit", "none")]
    public async Task Usage_is_reported_as_asked(string usage, string expected)
    {
        await using var mock = await MockClient.StartAsync();
        var (_, chat) = await mock.PostAsync(
            "/v1/chat/completions", $$"""{"model":"mock;tokens=20;usage={{usage}}",{{Messages}}}""");
        var (_, message) = await mock.PostAsync(
            "/v1/messages", $$"""{"model":"mock;tokens=20;usage={{usage}}","max_tokens":99,{{Messages}}}""");
        Assert.Equal(expected, Usage(chat, "prompt_tokens", "completion_tokens"));
        Assert.Equal(expected, Usage(message, "input_tokens", "output_tokens"));
    }

    [Fact]
    public async Task Cached_input_is_part_of_the_input()
    {
        await using var mock = await MockClient.StartAsync();
        var (_, chat) = await mock.PostAsync("/v1/chat/completions", $$"""{"model":"mock;cached=1",{{Messages}}}""");
        Assert.Equal(2, chat.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        var details = chat.GetProperty("usage").GetProperty("prompt_tokens_details");
        Assert.Equal(1, details.GetProperty("cached_tokens").GetInt32());

        var (_, message) = await mock.PostAsync("/v1/messages", $$"""{"model":"mock;cached=1","max_tokens":9,{{Messages}}}""");
        Assert.Equal("[1,1]", Usage(message, "input_tokens", "cache_read_input_tokens"));
    }

    [Theory]
    [InlineData("/v1/chat/completions", "{", 400)]
    [InlineData("/v1/chat/completions", "{}", 400)]
    [InlineData("/v1/chat/completions", """{"model":"mock"}""", 400)]
    [InlineData("/v1/chat/completions", """{"model":"mock-unknown","messages":[{}]}""", 404)]
    [InlineData("/v1/chat/completions", """{"model":"mock-rate-limited","messages":[{}]}""", 429)]
    [InlineData("/v1/embeddings", """{"model":"mock"}""", 400)]
    [InlineData("/v1/embeddings", """{"model":"mock","input":[]}""", 400)]
    [InlineData("/v1/embeddings", """{"model":"mock","input":[[1,"a"]]}""", 400)]
    [InlineData("/v1/embeddings", """{"model":"mock","input":"a","dimensions":4097}""", 400)]
    [InlineData("/v1/responses", """{"model":"mock"}""", 400)]
    [InlineData("/v1/nothing", "{}", 404)]
    public async Task OpenAIs_errors_have_their_four_members(string path, string body, int status)
    {
        await using var mock = await MockClient.StartAsync();
        var answer = await mock.PostAsync(path, body);
        Assert.Equal(status, answer.Status);
        var members = answer.Body.GetProperty("error").EnumerateObject().Select(member => member.Name);
        Assert.Equal(["message", "type", "param", "code"], members);
    }

    [Theory]
    [InlineData("{", 400, "invalid_request_error")]
    [InlineData("""{"model":"mock","messages":[{}]}""", 400, "invalid_request_error")]
    [InlineData("""{"model":"mock-unknown","max_tokens":1,"messages":[{}]}""", 404, "not_found_error")]
    [InlineData("""{"model":"mock-overloaded","max_tokens":1,"messages":[{}]}""", 529, "overloaded_error")]
    public async Task Anthropics_errors_have_a_type_and_the_requests_identifier(string body, int status, string type)
    {
        await using var mock = await MockClient.StartAsync();
        var answer = await mock.PostAsync("/v1/messages", body);
        Assert.Equal(status, answer.Status);
        Assert.Equal("error", answer.Body.GetProperty("type").GetString());
        Assert.Equal(type, answer.Body.GetProperty("error").GetProperty("type").GetString());
        Assert.StartsWith("req_", answer.Body.GetProperty("request_id").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Authorization", "Bearer right", 200)]
    [InlineData("Authorization", "Bearer wrong", 401)]
    [InlineData("Authorization", "Basic right", 401)]
    [InlineData("x-api-key", "right", 200)]
    [InlineData("x-api-key", "right ", 200)]
    [InlineData("x-api-key", "righ", 401)]
    [InlineData("x-none", "right", 401)]
    public async Task A_provider_with_a_key_wants_it(string header, string value, int status)
    {
        await using var mock = await MockClient.StartAsync(
            new MockOptions { Endpoint = new IPEndPoint(IPAddress.Loopback, 0), Key = new Secret("right") });
        mock.Http.DefaultRequestHeaders.TryAddWithoutValidation(header, value);
        Assert.Equal(status, (await mock.GetAsync("/v1/models")).Status);
        Assert.Equal(200, (await mock.GetAsync("/health")).Status);
    }

    [Fact]
    public async Task Embeddings_are_the_same_as_numbers_and_as_base64()
    {
        await using var mock = await MockClient.StartAsync();
        var (_, numbers) = await mock.PostAsync("/v1/embeddings", """{"model":"mock","input":"a"}""");
        var (_, base64) = await mock.PostAsync("/v1/embeddings", """{"model":"mock","input":["a"],"encoding_format":"base64"}""");
        var vector = numbers.GetProperty("data")[0].GetProperty("embedding")
            .EnumerateArray().Select(n => n.GetSingle()).ToArray();
        var bytes = base64.GetProperty("data")[0].GetProperty("embedding").GetBytesFromBase64();
        Assert.Equal(Embeddings.DimensionsDefault, vector.Length);
        Assert.Equal(vector, Enumerable.Range(0, vector.Length).Select(i => BitConverter.ToSingle(bytes, i * 4)));
        Assert.Equal(1, vector.Sum(n => (double)n * n), 5);
    }

    [Theory]
    [InlineData("What is the capital of France", "the capital of FRANCE: what is?", 1, 1)]
    [InlineData("What is the capital of France", "Tell me, what is the capital of France?", 0.8, 0.95)]
    [InlineData("What is the capital of France", "Who wrote Faust", -0.2, 0.2)]
    public async Task Texts_that_have_words_in_common_have_vectors_that_are_near(
        string one, string other, double least, double most)
    {
        await using var mock = await MockClient.StartAsync();
        var (_, answer) = await mock.PostAsync("/v1/embeddings", $$"""{"model":"mock","input":["{{one}}","{{other}}"]}""");
        var vectors = answer.GetProperty("data").EnumerateArray()
            .Select(static item => item.GetProperty("embedding").EnumerateArray().Select(static n => n.GetDouble()).ToArray())
            .ToArray();
        var cosine = vectors[0].Zip(vectors[1], static (a, b) => a * b).Sum();
        Assert.InRange(cosine, least - 1e-5, most + 1e-5);
    }

    private static string Delta(string data)
    {
        using var document = JsonDocument.Parse(data);
        var root = document.RootElement;
        if (root.TryGetProperty("choices", out var choices))
        {
            return choices.GetArrayLength() != 0 && choices[0].GetProperty("delta").TryGetProperty("content", out var content)
                ? content.GetString()!
                : "";
        }

        if (!root.TryGetProperty("delta", out var delta))
        {
            return "";
        }

        return delta.ValueKind == JsonValueKind.String ? delta.GetString()!
            : delta.TryGetProperty("text", out var text) ? text.GetString()!
            : "";
    }

    private static string Usage(JsonElement answer, string input, string output)
        => answer.TryGetProperty("usage", out var usage)
            ? $"[{usage.GetProperty(input).GetInt32()},{usage.GetProperty(output).GetInt32()}]"
            : "none";
}
