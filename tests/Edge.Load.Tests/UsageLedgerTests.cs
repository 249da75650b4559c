using Edge.Load.Scenarios;

namespace Edge.Load.Tests;

/// <summary>Each way in which answers and what is settled for them can differ is found.</summary>
public sealed class UsageLedgerTests
{
    [Fact]
    public void Answers_that_are_settled_once_with_their_tokens_are_fine()
    {
        var ledger = LedgerOf(("a", 5), ("b", 7));
        string[] lines = [Line("a", 5), Line("b", 7, "spare"), Line("c", 3, exact: false)];
        Assert.True(ledger.IsIn(lines));
        Assert.Equal(7, ledger.Compare(lines, "spare", 7));
        Assert.Empty(ledger.Faults);
        Assert.Equal((2, 3), (ledger.Answers, ledger.Lines));
    }

    [Fact]
    public void One_that_is_not_settled_is_found()
    {
        var ledger = LedgerOf(("a", 5), ("b", 7));
        Assert.False(ledger.IsIn([Line("a", 5)]));
        ledger.Compare([Line("a", 5)], "spare", 0);
        Assert.Equal(["b was answered with 7 tokens and is not settled"], ledger.Faults);
    }

    [Fact]
    public void One_that_is_settled_twice_is_found_even_if_nobody_got_the_answer()
    {
        var ledger = LedgerOf(("a", 5));
        ledger.Compare([Line("a", 5), Line("a", 5), Line("x", 1), Line("x", 1)], "spare", 0);
        Assert.Equal(["a is settled twice", "x is settled twice"], ledger.Faults);
    }

    [Theory]
    [InlineData(6, true)]
    [InlineData(4, true)]
    [InlineData(5, false)]
    public void One_that_is_settled_with_other_tokens_or_by_an_estimate_is_found(int tokens, bool exact)
    {
        var ledger = LedgerOf(("a", 5));
        ledger.Compare([Line("a", tokens, exact: exact)], "spare", 0);
        Assert.Equal([$"a was answered with 5 tokens and is settled with {tokens}, exact: {exact}"], ledger.Faults);
    }

    [Fact]
    public void More_than_a_provider_has_generated_is_found()
    {
        var ledger = LedgerOf();
        Assert.Equal(9, ledger.Compare([Line("a", 5, "spare"), Line("b", 4, "spare"), Line("c", 9)], "spare", 8));
        Assert.Equal(["spare generated 8 tokens and 9 are settled"], ledger.Faults);
    }

    [Fact]
    public void Two_answers_of_one_id_are_found() =>
        Assert.Equal(["two answers have the id a"], LedgerOf(("a", 5), ("a", 5)).Faults);

    private static UsageLedger LedgerOf(params (string Id, int Tokens)[] answers)
    {
        var ledger = new UsageLedger();
        foreach (var (id, tokens) in answers)
        {
            ledger.Got(id, tokens);
        }

        return ledger;
    }

    private static string Line(string id, int tokens, string upstream = "models", bool exact = true) =>
        $"{{\"requestId\":\"{id}\",\"outputTokens\":{tokens},\"upstream\":\"{upstream}\"," +
        $"\"exact\":{(exact ? "true" : "false")}}}";
}
