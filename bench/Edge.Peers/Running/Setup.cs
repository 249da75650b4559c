namespace Edge.Peers.Running;

/// <summary>A job that gateways are set up for, and the gateways that can do it.</summary>
internal enum Setup
{
    /// <summary>Forwarding everything, no policies.</summary>
    Plain,

    /// <summary>
    /// What an API gateway does before a model: the consumer's token is verified, requests, those that run and tokens are counted
    /// against four limits, the JSON body is read, validated, rewritten and written, headers are set.
    /// </summary>
    Chain,

    /// <summary>Answering from memory.</summary>
    Cache,
}
