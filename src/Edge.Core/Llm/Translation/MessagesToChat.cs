using Edge.Core.Bodies;

namespace Edge.Core.Llm.Translation;

/// <summary>A request to Anthropic's messages as one to OpenAI's chat completions.</summary>
/// <remarks>
/// Results of tools become messages of their own, before what else the user says, since they must follow their calls. Streams are
/// asked for their usage, because Anthropic's always tell it. Thoughts are left out: they are signed by who thought them.
/// </remarks>
public sealed partial class MessagesToChat : RequestTranslator
{
    /// <summary>Most sequences that OpenAI stops at.</summary>
    public const int StopSequencesMax = 4;

    private const int LowEffortTokensMax = 4096;
    private const int MediumEffortTokensMax = 16 * 1024;

    private static readonly RequestMemberRule[] Table =
    [
        new("model", RequestMember.Model),
        new("messages", RequestMember.Messages),
        new("system", RequestMember.System),
        new("max_tokens", RequestMember.MaxTokens),
        new("temperature", RequestMember.Temperature),
        new("top_p", RequestMember.TopP),
        new("stop_sequences", RequestMember.Stop),
        new("stream", RequestMember.Stream),
        new("metadata", RequestMember.Metadata),
        new("tools", RequestMember.Tools),
        new("tool_choice", RequestMember.ToolChoice),
        new("output_config", RequestMember.ResponseFormat),
        new("thinking", RequestMember.Thinking),
        new("service_tier", RequestMember.Bookkeeping),
        new("speed", RequestMember.Bookkeeping),
        new("cache_control", RequestMember.Bookkeeping),
        new("diagnostics", RequestMember.Bookkeeping),
        new("user_profile_id", RequestMember.Bookkeeping),
        new("workspace_id", RequestMember.Bookkeeping),
        new("top_k", RequestMember.Unsupported),
        new("container", RequestMember.Unsupported),
        new("inference_geo", RequestMember.Unsupported),
        new("mcp_servers", RequestMember.Unsupported, NeutralValue.Empty),
        new("context_management", RequestMember.Unsupported),
    ];

    private bool _hasTools;

    private protected override ReadOnlySpan<RequestMemberRule> Rules => Table;

    private protected override bool TryWrite()
    {
        IncludesUsage = true;
        if (!IsArray(At(RequestMember.Messages)))
        {
            return Fail(Math.Max(At(RequestMember.Messages), 0), "The request must have a list of messages.");
        }

        if (At(RequestMember.MaxTokens) < 0)
        {
            return Fail(0, "The request must say in 'max_tokens' how long an answer may be.");
        }

        var isWritten = TryWriteNumber(
                SaysMaxTokens ? ",\"max_tokens\":"u8 : ",\"max_completion_tokens\":"u8, At(RequestMember.MaxTokens))
            && TryWriteMessages()
            && TryWriteNumber(",\"temperature\":"u8, At(RequestMember.Temperature))
            && TryWriteNumber(",\"top_p\":"u8, At(RequestMember.TopP))
            && TryWriteStop() && TryWriteStream() && TryWriteUser() && TryWriteTools() && TryWriteChoice() && TryWriteOutput();
        if (isWritten)
        {
            To.Write("}"u8);
        }

        return isWritten;
    }

    private bool TryWriteStop()
    {
        var stop = At(RequestMember.Stop);
        if (stop < 0 || Tokens[stop].Count == 0)
        {
            return stop < 0 || IsArray(stop) || Fail(stop, "'stop_sequences' must be a list of strings.");
        }

        if (!IsArray(stop))
        {
            return Fail(stop, "'stop_sequences' must be a list of strings.");
        }

        if (Tokens[stop].Count > StopSequencesMax && !Unsupported(stop, "stop_sequences"))
        {
            return false;
        }

        To.Write(",\"stop\":"u8);
        var count = 0;
        for (var i = stop + 1; i < Tokens[stop].Next && count < StopSequencesMax; i = Tokens[i].Next)
        {
            if (!IsString(i))
            {
                return Fail(i, "A stop sequence must be a string.");
            }

            To.Write(count++ == 0 ? "["u8 : ","u8);
            To.Write(Raw(i));
        }

        To.Write("]"u8);
        return true;
    }

