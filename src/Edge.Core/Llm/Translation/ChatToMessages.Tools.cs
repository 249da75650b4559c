using Edge.Core.Bodies;

namespace Edge.Core.Llm.Translation;

/// <content>The tools and the caller's wish about them.</content>
public sealed partial class ChatToMessages
{
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
            if (!TryWriteTool(tool))
            {
                return false;
            }
        }

        To.Write(_hasTools ? "]"u8 : default);
        return true;
    }

    private bool TryWriteTool(int tool)
    {
        var type = IsObject(tool) ? Member(tool, "type"u8) : -1;
        if (IsString(type) && !Says(type, "function"u8))
        {
            return Unsupported(tool, "tools.type");
        }

        var function = IsObject(tool) ? Member(tool, "function"u8) : -1;
        var name = IsObject(function) ? Member(function, "name"u8) : -1;
        if (!IsString(name))
        {
            return Fail(tool, "A tool must have a 'function' with a 'name'.");
        }

        var schema = Member(function, "parameters"u8);
        if (schema >= 0 && !IsObject(schema))
        {
            return Fail(schema, "The parameters of a tool must be a JSON Schema.");
        }

        To.Write(_hasTools ? ","u8 : ",\"tools\":["u8);
        _hasTools = true;
        WriteMember("{\"name\":"u8, name);
        WriteMember(",\"description\":"u8, Member(function, "description"u8));
        if (schema >= 0)
        {
            WriteMember(",\"input_schema\":"u8, schema);
        }
        else
        {
            To.Write(",\"input_schema\":{\"type\":\"object\",\"properties\":{}}"u8);
        }

        To.Write(IsTrue(Member(function, "strict"u8)) ? ",\"strict\":true}"u8 : "}"u8);
        return true;
    }

    // A wish about tools is refused there where there are none. Whether several may be called at once is part of it.
    private bool TryWriteChoice()
    {
        var choice = At(RequestMember.ToolChoice);
        var parallel = At(RequestMember.ParallelToolCalls);
        var isSingle = parallel >= 0 && Tokens[parallel].Kind == JsonKind.False;
        if (choice < 0)
        {
            To.Write(
                _hasTools && isSingle
                    ? ",\"tool_choice\":{\"type\":\"auto\",\"disable_parallel_tool_use\":true}"u8
                    : default);
            return true;
        }

        if (Says(choice, "none"u8))
        {
            To.Write(_hasTools ? ",\"tool_choice\":{\"type\":\"none\"}"u8 : default);
            return true;
        }

        if (Says(choice, "auto"u8))
        {
            if (!_hasTools)
            {
                return true;
            }

            To.Write(",\"tool_choice\":{\"type\":\"auto\""u8);
        }
        else if (!_hasTools && At(RequestMember.Tools) >= 0 && Plan.DropsUnsupported)
        {
            Drop("tool_choice");
            return true;
        }
        else if (Says(choice, "required"u8))
        {
            To.Write(",\"tool_choice\":{\"type\":\"any\""u8);
        }
        else if (IsObject(choice) && Says(Member(choice, "type"u8), "function"u8))
        {
            var function = Member(choice, "function"u8);
            var name = IsObject(function) ? Member(function, "name"u8) : -1;
            if (!IsString(name))
            {
                return Fail(choice, "'tool_choice' must name a function.");
            }

            WriteMember(",\"tool_choice\":{\"type\":\"tool\",\"name\":"u8, name);
        }
        else
        {
            return IsObject(choice) ? Unsupported(choice, "tool_choice")
                : Fail(choice, "'tool_choice' must be none, auto, required or name a function.");
        }

        To.Write(isSingle ? ",\"disable_parallel_tool_use\":true}"u8 : "}"u8);
        return true;
    }
}
