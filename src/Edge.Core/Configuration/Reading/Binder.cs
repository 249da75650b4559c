namespace Edge.Core.Configuration.Reading;

/// <summary>What a shape needs in order to read a node: a place for errors, and the values from outside the file.</summary>
/// <param name="Diagnostics">Where errors go.</param>
/// <param name="Expander">Fills in variables and files.</param>
internal sealed record Binder(DiagnosticBag Diagnostics, Expander Expander);
