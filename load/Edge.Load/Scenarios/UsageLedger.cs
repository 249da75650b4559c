using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;

namespace Edge.Load.Scenarios;

/// <summary>
/// What callers got, and what the gateway's usage log says of it: each answer is settled once, with the tokens that it has.
/// Thread-safe while callers ask; it is compared when they have stopped.
/// </summary>
internal sealed class UsageLedger
{
    private const int FaultsMax = 10;

    private readonly ConcurrentDictionary<string, int> _answers = new();
    private readonly List<string> _faults = [];

    /// <summary>Answers that were whole and right.</summary>
    public int Answers => _answers.Count;

    /// <summary>What does not hold, the first few of it.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>Requests that the log has.</summary>
    public int Lines { get; private set; }

    /// <summary>A caller has a whole, right answer.</summary>
    /// <param name="id">The request's id, from the answer's head.</param>
    /// <param name="tokens">Tokens that the answer has.</param>
    public void Got(string id, int tokens)
    {
        if (!_answers.TryAdd(id, tokens))
        {
            lock (_faults)
            {
                Fault($"two answers have the id {id}");
            }
        }
    }

    /// <summary>Whether the log has a line for each answer already; it is written a moment later.</summary>
    public bool IsIn(IEnumerable<string> lines)
    {
        var text = string.Join('\n', lines);
        return _answers.Keys.All(id => text.Contains(id, StringComparison.Ordinal));
    }

    /// <summary>Compares.</summary>
    /// <param name="lines">The usage log.</param>
    /// <param name="upstream">An upstream of which it is known how many tokens it generated.</param>
    /// <param name="generated">So many.</param>
    /// <returns>The tokens that were settled for that upstream as it told them itself.</returns>
    public long Compare(IEnumerable<string> lines, string upstream, long generated)
    {
        var settled = new Dictionary<string, (long Tokens, bool IsExact)>(StringComparer.Ordinal);
        var ofUpstream = 0L;
        foreach (var line in lines)
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            var id = root.GetProperty("requestId").GetString()!;
            var tokens = root.GetProperty("outputTokens").GetInt64();
            var isExact = root.GetProperty("exact").GetBoolean();
            ofUpstream += isExact && root.GetProperty("upstream").GetString() == upstream ? tokens : 0;
            if (!settled.TryAdd(id, (tokens, isExact)))
            {
                Fault($"{id} is settled twice");
            }
        }

        Lines = settled.Count;
        foreach (var (id, tokens) in _answers)
        {
            if (!settled.TryGetValue(id, out var line))
            {
                Fault($"{id} was answered with {tokens} tokens and is not settled");
            }
            else if (line != (tokens, true))
            {
                Fault($"{id} was answered with {tokens} tokens and is settled with {line.Tokens}, exact: {line.IsExact}");
            }
        }

        if (ofUpstream > generated)
        {
            Fault($"{upstream} generated {generated} tokens and {ofUpstream} are settled");
        }

        return ofUpstream;
    }

    private void Fault(FormattableString text)
    {
        if (_faults.Count < FaultsMax)
        {
            _faults.Add(text.ToString(CultureInfo.InvariantCulture));
        }
    }
}
