using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using Edge.Core.Bodies.Schemas;
using Edge.Core.Configuration;

namespace Edge.Core.Llm;

/// <summary>
/// Errors of the gateway in the words of a route's dialect, so that the official SDKs raise them as they raise the provider's
/// own. Stateless; safe from any thread. Texts are escaped; what they say is the caller's choice and must be safe to show.
/// </summary>
public static class ErrorBody
{
    /// <summary>The start of a problem's <c>type</c> (RFC 9457, section 3.1.1); the error code follows.</summary>
    public const string ProblemTypePrefix = "urn:edge:problem:";

    // The default encoder writes ASCII only and escapes line ends, so that a body fits one `data:` line of an event stream,
    // and also what HTML would act upon, should a browser sniff it.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Default };

    /// <summary>The media type of what <see cref="Write"/> writes.</summary>
    public static string ContentType(Dialect dialect) =>
        dialect == Dialect.Http ? "application/problem+json" : "application/json";

    /// <summary>Writes a whole error body.</summary>
    /// <param name="to">Where to; the body is committed to it in full.</param>
    /// <param name="dialect">Whose shape.</param>
    /// <param name="status">Status of the answer: chooses the error's type.</param>
    /// <param name="code">Code for programs, in snake_case.</param>
    /// <param name="message">One sentence for people.</param>
    /// <param name="requestId">The request's identifier, or null. OpenAI's shape has no place for it.</param>
    /// <param name="details">What there is to say besides, or null.</param>
    public static void Write(
        IBufferWriter<byte> to, Dialect dialect, int status, string code, string message, string? requestId,
        ErrorDetails? details = null)
    {
        using var json = new Utf8JsonWriter(to, Options);
        message = details?.Message ?? message;
        switch (dialect)
        {
            case Dialect.OpenAI:
                WriteOpenAI(json, OpenAIType(status, code), OpenAICode(code), message, details);
                break;
            case Dialect.Anthropic:
                WriteAnthropic(json, AnthropicType(status), message, requestId, details);
                break;
            default:
                WriteProblem(json, status, code, message, requestId, details);
                break;
        }
    }

    /// <summary>
    /// Writes the event that says a stream broke. It is the last one: the body that carries it must then be aborted, not ended.
    /// The status line has gone out as a success, so the event names none.
    /// </summary>
    /// <remarks>
    /// OpenAI's SDKs raise on any data with an <c>error</c> member; Anthropic's only on the event named <c>error</c>. Both
    /// take the first line end as the event's, hence one line of data. The caller sees to it that the stream is between two
    /// events.
    /// </remarks>
    public static void WriteStreamEvent(
        IBufferWriter<byte> to, Dialect dialect, int status, string code, string message, string? requestId)
    {
        to.Write(dialect == Dialect.OpenAI ? "data: "u8 : "event: error\ndata: "u8);
        using (var json = new Utf8JsonWriter(to, Options))
        {
            var timeout = code.EndsWith("_timeout", StringComparison.Ordinal);
            switch (dialect)
            {
                case Dialect.OpenAI:
                    WriteOpenAI(json, status == 429 ? OpenAIType(status, code) : "server_error", code, message, null);
                    break;
                case Dialect.Anthropic:
                    var type = status == 429 ? AnthropicType(status) : timeout ? "timeout_error" : "api_error";
                    WriteAnthropic(json, type, message, requestId, null);
                    break;
                default:
                    WriteProblem(json, status: null, code, message, requestId, null);
                    break;
            }
        }

        to.Write("\n\n"u8);
    }

    private static void WriteOpenAI(Utf8JsonWriter json, string type, string code, string message, ErrorDetails? details)
    {
        json.WriteStartObject();
        json.WriteStartObject("error"u8);
        json.WriteString("message"u8, message);
        json.WriteString("type"u8, type);
        json.WriteString("param"u8, details?.Param);
        json.WriteString("code"u8, code);
        WriteMembers(json, details);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteAnthropic(
        Utf8JsonWriter json, string type, string message, string? requestId, ErrorDetails? details)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "error"u8);
        json.WriteStartObject("error"u8);
        json.WriteString("type"u8, type);
        json.WriteString("message"u8, message);
        WriteMembers(json, details);
        json.WriteEndObject();
        json.WriteString("request_id"u8, requestId);
        json.WriteEndObject();
    }

    private static void WriteProblem(
        Utf8JsonWriter json, int? status, string code, string message, string? requestId, ErrorDetails? details)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, ProblemTypePrefix + code);
        json.WriteString("title"u8, Title(code));
        if (status is { } number)
        {
            json.WriteNumber("status"u8, number);
        }

        json.WriteString("detail"u8, message);
        if (requestId is not null)
        {
            json.WriteString("requestId"u8, requestId);
        }

        WriteMembers(json, details);
        json.WriteEndObject();
    }

    /// <summary>The code as words, for a title says the kind of problem and never changes: "Upstream connect timeout".</summary>
    private static string Title(string code) => string.Create(code.Length, code, static (title, code) =>
    {
        code.AsSpan().Replace(title, '_', ' ');
        if (title.Length > 0)
        {
            title[0] = char.ToUpperInvariant(title[0]);
        }
    });

    private static void WriteMembers(Utf8JsonWriter json, ErrorDetails? details)
    {
        if (details is null)
        {
            return;
        }

        foreach (var (name, value) in details.Members)
        {
            json.WriteString(name, value);
        }

        foreach (var (name, value) in details.Numbers)
        {
            json.WriteNumber(name, value);
        }

        foreach (var (name, values) in details.Lists)
        {
            json.WriteStartArray(name);
            foreach (var value in values)
            {
                json.WriteStringValue(value);
            }

            json.WriteEndArray();
        }

        if (!details.Errors.IsEmpty)
        {
            WriteErrors(json, details.Errors);
        }
    }

    // As in RFC 9457, section 3: a detail for people, and a pointer, there written as a fragment.
    private static void WriteErrors(Utf8JsonWriter json, ImmutableArray<SchemaError> errors)
    {
        json.WriteStartArray("errors"u8);
        foreach (var error in errors)
        {
            json.WriteStartObject();
            json.WriteString("pointer"u8, "#" + error.Pointer);
            json.WriteString("rule"u8, error.Rule);
            json.WriteString("detail"u8, error.ToString());
            json.WriteString("expected"u8, error.Expected);
            json.WriteString("found"u8, error.Found);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // Whatever stands where OpenAI's SDKs put the API key is an API key to them.
    private static string OpenAICode(string code) => code == "credential_invalid" ? "invalid_api_key" : code;

    // On 429 OpenAI names what ran out: requests, tokens or the paid quota.
    internal static string OpenAIType(int status, string code) => status switch
    {
        401 => "authentication_error",
        403 => "permission_error",
        429 when code.Contains("quota", StringComparison.Ordinal) || code.StartsWith("budget", StringComparison.Ordinal) =>
            "insufficient_quota",
        429 when code.Contains("token", StringComparison.Ordinal) => "tokens",
        429 => "requests",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };

    internal static string AnthropicType(int status) => status switch
    {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 or 529 => "overloaded_error",
        504 => "timeout_error",
        >= 500 => "api_error",
        _ => "invalid_request_error",
    };
}
