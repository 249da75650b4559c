namespace Edge.Core.Configuration;

/// <summary>
/// When a request is sent once more to the same upstream while the first attempt goes on, because that takes longer than usual.
/// </summary>
public sealed record HedgePlan
{
    /// <summary>Not before so long; zero: whenever <see cref="Percentile"/> says.</summary>
    public TimeSpan After { get; init; }

    /// <summary>Not before so many of a hundred answers have begun, by what was learned lately; 0: no matter.</summary>
    public int Percentile { get; init; } = 95;

    /// <summary>Most attempts beside the first.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>The methods of requests that may be sent more than once, one space before and behind each.</summary>
    public string Methods { get; init; } = " GET HEAD OPTIONS ";

    /// <summary>Whether requests of a method may be.</summary>
    public bool Takes(string method)
    {
        var at = Methods.IndexOf(method, StringComparison.Ordinal);
        return at > 0 && Methods[at - 1] == ' ' && Methods[at + method.Length] == ' ';
    }
}
