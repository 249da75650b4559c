using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Edge.Tidy.Tests;

/// <summary>What fits on a screen.</summary>
public static class SizeRules
{
    /// <summary>Most lines of a method, from its first word to its closing brace.</summary>
    public const int MethodLinesMax = 70;

    /// <summary>Most lines of a file.</summary>
    public const int FileLinesMax = 499;

    /// <summary>Most characters of a line.</summary>
    public const int LineCharactersMax = 130;

    /// <summary>Most lines of a type that lives in the file of another one.</summary>
    public const int SatelliteLinesMax = 40;

    /// <summary>Methods, constructors, operators, accessors and local functions that are too long.</summary>
    public static IEnumerable<Offence> LongMethods(SourceFile file)
    {
        foreach (var node in file.Root.DescendantNodes())
        {
            var first = node switch
            {
                BaseMethodDeclarationSyntax method => FirstWord(method.AttributeLists, method),
                AccessorDeclarationSyntax accessor => FirstWord(accessor.AttributeLists, accessor),
                LocalFunctionStatementSyntax local => FirstWord(local.AttributeLists, local),
                PropertyDeclarationSyntax { ExpressionBody: not null } property => FirstWord(property.AttributeLists, property),
                _ => default,
            };
            if (!first.IsKind(SyntaxKind.None) && SourceFile.LineCount(node, first) is var count and > MethodLinesMax)
            {
                yield return file.At(first, $"a method of {count} lines");
            }
        }
    }

    /// <summary>Files that are too long.</summary>
    public static IEnumerable<Offence> LongFiles(SourceFile file) =>
        file.Lines.Length > FileLinesMax ? [new(file.Path, file.Lines.Length, $"a file of {file.Lines.Length} lines")] : [];

    /// <summary>Lines that are too long.</summary>
    public static IEnumerable<Offence> LongLines(SourceFile file) =>
        from line in file.Lines.Index()
        where line.Item.Length > LineCharactersMax
        select new Offence(file.Path, line.Index + 1, $"a line of {line.Item.Length} characters");

    /// <summary>Files without a type of their name, and types that have outgrown the file of another one.</summary>
    public static IEnumerable<Offence> MisplacedTypes(SourceFile file)
    {
        var types = file.Root.DescendantNodes(static node => node is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax)
            .Where(static node => node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax)
            .Cast<MemberDeclarationSyntax>().ToList();
        var wanted = Path.GetFileName(file.Path).Split('.', '{')[0];
        if (types.Count > 0 && types.All(type => NameOf(type) != wanted))
        {
            yield return new(file.Path, 1, $"no type {wanted} in the file of that name");
        }

        foreach (var type in types.Where(type => NameOf(type) != wanted))
        {
            var first = FirstWord(type.AttributeLists, type);
            if (SourceFile.LineCount(type, first) is var count and > SatelliteLinesMax)
            {
                yield return file.At(first, $"{NameOf(type)} has {count} lines and no file of its name");
            }
        }
    }

    private static string NameOf(MemberDeclarationSyntax type) =>
        type is BaseTypeDeclarationSyntax named ? named.Identifier.Text : ((DelegateDeclarationSyntax)type).Identifier.Text;

    private static SyntaxToken FirstWord(SyntaxList<AttributeListSyntax> attributes, SyntaxNode node) =>
        attributes.Count == 0 ? node.GetFirstToken() : attributes[^1].GetLastToken().GetNextToken();
}
