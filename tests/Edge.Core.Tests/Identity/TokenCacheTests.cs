using Edge.Core.Identity;

namespace Edge.Core.Tests.Identity;

public sealed class TokenCacheTests
{
    private const int Scope = 7;

    private static readonly UInt128 Secret = new(1, 2);

    [Fact]
    public void A_token_is_found_from_its_first_to_its_last_millisecond()
    {
        var cache = new TokenCache<string>(64, Secret);
        var signer = Signer.New(JwtAlgorithm.HS256);
        var token = Add(cache, signer, "u1");
        var until = Signer.Now + 630_000;
        Assert.Equal(TokenCacheOutcome.Hit, cache.TryGet(token, Scope, Signer.Now, out var value));
        Assert.Equal("u1", value!.Value);
        Assert.Equal(TokenCacheOutcome.Hit, cache.TryGet(token, Scope, until - 1, out _));
        Assert.Equal(TokenCacheOutcome.Expired, cache.TryGet(token, Scope, until, out value));
        Assert.Null(value);

        // A clock that jumps back before its beginning, and one that comes to its senses.
        Assert.Equal(TokenCacheOutcome.Miss, cache.TryGet(token, Scope, Signer.Now - 30_001, out value));
        Assert.Null(value);
        Assert.Equal(TokenCacheOutcome.Hit, cache.TryGet(token, Scope, Signer.Now - 30_000, out _));
    }

    [Fact]
    public void A_token_counts_for_its_scope_only()
    {
        var cache = new TokenCache<string>(64, Secret);
        var signer = Signer.New(JwtAlgorithm.HS256);
        var token = Add(cache, signer, "u1");
        Assert.Equal(TokenCacheOutcome.Miss, cache.TryGet(token, Scope + 1, Signer.Now, out _));
        using var reader = Verified(signer, token);
        cache.Add(reader, Scope + 1, "other", Signer.Now);
        Assert.Equal(TokenCacheOutcome.Hit, cache.TryGet(token, Scope, Signer.Now, out var value));
        Assert.Equal("u1", value!.Value);
        Assert.Equal(TokenCacheOutcome.Hit, cache.TryGet(token, Scope + 1, Signer.Now, out value));
        Assert.Equal("other", value!.Value);
    }

    [Fact]
    public void What_was_found_can_be_asked_again_instead_of_being_looked_up()
    {
        var cache = new TokenCache<string>(64, Secret);
        var signer = Signer.New(JwtAlgorithm.HS256);
        var token = Add(cache, signer, "u1");
        cache.TryGet(token, Scope, Signer.Now, out var found);
        foreach (var afterMs in (long[])[-30_001, -30_000, 0, 629_999, 630_000])
        {
            var nowMs = Signer.Now + afterMs;
            Assert.Equal(cache.TryGet(token, Scope, nowMs, out _), found!.Ask(Scope, nowMs));
        }

        Assert.Equal(TokenCacheOutcome.Miss, found!.Ask(Scope + 1, Signer.Now));
        signer.Keys.RetireKeysNotIn(JwtKeySet.Empty);
        Assert.Equal(TokenCacheOutcome.Miss, found.Ask(Scope, Signer.Now));
    }

    [Fact]
    public void A_token_goes_with_its_key()
    {
        var cache = new TokenCache<string>(64, Secret);
        var signer = Signer.New(JwtAlgorithm.HS256);
        var token = Add(cache, signer, "u1");
        signer.Keys.RetireKeysNotIn(signer.Keys);
        Assert.Equal(TokenCacheOutcome.Hit, cache.TryGet(token, Scope, Signer.Now, out _));
        signer.Keys.RetireKeysNotIn(JwtKeySet.Empty);
        Assert.Equal(TokenCacheOutcome.Miss, cache.TryGet(token, Scope, Signer.Now, out _));
    }

    [Fact]
    public void Each_changed_character_and_each_prefix_is_another_token()
    {
        var cache = new TokenCache<string>(64, Secret);
        var token = Add(cache, Signer.New(JwtAlgorithm.HS256), "u1");
        for (var i = 0; i < token.Length; i++)
        {
            var changed = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
            Assert.Equal(TokenCacheOutcome.Miss, cache.TryGet(changed, Scope, Signer.Now, out _));
            Assert.Equal(TokenCacheOutcome.Miss, cache.TryGet(token.AsSpan(0, i), Scope, Signer.Now, out _));
        }

        Assert.Equal(TokenCacheOutcome.Miss, cache.TryGet(token + "\u0141", Scope, Signer.Now, out _));
        Assert.Equal(TokenCacheOutcome.Miss, cache.TryGet(new string('a', 100_000), Scope, Signer.Now, out _));
        Assert.Equal(TokenCacheOutcome.Hit, cache.TryGet(token, Scope, Signer.Now, out _));
    }

    [Fact]
    public void Tokens_longer_than_the_stack_buffer_are_found_too()
    {
        var cache = new TokenCache<string>(64, Secret);
        var signer = Signer.New(JwtAlgorithm.HS256);
        var token = Add(cache, signer, "long", Signer.PayloadWith("a", $"\"{new string('x', 4_000)}\""));
        Assert.True(token.Length > 4_000);
        Assert.Equal(TokenCacheOutcome.Hit, cache.TryGet(token, Scope, Signer.Now, out _));
    }

