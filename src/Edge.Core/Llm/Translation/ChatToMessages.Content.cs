using Edge.Core.Bodies;

namespace Edge.Core.Llm.Translation;

/// <content>The messages and what is in them.</content>
public sealed partial class ChatToMessages
{
    private Role _open;
    private int _written;

    private enum Role : byte
    {
        None,
        User,
        Assistant,
    }

    /// <summary>All system messages, in their order.</summary>
    private bool TryWriteSystem()
    {
        var messages = At(RequestMember.Messages);
        var texts = 0;
        var isBehindOthers = false;
        for (var i = messages + 1; i < Tokens[messages].Next; i = Tokens[i].Next)
        {
            if (!IsObject(i))
            {
                return Fail(i, "A message must be an object.");
            }

            if (!IsSystem(i))
            {
                isBehindOthers = true;
                continue;
            }

            if (isBehindOthers)
            {
                Change("messages.system");
            }

            if (!TryWriteTexts(Member(i, "content"u8), i, ",\"system\":["u8, ref texts))
            {
                return false;
            }
        }

        To.Write(texts > 0 ? "]"u8 : default);
        return true;
    }

    private bool IsSystem(int message)
    {
        var role = Member(message, "role"u8);
        return Says(role, "system"u8) || Says(role, "developer"u8);
    }

    /// <summary>Writes a string, or a list of parts that are text, as blocks of text.</summary>
    /// <param name="content">The content.</param>
    /// <param name="owner">What has it.</param>
    /// <param name="first">What stands before the first block.</param>
    /// <param name="texts">Blocks that have been written.</param>
    private bool TryWriteTexts(int content, int owner, ReadOnlySpan<byte> first, ref int texts)
    {
        if (IsString(content))
        {
            WriteText(content, first, ref texts);
            return true;
        }

        if (!IsArray(content))
        {
            return Fail(content < 0 ? owner : content, "The content must be a string or a list of parts.");
        }

        for (var part = content + 1; part < Tokens[content].Next; part = Tokens[part].Next)
        {
            var text = IsObject(part) && Says(Member(part, "type"u8), "text"u8) ? Member(part, "text"u8) : -1;
            if (!IsString(text))
            {
                return Fail(part, "This part must be a text.");
            }

            NotePart(part);
            WriteText(text, first, ref texts);
        }

        return true;
    }

    private void WriteText(int text, ReadOnlySpan<byte> first, ref int texts)
    {
        if (Tokens[text].Count > 0)
        {
            To.Write(texts++ == 0 ? first : ","u8);
            To.Write("{\"type\":\"text\",\"text\":"u8);
            To.Write(Raw(text));
            To.Write("}"u8);
        }
    }

    private void NotePart(int part)
    {
        if (Member(part, "prompt_cache_breakpoint"u8) >= 0)
        {
            Drop("messages.content.prompt_cache_breakpoint");
        }
    }

    private bool TryWriteMessages()
    {
        _open = Role.None;
        _written = 0;
        To.Write(",\"messages\":["u8);
        var messages = At(RequestMember.Messages);
        for (var i = messages + 1; i < Tokens[messages].Next; i = Tokens[i].Next)
        {
            var role = Member(i, "role"u8);
            if (role >= 0 && Member(i, "name"u8) >= 0 && !Says(role, "tool"u8)
                && !Unsupported(Member(i, "name"u8), "messages.name"))
            {
                return false;
            }

            var isWritten = Says(role, "user"u8) ? TryWriteUser(i)
                : Says(role, "assistant"u8) ? TryWriteAssistant(i)
                : Says(role, "tool"u8) ? TryWriteResult(i)
                : IsSystem(i) || Fail(role < 0 ? i : role, "The role must be system, developer, user, assistant or tool.");
            if (!isWritten)
            {
                return false;
            }
        }

        if (_written == 0)
        {
            return Fail(messages, "There must be a message that is not the system's, with something in it.");
        }

        To.Write("]}]"u8);
        return true;
    }

