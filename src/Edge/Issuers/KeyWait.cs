namespace Edge.Issuers;

/// <summary>What came of waiting for a key that a token names and its issuer's keys did not have.</summary>
internal enum KeyWait
{
    /// <summary>There are other keys now: look again.</summary>
    LookAgain,

    /// <summary>The issuer has no such key: it was just asked, or so often of late that it is not asked again yet.</summary>
    Unknown,

    /// <summary>The issuer could not be asked, or did not answer in time: nobody can say whether there is such a key.</summary>
    Unavailable,
}