    [Fact]
    public void Only_what_was_verified_enters()
    {
        var cache = new TokenCache<string>(64, Secret);
        var signer = Signer.New(JwtAlgorithm.HS256);
        using var reader = JwtReader.Rent();
        reader.Read(signer.GoodToken);
        Assert.Throws<InvalidOperationException>(() => cache.Add(reader, Scope, "x", Signer.Now));
        Assert.Equal(JwtRejection.Expired, reader.Verify(Signer.Policy(JwtAlgorithm.HS256), signer.Keys, Signer.Now * 2));
        Assert.Throws<InvalidOperationException>(() => cache.Add(reader, Scope, "x", Signer.Now));
    }

    [Fact]
    public void A_flood_of_tokens_that_come_once_leaves_those_that_are_asked_for()
    {
        var cache = new TokenCache<string>(64, Secret);
        Assert.Equal(64, cache.Capacity);
        var signer = Signer.New(JwtAlgorithm.HS256);
        var useful = Enumerable.Range(0, 12).Select(i => Add(cache, signer, "useful", Payload(i))).ToArray();
        var hits = 0;
        for (var i = 0; i < 1_000; i++)
        {
            // Each is asked for between any eight newcomers, as a caller at work does.
            foreach (var token in useful)
            {
                hits += i % 4 == 0 && cache.TryGet(token, Scope, Signer.Now, out _) == TokenCacheOutcome.Hit ? 1 : 0;
            }

            Add(cache, signer, "flood", Payload(1_000 + i));
        }

        Assert.True(hits > 250 * 12 * 9 / 10, $"{hits} of {250 * 12}");
    }

    [Fact]
    public void What_is_over_or_retired_makes_room_first()
    {
        var cache = new TokenCache<string>(TokenCache<string>.Ways, Secret);
        var signer = Signer.New(JwtAlgorithm.HS256);
        var tokens = Enumerable.Range(0, 8).Select(i => Add(cache, signer, "a", Payload(i))).ToArray();
        Assert.All(tokens, token => Assert.Equal(TokenCacheOutcome.Hit, cache.TryGet(token, Scope, Signer.Now, out _)));
        var other = Signer.New(JwtAlgorithm.HS256);
        signer.Keys.RetireKeysNotIn(JwtKeySet.Empty);
        var later = Enumerable.Range(0, 8).Select(i => Add(cache, other, "b", Payload(i))).ToArray();
        Assert.All(later, token => Assert.Equal(TokenCacheOutcome.Hit, cache.TryGet(token, Scope, Signer.Now, out _)));
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(8, 8)]
    [InlineData(9, 16)]
    [InlineData(10_000, 16_384)]
    public void The_capacity_is_rounded_up(int asked, int expected) =>
        Assert.Equal(expected, new TokenCache<string>(asked, Secret).Capacity);

    [Fact]
    public void A_capacity_of_nothing_is_an_error() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new TokenCache<string>(0, Secret));

    [Fact]
    public void Reading_verifying_and_finding_cost_no_allocation()
    {
        var cache = new TokenCache<string>(64, Secret);
        var hmac = Signer.Of(JwtAlgorithm.HS256);
        var rsa = Signer.Of(JwtAlgorithm.RS256);
        var token = Add(cache, hmac, "u1");
        Assert.Equal(0, Allocated(() => cache.TryGet(token, Scope, Signer.Now, out _)));
        foreach (var signer in new[] { hmac, rsa })
        {
            var policy = Signer.Policy(signer.Algorithm);
            var keys = signer.Keys;
            var text = signer.GoodToken;
            Assert.Equal(0, Allocated(() =>
            {
                using var reader = JwtReader.Rent();
                reader.Read(text);
                reader.Verify(policy, keys, Signer.Now);
            }));
        }
    }

    [Fact]
    public async Task Many_threads_find_and_add_and_verify_with_the_same_keys()
    {
        var cache = new TokenCache<string>(16, Secret);
        var signers = new[] { Signer.Of(JwtAlgorithm.RS256), Signer.Of(JwtAlgorithm.ES256), Signer.Of(JwtAlgorithm.HS256) };
        var tokens = signers.SelectMany(signer => Enumerable.Range(0, 10)
            .Select(i => (Signer: signer, Name: $"u{i}", Token: signer.Sign(signer.GoodHeader, Payload(i))))).ToArray();
        var wrong = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                var (signer, name, token) = tokens[((i * 7) + thread) % tokens.Length];
                if (cache.TryGet(token, Scope, Signer.Now, out var value) == TokenCacheOutcome.Hit)
                {
                    _ = value!.Value == name ? 0 : Interlocked.Increment(ref wrong);
                    continue;
                }

                using var reader = Verified(signer, token);
                cache.Add(reader, Scope, name, Signer.Now);
            }
        })));
        Assert.Equal(0, wrong);
    }

    private static long Allocated(Action action)
    {
        var least = long.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    private static string Payload(int i) => Signer.PayloadWith("jti", $"\"{i}\"");

    private static string Add(TokenCache<string> cache, Signer signer, string value, string? payload = null)
    {
        var token = signer.Sign(signer.GoodHeader, payload ?? Signer.GoodPayload);
        using var reader = Verified(signer, token);
        cache.Add(reader, Scope, value, Signer.Now);
        return token;
    }

    private static JwtReader Verified(Signer signer, string token)
    {
        var reader = JwtReader.Rent();
        Assert.Equal(JwtRejection.None, reader.Read(token));
        Assert.Equal(JwtRejection.None, reader.Verify(Signer.Policy(signer.Algorithm), signer.Keys, Signer.Now));
        return reader;
    }
}
