using System.Net;
using Edge.Core.Configuration;

namespace Edge.Demo;

/// <summary>How a <see cref="MockProvider"/> is to be started.</summary>
internal sealed record MockOptions
{
    /// <summary>Where it listens; port 0 lets the system choose.</summary>
    public required IPEndPoint Endpoint { get; init; }

    /// <summary>The key that callers of the provider's API must bring, or null where any will do, or none.</summary>
    public Secret? Key { get; init; }

    /// <summary>True: HTTP/2 with prior knowledge (h2c) and nothing else; false: HTTP/1.1.</summary>
    public bool H2c { get; init; }

    /// <summary>The clock of every delay.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
