namespace Edge.Tidy.Tests;

/// <summary>Each rule on samples that break it and on samples that come close: a rule that cannot fail holds nothing.</summary>
public sealed class RuleTests
{
    private const string Slash = "/";

    [Fact]
    public void A_method_of_70_lines_is_allowed_and_one_of_71_is_found()
    {
        Finds(SizeRules.LongMethods, Method(lines: 70));
        Finds(SizeRules.LongMethods, Method(lines: 71), 4);
    }

    [Fact]
    public void Long_constructors_accessors_and_local_functions_are_found()
    {
        var body = Repeat("        N();\n", 70);
        Finds(SizeRules.LongMethods, "class Sample\n{\n    Sample()\n    {\n" + body + "    }\n}\n", 3);
        Finds(SizeRules.LongMethods, "class Sample\n{\nint P\n{\nget\n{\n" + body + "}\n}\n}\n", 5);
        Finds(SizeRules.LongMethods, "void L()\n{\n" + body + "}\n", 1);
    }

    [Fact]
    public void A_file_of_499_lines_is_allowed_and_one_of_500_is_found()
    {
        Finds(SizeRules.LongFiles, Repeat("\n", 498) + "x\n");
        Finds(SizeRules.LongFiles, Repeat("\n", 499) + "x\n", 500);
    }

    [Fact]
    public void A_line_of_130_characters_is_allowed_and_one_of_131_is_found()
    {
        Finds(SizeRules.LongLines, Repeat("x", 130) + "\n");
        Finds(SizeRules.LongLines, "\n" + Repeat("x", 131) + "\n", 2);
    }

    [Theory]
    [InlineData("class Sample;")]
    [InlineData("class Sample<T>;\nenum Other { A }")]
    [InlineData("namespace A;\npublic delegate void Sample();")]
    [InlineData("[assembly: System.CLSCompliant(false)]")]
    [InlineData("class Other;", 1)]
    [InlineData("namespace A\n{\n    class Other { class Sample; }\n}", 1)]
    public void A_file_holds_a_type_of_its_name(string text, params int[] lines) => Finds(SizeRules.MisplacedTypes, text, lines);

    [Fact]
    public void A_second_type_in_a_file_stays_small()
    {
        Finds(SizeRules.MisplacedTypes, "class Sample;\nclass Other\n{\n" + Repeat("\n", 37) + "}\n");
        Finds(SizeRules.MisplacedTypes, "class Sample;\nclass Other\n{\n" + Repeat("\n", 38) + "}\n", 2);
    }

    [Theory]
    [InlineData("class C { int[] M(List<int> a) => Enumerable.ToArray(a); }", 1)]
    [InlineData("class C { int M(int[] a) =>\n a\n.First(); }", 3)]
    [InlineData("class C { bool M(System.Collections.Immutable.ImmutableArray<int> a) => a.Any(); }", 1)]
    [InlineData("class C { object M(int[] a) =>\n from b in a select b; }", 2)]
    [InlineData("using static System.Linq.Enumerable;\nclass C { object M() => Range(0, 1); }", 2)]
    [InlineData("class C { C Select(C c) => c.Select(c); }")]
    [InlineData("class C { int[] M(List<int> a) => a.ToArray(); int[] N(Span<int> a) => a.ToArray(); }")]
    public void LINQ_is_found(string text, params int[] lines) => Finds(HotRules.Linq, text, lines);

    [Theory]
    [InlineData("using System.Text.RegularExpressions;", 1)]
    [InlineData("class C { bool M() =>\n Regex.IsMatch(\"a\", \"a\"); }", 2)]
    [InlineData("class C\n{\n [GeneratedRegex(\"a\")] partial R M(); }", 3)]
    [InlineData("class C { string M() => \"Regex\"; }")]
    public void Regular_expressions_are_found(string text, params int[] lines) => Finds(HotRules.RegularExpressions, text, lines);