    /// <summary>Begins a block in a message of that role, which may have begun already.</summary>
    private void Open(Role role)
    {
        if (_open == role)
        {
            To.Write(","u8);
            return;
        }

        To.Write(_open == Role.None ? default : "]},"u8);
        To.Write(role == Role.User ? "{\"role\":\"user\",\"content\":["u8 : "{\"role\":\"assistant\",\"content\":["u8);
        _open = role;
        _written++;
    }

    private void WriteText(int text, Role role)
    {
        if (Tokens[text].Count > 0)
        {
            Open(role);
            To.Write("{\"type\":\"text\",\"text\":"u8);
            To.Write(Raw(text));
            To.Write("}"u8);
        }
    }

    private bool TryWriteUser(int message)
    {
        var content = Member(message, "content"u8);
        if (IsString(content))
        {
            WriteText(content, Role.User);
            return true;
        }

        if (!IsArray(content))
        {
            return Fail(content < 0 ? message : content, "The content must be a string or a list of parts.");
        }

        for (var part = content + 1; part < Tokens[content].Next; part = Tokens[part].Next)
        {
            if (!IsObject(part))
            {
                return Fail(part, "A part must be an object.");
            }

            NotePart(part);
            var type = Member(part, "type"u8);
            var isWritten = Says(type, "text"u8) ? TryWriteText(part, Role.User, "text"u8)
                : Says(type, "image_url"u8) ? TryWriteImage(part)
                : Says(type, "file"u8) ? TryWriteFile(part)
                : Fail(part, "A part of this type cannot be carried over: only text, images and PDF files can.");
            if (!isWritten)
            {
                return false;
            }
        }

        return true;
    }

    private bool TryWriteText(int part, Role role, ReadOnlySpan<byte> name)
    {
        var text = Member(part, name);
        if (!IsString(text))
        {
            return Fail(part, "This part must have a text.");
        }

        WriteText(text, role);
        return true;
    }

