using System.Buffers.Text;
using System.Text;
using Edge.Core.Identity;

namespace Edge.Core.Tests.Identity;

/// <summary>The examples that the RFCs print: RFC 7515, appendix A, and RFC 7520, section 4.</summary>
public sealed class JwtVectorTests
{
    private const string JoesClaims =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    private const string JoesSecret =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

    private const string JoesRsaKey =
        """
        {"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4Ql
        L-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7W
        TBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcD
        TW9gb54h4FRWyuXpoQ","e":"AQAB"}
        """;

    private const string JoesEcKey =
        """
        {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
        """;

    private const string BilbosRsaKey =
        """
        {"kty":"RSA","use":"sig","n":"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQ
        Hz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZc
        D1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__k
        RhuaxwUkRz5iaiQkqgc5gHdrNP5zw","e":"AQAB","kid":"bilbo.baggins@hobbiton.example"}
        """;

    private const string BilbosEcKey =
        """
        {"kty":"EC","kid":"bilbo.baggins@hobbiton.example","use":"sig","crv":"P-521",
        "x":"AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt",
        "y":"AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1"}
        """;

    private const string BilbosSecret = "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg";

    private const string BilbosText =
        "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlm"
        + "IHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4";

    public static TheoryData<string, string, string> Joes => new()
    {
        {
            "A.1, HS256", JoesSecret, $"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{JoesClaims}"
                + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        },
        {
            "A.2, RS256", JoesRsaKey, $"eyJhbGciOiJSUzI1NiJ9.{JoesClaims}"
                + ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU"
                + "Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO"
                + "--x"
                + "i12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_Io"
                + "ypG"
                + "lUPQGe77Rw"
        },
        {
            "A.3, ES256", JoesEcKey, $"eyJhbGciOiJFUzI1NiJ9.{JoesClaims}"
                + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
        },
    };

    public static TheoryData<string, string, JwtAlgorithm, string, string> Bilbos => new()
    {
        {
            "4.1", BilbosRsaKey, JwtAlgorithm.RS256,
            "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9",
            "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA7818"
            + "5hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3"
            + "IS"
            + "_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg"
        },
        {
            "4.2", BilbosRsaKey, JwtAlgorithm.PS384,
            "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9",
            "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhi"
            + "USMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvA"
            + "A2"
            + "Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw"
        },
        {
            "4.3", BilbosEcKey, JwtAlgorithm.ES512,
            "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9",
            "AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7X"
            + "rT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2"
        },
        {
            "4.4", BilbosSecret, JwtAlgorithm.HS256,
            "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9",
            "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0"
        },
    };

    [Theory]
    [MemberData(nameof(Joes))]
    public void The_tokens_of_RFC_7515_are_accepted_until_they_expire(string section, string key, string token)
    {
        using var reader = JwtReader.Rent();
        Assert.True(reader.Read(token) == JwtRejection.None, section);
        var policy = new JwtPolicy
        {
            Issuer = "joe",
            Algorithms = JwtAlgorithmSet.Of(reader.Algorithm),
            ClockSkewSeconds = 0,
        };
        var verifier = KeyOf(key, reader.Algorithm);
        Assert.Equal(JwtRejection.None, reader.Verify(policy, verifier, 1_300_819_379_999));
        Assert.Equal("true", reader.CopyClaims().Find("http://example.com/is_root").Text);
        Assert.Equal(JwtRejection.Expired, reader.Verify(policy, verifier, 1_300_819_380_000));
    }

    [Fact]
    public void The_unsecured_token_of_RFC_7515_is_refused()
    {
        using var reader = JwtReader.Rent();
        Assert.Equal(JwtRejection.AlgorithmNone, reader.Read($"eyJhbGciOiJub25lIn0.{JoesClaims}."));
    }

    [Theory]
    [MemberData(nameof(Bilbos))]
    public void The_signatures_of_RFC_7520_verify_and_their_text_is_no_token(
        string section, string key, JwtAlgorithm algorithm, string header, string signature)
    {
        var signed = Encoding.ASCII.GetBytes($"{header}.{BilbosText}");
        var bytes = Base64Url.DecodeFromChars(signature);
        Assert.True(KeyOf(key, algorithm).Verify(new JwtHmac(), algorithm, signed, bytes) == JwtRejection.None, section);
        signed[^1]++;
        Assert.Equal(JwtRejection.SignatureInvalid, KeyOf(key, algorithm).Verify(new JwtHmac(), algorithm, signed, bytes));
        using var reader = JwtReader.Rent();
        Assert.Equal(JwtRejection.JsonInvalid, reader.Read($"{header}.{BilbosText}.{signature}"));
    }

    private static JwtKey KeyOf(string text, JwtAlgorithm algorithm)
    {
        if (text[0] == '{')
        {
            return Signer.Parse($$"""{"keys":[{{text.Replace("\n", "", StringComparison.Ordinal)}}]}""").Keys[0];
        }

        Assert.Equal(JwtKeyProblem.None, JwtKey.TryCreateSecret(Base64Url.DecodeFromChars(text), algorithm, null, out var key));
        return key!;
    }
}
