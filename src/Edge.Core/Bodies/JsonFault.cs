namespace Edge.Core.Bodies;

/// <summary>Why a text is not taken as JSON. The offset goes with it (<see cref="JsonTape.FaultAt"/>).</summary>
public enum JsonFault
{
    /// <summary>It is taken.</summary>
    None,

    /// <summary>There is nothing but white space.</summary>
    Empty,

    /// <summary>It begins with a byte order mark (RFC 8259, section 8.1).</summary>
    ByteOrderMark,

    /// <summary>It ends in the middle of a value.</summary>
    Unfinished,

    /// <summary>A byte that cannot stand there.</summary>
    UnexpectedByte,

    /// <summary>Something behind the value.</summary>
    TrailingBytes,

    /// <summary>A number that JSON does not know: a leading zero or plus, a bare dot, NaN, Infinity.</summary>
    BadNumber,

    /// <summary>A number too large for any reader (beyond IEEE 754's binary64), or of too many digits.</summary>
    NumberOutOfRange,

    /// <summary>A control character in a string.</summary>
    ControlCharacter,

    /// <summary>An escape that JSON does not know.</summary>
    BadEscape,

    /// <summary>Half of a surrogate pair without the other.</summary>
    LoneSurrogate,

    /// <summary>Bytes that are not UTF-8.</summary>
    InvalidUtf8,

    /// <summary>A name that its object already has.</summary>
    DuplicateMember,

    /// <summary>Nested deeper than <see cref="JsonTape.DepthMax"/>.</summary>
    TooDeep,

    /// <summary>More values and names than <see cref="JsonTape.TokensMax"/>.</summary>
    TooManyTokens,
}
