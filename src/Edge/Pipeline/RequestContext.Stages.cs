using System.Runtime.CompilerServices;

namespace Edge.Pipeline;

/// <summary>How long the stages took, where somebody is told.</summary>
internal sealed partial class RequestContext
{
    /// <summary>Asks for an explanation, and has it in the answer.</summary>
    public const string ExplainHeader = "X-Edge-Explain";

    private StageTimes? _stages;

    /// <summary>The times of its stages; null where nobody is told of them.</summary>
    public StageTimes? Stages { get; private set; }

    /// <summary>True where the caller has asked what each stage decided, and may. Once the caller is known.</summary>
    public bool IsExplained =>
        Snapshot.TimesAsked
        && Caller?.Tier is { } tier
        && RequestHeaders[ExplainHeader] is ["1"]
        && Snapshot.Plan.ExplainTiers.Contains(tier, StringComparer.Ordinal);

    /// <summary>A stage is over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public StageResult Ended(Stage stage, StageResult result)
    {
        if (Stages is not null)
        {
            EndStage(stage, result);
        }

        return result;
    }

    /// <summary>The stage that is under way has thrown.</summary>
    public StageResult Broke(StageResult result)
    {
        Stages?.End((Stage)Math.Min(Stages.Count, StageTimes.StagesMax - 1), result, ElapsedNs);
        return result;
    }

    private void EndStage(Stage stage, StageResult result) => Stages!.End(stage, result, ElapsedNs);

    private void BeginStages()
    {
        Stages = null;
        if (Snapshot.TimesAll || (Snapshot.TimesAsked && RequestHeaders.ContainsKey(ExplainHeader)))
        {
            Stages = _stages ??= new StageTimes();
            Stages.Begin();
        }
    }
}
