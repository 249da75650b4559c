using System.Text;
using Edge.Core.Bodies;
using Edge.Core.Llm;
using Edge.Estimates;
using Edge.Telemetry;
using Edge.Tests.Bodies;
using Edge.Tests.Upstream;
using Microsoft.ML.Tokenizers;

namespace Edge.Tests.Estimates;

/// <summary>Estimates of prompts that are better than four characters to a token.</summary>
public sealed class EstimateTests
{
    private const string Chinese = "\u4f60\u597d\u4e16\u754c\u4f60\u597d\u4e16\u754c";

    [Theory]
    [InlineData("calibrated")]
    [InlineData("exact")]
    public async Task What_a_provider_reports_corrects_the_next_estimate_and_outlives_a_restart(string estimate)
    {
        var file = Path.Combine(Path.GetTempPath(), $"edge-calibration-{Guid.NewGuid():N}.json");
        try
        {
            // Two tokens by four characters each, a hundred times, of a model whose vocabulary nobody knows.
            var prompt = string.Concat(Enumerable.Repeat(Chinese, 100));
            await using (var door = await OpenAsync(estimate, file,
                "{\"usage\":{\"prompt_tokens\":600,\"completion_tokens\":1}}"))
            {
                Assert.Equal(200 + 10, await EstimateAsync(door, "m", prompt));
                Assert.Equal(200, (await door.PostAsync(Body("m", prompt))).Status);
                await WaitAsync(() => door.Running.Gateway.Estimates.Calibration.Changes == 1);
                Assert.Equal(600 + 10, await EstimateAsync(door, "m", prompt));
            }

            await using var again = await OpenAsync(estimate, file, "{}");
            Assert.Equal(600 + 10, await EstimateAsync(again, "m", prompt));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"m\":[1,")]
    [InlineData("\0\0\0")]
    public async Task A_damaged_file_is_told_and_written_anew(string text)
    {
        var file = Path.Combine(Path.GetTempPath(), $"edge-calibration-{Guid.NewGuid():N}.json");
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        try
        {
            await using (var door = await OpenAsync("calibrated", file,
                "{\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}"))
            {
                Assert.Equal(200, (await door.PostAsync(Body("m", "12345678"))).Status);
                await WaitAsync(() => door.Running.Gateway.Estimates.Calibration.Changes == 1);
            }

            Assert.True(new TokenCalibration().TryRead(await File.ReadAllBytesAsync(file,
                TestContext.Current.CancellationToken)));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task The_file_is_written_while_the_gateway_runs_and_where_it_cannot_be_nothing_else_fails()
    {
        var folder = Directory.CreateTempSubdirectory("edge-calibration-");
        var said = new StringWriter();
        var time = new ManualTime();
        var calibration = new TokenCalibration();
        await using (var log = new ProgramLog(said))
        {
            var path = Path.Combine(folder.FullName, "c.json");
            await using (var file = new CalibrationFile(calibration, log, time))
            {
                file.Apply(path);
                calibration.Learn("m", TextScript.Latin, 1000, 500);
                time.Advance(CalibrationFile.Interval);
                await WaitAsync(() => File.Exists(path));
                Assert.True(new TokenCalibration().TryRead(File.ReadAllBytes(path)));
                folder.Delete(recursive: true);
                calibration.Learn("m", TextScript.Latin, 1000, 500);
            }
        }

        Assert.Contains("cannot write", said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_is_counted_with_the_vocabulary_of_its_model()
    {
        await using var log = new ProgramLog(TextWriter.Null);
        var vocabularies = new Vocabularies(log, new ManualTime());
        var newer = TiktokenTokenizer.CreateForEncoding("o200k_base");
        var older = TiktokenTokenizer.CreateForEncoding("cl100k_base");
        foreach (var (model, tokenizer) in new (string, Tokenizer)[]
        {
            ("gpt-4o-mini", newer), ("ft:gpt-4o:x", newer), ("gpt-4.1", newer), ("gpt-5.1-mini", newer), ("o3", newer),
            ("gpt-4", older), ("gpt-4-turbo", older), ("ft:gpt-3.5-turbo-0125:x", older), ("gpt-35-turbo", older),
        })
        {
            await vocabularies.LoadAsync(model);
            foreach (var text in new[] { "Hello, world! 1234567", Chinese, "", "a\ud83d\ude00b" })
            {
                Assert.True(vocabularies.TryCount(model, Read(text), LlmApi.ChatCompletions, out var tokens));
                Assert.Equal(tokenizer.CountTokens(text) + 7, tokens);
            }
        }

        foreach (var model in new[] { "claude-3-5-haiku-latest", "gpt-4.2", "gpt-4oo", "gpt-3.5", "o1x", "", null })
        {
            Assert.False(vocabularies.TryCount(model, Read("a"), LlmApi.ChatCompletions, out _));
        }
    }

    [Theory]
    [InlineData("word ", 20_000)]
    [InlineData("\u4f60\u597d", 20_000)]
    [InlineData("aaaaaaaaaaaaaaaa", 2_000)]
    public async Task A_long_text_is_counted_in_pieces_with_few_tokens_more(string part, int times)
    {
        await using var log = new ProgramLog(TextWriter.Null);
        var tokenizer = TiktokenTokenizer.CreateForEncoding("o200k_base");
        var text = string.Concat(Enumerable.Repeat(part, times));
        var count = new PromptCount(tokenizer, new ManualTime());
        count.Text(Encoding.UTF8.GetBytes(text));
        var whole = tokenizer.CountTokens(text);
        Assert.False(count.IsCut);
        Assert.InRange(count.Tokens, whole, whole + (Encoding.UTF8.GetByteCount(text) / (PromptCount.PieceBytesMax - 64) * 2));
    }

    [Fact]
    public void What_there_is_no_time_for_is_taken_to_be_like_the_rest()
    {
        var tokenizer = TiktokenTokenizer.CreateForEncoding("o200k_base");
        var time = new ManualTime();
        var count = new PromptCount(tokenizer, time);
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("word ", 100)));
        count.Text(text);
        var tokens = count.Tokens;
        time.Advance(PromptCount.TimeMax);
        count.Text(text);
        Assert.True(count.IsCut);
        Assert.Equal(2 * tokens, count.Tokens);
    }

    private static JsonTape Read(string text)
    {
        var tape = new JsonTape();
        Assert.True(tape.Read(Encoding.UTF8.GetBytes(Body("m", text))));
        return tape;
    }

    private static string Body(string model, string prompt) =>
        $"{{\"model\":\"{model}\",\"max_tokens\":10,\"messages\":[{{\"role\":\"user\",\"content\":"
        + $"{System.Text.Json.JsonSerializer.Serialize(prompt)}}}]}}";

    private static Task<BodyDoor> OpenAsync(string estimate, string file, string answer) => BodyDoor.OpenAsync(
        $", metering: {{}}, estimate: {estimate}", top: $"calibration: {file}",
            tiers: "{ free: {}, starter: { requestTokensMax: 1 } }",
        scripts: async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(
                $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {answer.Length}\r\n\r\n{answer}");
        });

    /// <summary>The estimate that a caller of too low a tier is told.</summary>
    private static async Task<int> EstimateAsync(BodyDoor door, string model, string prompt)
    {
        var answer = await door.PostAsync(Body(model, prompt), "X-Api-Key: key-of-ann\r\n");
        Assert.Equal(429, answer.Status);
        return (int)System.Text.Json.Nodes.JsonNode.Parse(answer.Text)!["error"]!["estimated_tokens"]!;
    }

    private static async Task WaitAsync(Func<bool> condition)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        while (!condition())
        {
            await Task.Delay(1, deadline.Token);
        }
    }
}
