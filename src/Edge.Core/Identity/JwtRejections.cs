using System.Text;

namespace Edge.Core.Identity;

/// <summary>
/// What a <see cref="JwtRejection"/> is called in log and metrics, and what the caller may hear. Text made once; safe from any
/// thread.
/// </summary>
/// <remarks>
/// The log learns the exact reason. The caller learns only what an honest one can act on: get a new token, wait, or use this
/// token elsewhere. Which keys, issuers, audiences and algorithms would have been accepted, and how far a forged token came,
/// is not told.
/// </remarks>
public static class JwtRejections
{
    private const string Malformed = "The access token is malformed";
    private const string Invalid = "The access token is invalid";
    private static readonly string[] Codes = MakeCodes();

    /// <summary>The number of reasons, <see cref="JwtRejection.None"/> included: for tables of counters.</summary>
    public static int Count => Codes.Length;

    /// <summary>A stable code in snake_case, for log and metrics: <c>signature_invalid</c>.</summary>
    public static string Code(JwtRejection rejection) => Codes[(int)rejection];

    /// <summary>
    /// The <c>error_description</c> that goes with <c>error="invalid_token"</c> (RFC 6750, section 3.1). Printable ASCII without
    /// quotes and backslashes.
    /// </summary>
    public static string Description(JwtRejection rejection) => rejection switch
    {
        JwtRejection.None => "",
        JwtRejection.TokenEmpty or JwtRejection.SegmentCount or JwtRejection.EncodingInvalid or JwtRejection.JsonInvalid
            or JwtRejection.MemberDuplicate or JwtRejection.JsonTooComplex or JwtRejection.HeaderInvalid
            or JwtRejection.ClaimInvalid or JwtRejection.AlgorithmMissing => Malformed,
        JwtRejection.TokenTooLarge => "The access token is too large",
        JwtRejection.Expired => "The access token expired",
        JwtRejection.ExpiryMissing => "The access token does not expire",
        JwtRejection.NotYetValid or JwtRejection.IssuedInFuture => "The access token is not yet valid",
        JwtRejection.LifetimeTooLong => "The access token lives too long",
        JwtRejection.AudienceMissing or JwtRejection.AudienceMismatch => "The access token is meant for another resource",
        _ => Invalid,
    };

    private static string[] MakeCodes()
    {
        var names = Enum.GetNames<JwtRejection>();
        var codes = new string[names.Length];
        var text = new StringBuilder();
        for (var i = 0; i < names.Length; i++)
        {
            text.Clear();
            foreach (var letter in names[i])
            {
                if (char.IsAsciiLetterUpper(letter) && text.Length > 0)
                {
                    text.Append('_');
                }

                text.Append(char.ToLowerInvariant(letter));
            }

            codes[i] = text.ToString();
        }

        return codes;
    }
}
