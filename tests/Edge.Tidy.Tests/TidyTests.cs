namespace Edge.Tidy.Tests;

/// <summary>House rule 4, and what goes with it, over all that is in the repository.</summary>
public sealed class TidyTests
{
    private static readonly string[] Commands = ["src/Edge/Program.cs", "src/Edge/Commands"];

    [Fact]
    public void The_tree_that_is_looked_at_is_this_repository()
    {
        Assert.Contains(SourceTree.Files, static file => file.Path == "tests/Edge.Tidy.Tests/TidyTests.cs");
        Assert.Contains(SourceTree.Files, static file => file.Path == ".gitignore");
        Assert.DoesNotContain(SourceTree.Files, static file => file.Path.Contains("/obj/", StringComparison.Ordinal));
    }

    [Fact]
    public void A_method_fits_on_a_screen() => Holds(SizeRules.LongMethods, IsCSharp);

    [Fact]
    public void A_file_is_under_500_lines() => Holds(SizeRules.LongFiles, static file => file.IsCode);

    [Fact]
    public void A_line_is_at_most_130_characters() => Holds(SizeRules.LongLines, static file => file.IsCode);

    [Fact]
    public void A_file_is_a_type() => Holds(SizeRules.MisplacedTypes, IsCSharp);

    [Fact]
    public void Hot_code_uses_no_LINQ() => Holds(HotRules.Linq, IsHot);

    [Fact]
    public void Hot_code_uses_no_regular_expressions() => Holds(HotRules.RegularExpressions, IsHot);

    [Fact]
    public void Hot_code_does_not_call_string_Format() => Holds(HotRules.StringFormat, IsHot);

    [Fact]
    public void Hot_code_makes_no_closures() => Holds(HotRules.Closures, IsHot);

    [Fact]
    public void Hot_code_does_not_read_the_wall_clock() => Holds(HotRules.WallClock, IsHot);

    [Fact]
    public void The_engines_have_no_clock_and_no_dice_of_their_own() =>
        Holds(HotRules.OwnClockOrDice, static file => file.IsCSharp && file.IsIn("src/Edge.Core"));

    [Fact]
    public void The_program_blocks_no_thread_on_a_task() => Holds(CareRules.BlockingWaits, IsProduct);

    [Fact]
    public void Nothing_sleeps_on_a_thread() => Holds(CareRules.Sleeps, IsCSharp);

    [Fact]
    public void Only_commands_write_to_the_console() =>
        Holds(CareRules.ConsoleUses, static file => IsProduct(file) && file.Path != Commands[0] && !file.IsIn(Commands));

    [Fact]
    public void Nothing_is_left_for_later() => Holds(CareRules.UnfinishedWork, static file => file.IsCode || IsText(file));

    [Fact]
    public void No_code_is_commented_out() => Holds(CareRules.CommentedOutCode, IsCSharp);

    [Fact]
    public void No_test_is_skipped() => Holds(CareRules.SkippedTests, IsCSharp);

    [Fact]
    public void No_file_names_a_path_of_one_machine() => Holds(CareRules.MachinePaths, static _ => true);

    [Fact]
    public void What_others_can_see_is_documented() => Holds(CareRules.UndocumentedMembers, IsProduct);

    private static bool IsCSharp(SourceFile file) => file.IsCSharp;

    private static bool IsProduct(SourceFile file) => file.IsCSharp && file.IsIn("src");

    private static bool IsHot(SourceFile file) => file.IsCSharp && file.IsIn(HotRules.Folders);

    private static bool IsText(SourceFile file) =>
        Path.GetExtension(file.Path) is ".md" or ".yml" or ".yaml" or ".props" or ".csproj" || file.Path == "Dockerfile";

    private static void Holds(Func<SourceFile, IEnumerable<Offence>> rule, Func<SourceFile, bool> scope)
    {
        var offences = SourceTree.Files.Where(scope).SelectMany(rule).ToList();
        Assert.True(offences.Count == 0, $"{offences.Count} offences:\n{string.Join('\n', offences)}");
    }
}
