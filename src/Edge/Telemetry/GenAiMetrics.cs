using System.Collections;
using System.Globalization;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Core.Telemetry;

namespace Edge.Telemetry;

/// <summary>Which names the figures of LLMs have.</summary>
[Flags]
internal enum GenAiNames
{
    /// <summary>Those that dashboards know: of OpenTelemetry's conventions 1.37.</summary>
    Deployed = 1,

    /// <summary>The newest ones, which may still change.</summary>
    Latest = 2,
}

/// <summary>
/// The metrics of OpenTelemetry's conventions for generative AI, by the names that <c>OTEL_SEMCONV_STABILITY_OPT_IN</c> asks for:
/// those of today's dashboards, with <c>gen_ai_latest_experimental</c> the newest in their place, and with <c>/dup</c> behind it
/// both. Thread-safe.
/// </summary>
internal sealed class GenAiMetrics
{
    private const string OptIn = "gen_ai_latest_experimental";

    private static readonly double[] Seconds =
        [.01, .02, .04, .08, .16, .32, .64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

    private static readonly double[] FirstTokenSeconds =
        [.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10];

    private static readonly double[] PerTokenSeconds = [.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5];

    private static readonly double[] Tokens =
        [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];

    private static readonly MetricLabel[] Labels =
        ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "edge.route"];

    private readonly HistogramFamily? _tokenUsage;
    private readonly HistogramFamily? _firstToken;
    private readonly HistogramFamily? _perToken;
    private readonly HistogramFamily _operationDuration;
    private readonly HistogramFamily? _inferenceDuration;
    private readonly HistogramFamily? _firstChunk;
    private readonly HistogramFamily? _inputTokens;
    private readonly HistogramFamily? _outputTokens;
    private readonly CounterFamily? _inputUsed;
    private readonly CounterFamily? _outputUsed;
    private readonly CounterFamily? _cachedUsed;

    /// <summary>Registers them.</summary>
    public GenAiMetrics(MetricRegistry registry, GenAiNames names)
    {
        const double PerSecond = MetricRegistry.NanosecondsPerSecond;
        Names = names;
        _operationDuration = registry.Histogram(
            "gen_ai.client.operation.duration", "s", PerSecond, Seconds, "Duration of operations of LLMs",
            [.. Labels, "error.type"]);
        if (names.HasFlag(GenAiNames.Deployed))
        {
            _tokenUsage = registry.Histogram(
                "gen_ai.client.token.usage", "{token}", 1, Tokens, "Tokens of prompts and answers",
                [.. Labels, "gen_ai.token.type"]);
            _firstToken = registry.Histogram(
                "gen_ai.server.time_to_first_token", "s", PerSecond, FirstTokenSeconds,
                "Time to the first bytes of a streamed answer", Labels);
            _perToken = registry.Histogram(
                "gen_ai.server.time_per_output_token", "s", PerSecond, PerTokenSeconds,
                "Time for each token of a streamed answer after the first", Labels);
        }

        if (names.HasFlag(GenAiNames.Latest))
        {
            const string Inference = "gen_ai.client.inference.";
            _inferenceDuration = registry.Histogram(
                Inference + "duration", "s", PerSecond, Seconds, "Duration of inference", [.. Labels, "error.type"]);
            _firstChunk = registry.Histogram(
                Inference + "time_to_first_chunk", "s", PerSecond, Seconds, "Time to the first bytes of a streamed answer",
                Labels);
            _inputTokens = registry.Histogram(
                Inference + "operation.input_tokens", "{token}", 1, Tokens, "Tokens of a prompt", Labels);
            _outputTokens = registry.Histogram(
                Inference + "operation.output_tokens", "{token}", 1, Tokens, "Tokens of an answer", Labels);
            _inputUsed = registry.Counter(Inference + "usage.input_tokens", "{token}", "Tokens of prompts", Labels);
            _outputUsed = registry.Counter(Inference + "usage.output_tokens", "{token}", "Tokens of answers", Labels);
            _cachedUsed = registry.Counter(
                Inference + "usage.cache_read.input_tokens", "{token}", "Tokens of prompts from the provider's cache", Labels);
        }
    }

    /// <summary>The names that are told.</summary>
    public GenAiNames Names { get; }

