using System.Text.Json;
using Edge.Core.Configuration;

namespace Edge.Demo;

/// <summary>Why a request is refused, in words that both dialects can carry.</summary>
/// <param name="Status">HTTP status code.</param>
/// <param name="Message">A sentence for people.</param>
/// <param name="Param">The member of the request at fault, or null.</param>
/// <param name="Code">A word for programs (OpenAI only), or null.</param>
internal readonly record struct MockProblem(int Status, string Message, string? Param = null, string? Code = null)
{
    /// <summary>True where there is no problem: the default value.</summary>
    public bool IsNone => Status == 0;

    /// <summary>A 400 about one member of the request.</summary>
    public static MockProblem Bad(string message, string? param = null, string? code = null) => new(400, message, param, code);

    /// <summary>Writes the body in the dialect's shape.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="dialect">Whose shape.</param>
    /// <param name="requestId">The request's identifier, as its header says it; Anthropic's bodies repeat it.</param>
    public void Write(Utf8JsonWriter json, Dialect dialect, string requestId)
    {
        json.WriteStartObject();
        if (dialect == Dialect.Anthropic)
        {
            json.WriteString("type"u8, "error"u8);
            json.WriteStartObject("error"u8);
            json.WriteString("type"u8, AnthropicType(Status));
            json.WriteString("message"u8, Message);
            json.WriteEndObject();
            json.WriteString("request_id"u8, requestId);
        }
        else
        {
            json.WriteStartObject("error"u8);
            json.WriteString("message"u8, Message);
            json.WriteString("type"u8, OpenAIType(Status));
            json.WriteString("param"u8, Param);
            json.WriteString("code"u8, Code ?? OpenAICode(Status));
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.Flush();
    }

    private static string AnthropicType(int status) => status switch
    {
        400 or 405 or 422 => "invalid_request_error",
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        503 or 529 => "overloaded_error",
        _ => "api_error",
    };

    private static string OpenAIType(int status) => status switch
    {
        429 => "requests",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };

    private static string? OpenAICode(int status) => status == 429 ? "rate_limit_exceeded" : null;
}
