namespace Edge.Core.Limits;

/// <summary>What became of an attempt to take units.</summary>
public enum TakeStatus : byte
{
    /// <summary>They are taken.</summary>
    Taken,

    /// <summary>There are not enough, and nothing has changed.</summary>
    Refused,

    /// <summary>The bucket has left the table; look it up again.</summary>
    Gone,

    /// <summary>This replica's share is used up; the fleet's may not be. Ask for more, then try again.</summary>
    Empty,

    /// <summary>The common store is away, and without it nothing may be let in.</summary>
    Unavailable,
}
