using System.Buffers.Binary;
using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class RequestIdsTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("018f6b1e-7c3a-4d2b-9f00-0123456789ab")]
    [InlineData("Root=1-67891233-abcdef012345678912345678")]
    [InlineData("req:42/a+b=c~d._-")]
    public void A_well_formed_identifier_is_kept(string id) => Assert.True(RequestIds.IsWellFormed(id));

    [Theory]
    [InlineData("")]
    [InlineData(" a")]
    [InlineData("a b")]
    [InlineData("a\r\nX-Evil: 1")]
    [InlineData("a\0")]
    [InlineData("a,b")]
    [InlineData("\"a\"")]
    [InlineData("<script>")]
    [InlineData("caf\u00E9")]
    [InlineData("\uFF21")]
    public void Anything_that_could_break_a_header_or_a_log_is_refused(string id) => Assert.False(RequestIds.IsWellFormed(id));

    [Fact]
    public void The_length_limit_is_exact()
    {
        Assert.True(RequestIds.IsWellFormed(new string('a', RequestIds.LengthMax)));
        Assert.False(RequestIds.IsWellFormed(new string('a', RequestIds.LengthMax + 1)));
    }

    [Fact]
    public void Exactly_the_named_characters_are_allowed()
    {
        for (var c = char.MinValue; c < 0x300; c++)
        {
            Assert.Equal(char.IsAsciiLetterOrDigit(c) || "._~:/+=-".Contains(c), RequestIds.IsWellFormed([c]));
        }
    }

    [Fact]
    public void A_new_identifier_is_a_version_4_UUID_and_well_formed()
    {
        var ids = new RequestIds();
        var id = ids.Create();
        Assert.Equal(4, Guid.ParseExact(id, "D").Version);
        Assert.Contains(id[19], "89ab");
        Assert.Equal(id.ToLowerInvariant(), id);
        Assert.True(RequestIds.IsWellFormed(id));
    }

    [Fact]
    public void Identifiers_follow_from_the_injected_randomness()
    {
        var one = new RequestIds(Counting());
        var two = new RequestIds(Counting());
        for (var i = 0; i < 1000; i++)
        {
            Assert.Equal(one.Create(), two.Create());
        }
    }

    [Fact]
    public void No_random_byte_is_used_twice_and_few_blocks_are_asked_for()
    {
        var calls = 0;
        var counting = Counting();
        var ids = new RequestIds(bytes =>
        {
            calls++;
            counting(bytes);
        });
        var seen = new HashSet<string>();
        for (var i = 0; i < 1024; i++)
        {
            Assert.True(seen.Add(ids.Create()));
        }

        Assert.Equal(4, calls);
    }

    [Fact]
    public void Threads_do_not_share_a_block()
    {
        var ids = new RequestIds();
        var all = new string[4][];
        var threads = Enumerable.Range(0, all.Length).Select(n => new Thread(() =>
            all[n] = [.. Enumerable.Range(0, 2000).Select(_ => ids.Create())])).ToArray();
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        Assert.Equal(8000, all.SelectMany(static id => id).Distinct().Count());
    }

    [Fact]
    public void Only_the_string_is_allocated()
    {
        var ids = new RequestIds();
        ids.Create();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            ids.Create();
        }

        // A string of 36 characters: 22 bytes of header and terminator and 72 of text, rounded up to 96.
        Assert.Equal(9600, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static RandomFill Counting()
    {
        var next = 0;
        return bytes =>
        {
            for (var i = 0; i < bytes.Length; i += 4)
            {
                BinaryPrimitives.WriteInt32BigEndian(bytes[i..], next++);
            }
        };
    }
}
