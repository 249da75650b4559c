using System.Globalization;
using Edge.Core.Bodies;
using Edge.Core.Configuration;
using Edge.Core.Http;

namespace Edge.Core.Llm.Translation;

/// <summary>
/// Writes a provider's error in the words of the other dialect: its message and its code, with the type that belongs to the
/// status there. Stateless.
/// </summary>
public static class ErrorTranslator
{
    /// <summary>Longest code that is carried over.</summary>
    public const int CodeBytesMax = 64;

    /// <summary>Writes an error body.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="error">What the provider answered, in either dialect; empty where that was no JSON.</param>
    /// <param name="dialect">Whose words to use.</param>
    /// <param name="status">The status of the answer.</param>
    /// <param name="requestId">The request's identifier, or null.</param>
    public static void Write(HeadBuffer to, JsonTape error, Dialect dialect, int status, string? requestId)
    {
        var (message, code) = Read(error);
        if (dialect == Dialect.OpenAI)
        {
            WriteChat(to, error, message, code, ErrorBody.OpenAIType(status, CodeText(error, code)), status);
        }
        else
        {
            WriteMessage(to, error, message, ErrorBody.AnthropicType(status), status, requestId);
        }
    }

    /// <summary>Writes the event of a stream that tells of an error. The status of the answer was that of a success.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="error">The event's data.</param>
    /// <param name="dialect">Whose words to use.</param>
    public static void WriteEvent(HeadBuffer to, JsonTape error, Dialect dialect)
    {
        var (message, code) = Read(error);
        var status = StatusOf(CodeText(error, code));
        if (dialect == Dialect.OpenAI)
        {
            to.Write("data: "u8);
            WriteChat(to, error, message, code, ErrorBody.OpenAIType(status, CodeText(error, code)), status);
        }
        else
        {
            to.Write("event: error\ndata: "u8);
            WriteMessage(to, error, message, ErrorBody.AnthropicType(status), status, null);
        }

        to.Write("\n\n"u8);
    }

    /// <summary>True for an object that tells of an error in either dialect.</summary>
    public static bool IsError(JsonTape data) => data.Find(0, "error"u8) is >= 0 and var error
        && data.Tokens[error].Kind is JsonKind.Object or JsonKind.String;

    // {"error":{"message","type","code"}}, {"error":"message"}, {"message"} and {"detail"} are all in use.
    private static (int Message, int Code) Read(JsonTape body)
    {
        if (body.Tokens.IsEmpty)
        {
            return (-1, -1);
        }

        var error = body.Find(0, "error"u8);
        if (IsText(body, error))
        {
            return (error, -1);
        }

        error = error >= 0 && body.Tokens[error].Kind == JsonKind.Object ? error : 0;
        var message = body.Find(error, "message"u8);
        message = IsText(body, message) ? message : body.Find(error, "detail"u8);
        var code = body.Find(error, "code"u8);
        code = IsText(body, code) ? code : body.Find(error, "type"u8);
        return (IsText(body, message) ? message : -1, IsText(body, code) && code > 0 ? code : -1);
    }

    private static bool IsText(JsonTape body, int token) =>
        token >= 0 && body.Tokens[token].Kind == JsonKind.String && body.Tokens[token].Count > 0;

    private static string CodeText(JsonTape body, int code) =>
        code >= 0 && body.Tokens[code].Count <= CodeBytesMax ? body.StringAt(code) : "";

    // What the event would have had, had it come in time.
    private static int StatusOf(string code) => code switch
    {
        "rate_limit_error" or "rate_limit_exceeded" or "insufficient_quota" => 429,
        "overloaded_error" => 529,
        "timeout_error" => 504,
        "invalid_request_error" or "context_length_exceeded" => 400,
        "authentication_error" or "invalid_api_key" => 401,
        "permission_error" => 403,
        "not_found_error" or "model_not_found" => 404,
        _ => 500,
    };

    private static void WriteChat(HeadBuffer to, JsonTape error, int message, int code, string type, int status)
    {
        to.Write("{\"error\":{\"message\":"u8);
        WriteMessage(to, error, message, status);
        to.Write(",\"type\":\""u8);
        to.WriteLatin1(type);
        to.Write("\",\"param\":null,\"code\":"u8);
        WriteChatCode(to, error, code);
        to.Write("}}"u8);
    }

    // Programs look for OpenAI's own codes; where it has none of that meaning, Anthropic's says more than nothing.
    private static void WriteChatCode(HeadBuffer to, JsonTape error, int code)
    {
        var known = CodeText(error, code) switch
        {
            "not_found_error" => "\"model_not_found\""u8,
            "authentication_error" => "\"invalid_api_key\""u8,
            "rate_limit_error" => "\"rate_limit_exceeded\""u8,
            "billing_error" => "\"insufficient_quota\""u8,
            _ => default,
        };
        to.Write(!known.IsEmpty ? known : code < 0 ? "null"u8 : error.Tokens[code].Raw(error.Text));
    }

    private static void WriteMessage(HeadBuffer to, JsonTape error, int message, string type, int status, string? requestId)
    {
        to.Write("{\"type\":\"error\",\"error\":{\"type\":\""u8);
        to.WriteLatin1(type);
        to.Write("\",\"message\":"u8);
        WriteMessage(to, error, message, status);
        to.Write("},\"request_id\":"u8);
        if (requestId is null)
        {
            to.Write("null}"u8);
            return;
        }

        to.Write("\""u8);
        JsonText.WriteEscaped(to, requestId);
        to.Write("\"}"u8);
    }

    private static void WriteMessage(HeadBuffer to, JsonTape error, int message, int status)
    {
        if (message >= 0)
        {
            to.Write(error.Tokens[message].Raw(error.Text));
            return;
        }

        to.Write("\"The provider answered with status "u8);
        to.WriteLatin1(status.ToString(CultureInfo.InvariantCulture));
        to.Write(" and no message.\""u8);
    }
}
