using Edge.Core.Bodies;

namespace Edge.Core.Llm.Translation;

/// <summary>A request to OpenAI's chat completions as one to Anthropic's messages.</summary>
/// <remarks>
/// System messages become <c>system</c>, wherever they stand. Results of tools are told by the user there, and neighbours of the
/// same role are one message, so that those of several calls stand together, as the API wants it. Texts without a character,
/// which it refuses, are left out.
/// </remarks>
public sealed partial class ChatToMessages : RequestTranslator
{
    private static readonly RequestMemberRule[] Table =
    [
        new("model", RequestMember.Model),
        new("messages", RequestMember.Messages),
        new("max_tokens", RequestMember.MaxTokens),
        new("max_completion_tokens", RequestMember.MaxCompletionTokens),
        new("temperature", RequestMember.Temperature),
        new("top_p", RequestMember.TopP),
        new("top_k", RequestMember.TopK),
        new("stop", RequestMember.Stop),
        new("stream", RequestMember.Stream),
        new("stream_options", RequestMember.StreamOptions),
        new("user", RequestMember.User),
        new("safety_identifier", RequestMember.SafetyIdentifier),
        new("tools", RequestMember.Tools),
        new("tool_choice", RequestMember.ToolChoice),
        new("parallel_tool_calls", RequestMember.ParallelToolCalls),
        new("response_format", RequestMember.ResponseFormat),
        new("reasoning_effort", RequestMember.Effort),
        new("metadata", RequestMember.Bookkeeping, NeutralValue.Empty),
        new("service_tier", RequestMember.Bookkeeping),
        new("store", RequestMember.Bookkeeping, NeutralValue.False),
        new("prediction", RequestMember.Bookkeeping),
        new("prompt_cache_key", RequestMember.Bookkeeping),
        new("prompt_cache_options", RequestMember.Bookkeeping),
        new("prompt_cache_retention", RequestMember.Bookkeeping),
        new("n", RequestMember.Unsupported, NeutralValue.One),
        new("logprobs", RequestMember.Unsupported, NeutralValue.False),
        new("top_logprobs", RequestMember.Unsupported, NeutralValue.Zero),
        new("seed", RequestMember.Unsupported),
        new("frequency_penalty", RequestMember.Unsupported, NeutralValue.Zero),
        new("presence_penalty", RequestMember.Unsupported, NeutralValue.Zero),
        new("logit_bias", RequestMember.Unsupported, NeutralValue.Empty),
        new("modalities", RequestMember.Unsupported, NeutralValue.TextOnly),
        new("functions", RequestMember.Unsupported, NeutralValue.Empty),
    ];

    private bool _hasTools;

    private protected override ReadOnlySpan<RequestMemberRule> Rules => Table;

    private protected override bool TryWrite()
    {
        if (!IsArray(At(RequestMember.Messages)))
        {
            return Fail(Math.Max(At(RequestMember.Messages), 0), "The request must have a list of messages.");
        }

        var isWritten = TryWriteLimit() && TryWriteSystem() && TryWriteMessages() && TryWriteSampling() && TryWriteStream()
            && TryWriteTools() && TryWriteChoice() && TryWriteOutput();
        if (isWritten)
        {
            To.Write("}"u8);
        }

        return isWritten;
    }

    // The newer name has the last word, as with OpenAI.
    private bool TryWriteLimit()
    {
        var token = At(RequestMember.MaxCompletionTokens);
        token = token >= 0 ? token : At(RequestMember.MaxTokens);
        if (token >= 0)
        {
            return TryWriteNumber(",\"max_tokens\":"u8, token);
        }

        To.Write(",\"max_tokens\":"u8);
        To.WriteDecimal(Plan.MaxTokens);
        return true;
    }

