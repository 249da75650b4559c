using System.Collections.Immutable;
using System.Linq;

namespace Edge.Core.Configuration.Reading;

/// <summary>Collects the errors of one loading. Used by one thread.</summary>
internal sealed class DiagnosticBag(string file)
{
    /// <summary>Most errors that are told at once; one more is counted, not told.</summary>
    public const int DiagnosticsMax = 100;

    private readonly List<Diagnostic> _diagnostics = [];
    private int _untold;

    /// <summary>True where nothing was wrong so far.</summary>
    public bool IsEmpty => _diagnostics.Count == 0;

    /// <summary>True where another error would not be told, so that no work need go into its message.</summary>
    public bool IsFull => _diagnostics.Count == DiagnosticsMax;

    /// <summary>Adds an error.</summary>
    public void Add(Place place, string message)
    {
        if (IsFull)
        {
            _untold++;
            return;
        }

        _diagnostics.Add(new Diagnostic(file, place.Line, place.Column, message));
    }

    /// <summary>All errors by place; those at the same place in the order in which they were found.</summary>
    public ImmutableArray<Diagnostic> ToSorted()
    {
        var sorted = _diagnostics.OrderBy(d => d.Line).ThenBy(d => d.Column).ToList();
        if (_untold > 0)
        {
            var last = sorted[^1];
            sorted.Add(last with { Message = $"there are more errors than these {DiagnosticsMax}; mend these first" });
        }

        return [.. sorted];
    }
}