    private bool TryWriteStream()
    {
        var stream = At(RequestMember.Stream);
        if (stream >= 0 && Tokens[stream].Kind is not (JsonKind.True or JsonKind.False))
        {
            return Fail(stream, "'stream' must be true or false.");
        }

        To.Write(IsTrue(stream) ? ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"u8 : default);
        return true;
    }

    private bool TryWriteUser()
    {
        var metadata = At(RequestMember.Metadata);
        if (metadata < 0)
        {
            return true;
        }

        if (!IsObject(metadata))
        {
            return Fail(metadata, "'metadata' must be an object.");
        }

        var user = Member(metadata, "user_id"u8);
        if (user >= 0 && !IsString(user))
        {
            return Fail(user, "This must be a string.");
        }

        WriteMember(",\"user\":"u8, user);
        if (Tokens[metadata].Count > (Body.Find(metadata, "user_id"u8) >= 0 ? 1 : 0))
        {
            Drop("metadata");
        }

        return true;
    }

    private bool TryWriteOutput()
    {
        var output = At(RequestMember.ResponseFormat);
        if (output >= 0 && !IsObject(output))
        {
            return Fail(output, "'output_config' must be an object.");
        }

        var effort = output < 0 ? -1 : Member(output, "effort"u8);
        if (effort >= 0 && !IsString(effort))
        {
            return Fail(effort, "The effort must be a string.");
        }

        WriteMember(",\"reasoning_effort\":"u8, effort);
        if (At(RequestMember.Thinking) is >= 0 and var thinking && !TryWriteThinking(thinking, effort >= 0))
        {
            return false;
        }

        var format = output < 0 ? -1 : Member(output, "format"u8);
        if (format < 0)
        {
            return true;
        }

        var schema = IsObject(format) && Says(Member(format, "type"u8), "json_schema"u8) ? Member(format, "schema"u8) : -1;
        if (!IsObject(schema))
        {
            return Fail(format, "The format must be of type 'json_schema' and have a 'schema'.");
        }

        To.Write(",\"response_format\":{\"type\":\"json_schema\","u8);
        To.Write("\"json_schema\":{\"name\":\"answer\",\"strict\":true,\"schema\":"u8);
        To.Write(Raw(schema));
        To.Write("}}"u8);
        return true;
    }

    // A budget of tokens is told there as one of a few efforts.
    private bool TryWriteThinking(int thinking, bool hasEffort)
    {
        var type = IsObject(thinking) ? Member(thinking, "type"u8) : -1;
        if (!IsString(type))
        {
            return Fail(thinking, "'thinking' must be an object with a 'type'.");
        }

        if (hasEffort || !Says(type, "enabled"u8))
        {
            Drop("thinking");
            return true;
        }

        var budget = Member(thinking, "budget_tokens"u8);
        if (budget < 0 || Tokens[budget].Kind != JsonKind.Number)
        {
            return Fail(thinking, "'thinking' must have 'budget_tokens'.");
        }

        var tokens = NumberOf(budget);
        To.Write(
            tokens <= LowEffortTokensMax ? ",\"reasoning_effort\":\"low\""u8
            : tokens <= MediumEffortTokensMax ? ",\"reasoning_effort\":\"medium\""u8
            : ",\"reasoning_effort\":\"high\""u8);
        Change("thinking");
        return true;
    }

    private bool TryWriteTools()
    {
        _hasTools = false;
        var tools = At(RequestMember.Tools);
        if (tools < 0)
        {
            return true;
        }

        if (!IsArray(tools))
        {
            return Fail(tools, "'tools' must be a list.");
        }

        for (var tool = tools + 1; tool < Tokens[tools].Next; tool = Tokens[tool].Next)
        {
            var type = IsObject(tool) ? Member(tool, "type"u8) : -1;
            if (IsString(type) && !Says(type, "custom"u8))
            {
                if (!Unsupported(tool, "tools.type"))
                {
                    return false;
                }

                continue;
            }

            var name = IsObject(tool) ? Member(tool, "name"u8) : -1;
            var schema = IsObject(tool) ? Member(tool, "input_schema"u8) : -1;
            if (!IsString(name) || !IsObject(schema))
            {
                return Fail(tool, "A tool must have a 'name' and an 'input_schema'.");
            }

            NoteCacheControl(tool);
            To.Write(_hasTools ? ","u8 : ",\"tools\":["u8);
            _hasTools = true;
            WriteMember("{\"type\":\"function\",\"function\":{\"name\":"u8, name);
            WriteMember(",\"description\":"u8, Member(tool, "description"u8));
            WriteMember(",\"parameters\":"u8, schema);
            To.Write(IsTrue(Member(tool, "strict"u8)) ? ",\"strict\":true}}"u8 : "}}"u8);
        }

        To.Write(_hasTools ? "]"u8 : default);
        return true;
    }

    // A wish about tools is refused there where there are none.
    private bool TryWriteChoice()
    {
        var choice = At(RequestMember.ToolChoice);
        if (choice < 0 || !_hasTools)
        {
            return true;
        }

        var type = IsObject(choice) ? Member(choice, "type"u8) : -1;
        if (Says(type, "auto"u8) || Says(type, "none"u8))
        {
            WriteMember(",\"tool_choice\":"u8, type);
        }
        else if (Says(type, "any"u8))
        {
            To.Write(",\"tool_choice\":\"required\""u8);
        }
        else
        {
            var name = Says(type, "tool"u8) ? Member(choice, "name"u8) : -1;
            if (!IsString(name))
            {
                return Fail(choice, "'tool_choice' must be of type auto, any or none, or of type tool with a 'name'.");
            }

            WriteMember(",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":"u8, name);
            To.Write("}}"u8);
        }

        To.Write(IsTrue(Member(choice, "disable_parallel_tool_use"u8)) ? ",\"parallel_tool_calls\":false"u8 : default);
        return true;
    }

    private void NoteCacheControl(int owner)
    {
        if (Member(owner, "cache_control"u8) >= 0)
        {
            Drop("cache_control");
        }
    }
}
