using System.Text;
using System.Text.Json;
using CsCheck;
using Edge.Core.Bodies;

namespace Edge.Core.Tests.Bodies;

public sealed class JsonTapeTests
{
    private static (JsonFault Fault, int At) Read(byte[] text)
    {
        var tape = new JsonTape();
        Assert.Equal(tape.Read(text), tape.Fault == JsonFault.None);
        Assert.Equal(tape.Fault == JsonFault.None, tape.Tokens.Length > 0);
        return (tape.Fault, tape.FaultAt);
    }

    private static (JsonFault Fault, int At) Read(string text) => Read(Encoding.UTF8.GetBytes(text));

    [Theory]
    [InlineData("", JsonFault.Empty, 0)]
    [InlineData(" \n", JsonFault.Empty, 2)]
    [InlineData("{", JsonFault.Unfinished, 1)]
    [InlineData("[1,", JsonFault.Unfinished, 3)]
    [InlineData("\"ab", JsonFault.Unfinished, 3)]
    [InlineData("\"ab\\", JsonFault.Unfinished, 4)]
    [InlineData("\"\\u12", JsonFault.Unfinished, 5)]
    [InlineData("\"\\ud83d", JsonFault.Unfinished, 7)]
    [InlineData("tru", JsonFault.Unfinished, 3)]
    [InlineData("trux", JsonFault.UnexpectedByte, 3)]
    [InlineData("-", JsonFault.Unfinished, 1)]
    [InlineData("1.", JsonFault.Unfinished, 2)]
    [InlineData("1e", JsonFault.Unfinished, 2)]
    [InlineData("1e+", JsonFault.Unfinished, 3)]
    [InlineData("{}x", JsonFault.TrailingBytes, 2)]
    [InlineData("{}{}", JsonFault.TrailingBytes, 2)]
    [InlineData("1 2", JsonFault.TrailingBytes, 2)]
    [InlineData("{}\0", JsonFault.TrailingBytes, 2)]
    [InlineData("[1,]", JsonFault.UnexpectedByte, 3)]
    [InlineData("[1 2]", JsonFault.UnexpectedByte, 3)]
    [InlineData("[1}", JsonFault.UnexpectedByte, 2)]
    [InlineData("{\"a\":1]", JsonFault.UnexpectedByte, 6)]
    [InlineData("{\"a\" 1}", JsonFault.UnexpectedByte, 5)]
    [InlineData("{\"a\":1,}", JsonFault.UnexpectedByte, 7)]
    [InlineData("{a:1}", JsonFault.UnexpectedByte, 1)]
    [InlineData("{1:1}", JsonFault.UnexpectedByte, 1)]
    [InlineData("'a'", JsonFault.UnexpectedByte, 0)]
    [InlineData("// x\n1", JsonFault.UnexpectedByte, 0)]
    [InlineData("[NaN]", JsonFault.BadNumber, 1)]
    [InlineData("Infinity", JsonFault.BadNumber, 0)]
    [InlineData("-Infinity", JsonFault.BadNumber, 1)]
    [InlineData("+1", JsonFault.BadNumber, 0)]
    [InlineData(".5", JsonFault.BadNumber, 0)]
    [InlineData("01", JsonFault.BadNumber, 0)]
    [InlineData("-01", JsonFault.BadNumber, 1)]
    [InlineData("1.x", JsonFault.BadNumber, 2)]
    [InlineData("0x10", JsonFault.TrailingBytes, 1)]
    [InlineData("[1e999999]", JsonFault.NumberOutOfRange, 1)]
    [InlineData("1e99999999999999999999", JsonFault.NumberOutOfRange, 0)]
    [InlineData("-1.8e308", JsonFault.NumberOutOfRange, 0)]
    [InlineData("\"\n\"", JsonFault.ControlCharacter, 1)]
    [InlineData("\"\\q\"", JsonFault.BadEscape, 1)]
    [InlineData("\"\\u12g4\"", JsonFault.BadEscape, 1)]
    [InlineData("\"\\ud800\"", JsonFault.LoneSurrogate, 1)]
    [InlineData("\"x\\udc00\"", JsonFault.LoneSurrogate, 2)]
    [InlineData("\"\\ud800\\u0041\"", JsonFault.LoneSurrogate, 1)]
    [InlineData("\"\\ud800\\n\"", JsonFault.LoneSurrogate, 1)]
    [InlineData("{\"a\":1,\"b\":2,\"a\":3}", JsonFault.DuplicateMember, 13)]
    [InlineData("{\"model\":\"a\",\"mod\\u0065l\":\"b\"}", JsonFault.DuplicateMember, 13)]
    [InlineData("[{\"x\":{\"\\u0061\":1,\"\\u0061\":2}}]", JsonFault.DuplicateMember, 18)]
    public void What_is_not_JSON_is_refused_at_its_place(string text, JsonFault fault, int at) =>
        Assert.Equal((fault, at), Read(text));