    [Theory]
    [InlineData("class C { string M() => string.Format(\"{0}\", 1); }", 1)]
    [InlineData("class C { string M() => System.String.Format(\"{0}\", 1); }", 1)]
    [InlineData("class C { string M() => $\"{1}\"; }")]
    public void String_Format_is_found(string text, params int[] lines) => Finds(HotRules.StringFormat, text, lines);

    [Theory]
    [InlineData("class C { System.Func<int, int> F =\n a => a; }", 2)]
    [InlineData("class C { System.Func<int, int> F = (a) => { return a; }; }", 1)]
    [InlineData("class C { System.Action F = delegate { }; }", 1)]
    [InlineData("class C { System.Func<System.Threading.Tasks.Task> F = async () => { }; }", 1)]
    [InlineData("class C { System.Func<int, int> F = static a => a; int M(int a) => a switch { 1 => 2, _ => 3 }; }")]
    public void Lambdas_that_may_capture_are_found(string text, params int[] lines) => Finds(HotRules.Closures, text, lines);

    [Theory]
    [InlineData("class C { object M() => DateTime.Now; }", 1)]
    [InlineData("class C { object M() =>\n System.DateTimeOffset.UtcNow.Ticks; }", 2)]
    [InlineData("class C { object M(TimeProvider t) => t.GetUtcNow(); }")]
    public void The_wall_clock_is_found(string text, params int[] lines)
    {
        Finds(HotRules.WallClock, text, lines);
        Finds(HotRules.OwnClockOrDice, text, lines);
    }

    [Theory]
    [InlineData("class C { object M() => Random.Shared.Next(); }", 1)]
    [InlineData("class C { object M() => new Random(); }", 1)]
    [InlineData("class C { object M() => Environment.TickCount64; }", 1)]
    [InlineData("class C { object M() => TimeProvider.System; }", 1)]
    [InlineData("class C { object M() => Guid.NewGuid(); }", 1)]
    [InlineData("class C { object M(Random random) => random.Next(); }")]
    public void Clocks_and_dice_of_their_own_are_found(string text, params int[] lines) =>
        Finds(HotRules.OwnClockOrDice, text, lines);

    [Theory]
    [InlineData("class C { int M(Task<int> t) => t.Result; }", 1)]
    [InlineData("class C { void M(Task t) => t.Wait(); }", 1)]
    [InlineData("class C { void M(Task t) => Task.WaitAll(t); }", 1)]
    [InlineData("class C { void M(Task t) => t.GetAwaiter().GetResult(); }", 1)]
    [InlineData("class C { int M(ValueTask<int> t) => t.IsCompletedSuccessfully ? t.Result : 0; }")]
    [InlineData("class C { void M(ValueTask t) { if (t.IsCompleted) { t.GetAwaiter().GetResult(); } } }")]
    [InlineData("class C { async Task M(Task t) => await t.WaitAsync(x); }")]
    public void Waiting_for_a_task_is_found(string text, params int[] lines) => Finds(CareRules.BlockingWaits, text, lines);

    [Theory]
    [InlineData("class C { void M() => Thread.Sleep(1); }", 1)]
    [InlineData("class C { void M() => Sleep(1); }")]
    public void Sleeping_is_found(string text, params int[] lines) => Finds(CareRules.Sleeps, text, lines);

    [Theory]
    [InlineData("class C { void M() => Console.WriteLine(); }", 1)]
    [InlineData("class C { object M() => System.Console.Out; }", 1)]
    [InlineData("class C { void M() => console.WriteLine(); }")]
    public void Writing_to_the_console_is_found(string text, params int[] lines) => Finds(CareRules.ConsoleUses, text, lines);

