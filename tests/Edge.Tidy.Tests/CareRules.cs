using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Edge.Tidy.Tests;

/// <summary>What is left behind by people in a hurry.</summary>
public static partial class CareRules
{
    private static readonly string[] BlockingCalls = ["Wait", "WaitAll", "WaitAny"];

    /// <summary>
    /// A thread that waits for a task. Taking the result of one that the same method has asked whether it is completed is no
    /// waiting.
    /// </summary>
    public static IEnumerable<Offence> BlockingWaits(SourceFile file)
    {
        foreach (var access in file.Root.DescendantNodes().OfType<MemberAccessExpressionSyntax>())
        {
            var name = access.Name.Identifier.Text;
            var isCalled = access.Parent is InvocationExpressionSyntax call && call.Expression == access;
            var blocks = isCalled ? BlockingCalls.Contains(name) || IsAwaiterResult(access) : name == "Result";
            if (blocks && !IsKnownCompleted(access))
            {
                yield return file.At(access.Name, $"waits for {access}");
            }
        }
    }

    /// <summary>Thread.Sleep.</summary>
    public static IEnumerable<Offence> Sleeps(SourceFile file) =>
        from access in file.Root.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
        where access.ToString() is "Thread.Sleep" or "System.Threading.Thread.Sleep"
        select file.At(access, "sleeps");

    /// <summary>The console, which belongs to the commands.</summary>
    public static IEnumerable<Offence> ConsoleUses(SourceFile file) =>
        from name in file.Root.DescendantNodes().OfType<IdentifierNameSyntax>()
        where name.Identifier.Text == "Console"
        select file.At(name, "uses the console");

    /// <summary>Notes that something is unfinished.</summary>
    public static IEnumerable<Offence> UnfinishedWork(SourceFile file)
    {
        if (!file.IsCSharp)
        {
            return from line in file.Lines.Index()
                   where Unfinished().IsMatch(line.Item)
                   select new Offence(file.Path, line.Index + 1, line.Item.Trim());
        }

        var notes = from trivia in file.Root.DescendantTrivia()
                    where !trivia.IsKind(SyntaxKind.WhitespaceTrivia) && Unfinished().IsMatch(trivia.ToFullString())
                    select file.At(trivia.GetLocation(), trivia.ToString().Trim());
        var stubs = from name in file.Root.DescendantNodes().OfType<IdentifierNameSyntax>()
                    where name.Identifier.Text == "NotImplementedException"
                    select file.At(name, name.Identifier.Text);
        return notes.Concat(stubs);
    }

    /// <summary>Comments that were code: a line that ends as a statement does, calls or assigns, and parses.</summary>
    public static IEnumerable<Offence> CommentedOutCode(SourceFile file) =>
        from trivia in file.Root.DescendantTrivia()
        where trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia)
        from line in trivia.ToString().Split('\n')
        let text = line.Trim(' ', '/', '*', '\t')
        where LooksLikeCode(text)
        select file.At(trivia.GetLocation(), text);

    /// <summary>Tests that are switched off.</summary>
    public static IEnumerable<Offence> SkippedTests(SourceFile file) =>
        from argument in file.Root.DescendantNodes().OfType<AttributeArgumentSyntax>()
        where argument.NameEquals?.Name.Identifier.Text == "Skip"
        select file.At(argument, "a skipped test");

    /// <summary>Paths of somebody's machine.</summary>
    public static IEnumerable<Offence> MachinePaths(SourceFile file) =>
        from line in file.Lines.Index()
        let match = MachinePath().Match(line.Item)
        where match.Success
        select new Offence(file.Path, line.Index + 1, $"a path of one machine: {match.Value}");

    /// <summary>
    /// Types that others can see, and their public members, without a documentation comment. What overrides or implements
    /// explicitly has its words elsewhere.
    /// </summary>
    public static IEnumerable<Offence> UndocumentedMembers(SourceFile file) =>
        from member in file.Root.DescendantNodes().OfType<MemberDeclarationSyntax>()
        where IsSeen(member) && !member.GetLeadingTrivia().Any(static trivia => trivia.HasStructure
            && trivia.GetStructure() is DocumentationCommentTriviaSyntax)
        select file.At(member, $"no documentation: {member.ToString().TrimStart().Split('\n')[0].Trim()}");

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"(?<![\w.)}\]~*-])/(root|work|home/\w+|Users/\w+)/[\w.]")]
    private static partial Regex MachinePath();

    private static bool IsAwaiterResult(MemberAccessExpressionSyntax access) =>
        access.Name.Identifier.Text == "GetResult"
        && access.Expression is InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax inner }
        && inner.Name.Identifier.Text == "GetAwaiter";

    private static bool IsKnownCompleted(MemberAccessExpressionSyntax access)
    {
        var task = access.Expression is InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax getAwaiter }
            ? getAwaiter.Expression
            : access.Expression;
        var method = access.FirstAncestorOrSelf<MemberDeclarationSyntax>()?.ToString() ?? "";
        return method.Contains($"{task}.IsCompleted", StringComparison.Ordinal);
    }

    private static bool LooksLikeCode(string text)
    {
        if (text is "{" or "}" or "};" or "});")
        {
            return true;
        }

        var couldBe = text.AsSpan().ContainsAny('(', '=')
            || text.StartsWith("return ", StringComparison.Ordinal)
            || text.StartsWith("using ", StringComparison.Ordinal);
        return couldBe && text.EndsWith(';') && !SyntaxFactory.ParseStatement(text).ContainsDiagnostics;
    }

    private static bool IsSeen(MemberDeclarationSyntax member)
    {
        if (member is BaseNamespaceDeclarationSyntax or GlobalStatementSyntax or IncompleteMemberSyntax)
        {
            return false;
        }

        var outer = member.Ancestors().OfType<BaseTypeDeclarationSyntax>().ToList();
        if (outer.Any(static type => type.Parent is TypeDeclarationSyntax && !IsOpen(type)))
        {
            return false;
        }

        var isTopLevelType = outer.Count == 0;
        var isImplied = member is EnumMemberDeclarationSyntax || outer.FirstOrDefault() is InterfaceDeclarationSyntax;
        return !Has(member, SyntaxKind.OverrideKeyword) && (isTopLevelType || isImplied || Has(member, SyntaxKind.PublicKeyword)
            || (member is BaseTypeDeclarationSyntax && IsOpen(member)));
    }

    private static bool IsOpen(MemberDeclarationSyntax member) =>
        Has(member, SyntaxKind.PublicKeyword) || Has(member, SyntaxKind.InternalKeyword);

    private static bool Has(MemberDeclarationSyntax member, SyntaxKind modifier) => member.Modifiers.Any(modifier);
}
