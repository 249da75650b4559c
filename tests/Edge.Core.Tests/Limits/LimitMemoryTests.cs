using Edge.Core.Limits;

namespace Edge.Core.Tests.Limits;

[Collection(nameof(RunAlone))]
public sealed class LimitMemoryTests
{
    private readonly KeyHasher _hasher = new(1, 2);
    private readonly LimitRule _rule = LimitRule.Bucket("r", "r", 2, TimeSpan.FromSeconds(2), 2);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_million_keys_take_less_than_100_MB(bool areKept)
    {
        if (areKept)
        {
            _rule.KeptBy(new LimitJournal());
        }

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var table = new LimitTable(1_000_000);
        var text = new LimitKeyText();
        for (var i = 0; i < 1_000_000; i++)
        {
            text.Clear();
            text.Append(BitConverter.GetBytes(i));
            var take = new LimitTake(table.GetOrAdd(_hasher.Hash(text.Written), _rule, 1), _rule, 1);
            Buckets.TryTake(ref take, 1);
        }

        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.Equal(1_000_000, table.Count);
        Assert.InRange(bytes, 1_000_000, 100_000_000);
        TestContext.Current.SendDiagnosticMessage($"a million keys: {bytes} bytes");
    }
}
