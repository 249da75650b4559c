namespace Edge.Pipeline;

/// <summary>
/// Tells Kestrel that a body which has begun will not be finished. It is no fault of the program's: the request's own line tells
/// why, and Kestrel's word about it is left out of the log.
/// </summary>
internal sealed class BrokenOffException : Exception
{
    /// <summary>The only one there is to say.</summary>
    public BrokenOffException() : base("The answer was broken off because its source failed.")
    {
    }
}
