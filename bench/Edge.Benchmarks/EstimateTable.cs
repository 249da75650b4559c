using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Edge.Core.Bodies;
using Edge.Core.Llm;
using Edge.Estimates;
using Edge.Telemetry;
using Microsoft.ML.Tokenizers;

namespace Edge.Benchmarks;

/// <summary>
/// How far the estimates of prompts are from what a provider would report, and what they cost, for each language of a corpus
/// that is made anew. The report is taken to be the count of the model's vocabulary over the whole text, and what OpenAI adds to
/// each message.
/// </summary>
internal static class EstimateTable
{
    private const string Model = "gpt-4o";
    private const int Prompts = 200;

    /// <summary>Measures and prints.</summary>
    public static async Task PrintAsync(TextWriter to)
    {
        var tokenizer = TiktokenTokenizer.CreateForEncoding("o200k_base");
        await using var log = new ProgramLog(Console.Error);
        var vocabularies = new Vocabularies(log, TimeProvider.System);
        await vocabularies.LoadAsync(Model);
        var calibration = new TokenCalibration();
        foreach (var name in EstimateCorpus.Names)
        {
            foreach (var text in EstimateCorpus.Make(name, Prompts, seed: 1))
            {
                var prompt = new Prompt(text);
                calibration.Learn(Model, prompt.Script, prompt.Chars4, prompt.Reported(tokenizer));
            }
        }

        to.WriteLine("| prompts | mean tokens | `chars4`: error, bias | `calibrated` | `exact` |");
        to.WriteLine("|---|---|---|---|---|");
        var all = new Row();
        foreach (var name in EstimateCorpus.Names)
        {
            var row = new Row();
            foreach (var text in EstimateCorpus.Make(name, Prompts, seed: 2))
            {
                var prompt = new Prompt(text);
                if (!vocabularies.TryCount(Model, prompt.Tape, LlmApi.ChatCompletions, out var exact))
                {
                    throw new InvalidOperationException("The vocabulary is not there.");
                }

                long[] estimates = [prompt.Chars4, calibration.Correct(Model, prompt.Script, prompt.Chars4), exact];
                row.Add(prompt.Reported(tokenizer), estimates);
                all.Add(prompt.Reported(tokenizer), estimates);
            }

            to.WriteLine($"| {name} | {row} |");
        }

        to.WriteLine($"| all | {all} |");
        Costs(to, calibration, vocabularies);
    }

    private static void Costs(TextWriter to, TokenCalibration calibration, Vocabularies vocabularies)
    {
        to.WriteLine("| processor time for a prompt | `chars4` | `calibrated`, on top | `exact`, on top |");
        to.WriteLine("|---|---|---|---|");
        foreach (var (name, sentences) in new[] { ("English", 4), ("English", 400), ("Chinese", 40), ("Russian", 40) })
        {
            var text = string.Join(' ', EstimateCorpus.Make(name, sentences, seed: 3));
            text = text[..Math.Min(text.Length, sentences * 60)];
            var prompt = new Prompt(text);
            var chars4 = Time(() => BodyFacts.Of(prompt.Tape, LlmApi.ChatCompletions).PromptTokens);
            var calibrated = Time(() => calibration.Correct(Model, prompt.FindScript(), prompt.Chars4));
            var exact = Time(() => vocabularies.TryCount(Model, prompt.Tape, LlmApi.ChatCompletions, out var n) ? n : 0);
            to.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name}, {text.Length} characters | {chars4:0.00} us | {calibrated:0.00} us | {exact:0.0} us |"));
        }
    }

    private static double Time(Func<long> work)
    {
        var best = double.MaxValue;
        var sum = 0L;
        for (var run = 0; run < 20; run++)
        {
            var start = Stopwatch.GetTimestamp();
            const int Times = 20;
            for (var i = 0; i < Times; i++)
            {
                sum += work();
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMicroseconds / Times);
        }

        return sum == 0 ? 0 : best;
    }

    private sealed class Prompt
    {
        private readonly string _text;

        public Prompt(string text)
        {
            _text = text;
            var messages = new[] { new Dictionary<string, string> { ["role"] = "user", ["content"] = text } };
            if (!Tape.Read(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object> { ["messages"] = messages })))
            {
                throw new InvalidOperationException($"{Tape.Fault}");
            }

            Chars4 = BodyFacts.Of(Tape, LlmApi.ChatCompletions).PromptTokens;
            Script = FindScript();
        }

        public JsonTape Tape { get; } = new();

        public long Chars4 { get; }

        public TextScript Script { get; }

        // For one message with one role: three tokens for the prompt, three and the role for the message.
        public long Reported(TiktokenTokenizer tokenizer) => tokenizer.CountTokens(_text) + 7;

        public TextScript FindScript()
        {
            var sample = default(ScriptSample);
            PromptTexts.Show(Tape, LlmApi.ChatCompletions, ref sample);
            return sample.Script;
        }
    }

    private sealed class Row
    {
        private readonly double[] _errors = new double[3];
        private readonly double[] _biases = new double[3];
        private double _reported;
        private int _count;

        public void Add(long reported, long[] estimates)
        {
            _count++;
            _reported += reported;
            for (var i = 0; i < estimates.Length; i++)
            {
                var off = (estimates[i] - reported) / (double)reported;
                _errors[i] += Math.Abs(off);
                _biases[i] += off;
            }
        }

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture, $"{_reported / _count:0} | {Cell(0)} | {Cell(1)} | {Cell(2)}");

        private string Cell(int i) => string.Create(
            CultureInfo.InvariantCulture, $"{100 * _errors[i] / _count:0.0} %, {100 * _biases[i] / _count:+0.0;-0.0;0.0} %");
    }
}
