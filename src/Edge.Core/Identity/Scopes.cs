using System.Text;

namespace Edge.Core.Identity;

/// <summary>
/// What a caller may do: names separated by single spaces (RFC 6749, section 3.3), compared as they are. Immutable; safe from any
/// thread; looking for one allocates nothing.
/// </summary>
public sealed class Scopes : IEquatable<Scopes>
{
    /// <summary>Most characters of one scope.</summary>
    public const int ScopeCharsMax = 256;

    private Scopes(string text) => Text = text;

    /// <summary>No scope.</summary>
    public static Scopes None { get; } = new("");

    /// <summary>All of them, separated by single spaces; empty where there is none.</summary>
    public string Text { get; }

    /// <summary>True where there is none.</summary>
    public bool IsEmpty => Text.Length == 0;

    /// <summary>
    /// Scopes from a text in which spaces separate them. What is not a scope is left out whole: split where its bad character is,
    /// it would become scopes that nobody gave.
    /// </summary>
    public static Scopes Parse(string text)
    {
        if (IsNormal(text))
        {
            return text.Length == 0 ? None : new Scopes(text);
        }

        var normal = new StringBuilder(text.Length);
        foreach (var range in text.AsSpan().Split(' '))
        {
            Append(normal, text.AsSpan()[range]);
        }

        return normal.Length == 0 ? None : new Scopes(normal.ToString());
    }

    /// <summary>Scopes from a list, each item one. What is not a scope is left out, so that no space makes two of one.</summary>
    public static Scopes Of(params IReadOnlyList<string> scopes)
    {
        var normal = new StringBuilder();
        foreach (var scope in scopes)
        {
            Append(normal, scope);
        }

        return normal.Length == 0 ? None : new Scopes(normal.ToString());
    }

    /// <summary>
    /// True for a well-formed scope: 1 to <see cref="ScopeCharsMax"/> visible characters but <c>"</c> and <c>\</c>.
    /// </summary>
    public static bool IsScope(ReadOnlySpan<char> scope)
    {
        foreach (var c in scope)
        {
            if (!IsScopeChar(c))
            {
                return false;
            }
        }

        return scope.Length is > 0 and <= ScopeCharsMax;
    }

    /// <summary>True where this one is among them.</summary>
    public bool Contains(ReadOnlySpan<char> scope)
    {
        if (scope.IsEmpty)
        {
            return false;
        }

        var rest = Text.AsSpan();
        while (rest.Length >= scope.Length)
        {
            var end = rest.IndexOf(' ');
            var one = end < 0 ? rest : rest[..end];
            if (one.SequenceEqual(scope))
            {
                return true;
            }

            if (end < 0)
            {
                return false;
            }

            rest = rest[(end + 1)..];
        }

        return false;
    }

    /// <summary>True where all of the others are among them.</summary>
    public bool ContainsAll(Scopes others)
    {
        var rest = others.Text.AsSpan();
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf(' ');
            if (!Contains(end < 0 ? rest : rest[..end]))
            {
                return false;
            }

            rest = end < 0 ? default : rest[(end + 1)..];
        }

        return true;
    }

    /// <summary>Those that are in both.</summary>
    public Scopes Intersect(Scopes others) => Where(others, isIn: true);

    /// <summary>Those that are not among the others.</summary>
    public Scopes Except(Scopes others) => Where(others, isIn: false);

    /// <inheritdoc/>
    public override string ToString() => Text;

    /// <inheritdoc/>
    public bool Equals(Scopes? other) => other is not null && Text == other.Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Scopes);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    // RFC 6749, section 3.3: %x21 / %x23-5B / %x5D-7E.
    private static bool IsScopeChar(char c) => c is >= '!' and <= '~' and not ('"' or '\\');

    private static bool IsNormal(string text)
    {
        if (text.Length == 0)
        {
            return true;
        }

        foreach (var range in text.AsSpan().Split(' '))
        {
            if (!IsScope(text.AsSpan()[range]))
            {
                return false;
            }
        }

        return true;
    }

    private Scopes Where(Scopes others, bool isIn)
    {
        var chosen = new StringBuilder();
        foreach (var range in Text.AsSpan().Split(' '))
        {
            if (others.Contains(Text.AsSpan()[range]) == isIn)
            {
                Append(chosen, Text.AsSpan()[range]);
            }
        }

        return chosen.Length == Text.Length ? this : chosen.Length == 0 ? None : new Scopes(chosen.ToString());
    }

    private static void Append(StringBuilder to, ReadOnlySpan<char> scope)
    {
        if (IsScope(scope))
        {
            to.Append(to.Length > 0 ? " " : "").Append(scope);
        }
    }
}
