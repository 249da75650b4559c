namespace Edge.Core.Llm;

/// <summary>How the tokens of a prompt are estimated before a provider has said how many there are.</summary>
public enum EstimateKind
{
    /// <summary>Four characters to a token.</summary>
    Chars4,

    /// <summary>The same, times what was learned of the model and the script (<see cref="TokenCalibration"/>).</summary>
    Calibrated,

    /// <summary>Counted with the model's vocabulary, where that is public; else as calibrated.</summary>
    Exact,
}