    [Theory]
    [InlineData("// " + "TODO: more\nclass C;", 1)]
    [InlineData("class C\n{\n    /// <summary>" + "FIXME</summary>\n    int A;\n}", 3)]
    [InlineData("/* a " + "HACK */", 1)]
    [InlineData("class C { void M() => throw new NotImplementedException(); }", 1)]
    [InlineData("class C { string M() => \"TODO\"; } // Todos")]
    public void Unfinished_work_is_found(string text, params int[] lines) => Finds(CareRules.UnfinishedWork, text, lines);

    [Fact]
    public void Unfinished_work_is_found_in_scripts_too() =>
        Assert.Single(CareRules.UnfinishedWork(new SourceFile("a.sh", "# TODO\n")));

    [Theory]
    [InlineData("// Call(a, b);", 1)]
    [InlineData("class C\n{\n    // var a = b.C;\n}", 3)]
    [InlineData("/*\nreturn a;\n*/", 1)]
    [InlineData("// {", 1)]
    [InlineData("// A sentence (with brackets); and more.")]
    [InlineData("// The length (in bytes), then the text;")]
    [InlineData("// Accept: text/plain; q=0.5")]
    [InlineData("// a == b holds here")]
    [InlineData("/// <code>Call(a, b);</code>\nclass C;")]
    public void Code_in_comments_is_found(string text, params int[] lines) => Finds(CareRules.CommentedOutCode, text, lines);

    [Theory]
    [InlineData("class C\n{\n    [Fact(Skip = \"later\")]\n    void M() { }\n}", 3)]
    [InlineData("class C { [Theory(Skip = \"later\")] void M() { } }", 1)]
    [InlineData("class C { [Fact] void M() => list.Skip(1); }")]
    public void Skipped_tests_are_found(string text, params int[] lines) => Finds(CareRules.SkippedTests, text, lines);

    [Theory]
    [InlineData(Slash + "root/.nuget/packages", 1)]
    [InlineData("a\nsee \"" + Slash + "work/main\"", 2)]
    [InlineData("'" + Slash + "home/ada/edge'", 1)]
    [InlineData("file:" + "//" + Slash + "Users/ada/edge", 1)]
    [InlineData("https://example.com/work/items")]
    [InlineData("src/root/file and ~/work/file and the /root of it")]
    public void Paths_of_one_machine_are_found(string text, params int[] lines) => Finds(CareRules.MachinePaths, text, lines);

    [Theory]
    [InlineData("class Sample;", 1)]
    [InlineData("/// <summary>A.</summary>\nclass Sample\n{\n    public int A { get; }\n}", 4)]
    [InlineData("/// <summary>A.</summary>\nenum Sample\n{\n    A,\n}", 4)]
    [InlineData("/// <summary>A.</summary>\ninterface Sample\n{\n    void A();\n}", 4)]
    [InlineData("// A.\n[Flags]\npublic enum Sample;", 2)]
    [InlineData("/// <summary>A.</summary>\nclass Sample\n{\n    internal class B;\n}", 4)]
    [InlineData("/// <summary>A.</summary>\nclass Sample\n{\n    int _a;\n    internal Sample() { }\n}")]
    [InlineData("/// <summary>A.</summary>\nclass Sample\n{\nprivate class B { public int C; }\nclass D { public int E; }\n}")]
    [InlineData("/// <summary>A.</summary>\nclass Sample\n{\n    /// <inheritdoc/>\n    public int A;\n}")]
    [InlineData("/// <summary>A.</summary>\nclass Sample\n{\n    public override string ToString() => \"\";\n}")]
    public void Missing_documentation_is_found(string text, params int[] lines) =>
        Finds(CareRules.UndocumentedMembers, text, lines);

    private static void Finds(Func<SourceFile, IEnumerable<Offence>> rule, string text, params int[] lines) =>
        Assert.Equal(lines, rule(new SourceFile("src/Sample.cs", text)).Select(static offence => offence.Line));

    private static string Method(int lines) =>
        "class Sample\n{\n    [Obsolete]\n    void M()\n    {\n" + Repeat("        N();\n", lines - 3) + "    }\n}\n";

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
