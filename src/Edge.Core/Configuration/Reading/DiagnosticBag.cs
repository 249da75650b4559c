using System.Collections.Immutable;
using System.Linq;

namespace Edge.Core.Configuration.Reading;

/// <summary>Collects the errors of one loading. Used by one thread.</summary>
internal sealed class DiagnosticBag(string file)
{
    /// <summary>Most errors that are told at once; one more is counted, not told.</summary>
    public const int DiagnosticsMax = 100;

    private readonly List<Diagnostic> _diagnostics = [];
    private readonly List<DiagnosticBag> _others = [];
    private int _untold;

    /// <summary>The file that the errors are in, as messages name it.</summary>
    public string File => file;

    /// <summary>True where nothing was wrong so far, in this file or in those that it refers to.</summary>
    public bool IsEmpty => _diagnostics.Count == 0 && _others.TrueForAll(o => o.IsEmpty);

    /// <summary>True where another error would not be told, so that no work need go into its message.</summary>
    public bool IsFull => _diagnostics.Count == DiagnosticsMax;

    /// <summary>True where something was wrong from a place on, before another.</summary>
    public bool HasAny(Place from, Place? before) => _diagnostics.Any(
        d => IsAtOrAfter(d, from) && (before is not { } end || !IsAtOrAfter(d, end)));

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

    /// <summary>Collects the errors in a file that this one refers to. They are told after those of this one.</summary>
    public DiagnosticBag ForFile(string name)
    {
        var other = new DiagnosticBag(name);
        _others.Add(other);
        return other;
    }

    private static bool IsAtOrAfter(Diagnostic d, Place place) =>
        d.Line > place.Line || (d.Line == place.Line && d.Column >= place.Column);

    /// <summary>All errors by place; those at the same place in the order in which they were found.</summary>
    public ImmutableArray<Diagnostic> ToSorted()
    {
        var sorted = _diagnostics.OrderBy(d => d.Line).ThenBy(d => d.Column).ToList();
        if (_untold > 0)
        {
            var last = sorted[^1];
            sorted.Add(last with { Message = $"there are more errors than these {DiagnosticsMax}; mend these first" });
        }

        return [.. sorted, .. _others.SelectMany(o => o.ToSorted())];
    }
}
