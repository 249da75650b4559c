namespace Edge.Core.Resilience;

/// <summary>
/// The causes for which something is done: a retry, a fallback. Made of the words of the file: <c>connect</c>, <c>timeout</c>,
/// <c>reset</c>, <c>unavailable</c>, <c>overload</c>, a status such as <c>529</c>, or all of a kind, <c>4xx</c> and <c>5xx</c>.
/// Immutable; two of the same words are equal.
/// </summary>
public sealed class AttemptCauses : IEquatable<AttemptCauses>
{
    private readonly bool[] _causes = new bool[(int)AttemptCause.Status];
    private readonly bool[] _statuses = new bool[AttemptEnd.StatusMax - AttemptEnd.StatusMin + 1];

    /// <summary>The causes that these words name.</summary>
    /// <exception cref="ArgumentException">One of them names none (<see cref="IsWord"/>).</exception>
    public AttemptCauses(params string[] words)
    {
        Text = string.Join(", ", words);
        foreach (var word in words)
        {
            if (CauseOf(word) is not AttemptCause.None and var cause)
            {
                _causes[(int)cause] = true;
            }
            else if (IsStatus(word))
            {
                var isRange = word[1] == 'x';
                var first = isRange ? (word[0] - '0') * 100 : int.Parse(word, System.Globalization.CultureInfo.InvariantCulture);
                _statuses.AsSpan(first - AttemptEnd.StatusMin, isRange ? 100 : 1).Fill(true);
            }
            else
            {
                throw new ArgumentException($"{word} names no cause", nameof(words));
            }
        }
    }

    /// <summary>The words.</summary>
    public string Text { get; }

    /// <summary>Whether a word names a cause.</summary>
    public static bool IsWord(string word) => CauseOf(word) != AttemptCause.None || IsStatus(word);

    /// <summary>Whether the end of an attempt is among them.</summary>
    public bool Include(in AttemptEnd end) => end.Cause switch
    {
        AttemptCause.None => false,
        AttemptCause.Status => _statuses[end.Status - AttemptEnd.StatusMin],
        var cause => _causes[(int)cause],
    };

    /// <inheritdoc/>
    public bool Equals(AttemptCauses? other) => other?.Text == Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AttemptCauses);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    private static AttemptCause CauseOf(string word) => word switch
    {
        "connect" => AttemptCause.Connect,
        "timeout" => AttemptCause.Timeout,
        "reset" => AttemptCause.Reset,
        "unavailable" => AttemptCause.Unavailable,
        "overload" => AttemptCause.Overload,
        _ => AttemptCause.None,
    };

    private static bool IsStatus(string word) =>
        word.Length == 3 && word[0] is '4' or '5'
        && ((word[1] == 'x' && word[2] == 'x') || (char.IsAsciiDigit(word[1]) && char.IsAsciiDigit(word[2])));
}