    private bool TryWriteImage(int part)
    {
        var image = Member(part, "image_url"u8);
        var url = IsObject(image) ? Member(image, "url"u8) : -1;
        if (!IsString(url))
        {
            return Fail(part, "An image must have a 'url'.");
        }

        var detail = Member(image, "detail"u8);
        if (detail >= 0 && !Says(detail, "auto"u8))
        {
            Drop("messages.content.image_url.detail");
        }

        var text = Body.TextOf(url);
        if (text.StartsWith("https://"u8) || text.StartsWith("http://"u8))
        {
            Open(Role.User);
            To.Write("{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":"u8);
            To.Write(Raw(url));
            To.Write("}}"u8);
            return true;
        }

        if (!DataUrl.TryRead(text, out var mediaType, out var data) || !mediaType.StartsWith("image/"u8))
        {
            return Fail(url, "An image must have an http URL, or a data URL with its media type and its bytes in base64.");
        }

        Open(Role.User);
        To.Write("{\"type\":\"image\","u8);
        WriteSource(mediaType, data);
        return true;
    }

    private bool TryWriteFile(int part)
    {
        var file = Member(part, "file"u8);
        var data = IsObject(file) ? Member(file, "file_data"u8) : -1;
        if (!IsString(data) || !DataUrl.TryRead(Body.TextOf(data), out var mediaType, out var bytes)
            || !mediaType.SequenceEqual("application/pdf"u8))
        {
            return Fail(part, "Of files only a PDF in 'file_data', as a data URL, can be carried over.");
        }

        Open(Role.User);
        To.Write("{\"type\":\"document\","u8);
        WriteSource(mediaType, bytes);
        var name = Member(file, "filename"u8);
        if (IsString(name))
        {
            To.Truncate(To.Length - 1);
            WriteMember(",\"title\":"u8, name);
            To.Write("}"u8);
        }

        return true;
    }

    private void WriteSource(ReadOnlySpan<byte> mediaType, ReadOnlySpan<byte> data)
    {
        To.Write("\"source\":{\"type\":\"base64\",\"media_type\":\""u8);
        JsonText.WriteEscaped(To, mediaType);
        To.Write("\",\"data\":\""u8);
        JsonText.WriteEscaped(To, data);
        To.Write("\"}}"u8);
    }

    private bool TryWriteAssistant(int message)
    {
        var content = Member(message, "content"u8);
        if (IsString(content))
        {
            WriteText(content, Role.Assistant);
        }
        else if (IsArray(content))
        {
            for (var part = content + 1; part < Tokens[content].Next; part = Tokens[part].Next)
            {
                var isRefusal = IsObject(part) && Says(Member(part, "type"u8), "refusal"u8);
                if (!IsObject(part) || !(isRefusal || Says(Member(part, "type"u8), "text"u8)))
                {
                    return Fail(part, "What the assistant said must be a text.");
                }

                if (!TryWriteText(part, Role.Assistant, isRefusal ? "refusal"u8 : "text"u8))
                {
                    return false;
                }
            }
        }
        else if (content >= 0)
        {
            return Fail(content, "The content must be a string or a list of parts.");
        }

        var refusal = Member(message, "refusal"u8);
        if (IsString(refusal))
        {
            WriteText(refusal, Role.Assistant);
        }

        if (Member(message, "audio"u8) is >= 0 and var audio)
        {
            return Fail(audio, "Audio cannot be carried over.");
        }

        if (Member(message, "reasoning_content"u8) >= 0)
        {
            Drop("messages.reasoning_content");
        }

        return TryWriteCalls(message);
    }

    private bool TryWriteCalls(int message)
    {
        if (Member(message, "function_call"u8) is >= 0 and var old)
        {
            return Fail(old, "'function_call' cannot be carried over; 'tool_calls' can.");
        }

        var calls = Member(message, "tool_calls"u8);
        if (calls < 0)
        {
            return true;
        }

        if (!IsArray(calls))
        {
            return Fail(calls, "'tool_calls' must be a list.");
        }

        for (var call = calls + 1; call < Tokens[calls].Next; call = Tokens[call].Next)
        {
            var function = IsObject(call) ? Member(call, "function"u8) : -1;
            var id = IsObject(call) ? Member(call, "id"u8) : -1;
            var name = IsObject(function) ? Member(function, "name"u8) : -1;
            var arguments = IsObject(function) ? Member(function, "arguments"u8) : -1;
            if (!IsString(id) || !IsString(name) || !IsString(arguments))
            {
                return Fail(call, "A tool call must have an 'id', and a 'function' with 'name' and 'arguments', all strings.");
            }

            Open(Role.Assistant);
            WriteMember("{\"type\":\"tool_use\",\"id\":"u8, id);
            WriteMember(",\"name\":"u8, name);
            To.Write(",\"input\":"u8);
            if (!TryWriteHeldObject(arguments))
            {
                return false;
            }

            To.Write("}"u8);
        }

        return true;
    }

    private bool TryWriteResult(int message)
    {
        var id = Member(message, "tool_call_id"u8);
        if (!IsString(id))
        {
            return Fail(message, "The result of a tool must name its call in 'tool_call_id'.");
        }

        Open(Role.User);
        WriteMember("{\"type\":\"tool_result\",\"tool_use_id\":"u8, id);
        var content = Member(message, "content"u8);
        if (IsString(content))
        {
            WriteMember(",\"content\":"u8, content);
        }
        else
        {
            var texts = 0;
            if (!TryWriteTexts(content, message, ",\"content\":["u8, ref texts))
            {
                return false;
            }

            To.Write(texts > 0 ? "]"u8 : default);
        }

        To.Write("}"u8);
        return true;
    }
}
