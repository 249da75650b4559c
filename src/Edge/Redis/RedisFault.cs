namespace Edge.Redis;

/// <summary>Why a call to the store failed.</summary>
internal enum RedisFault : byte
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>No connection.</summary>
    Connection,

    /// <summary>It does not take the user or the password.</summary>
    Login,

    /// <summary>The user may not do what is needed.</summary>
    Permission,

    /// <summary>It has no memory left, and may not forget anything.</summary>
    Full,

    /// <summary>It takes no writes: a replica, or one that is loading, failing over or cut off.</summary>
    NotServing,

    /// <summary>It refused this one call; others may succeed.</summary>
    Refused,
}
