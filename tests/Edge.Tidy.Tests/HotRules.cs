using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Edge.Tidy.Tests;

/// <summary>What code that runs for each request must not do, and what code that is simulated must not ask the machine.</summary>
public static class HotRules
{
    /// <summary>The folders whose code runs for each request.</summary>
    public static readonly string[] Folders =
    [
        "src/Edge.Core/Http", "src/Edge.Core/Routing", "src/Edge.Core/Limits", "src/Edge.Core/Bodies", "src/Edge.Core/Caching",
        "src/Edge.Core/Identity", "src/Edge.Core/Llm", "src/Edge.Core/Resilience", "src/Edge.Core/Templating",
        "src/Edge/Pipeline", "src/Edge/Upstream",
    ];

    private static readonly HashSet<string> LinqNames =
    [
        .. from type in new[] { typeof(Enumerable), typeof(ImmutableArrayExtensions), typeof(ParallelEnumerable) }
           from method in type.GetMethods()
           select method.Name,
    ];

    private static readonly string[] OwnClocksAndDice =
    [
        "DateTime.Now", "DateTime.UtcNow", "DateTime.Today", "DateTimeOffset.Now", "DateTimeOffset.UtcNow",
        "Environment.TickCount", "Environment.TickCount64", "Stopwatch.GetTimestamp", "Stopwatch.StartNew",
        "TimeProvider.System", "Random.Shared", "Guid.NewGuid", "Guid.CreateVersion7",
    ];

    /// <summary>LINQ: its query syntax, and calls of its methods, whether they look like LINQ or like a member.</summary>
    public static IEnumerable<Offence> Linq(SourceFile file)
    {
        var model = new Lazy<SemanticModel>(() => ProductModel.Of(file));
        foreach (var node in file.Root.DescendantNodes())
        {
            if (node is QueryExpressionSyntax)
            {
                yield return file.At(node, "a LINQ query");
            }
            else if (node is InvocationExpressionSyntax { Expression: var called } && MayBeLinq(called))
            {
                var meant = model.Value.GetSymbolInfo(called);
                var method = meant.Symbol ?? (meant.CandidateSymbols.Length > 0 ? meant.CandidateSymbols[0] : null);
                if (method?.ContainingNamespace?.ToDisplayString() == "System.Linq")
                {
                    yield return file.At((called as MemberAccessExpressionSyntax)?.Name ?? called, $"LINQ's {method.Name}");
                }
            }
        }
    }

    /// <summary>Regular expressions.</summary>
    public static IEnumerable<Offence> RegularExpressions(SourceFile file) =>
        Using(file, "System.Text.RegularExpressions").Concat(
            from name in file.Root.DescendantNodes().OfType<IdentifierNameSyntax>()
            where name.Identifier.Text is "Regex" or "GeneratedRegex"
            select file.At(name, "Regex"));

    /// <summary>string.Format, which parses its format anew for each call.</summary>
    public static IEnumerable<Offence> StringFormat(SourceFile file) =>
        Accesses(file, "string.Format", "String.Format");

    /// <summary>Lambdas that may capture: a static one cannot, by the compiler's word.</summary>
    public static IEnumerable<Offence> Closures(SourceFile file) =>
        from lambda in file.Root.DescendantNodes().OfType<AnonymousFunctionExpressionSyntax>()
        where !lambda.Modifiers.Any(static modifier => modifier.Text == "static")
        select file.At(lambda, "a lambda that is not static");

    /// <summary>The wall clock.</summary>
    public static IEnumerable<Offence> WallClock(SourceFile file) =>
        Accesses(file, [.. OwnClocksAndDice.Where(static name => name.StartsWith("DateTime", StringComparison.Ordinal))]);

    /// <summary>Time and chance that a simulation could not replay.</summary>
    public static IEnumerable<Offence> OwnClockOrDice(SourceFile file) =>
        Accesses(file, OwnClocksAndDice).Concat(
            from made in file.Root.DescendantNodes().OfType<ObjectCreationExpressionSyntax>()
            where made.Type.ToString() is "Random" or "System.Random" or "PeriodicTimer" or "Timer"
            select file.At(made, made.Type.ToString()));

    // Asking what a name means is slow, so only those are asked that LINQ has.
    private static bool MayBeLinq(ExpressionSyntax called) => LinqNames.Contains(called switch
    {
        MemberAccessExpressionSyntax access => access.Name.Identifier.Text,
        MemberBindingExpressionSyntax binding => binding.Name.Identifier.Text,
        SimpleNameSyntax name => name.Identifier.Text,
        _ => "",
    });

    private static IEnumerable<Offence> Using(SourceFile file, string space) =>
        from name in file.Root.DescendantNodes()
        where name is (QualifiedNameSyntax or MemberAccessExpressionSyntax) && name.ToString() == space
        select file.At(name, space);

    private static IEnumerable<Offence> Accesses(SourceFile file, params string[] banned) =>
        from access in file.Root.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
        let text = access.ToString()
        where banned.Any(name => text == name || text.EndsWith("." + name, StringComparison.Ordinal))
        select file.At(access, text);
}