    /// <summary>The names that the environment asks for.</summary>
    public static GenAiNames NamesOf(IDictionary variables)
    {
        var names = GenAiNames.Deployed;
        var list = variables["OTEL_SEMCONV_STABILITY_OPT_IN"] as string ?? "";
        foreach (var value in list.Split(',', StringSplitOptions.TrimEntries))
        {
            names = value switch
            {
                OptIn => GenAiNames.Latest,
                OptIn + "/dup" => GenAiNames.Deployed | GenAiNames.Latest,
                _ => names,
            };
        }

        return names;
    }

    /// <summary>The series of one operation of one model.</summary>
    public Series Of(string operation, string provider, string model, string route) =>
        new(this, operation, provider, model, route);

    /// <summary>What is recorded of one operation of one model.</summary>
    internal sealed class Series
    {
        private readonly HistogramSeries? _input;
        private readonly HistogramSeries? _output;
        private readonly HistogramSeries? _firstToken;
        private readonly HistogramSeries? _perToken;
        private readonly HistogramSeries? _firstChunk;
        private readonly HistogramSeries? _inputTokens;
        private readonly HistogramSeries? _outputTokens;
        private readonly StripedCounter? _inputUsed;
        private readonly StripedCounter? _outputUsed;
        private readonly StripedCounter? _cachedUsed;
        private readonly SeriesByCode<HistogramSeries>? _operations;
        private readonly SeriesByCode<HistogramSeries>? _inferences;

        internal Series(GenAiMetrics of, string operation, string provider, string model, string route)
        {
            string[] values = [operation, provider, model, route];
            _input = of._tokenUsage?.Of([.. values, "input"]);
            _output = of._tokenUsage?.Of([.. values, "output"]);
            _firstToken = of._firstToken?.Of(values);
            _perToken = of._perToken?.Of(values);
            _firstChunk = of._firstChunk?.Of(values);
            _inputTokens = of._inputTokens?.Of(values);
            _outputTokens = of._outputTokens?.Of(values);
            _inputUsed = of._inputUsed?.Of(values);
            _outputUsed = of._outputUsed?.Of(values);
            _cachedUsed = of._cachedUsed?.Of(values);

            // By the newest names inference is told apart from other operations, such as embeddings.
            var isInference = of._inferenceDuration is not null && operation != "embeddings";
            if (!isInference || of.Names.HasFlag(GenAiNames.Deployed))
            {
                _operations = new(code => of._operationDuration.Of([.. values, ErrorOf(code)]));
            }

            if (isInference)
            {
                _inferences = new(code => of._inferenceDuration!.Of([.. values, ErrorOf(code)]));
            }
        }

        /// <summary>An operation is over.</summary>
        /// <param name="errorCode">0; or a status; or a <see cref="Failure"/> shifted by ten bits.</param>
        /// <param name="elapsedNs">How long it took.</param>
        public void Ended(int errorCode, long elapsedNs)
        {
            _operations?.Of(errorCode).Record(elapsedNs);
            _inferences?.Of(errorCode).Record(elapsedNs);
        }

        /// <summary>What it has used is known.</summary>
        /// <param name="counts">The tokens.</param>
        /// <param name="firstNs">When the first bytes of its stream were here; 0: it was none.</param>
        /// <param name="elapsedNs">How long it took.</param>
        public void Used(in UsageCounts counts, long firstNs, long elapsedNs)
        {
            var output = counts.OutputTokens ?? 0;
            _input?.Record(counts.InputTokensTotal);
            _output?.Record(output);
            _inputTokens?.Record(counts.InputTokensTotal);
            _outputTokens?.Record(output);
            _inputUsed?.Add(counts.InputTokensTotal);
            _outputUsed?.Add(output);
            _cachedUsed?.Add(counts.CacheReadTokens ?? counts.CachedTokens ?? 0);
            if (firstNs != 0)
            {
                _firstToken?.Record(firstNs);
                _firstChunk?.Record(firstNs);
                if (output > 1)
                {
                    _perToken?.Record((elapsedNs - firstNs) / (output - 1));
                }
            }
        }

        private static string ErrorOf(int code) => code == 0 ? ""
            : code >= 1 << 10 ? Failures.Code((Failure)(code >> 10))
            : code.ToString(CultureInfo.InvariantCulture);
    }
}
