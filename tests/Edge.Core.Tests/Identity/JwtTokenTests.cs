using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using Edge.Core.Identity;

namespace Edge.Core.Tests.Identity;

/// <summary>The token's frame and its JSON: what is read before anything is verified.</summary>
public sealed class JwtTokenTests
{
    private static readonly Signer Hmac = Signer.Of(JwtAlgorithm.HS256);

    [Theory]
    [InlineData("", JwtRejection.TokenEmpty)]
    [InlineData(".", JwtRejection.SegmentCount)]
    [InlineData("..", JwtRejection.JsonInvalid)]
    [InlineData("...", JwtRejection.SegmentCount)]
    [InlineData("a.b.c.d.e", JwtRejection.TokenEncrypted)]
    [InlineData("....", JwtRejection.TokenEncrypted)]
    [InlineData("abc", JwtRejection.SegmentCount)]
    [InlineData("Bearer e30.e30.", JwtRejection.EncodingInvalid)]
    [InlineData("e30.e30.\u00e9", JwtRejection.EncodingInvalid)]
    [InlineData("e30.e30.\0", JwtRejection.EncodingInvalid)]
    [InlineData("e30.e30.\ud800", JwtRejection.EncodingInvalid)]
    public void A_text_that_is_no_token_is_refused(string token, JwtRejection expected) =>
        Assert.Equal(expected, Hmac.Verify(token));

    [Fact]
    public void Encoding_is_strict_in_each_segment()
    {
        var parts = Hmac.GoodToken.Split('.');
        for (var i = 0; i < 3; i++)
        {
            foreach (var change in new Func<string, string>[]
            {
                static part => part + "=", static part => part + "==", static part => part + " ", static part => " " + part,
                static part => part + "\n", static part => part.Insert(4, "\r\n"), static part => part.Insert(3, "+"),
                static part => part.Insert(3, "/"), static part => part.Insert(3, "%"), static part => part.Insert(8, "\t"),
            })
            {
                var changed = parts.ToArray();
                changed[i] = change(changed[i]);
                Assert.Equal(JwtRejection.EncodingInvalid, Hmac.Verify(string.Join('.', changed)));
            }
        }
    }

    [Fact]
    public void Only_one_text_stands_for_the_same_bytes()
    {
        const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var output = new byte[8];
        foreach (var start in new[] { "", "Q", "QU", "QUI" })
        {
            var accepted = new HashSet<string>();
            foreach (var letter in Letters)
            {
                var text = Encoding.ASCII.GetBytes(start + letter);
                if (JwtBase64Url.TryDecode(text, output, out var written))
                {
                    Assert.True(accepted.Add(Convert.ToHexString(output, 0, written)));
                    Assert.Equal(start + letter, Signer.Encode(output.AsSpan(0, written)));
                }
            }

            Assert.Equal(start.Length switch { 0 => 0, 1 => 4, 2 => 16, _ => 64 }, accepted.Count);
        }
    }

