namespace Edge.Core.Configuration;

/// <summary>Something wrong in a configuration, where it is, and what to do about it. Never holds a secret.</summary>
/// <param name="File">The configuration file, as it was named to the loader.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1, in UTF-16 units.</param>
/// <param name="Message">One sentence, without a full stop.</param>
public sealed record Diagnostic(string File, int Line, int Column, string Message)
{
    /// <summary>In the form that editors and terminals turn into a link: <c>edge.yaml:12:5: message</c>.</summary>
    public override string ToString() => $"{File}:{Line}:{Column}: {Message}";
}
