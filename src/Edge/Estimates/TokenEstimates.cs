using Edge.Core.Bodies;
using Edge.Core.Llm;
using Edge.Telemetry;

namespace Edge.Estimates;

/// <summary>
/// Makes better estimates of prompts than four characters to a token, where a route asks for them. Outlives reloads; owns what
/// was learned. Safe from any thread.
/// </summary>
internal sealed class TokenEstimates : IAsyncDisposable
{
    private readonly Vocabularies _vocabularies;
    private readonly CalibrationFile _file;

    /// <summary>Estimates that have learned nothing yet.</summary>
    public TokenEstimates(ProgramLog log, TimeProvider time)
    {
        _vocabularies = new Vocabularies(log, time);
        _file = new CalibrationFile(Calibration, log, time);
    }

    /// <summary>What was learned.</summary>
    public TokenCalibration Calibration { get; } = new();

    /// <summary>Keeps what is learned in a file from now on; null: in memory only.</summary>
    public void Apply(string? path) => _file.Apply(path);

    /// <summary>Improves the estimate of a request whose body has been read.</summary>
    /// <param name="kind">How; exact takes its time, so not on a thread that does I/O.</param>
    /// <param name="body">The body.</param>
    /// <param name="facts">What is known of it.</param>
    public RequestFacts Improve(EstimateKind kind, JsonTape body, in RequestFacts facts)
    {
        var sample = default(ScriptSample);
        PromptTexts.Show(body, facts.Api, ref sample);
        var script = sample.Script;
        if (kind != EstimateKind.Exact || !_vocabularies.TryCount(facts.Model, body, facts.Api, out var tokens))
        {
            tokens = Calibration.Correct(facts.Model, script, facts.PromptTokens);
        }

        return facts with
        {
            PromptTokens = tokens,
            Script = script,
            ComparableTokens = sample.HasOther ? 0 : facts.PromptTokens,
        };
    }

    /// <summary>A request is over whose usage the provider has named.</summary>
    public void Learn(in RequestFacts facts, in UsageCounts counts)
    {
        if (facts.ComparableTokens > 0)
        {
            Calibration.Learn(facts.Model, facts.Script, facts.ComparableTokens, counts.InputTokensTotal);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _file.DisposeAsync();
}