    private bool TryWriteSampling()
    {
        var temperature = At(RequestMember.Temperature);
        if (temperature >= 0 && Tokens[temperature].Kind == JsonKind.Number && NumberOf(temperature) > 1)
        {
            To.Write(",\"temperature\":1"u8);
            Change("temperature");
        }
        else if (!TryWriteNumber(",\"temperature\":"u8, temperature))
        {
            return false;
        }

        return TryWriteNumber(",\"top_p\":"u8, At(RequestMember.TopP)) && TryWriteNumber(",\"top_k\":"u8, At(RequestMember.TopK))
            && TryWriteStop();
    }

    private bool TryWriteStop()
    {
        var stop = At(RequestMember.Stop);
        if (IsArray(stop))
        {
            for (var i = stop + 1; i < Tokens[stop].Next; i = Tokens[i].Next)
            {
                if (!IsString(i))
                {
                    return Fail(i, "A stop sequence must be a string.");
                }
            }

            WriteMember(",\"stop_sequences\":"u8, stop);
        }
        else if (IsString(stop))
        {
            To.Write(",\"stop_sequences\":["u8);
            To.Write(Raw(stop));
            To.Write("]"u8);
        }
        else if (stop >= 0)
        {
            return Fail(stop, "'stop' must be a string or a list of strings.");
        }

        return true;
    }

    private bool TryWriteStream()
    {
        var stream = At(RequestMember.Stream);
        if (stream >= 0 && Tokens[stream].Kind is not (JsonKind.True or JsonKind.False))
        {
            return Fail(stream, "'stream' must be true or false.");
        }

        WriteMember(",\"stream\":"u8, stream);
        var options = At(RequestMember.StreamOptions);
        if (IsObject(options))
        {
            IncludesUsage = IsTrue(Member(options, "include_usage"u8));
            if (Member(options, "include_obfuscation"u8) >= 0)
            {
                Drop("stream_options.include_obfuscation");
            }
        }

        // Both say for whom; where both are there, the newer name is left out, since `user` is what rules of routes set.
        var user = At(RequestMember.User);
        if (user >= 0 && At(RequestMember.SafetyIdentifier) >= 0)
        {
            Drop("safety_identifier");
        }

        user = user >= 0 ? user : At(RequestMember.SafetyIdentifier);
        if (user >= 0 && !IsString(user))
        {
            return Fail(user, "This must be a string.");
        }

        if (user >= 0)
        {
            To.Write(",\"metadata\":{\"user_id\":"u8);
            To.Write(Raw(user));
            To.Write("}"u8);
        }

        return true;
    }

    private bool TryWriteOutput()
    {
        var schema = -1;
        var format = At(RequestMember.ResponseFormat);
        if (format >= 0 && !TryReadFormat(format, out schema))
        {
            return false;
        }

        var effort = At(RequestMember.Effort);
        if (effort >= 0 && !IsString(effort))
        {
            return Fail(effort, "'reasoning_effort' must be a string.");
        }

        if (Says(effort, "none"u8))
        {
            To.Write(",\"thinking\":{\"type\":\"disabled\"}"u8);
            effort = -1;
        }

        if (schema < 0 && effort < 0)
        {
            return true;
        }

        To.Write(",\"output_config\":{"u8);
        if (Says(effort, "minimal"u8))
        {
            To.Write("\"effort\":\"low\""u8);
            Change("reasoning_effort");
        }
        else
        {
            WriteMember("\"effort\":"u8, effort);
        }

        if (schema >= 0)
        {
            To.Write(effort >= 0 ? ","u8 : default);
            WriteMember("\"format\":{\"type\":\"json_schema\",\"schema\":"u8, schema);
            To.Write("}"u8);
        }

        To.Write("}"u8);
        return true;
    }

    private bool TryReadFormat(int format, out int schema)
    {
        schema = -1;
        var type = Member(format, "type"u8);
        if (Says(type, "text"u8))
        {
            return true;
        }

        if (!Says(type, "json_schema"u8))
        {
            return Unsupported(format, "response_format");
        }

        var definition = Member(format, "json_schema"u8);
        schema = definition < 0 ? -1 : Member(definition, "schema"u8);
        return IsObject(schema) || Fail(format, "'response_format' must have a JSON Schema in 'json_schema.schema'.");
    }
}
