using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Edge.Tidy.Tests;

/// <summary>A text file of the repository.</summary>
/// <param name="path">Its path from the root, with slashes.</param>
/// <param name="text">What is in it.</param>
public sealed class SourceFile(string path, string text)
{
    /// <summary>How C# is parsed.</summary>
    public static readonly CSharpParseOptions Options = new(LanguageVersion.Preview, DocumentationMode.Parse);

    private SyntaxNode? _root;

    /// <summary>Its path from the root, with slashes.</summary>
    public string Path => path;

    /// <summary>Its lines.</summary>
    public string[] Lines { get; } = text.TrimEnd('\n').Split('\n');

    /// <summary>The syntax of a C# file.</summary>
    public SyntaxNode Root => _root ??= CSharpSyntaxTree.ParseText(text, Options, path).GetRoot();

    /// <summary>True for a C# file.</summary>
    public bool IsCSharp => HasExtension(".cs");

    /// <summary>True for anything that people write as a program.</summary>
    public bool IsCode => IsCSharp || HasExtension(".sh") || HasExtension(".mjs") || HasExtension(".js") || path == ".ci/run";

    /// <summary>True for a file below one of the folders.</summary>
    /// <param name="folders">Paths from the root, without a slash at the end.</param>
    public bool IsIn(params ReadOnlySpan<string> folders)
    {
        foreach (var folder in folders)
        {
            if (path.StartsWith(folder + "/", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>An offence at a place in the syntax.</summary>
    public Offence At(SyntaxNodeOrToken place, string what) => At(place.GetLocation()!, what);

    /// <summary>An offence at a place in the text.</summary>
    public Offence At(Location place, string what) => new(path, place.GetLineSpan().StartLinePosition.Line + 1, what);

    /// <summary>How many lines a piece of syntax covers, without its comments and attributes.</summary>
    public static int LineCount(SyntaxNode node, SyntaxToken first)
    {
        var tree = node.SyntaxTree;
        var start = tree.GetLineSpan(first.Span).StartLinePosition.Line;
        return tree.GetLineSpan(node.Span).EndLinePosition.Line - start + 1;
    }

    private bool HasExtension(string extension) => path.EndsWith(extension, StringComparison.Ordinal);
}
