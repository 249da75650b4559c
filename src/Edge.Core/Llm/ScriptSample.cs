using System.Text;

namespace Edge.Core.Llm;

/// <summary>
/// Finds out the script of a prompt from its first characters. A mutable struct: keep it in one place and do not copy it.
/// Allocates nothing.
/// </summary>
public struct ScriptSample : IPromptReader
{
    /// <summary>Bytes of a prompt that are looked at.</summary>
    public const int BytesMax = 512;

    /// <summary>One letter in so many with a mark makes a Latin text one with marks.</summary>
    private const int MarksShare = 12;

    /// <summary>One digit or sign in so many characters makes a Latin text code.</summary>
    private const int SignsShare = 6;

    private int _seen;
    private int _latin;
    private int _signs;
    private int _marks;
    private int _cyrillic;
    private int _arabic;
    private int _indic;
    private int _han;
    private int _kana;
    private int _hangul;
    private int _other;

    /// <summary>There was something that is no text.</summary>
    public bool HasOther { get; private set; }

    /// <summary>The script of what was seen.</summary>
    public readonly TextScript Script
    {
        get
        {
            // Japanese is mixed with Chinese characters, and a text with few foreign words is not foreign.
            if (_kana > 0 && _kana * 4 > _han)
            {
                return Largest(TextScript.Kana, _kana + _han);
            }

            return Largest(TextScript.Han, _han);
        }
    }

    /// <inheritdoc/>
    public readonly void Turn()
    {
    }

    /// <inheritdoc/>
    public readonly void Token()
    {
    }

    /// <inheritdoc/>
    public void Other() => HasOther = true;

    /// <inheritdoc/>
    public void Text(ReadOnlySpan<byte> text)
    {
        var part = text[..Math.Min(text.Length, BytesMax - _seen)];
        _seen += part.Length;
        if (Ascii.IsValid(part))
        {
            _latin += part.Length;
            foreach (var b in part)
            {
                _signs += IsSign(b) ? 1 : 0;
            }
        }
        else
        {
            Look(part);
        }
    }

    private readonly TextScript Largest(TextScript script, int count)
    {
        // A token of another script is a letter or two; one of Latin is four. Weighed by tokens, not by letters.
        var best = script;
        var most = count * 4;
        Take(TextScript.Hangul, _hangul * 4, ref best, ref most);
        Take(TextScript.Indic, _indic * 2, ref best, ref most);
        Take(TextScript.Arabic, _arabic * 2, ref best, ref most);
        Take(TextScript.Cyrillic, _cyrillic * 2, ref best, ref most);
        Take(TextScript.Other, _other * 4, ref best, ref most);
        var latin = _marks * MarksShare > _latin ? TextScript.LatinWithMarks
            : _signs * SignsShare > _latin ? TextScript.Code : TextScript.Latin;
        Take(latin, _latin + _marks, ref best, ref most);
        return most == 0 ? TextScript.Latin : best;
    }

    private static void Take(TextScript script, int count, ref TextScript best, ref int most)
    {
        if (count > most)
        {
            best = script;
            most = count;
        }
    }

    private static bool IsSign(int value) => (uint)((value | 0x20) - 'a') > 'z' - 'a' && value != ' ';

    private void Look(ReadOnlySpan<byte> part)
    {
        while (!part.IsEmpty)
        {
            Rune.DecodeFromUtf8(part, out var rune, out var length);
            part = part[length..];
            Count(rune.Value);
        }
    }

    private void Count(int value)
    {
        switch (value)
        {
            case < 0x80:
                _latin++;
                _signs += IsSign(value) ? 1 : 0;
                break;
            case < 0x370 or (>= 0x1E00 and < 0x1F00):
                _marks++;
                break;
            case < 0x590 or (>= 0x1F00 and < 0x2000):
                _cyrillic++;
                break;
            case < 0x780 or (>= 0xFB50 and < 0xFE00) or (>= 0xFE70 and < 0xFF00):
                _arabic++;
                break;
            case < 0x1100 or (>= 0x1780 and < 0x1800):
                _indic++;
                break;
            case < 0x1200 or (>= 0x3130 and < 0x3190) or (>= 0xAC00 and < 0xD7B0):
                _hangul++;
                break;
            case (>= 0x3040 and < 0x3100) or (>= 0x31F0 and < 0x3200):
                _kana++;
                break;
            case (>= 0x3400 and < 0xA000) or (>= 0xF900 and < 0xFB00) or (>= 0x20000 and < 0x32000):
                _han++;
                break;
            case (>= 0x2000 and < 0x2070) or (>= 0x3000 and < 0x3040) or (>= 0xFF00 and < 0xFFF0):
                // Signs between the words of many scripts.
                break;
            default:
                _other++;
                break;
        }
    }
}
