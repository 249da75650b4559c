using System.Buffers;
using System.Text;
using System.Text.Json;
using Edge.Core.Bodies;
using Edge.Core.Llm;

namespace Edge.Core.Tests.Llm;

/// <summary>What is learned of estimates, and the scripts that it is learned by.</summary>
public sealed class TokenCalibrationTests
{
    [Fact]
    public void An_estimate_is_corrected_by_what_was_reported_of_the_same_model_and_script()
    {
        var calibration = new TokenCalibration();
        Assert.Equal(100, calibration.Correct("m", TextScript.Han, 100));
        calibration.Learn("m", TextScript.Han, TokenCalibration.TokensMin - 1, 500);
        Assert.Equal(100, calibration.Correct("m", TextScript.Han, 100));
        calibration.Learn("m", TextScript.Han, 201, 500);
        Assert.Equal(250, calibration.Correct("m", TextScript.Han, 100));
        Assert.Equal(100, calibration.Correct("m", TextScript.Latin, 100));
    }

    [Fact]
    public void A_model_that_is_not_known_yet_is_taken_to_be_like_the_others()
    {
        var calibration = new TokenCalibration();
        calibration.Learn("m", TextScript.Latin, 1000, 800);
        Assert.Equal(80, calibration.Correct("n", TextScript.Latin, 100));
        Assert.Equal(80, calibration.Correct(null, TextScript.Latin, 100));
        calibration.Learn("n", TextScript.Latin, 1000, 2000);
        Assert.Equal(200, calibration.Correct("n", TextScript.Latin, 100));
        Assert.Equal(80, calibration.Correct("m", TextScript.Latin, 100));
    }

    [Fact]
    public void What_was_learned_long_ago_fades()
    {
        var calibration = new TokenCalibration();
        for (var i = 0; i < 100; i++) calibration.Learn("m", TextScript.Latin, 100_000, 50_000);
        for (var i = 0; i < 100; i++) calibration.Learn("m", TextScript.Latin, 100_000, 200_000);
        Assert.InRange(calibration.Correct("m", TextScript.Latin, 1000), 1950, 2000);
    }

    [Fact]
    public void A_report_that_makes_no_sense_counts_little_and_none_counts_nothing()
    {
        var calibration = new TokenCalibration();
        calibration.Learn("m", TextScript.Latin, 1000, 0);
        calibration.Learn("m", TextScript.Latin, 0, 1000);
        calibration.Learn("m", TextScript.Latin, 1000, -5);
        Assert.Equal(0, calibration.Changes);
        calibration.Learn("m", TextScript.Latin, 1000, long.MaxValue);
        Assert.Equal(TokenCalibration.RatioMax * 10, calibration.Correct("m", TextScript.Latin, 10));
        calibration.Learn("n", TextScript.Other, long.MaxValue, 1);
        Assert.Equal(16_000 / TokenCalibration.RatioMax, calibration.Correct("n", TextScript.Other, 16_000));
    }

    [Fact]
    public void So_many_models_are_told_apart_and_no_more()
    {
        var calibration = new TokenCalibration();
        for (var i = 0; i <= TokenCalibration.ModelsMax; i++) calibration.Learn($"m{i}", TextScript.Latin, 1000, 500);
        calibration.Learn(new string('m', TokenCalibration.NameCharsMax + 1), TextScript.Latin, 1000, 500);
        Assert.Equal(TokenCalibration.ModelsMax, calibration.Models);
        Assert.Equal(50, calibration.Correct($"m{TokenCalibration.ModelsMax}", TextScript.Latin, 100));
    }

    [Fact]
    public void What_was_written_is_read()
    {
        var calibration = new TokenCalibration();
        calibration.Learn("m\"\u00e4", TextScript.Hangul, 1000, 2500);
        calibration.Learn("n", TextScript.Latin, TokenCalibration.TokensKept * 4L, 1);
        var again = new TokenCalibration();
        Assert.True(again.TryRead(Write(calibration)));
        Assert.Equal(250, again.Correct("m\"\u00e4", TextScript.Hangul, 100));
        Assert.Equal(Write(calibration), Write(again));
    }

