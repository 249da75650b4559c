using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Edge.Core.Identity;

namespace Edge.Core.Tests.Identity;

[Collection(nameof(RunAlone))]
public sealed class ConsumerRegistryTests
{
    private const int Many = 100_000;

    [Fact]
    public void Every_consumer_is_found_by_each_of_its_keys_and_nobody_by_another()
    {
        var builder = new ConsumerRegistryBuilder();
        for (var i = 0; i < 1000; i++)
        {
            builder.Add($"c{i}", null, null, i % 2 == 0 ? "free" : null, Scopes.None);
            builder.AddApiKey("old", HashOf($"old-{i}"), null, null);
            builder.AddApiKey("new", HashOf($"new-{i}"), null, null);
            builder.AddSecret($"kid-{i}", JwtAlgorithm.HS256, $"secret-{i}");
        }

        var registry = builder.Build();
        for (var i = 0; i < 1000; i++)
        {
            Assert.Equal(ApiKeyOutcome.Found, registry.FindApiKey(HashOf($"old-{i}"), 0, out var old));
            Assert.Equal(ApiKeyOutcome.Found, registry.FindApiKey(HashOf($"new-{i}"), 0, out var other));
            Assert.Equal(($"c{i}", "old"), (old!.Id, old.CredentialName));
            Assert.Equal(($"c{i}", "new"), (other!.Id, other.CredentialName));
            Assert.Equal(i % 2 == 0 ? "free" : null, old.Tier);
            Assert.Equal(ApiKeyOutcome.Unknown, registry.FindApiKey(HashOf($"none-{i}"), 0, out _));
            Assert.True(registry.TryFindSecret(Encoding.UTF8.GetBytes($"kid-{i}"), out var secret));
            Assert.Equal($"secret-{i}", Encoding.UTF8.GetString(secret.Secret));
            Assert.Equal($"c{i}", registry.MakeTokenCaller(secret.Consumer, "k", null, null).Id);
            Assert.False(registry.TryFindSecret(Encoding.UTF8.GetBytes($"kid-{i}x"), out _));
        }
    }

    [Fact]
    public void A_token_may_narrow_the_scopes_of_its_consumer_and_never_widens_them()
    {
        var builder = new ConsumerRegistryBuilder();
        builder.Add("c", "id", "e", "t", Scopes.Parse("a b"));
        var registry = builder.Build();
        Assert.Equal("a b", registry.MakeTokenCaller(0, "k", null, null).Scopes.Text);
        Assert.Equal("b", registry.MakeTokenCaller(0, "k", Scopes.Parse("b admin"), null).Scopes.Text);
        Assert.True(registry.MakeTokenCaller(0, "k", Scopes.None, null).Scopes.IsEmpty);
    }

    [Fact]
    public void Nobody_is_found_where_nobody_is()
    {
        Assert.Equal(ApiKeyOutcome.Unknown, ConsumerRegistry.Empty.FindApiKey(new byte[32], 0, out _));
        Assert.False(ConsumerRegistry.Empty.TryFindSecret(default, out _));
        Assert.False(ConsumerRegistry.Empty.TryFindSecretOf("", out _, out _));
    }

    [Fact]
    public void A_hundred_thousand_consumers_cost_less_than_300_bytes_each()
    {
        // Told by what becomes free, right after: while they are made, others' memory goes too, such as that of array pools.
        var registries = new ConsumerRegistry?[1];
        Fill(registries);
        var with = SettledBytes();
        Assert.NotNull(registries[0]);
        registries[0] = null;
        var cost = (with - SettledBytes()) / (double)Many;
        TestContext.Current.TestOutputHelper?.WriteLine($"{cost:0} B a consumer");
        Assert.InRange(cost, 100, 300);
    }

    [Fact]
    public void Among_a_hundred_thousand_consumers_each_is_found_and_a_look_up_allocates_nothing()
    {
        var hash = new byte[32];
        var registry = Build(hash);
        SHA256.HashData("key-77"u8, hash);
        Assert.Equal(ApiKeyOutcome.Found, registry.FindApiKey(hash, 0, out var first));
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) registry.FindApiKey(hash, 0, out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - allocated);
        Assert.Equal("consumer-77", first!.Id);
        Assert.True(registry.IsSameAs(Build(hash)));
    }

    // In a frame of its own, so that nothing of this one refers to it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fill(ConsumerRegistry?[] registries) => registries[0] = Build(new byte[32]);

    // What tests before this one left behind may be collected only after its finalizers ran.
    private static long SettledBytes()
    {
        var settled = GC.GetTotalMemory(forceFullCollection: true);
        while (true)
        {
            GC.WaitForPendingFinalizers();
            var now = GC.GetTotalMemory(forceFullCollection: true);
            if (now >= settled) return settled;
            settled = now;
        }
    }

    private static ConsumerRegistry Build(byte[] hash)
    {
        var builder = new ConsumerRegistryBuilder();
        for (var i = 0; i < Many; i++)
        {
            builder.Add($"consumer-{i}", $"app_{i}_v1", null, "starter", Scopes.Parse("chat.read chat.write"));
            SHA256.HashData(Encoding.ASCII.GetBytes($"key-{i}"), hash);
            builder.AddApiKey("laptop", hash, null, DateTimeOffset.MaxValue);
            builder.AddSecret($"consumer-{i}-key", JwtAlgorithm.HS256, "0123456789abcdef0123456789abcdef");
        }

        return builder.Build();
    }

    private static byte[] HashOf(string key) => SHA256.HashData(Encoding.ASCII.GetBytes(key));
}
