namespace Edge.Peers.Failures;

/// <summary>What goes on in one second of a run.</summary>
internal enum Happening
{
    /// <summary>Nothing.</summary>
    Calm,

    /// <summary>One of the two origins is killed with requests in its hands, right at its beginning.</summary>
    Kill,

    /// <summary>One of the two origins is not there.</summary>
    Down,

    /// <summary>The origin is started again, right at its beginning.</summary>
    Return,

    /// <summary>The gateway reads another file, right at its beginning.</summary>
    Reload,

    /// <summary>The second after one of the others.</summary>
    After,
}
