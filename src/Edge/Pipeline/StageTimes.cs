namespace Edge.Pipeline;

/// <summary>
/// How long each stage of one request took, and how the last one ended. Kept with the connection's context, used by one request
/// after another.
/// </summary>
internal sealed class StageTimes
{
    /// <summary>How many stages there are.</summary>
    public const int StagesMax = (int)Stage.Forward + 1;

    private readonly long[] _ns = new long[StagesMax];
    private long _endedNs;

    /// <summary>Stages that are over; where none has failed or answered, the next one is under way.</summary>
    public int Count { get; private set; }

    /// <summary>How the last of them ended.</summary>
    public StageResult Last { get; private set; }

    /// <summary>Nanoseconds that a stage took which is over.</summary>
    public long this[int stage] => _ns[stage];

    /// <summary>Begins with a request.</summary>
    public void Begin()
    {
        Count = 0;
        Last = default;
        _endedNs = 0;
    }

    /// <summary>The next stage is over.</summary>
    /// <param name="stage">Which.</param>
    /// <param name="result">How it ended.</param>
    /// <param name="nowNs">Nanoseconds since the request began.</param>
    public void End(Stage stage, StageResult result, long nowNs)
    {
        _ns[(int)stage] = nowNs - _endedNs;
        _endedNs = nowNs;
        Count = (int)stage + 1;
        Last = result;
    }

    /// <summary>Nanoseconds that the stage under way has taken so far.</summary>
    /// <param name="nowNs">Nanoseconds since the request began.</param>
    public long RunningNs(long nowNs) => nowNs - _endedNs;
}