    [Fact]
    public void No_bytes_decode_otherwise_than_the_platform_decodes_them() =>
        Gen.Byte.Array[0, 200].Sample(static bytes =>
        {
            var text = Encoding.ASCII.GetBytes(Signer.Encode(bytes));
            var output = new byte[bytes.Length];
            return JwtBase64Url.TryDecode(text, output, out var written) && output.AsSpan(0, written).SequenceEqual(bytes)
                && written == JwtBase64Url.DecodedLength(text.Length);
        }, iter: 2_000);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"a\"")]
    [InlineData("1")]
    [InlineData("{")]
    [InlineData("{}}")]
    [InlineData("{} {}")]
    [InlineData("{}\0")]
    [InlineData("\ufeff{}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{,\"a\":1}")]
    [InlineData("{\"a\" 1}")]
    [InlineData("{\"a\":}")]
    [InlineData("{a:1}")]
    [InlineData("{'a':1}")]
    [InlineData("{\"a\":01}")]
    [InlineData("{\"a\":-}")]
    [InlineData("{\"a\":+1}")]
    [InlineData("{\"a\":.5}")]
    [InlineData("{\"a\":1.}")]
    [InlineData("{\"a\":1e}")]
    [InlineData("{\"a\":1e+}")]
    [InlineData("{\"a\":0x1}")]
    [InlineData("{\"a\":NaN}")]
    [InlineData("{\"a\":Infinity}")]
    [InlineData("{\"a\":True}")]
    [InlineData("{\"a\":nul}")]
    [InlineData("{\"a\":truex}")]
    [InlineData("{\"a\":[1,]}")]
    [InlineData("{\"a\":[1 2]}")]
    [InlineData("{\"a\":[1}")]
    [InlineData("{\"a\":1]")]
    [InlineData("{\"a\":\"\\x\"}")]
    [InlineData("{\"a\":\"\\u12\"}")]
    [InlineData("{\"a\":\"\\u12G4\"}")]
    [InlineData("{\"a\":\"\\u+123\"}")]
    [InlineData("{\"a\":\"\\u 123\"}")]
    [InlineData("{\"a\":\"\\ud800\"}")]
    [InlineData("{\"a\":\"\\ud800\\u0041\"}")]
    [InlineData("{\"a\":\"\\ud800\\ud800\"}")]
    [InlineData("{\"a\":\"\\udc00\"}")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("{\"a\":\"\t\"}")]
    [InlineData("{\"a\":\"\0\"}")]
    [InlineData("{\"a\":\"\n\"}")]
    [InlineData("{\"a\":\"")]
    [InlineData("{\"a\":\"\\")]
    [InlineData("{\"a\":1}//")]
    [InlineData("{/**/\"a\":1}")]
    [InlineData("{\"a\":1\u00a0}")]
    [InlineData("{\"a\":1\f}")]
    public void A_payload_that_is_not_one_JSON_object_is_refused(string payload) =>
        Assert.Equal(JwtRejection.JsonInvalid, Hmac.VerifyPayload(payload));

    [Fact]
    public void Invalid_UTF8_is_refused()
    {
        var header = Encoding.UTF8.GetBytes(Hmac.GoodHeader);
        foreach (var hex in new[] { "80", "C0AF", "C3", "E28080FF", "EDA080", "F4908080", "F8888080", "FF", "FE" })
        {
            byte[] payload = [.. "{\"a\":\""u8, .. Convert.FromHexString(hex), .. "\"}"u8];
            Assert.Equal(JwtRejection.JsonInvalid, Hmac.Verify(Hmac.Sign(header, payload)));
            Assert.Equal(JwtRejection.JsonInvalid, Hmac.Verify(Hmac.Sign(payload, "{}"u8.ToArray())));
        }
    }

    [Theory]
    [InlineData("{\"exp\":1,\"exp\":2}")]
    [InlineData("{\"a\":1,\"b\":{\"c\":1,\"c\":1}}")]
    [InlineData("{\"b\":[{\"c\":1,\"d\":{},\"c\":1}]}")]
    [InlineData("{\"a\":1,\"b\":{\"a\":{\"a\":1}},\"a\":1}")]
    [InlineData("{\"\":1,\"\":1}")]
    [InlineData("{\"a\\/b\":1,\"a/b\":1}")]
    [InlineData("{\"\\ud83d\\ude00\":1,\"\ud83d\ude00\":1}")]
    public void A_member_twice_is_refused_at_every_depth(string payload) =>
        Assert.Equal(JwtRejection.MemberDuplicate, Hmac.VerifyPayload(payload));

    [Fact]
    public void The_same_name_in_different_objects_is_no_duplicate() =>
        Assert.Equal(JwtRejection.None, Hmac.VerifyPayload(Signer.PayloadWith("a", """{"a":{"a":1},"b":[{"a":1},{"a":2}]}""")));

    [Fact]
    public void Nesting_may_be_16_deep_and_not_17()
    {
        foreach (var (open, close) in new[] { ("[", "]"), ("{\"a\":", "}") })
        {
            string Nested(int depth) => string.Concat(Enumerable.Repeat(open, depth)) + "1"
                + string.Concat(Enumerable.Repeat(close, depth));
            Assert.Equal(JwtRejection.None, Hmac.VerifyPayload(Signer.PayloadWith("a", Nested(JwtLimits.NestingMax - 1))));
            Assert.Equal(JwtRejection.JsonTooComplex, Hmac.VerifyPayload(Signer.PayloadWith("a", Nested(JwtLimits.NestingMax))));
        }

        Assert.Equal(JwtRejection.JsonTooComplex, Hmac.VerifyPayload("{\"a\":" + new string('[', 8_000)));
    }

    [Fact]
    public void An_object_may_have_256_members_and_not_257()
    {
        static string Members(int count) =>
            string.Join(",", Enumerable.Range(0, count).Select(static i => string.Create(CultureInfo.InvariantCulture,
                $"\"m{i}\":{i}")));
        var good = Signer.GoodPayload.TrimEnd('}');
        Assert.Equal(JwtRejection.None, Hmac.VerifyPayload($"{good},{Members(JwtLimits.MembersMax - 6)}}}"));
        Assert.Equal(JwtRejection.JsonTooComplex, Hmac.VerifyPayload($"{good},{Members(JwtLimits.MembersMax - 5)}}}"));
    }

    [Fact]
    public void A_token_may_have_the_bytes_of_the_policy_and_of_the_limit_and_not_one_more()
    {
        var token = Hmac.GoodToken;
        var policy = Signer.Policy(JwtAlgorithm.HS256);
        JwtPolicy Bounded(int bytes) => new()
        {
            Issuer = policy.Issuer,
            Algorithms = policy.Algorithms,
            TokenBytesMax = bytes,
        };
        Assert.Equal(JwtRejection.None, Hmac.Verify(token, Bounded(token.Length)));
        Assert.Equal(JwtRejection.TokenTooLarge, Hmac.Verify(token, Bounded(token.Length - 1)));
        using var reader = JwtReader.Rent();
        Assert.Equal(JwtRejection.SegmentCount, reader.Read(new string('a', JwtLimits.TokenBytesMax)));
        Assert.Equal(JwtRejection.TokenTooLarge, reader.Read(new string('a', JwtLimits.TokenBytesMax + 1)));
        Assert.Equal(JwtRejection.TokenTooLarge, reader.Read(new byte[64 * 1024]));
        Assert.Equal(JwtRejection.TokenTooLarge, reader.Read(token, token.Length - 1));
    }

    [Fact]
    public void Each_truncation_and_each_changed_character_of_a_token_is_refused()
    {
        var token = Hmac.GoodToken;
        for (var i = 0; i < token.Length; i++)
        {
            Assert.NotEqual(JwtRejection.None, Hmac.Verify(token[..i]));
            var other = token[i] == 'A' ? 'B' : 'A';
            Assert.NotEqual(JwtRejection.None, Hmac.Verify(token[..i] + other + token[(i + 1)..]));
            Assert.NotEqual(JwtRejection.None, Hmac.Verify(token[..i] + token[(i + 1)..]));
            Assert.NotEqual(JwtRejection.None, Hmac.Verify(token[..i] + '.' + token[i..]));
        }
    }

    [Fact]
    public void No_text_makes_the_reader_throw_or_accept()
    {
        var pieces = new[]
        {
            ".", "..", "e30", "eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJub25lIn0", "=", "A", "_", "-", " ", "\0", "\u00e9", "eyJ",
            "W10",
            "bnVsbA", Hmac.GoodToken, Hmac.GoodToken.Split('.')[0], Hmac.GoodToken.Split('.')[1], Hmac.GoodToken.Split('.')[2],
        };
        Gen.OneOf(Gen.OneOf(pieces), Gen.String).Array[0, 8].Select(string.Concat).Sample(
            text => text == Hmac.GoodToken || Hmac.Verify(text) != JwtRejection.None, iter: 20_000);
    }

    [Fact]
    public void What_is_JSON_to_the_platform_is_JSON_here_and_nothing_else()
    {
        var pieces = new[]
        {
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "\"", "\\", "\\u0061", "\\ud83d\\ude00", "\\ud800", "\\n", "1", "-0",
            "0.5",
            "1e5", "1E-2", "00", "true", "false", "null", " ", "\n", "é", "\ud83d\ude00", "{\"a\":1}", "\"a\":1", "[1,\"x\"]",
            "\u0001",
        };
        Gen.OneOf(pieces).Array[0, 14].Select(string.Concat).Sample(text =>
        {
            foreach (var whole in new[] { text, "{" + text + "}", "{\"x\":" + text + "}" })
            {
                var bytes = Encoding.UTF8.GetBytes(whole);
                var json = new JwtJson(new JwtHash(1, 2), JwtLimits.MembersMax);
                Assert.Equal(Platform(bytes), json.Scan(bytes) == JwtRejection.None);
            }
        }, iter: 20_000);
    }

    // System.Text.Json with all that is optional off; a lone surrogate only shows when the strings are taken out.
    private static bool Platform(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(
                bytes, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = JwtLimits.NestingMax });
            return document.RootElement.ValueKind == JsonValueKind.Object && HasText(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool HasText(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().All(static member => member.Name.Length >= 0 && HasText(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().All(HasText),
        JsonValueKind.String => element.GetString() is not null,
        _ => true,
    };
}
