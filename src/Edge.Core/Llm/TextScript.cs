namespace Edge.Core.Llm;

/// <summary>
/// What a text is mostly written in. Scripts differ in how many characters there are to a token; those that are cut alike are one
/// here.
/// </summary>
public enum TextScript
{
    /// <summary>Latin letters, and what is written with them.</summary>
    Latin,

    /// <summary>Code, data and tables: Latin letters, digits and many signs.</summary>
    Code,

    /// <summary>Latin letters, of which many have marks: Czech, Vietnamese.</summary>
    LatinWithMarks,

    /// <summary>Cyrillic, Greek, Armenian and others with two bytes to a letter.</summary>
    Cyrillic,

    /// <summary>Hebrew and Arabic.</summary>
    Arabic,

    /// <summary>The scripts of India and of what lies to its east: Devanagari, Bengali, Thai.</summary>
    Indic,

    /// <summary>Chinese.</summary>
    Han,

    /// <summary>Japanese.</summary>
    Kana,

    /// <summary>Korean.</summary>
    Hangul,

    /// <summary>Pictures, and all else.</summary>
    Other,
}