    [Fact]
    public void What_is_damaged_anywhere_is_read_whole_or_not_at_all()
    {
        var calibration = new TokenCalibration();
        calibration.Learn("m", TextScript.Latin, 1000, 500);
        calibration.Learn("n", TextScript.Han, 1000, 3000);
        var text = Write(calibration);
        for (var at = 0; at < text.Length; at++)
        {
            var again = new TokenCalibration();
            Assert.False(again.TryRead(text.AsSpan(0, at)));
            Assert.Equal((0, 100), (again.Models, again.Correct("m", TextScript.Latin, 100)));
            var damaged = text.ToArray();
            damaged[at] ^= 0x15;
            again = new TokenCalibration();
            Assert.True(again.TryRead(damaged) || again.Models == 0);
            Assert.InRange(again.Correct("n", TextScript.Han, 100), 100 / TokenCalibration.RatioMax,
                100 * TokenCalibration.RatioMax);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"m\":1}")]
    [InlineData("{\"m\":[1,2]}")]
    [InlineData("{\"m\":[1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,1000]}")]
    [InlineData("{\"m\":[-1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2]}")]
    [InlineData("{\"m\":[1e9,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2]}")]
    [InlineData("{\"\":[1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2]}")]
    [InlineData("{\"m\":[1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2]}}")]
    public void What_was_not_written_here_is_refused(string text) =>
        Assert.False(new TokenCalibration().TryRead(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("", TextScript.Latin)]
    [InlineData("Plain words, and a question about them: is it so?", TextScript.Latin)]
    [InlineData("{\"json\": [1, 2]}", TextScript.Code)]
    [InlineData("if (a[i] > 0) { b += c; }", TextScript.Code)]
    [InlineData("na\u00efve caf\u00e9s are rare in an otherwise plain English text", TextScript.Latin)]
    [InlineData("P\u0159\u00edli\u0161 \u017elu\u0165ou\u010dk\u00fd k\u016f\u0148", TextScript.LatinWithMarks)]
    [InlineData("\u041f\u0440\u0438\u0432\u0435\u0442, gpt", TextScript.Cyrillic)]
    [InlineData("\u0645\u0631\u062d\u0628\u0627", TextScript.Arabic)]
    [InlineData("\u0928\u092e\u0938\u094d\u0924\u0947", TextScript.Indic)]
    [InlineData("\u4f60\u597d\uff0c\u4e16\u754c", TextScript.Han)]
    [InlineData("\u6771\u4eac\u306b\u884c\u304d\u307e\u3059", TextScript.Kana)]
    [InlineData("\uc548\ub155\ud558\uc138\uc694", TextScript.Hangul)]
    [InlineData("\ud83d\ude00\ud83d\ude00\ud83d\ude00", TextScript.Other)]
    public void The_script_of_a_prompt_is_what_most_of_it_is_written_in(string text, TextScript script)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new { messages = new[] { new { role = "user", content = text } } });
        Assert.Equal(script, Sample(body, LlmApi.ChatCompletions).Script);
    }

    [Theory]
    [InlineData(LlmApi.ChatCompletions, "{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}]}", false)]
    [InlineData(LlmApi.ChatCompletions, "{\"messages\":[{\"content\":[{\"type\":\"image_url\"}]}]}", true)]
    [InlineData(LlmApi.Messages, "{\"system\":[{\"type\":\"text\",\"text\":\"a\"}],\"messages\":[{\"content\":\"b\"}]}", false)]
    [InlineData(LlmApi.Responses, "{\"input\":[{\"type\":\"input_image\"}]}", true)]
    [InlineData(LlmApi.Embeddings, "{\"input\":[[1,2],3,\"a\"]}", false)]
    public void What_is_no_text_is_told(LlmApi api, string body, bool hasOther) =>
        Assert.Equal(hasOther, Sample(Encoding.UTF8.GetBytes(body), api).HasOther);

    private static ScriptSample Sample(byte[] body, LlmApi api)
    {
        var tape = new JsonTape();
        Assert.True(tape.Read(body));
        var sample = default(ScriptSample);
        PromptTexts.Show(tape, api, ref sample);
        return sample;
    }

    private static byte[] Write(TokenCalibration calibration)
    {
        var text = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(text);
        calibration.Write(json);
        json.Flush();
        return text.WrittenSpan.ToArray();
    }
}
