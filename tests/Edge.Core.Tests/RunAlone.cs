namespace Edge.Core.Tests;

/// <summary>Tests that look at the whole process's memory, to which others running beside them would add.</summary>
[CollectionDefinition(nameof(RunAlone), DisableParallelization = true)]
public sealed class RunAlone;