    [Fact]
    public void Bytes_that_are_not_UTF8_are_refused_at_their_place()
    {
        byte[][] bad = [[0x80], [0xC3], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]];
        foreach (var bytes in bad)
        {
            Assert.Equal((JsonFault.InvalidUtf8, 4), Read([.. "\"ab "u8, .. bytes, (byte)'"']));
            Assert.Equal((JsonFault.InvalidUtf8, 42), Read([.. "\"\\n"u8, .. new string('é', 19).SelectMany(
                static letter => Encoding.UTF8.GetBytes([letter])), (byte)'x', .. bytes, (byte)'"']));
        }

        Assert.Equal((JsonFault.ByteOrderMark, 0), Read([0xEF, 0xBB, 0xBF, .. "{}"u8]));
    }

    [Fact]
    public void Nesting_ends_at_its_limit()
    {
        string Nested(int depth) => new string('[', depth) + new string(']', depth);
        Assert.Equal(JsonFault.None, Read(Nested(JsonTape.DepthMax)).Fault);
        Assert.Equal((JsonFault.TooDeep, JsonTape.DepthMax), Read(Nested(JsonTape.DepthMax + 1)));
        Assert.Equal((JsonFault.TooDeep, JsonTape.DepthMax), Read(new string('[', 50_000_000)));
        Assert.Equal(JsonFault.TooDeep, Read(string.Concat(Enumerable.Repeat("{\"a\":", 10_000))).Fault);
    }

    [Fact]
    public void The_number_of_tokens_ends_at_its_limit()
    {
        byte[] Items(int count)
        {
            var text = new byte[(count * 2) + 1];
            Array.Fill(text, (byte)'0');
            for (var i = 0; i < text.Length; i += 2)
            {
                text[i] = (byte)',';
            }

            text[0] = (byte)'[';
            text[^1] = (byte)']';
            return text;
        }

        Assert.Equal(JsonFault.None, Read(Items(JsonTape.TokensMax - 1)).Fault);
        Assert.Equal((JsonFault.TooManyTokens, (JsonTape.TokensMax * 2) - 1), Read(Items(JsonTape.TokensMax)));
    }

    [Fact]
    public void The_length_of_a_number_ends_at_its_limit()
    {
        Assert.Equal(JsonFault.None, Read("0." + new string('1', JsonTape.NumberBytesMax - 2)).Fault);
        Assert.Equal(JsonFault.NumberOutOfRange, Read("0." + new string('1', JsonTape.NumberBytesMax - 1)).Fault);
        Assert.Equal(JsonFault.None, Read(new string('1', 309)).Fault);
        Assert.Equal(JsonFault.NumberOutOfRange, Read(new string('2', 309)).Fault);
        Assert.Equal(JsonFault.None, Read("1.7976931348623157e308").Fault);
        Assert.Equal(JsonFault.None, Read("1e-999999").Fault);
    }

    [Fact]
    public void Names_of_small_objects_are_told_apart_whatever_they_are()
    {
        // Twelve names of few letters: many have the same first and last letter and length, and some are the same.
        Gen.Char["ab\u00e9"].Array[0, 3].Select(static name => new string(name)).Array[1, 13].Sample(static names =>
        {
            var text = "{" + string.Join(',', names.Select(static name => $"\"{name}\":[0,{{\"a\":1,\"b\":2}}]")) + "}";
            var tape = new JsonTape();
            var isRead = tape.Read(Encoding.UTF8.GetBytes(text));
            var repeated = Array.FindIndex(names, name => Array.IndexOf(names, name) < Array.LastIndexOf(names, name));
            Assert.Equal(repeated < 0, isRead);
            if (repeated >= 0)
            {
                var first = Enumerable.Range(0, names.Length).First(i => Array.IndexOf(names, names[i]) < i);
                var before = "{" + string.Concat(names[..first].Select(static name => $"\"{name}\":[0,{{\"a\":1,\"b\":2}}],"));
                Assert.Equal((JsonFault.DuplicateMember, Encoding.UTF8.GetByteCount(before)), (tape.Fault, tape.FaultAt));
            }
        });
    }

    [Fact]
    public void Names_of_large_objects_differ_too()
    {
        var members = Enumerable.Range(0, 5000).Select(static number => $"\"m{number}\":{number}").ToList();
        Assert.Equal(JsonFault.None, Read($"{{{string.Join(',', members)}}}").Fault);
        members.Add("\"m\\u0034321\":0");
        Assert.Equal(JsonFault.DuplicateMember, Read($"{{{string.Join(',', members)}}}").Fault);
    }

    [Fact]
    public void Tokens_say_where_values_lie()
    {
        var tape = new JsonTape();
        var text = " {\"a\" : [1, \"x\\u00e9y\", {}], \"b\":null} "u8.ToArray();
        Assert.True(tape.Read(text));
        var tokens = tape.Tokens.ToArray();
        Assert.Equal(
            ["{\"a\" : [1, \"x\\u00e9y\", {}], \"b\":null}", "\"a\"", "[1, \"x\\u00e9y\", {}]", "1", "\"x\\u00e9y\"", "{}",
            "\"b\"", "null"],
            tokens.Select(token => Encoding.UTF8.GetString(token.Raw(text))));
        Assert.Equal([2, 1, 3, 0, 3, 0, 1, 0], tokens.Select(static token => token.Count));
        Assert.Equal([8, 2, 6, 4, 5, 6, 7, 8], tokens.Select(static token => token.Next));
        Assert.Equal("xéy", tape.StringAt(4));
        Assert.Equal(7, tape.Find(0, "b"u8));
        Assert.Equal(-1, tape.Find(0, "c"u8));
        Assert.Equal("/a/1", JsonPointer.Of(tape, 4));
        Assert.Equal("/b", JsonPointer.Of(tape, 6));
        Assert.Equal(4, JsonPointer.Find(tape, 0, JsonPointer.Parse("/a/1")));
        Assert.Equal(-1, JsonPointer.Find(tape, 0, JsonPointer.Parse("/a/01")));
        Assert.Equal(-1, JsonPointer.Find(tape, 0, JsonPointer.Parse("/a/3")));
        Assert.Equal(-1, JsonPointer.Find(tape, 0, JsonPointer.Parse("/a/-1")));
    }

    [Fact]
    public void A_text_in_segments_reads_as_the_same_text()
    {
        var text = Encoding.UTF8.GetBytes("{\"messages\":[{\"role\":\"user\",\"content\":\"h\\u00e9llo 😀\"}],\"n\":-1.5e3}");
        var whole = new JsonTape();
        Assert.True(whole.Read(text));
        var tape = new JsonTape();
        for (var split = 0; split <= text.Length; split++)
        {
            Assert.True(tape.Read(Segments.Of(text, split)));
            Assert.Equal(whole.Tokens.ToArray(), tape.Tokens.ToArray());
            Assert.True(tape.Text.SequenceEqual(text));
        }
    }

    [Fact]
    public void It_takes_what_another_reader_takes_and_no_more() =>
        Gen.Select(Gen.OneOf(Samples), Gen.Int[0, 200], Gen.OneOf("{}[]\",:\\u0e-+.1truefalsn x\n\u007fé\0".ToCharArray()),
            Gen.Int[0, 2])
            .Sample(
                static (sample, at, letter, how) =>
                {
                    at = Math.Min(at, sample.Length);
                    var text = how switch
                    {
                        0 => sample[..at] + letter + sample[Math.Min(at + 1, sample.Length)..],
                        1 => sample[..at] + letter + sample[at..],
                        _ => sample[..at] + sample[Math.Min(at + 1, sample.Length)..],
                    };
                    var fault = Read(text).Fault;
                    var isStricter = fault is JsonFault.DuplicateMember or JsonFault.LoneSurrogate or JsonFault.NumberOutOfRange;
                    return isStricter || IsJson(text) == (fault == JsonFault.None);
                },
                iter: 20_000);

    private static readonly string[] Samples =
    [
        "{\"a\":[1,2.5e-3,-0,true,false,null],\"b\":{\"c\":\"x\\n\\u00e9\\ud83d\\ude00\"},\"\":\"\"}",
        "[[[]],{},{\"k\":\"v\"},\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",0,10,1E5,1e+5,12345678901234567890]",
        "\"just text with ümlauts and 😀, which are not few\"",
        " [ 1 , { \"a\" : null } ] ",
    ];

    private static bool IsJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(text));
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    [Fact]
    public void Reading_costs_no_allocation_once_warm()
    {
        var text = Encoding.UTF8.GetBytes(
            $"{{\"messages\":[{{\"role\":\"user\",\"c\\u006fntent\":\"{new string('x', 2000)}\\n\"}}]}}");
        var large = Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat("{\"a\":[1,2]}", 2000))}]");
        var tape = new JsonTape();
        for (var i = 0; i < 3; i++)
        {
            Assert.True(tape.Read(text) && tape.Read(large));
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var read = tape.Read(text) && tape.Read(large);
        tape.Reset();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(read);
    }
}
