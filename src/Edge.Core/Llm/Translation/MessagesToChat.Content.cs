using Edge.Core.Bodies;

namespace Edge.Core.Llm.Translation;

/// <content>The messages and what is in them.</content>
public sealed partial class MessagesToChat
{
    private int _written;

    private bool TryWriteMessages()
    {
        _written = 0;
        To.Write(",\"messages\":["u8);
        if (At(RequestMember.System) is >= 0 and var system && !TryWriteSystem(system, system))
        {
            return false;
        }

        var messages = At(RequestMember.Messages);
        for (var i = messages + 1; i < Tokens[messages].Next; i = Tokens[i].Next)
        {
            if (!IsObject(i))
            {
                return Fail(i, "A message must be an object.");
            }

            var role = Member(i, "role"u8);
            var content = Member(i, "content"u8);
            var isWritten = Says(role, "user"u8) ? TryWriteUserTurn(i, content)
                : Says(role, "assistant"u8) ? TryWriteAssistant(i, content)
                : Says(role, "system"u8) ? TryWriteSystem(i, content)
                : Fail(role < 0 ? i : role, "The role must be user, assistant or system.");
            if (!isWritten)
            {
                return false;
            }
        }

        To.Write("]"u8);
        return true;
    }

    private void Begin(ReadOnlySpan<byte> start)
    {
        To.Write(_written++ == 0 ? default : ","u8);
        To.Write(start);
    }

    private bool TryWriteSystem(int owner, int content)
    {
        if (IsArray(content) && Tokens[content].Count == 0)
        {
            return true;
        }

        Begin("{\"role\":\"system\",\"content\":"u8);
        if (!TryWriteTexts(owner, content))
        {
            return false;
        }

        To.Write("}"u8);
        return true;
    }

    /// <summary>Writes texts as the content of a message: one as a string, several as parts.</summary>
    private bool TryWriteTexts(int owner, int content)
    {
        if (IsString(content))
        {
            To.Write(Raw(content));
            return true;
        }

        if (!IsArray(content))
        {
            return Fail(content < 0 ? owner : content, "The content must be a string or a list of blocks.");
        }

        var isSingle = Tokens[content].Count == 1;
        To.Write(isSingle ? default : "["u8);
        for (var block = content + 1; block < Tokens[content].Next; block = Tokens[block].Next)
        {
            var text = IsObject(block) && Says(Member(block, "type"u8), "text"u8) ? Member(block, "text"u8) : -1;
            if (!IsString(text))
            {
                return Fail(block, "This block must be a text.");
            }

            NoteText(block);
            if (isSingle)
            {
                To.Write(Raw(text));
                return true;
            }

            To.Write(block == content + 1 ? default : ","u8);
            WriteText(text);
        }

        To.Write("]"u8);
        return true;
    }

    private void WriteText(int text)
    {
        To.Write("{\"type\":\"text\",\"text\":"u8);
        To.Write(Raw(text));
        To.Write("}"u8);
    }

    private void NoteText(int block)
    {
        NoteCacheControl(block);
        if (Member(block, "citations"u8) >= 0)
        {
            Drop("citations");
        }
    }

    private bool TryWriteUserTurn(int message, int content)
    {
        if (!IsArray(content))
        {
            Begin("{\"role\":\"user\",\"content\":"u8);
            if (!TryWriteTexts(message, content))
            {
                return false;
            }

            To.Write("}"u8);
            return true;
        }

        for (var block = content + 1; block < Tokens[content].Next; block = Tokens[block].Next)
        {
            if (!IsObject(block))
            {
                return Fail(block, "A block must be an object.");
            }

            if (Says(Member(block, "type"u8), "tool_result"u8) && !TryWriteResult(block))
            {
                return false;
            }
        }

        var parts = 0;
        if (!TryWriteParts(content, ref parts, isResult: false))
        {
            return false;
        }

        To.Write(parts > 0 ? "]}"u8 : default);
        return true;
    }

    /// <summary>Writes blocks as parts of a message of the user's, which begins with the first of them.</summary>
    /// <param name="content">The blocks.</param>
    /// <param name="parts">Parts that have been written.</param>
    /// <param name="isResult">They are a tool's, of which only what is no text goes to the user.</param>
    private bool TryWriteParts(int content, ref int parts, bool isResult)
    {
        for (var block = content + 1; block < Tokens[content].Next; block = Tokens[block].Next)
        {
            var type = Member(block, "type"u8);
            if (Says(type, "tool_result"u8) && !isResult)
            {
                var inner = Member(block, "content"u8);
                if (IsArray(inner) && !TryWriteParts(inner, ref parts, isResult: true))
                {
                    return false;
                }

                continue;
            }

            if (isResult && Says(type, "text"u8))
            {
                continue;
            }

            if (parts++ == 0)
            {
                Begin("{\"role\":\"user\",\"content\":["u8);
            }
            else
            {
                To.Write(","u8);
            }

            if (!TryWritePart(block, type))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryWritePart(int block, int type)
    {
        NoteCacheControl(block);
        if (Says(type, "text"u8))
        {
            var text = Member(block, "text"u8);
            if (!IsString(text))
            {
                return Fail(block, "This block must have a text.");
            }

            NoteText(block);
            WriteText(text);
            return true;
        }

        var source = Member(block, "source"u8);
        if (Says(type, "image"u8) && IsObject(source))
        {
            return TryWriteImage(source);
        }

        if (Says(type, "document"u8) && IsObject(source))
        {
            return TryWriteDocument(block, source);
        }

        return Fail(block, "A block of this type cannot be carried over: only text, images, PDF documents and tools can.");
    }

    private bool TryWriteImage(int source)
    {
        var url = Member(source, "url"u8);
        if (Says(Member(source, "type"u8), "url"u8) && IsString(url))
        {
            WriteMember("{\"type\":\"image_url\",\"image_url\":{\"url\":"u8, url);
            To.Write("}}"u8);
            return true;
        }

        To.Write("{\"type\":\"image_url\",\"image_url\":{\"url\":"u8);
        if (!TryWriteDataUrl(source))
        {
            return false;
        }

        To.Write("}}"u8);
        return true;
    }

    private bool TryWriteDataUrl(int source)
    {
        var mediaType = Member(source, "media_type"u8);
        var data = Member(source, "data"u8);
        if (!Says(Member(source, "type"u8), "base64"u8) || !IsString(mediaType) || !IsString(data))
        {
            return Fail(source, "The source must be a URL, or bytes in base64 with their media type.");
        }

        To.Write("\"data:"u8);
        To.Write(Tokens[mediaType].Inner(Body.Text));
        To.Write(";base64,"u8);
        To.Write(Tokens[data].Inner(Body.Text));
        To.Write("\""u8);
        return true;
    }

    private bool TryWriteDocument(int block, int source)
    {
        var type = Member(source, "type"u8);
        var data = Member(source, "data"u8);
        if (Member(block, "citations"u8) is >= 0 and var citations && !Unsupported(citations, "citations"))
        {
            return false;
        }

        if (Member(block, "context"u8) is >= 0 and var context && !Unsupported(context, "messages.content.context"))
        {
            return false;
        }

        if (Says(type, "text"u8) && IsString(data))
        {
            WriteText(data);
            return true;
        }

        if (!Says(Member(source, "media_type"u8), "application/pdf"u8))
        {
            return Fail(source, "Of documents only text, and a PDF in base64, can be carried over.");
        }

        var title = Member(block, "title"u8);
        To.Write("{\"type\":\"file\",\"file\":{\"filename\":"u8);
        To.Write(IsString(title) ? Raw(title) : "\"document.pdf\""u8);
        To.Write(",\"file_data\":"u8);
        if (!TryWriteDataUrl(source))
        {
            return false;
        }

        To.Write("}}"u8);
        return true;
    }

    private bool TryWriteResult(int block)
    {
        var id = Member(block, "tool_use_id"u8);
        if (!IsString(id))
        {
            return Fail(block, "The result of a tool must name its call in 'tool_use_id'.");
        }

        NoteCacheControl(block);
        if (IsTrue(Member(block, "is_error"u8)))
        {
            Drop("messages.content.is_error");
        }

        Begin("{\"role\":\"tool\",\"tool_call_id\":"u8);
        To.Write(Raw(id));
        To.Write(",\"content\":"u8);
        var content = Member(block, "content"u8);
        if (!IsArray(content))
        {
            if (content >= 0 && !IsString(content))
            {
                return Fail(content, "The content must be a string or a list of blocks.");
            }

            To.Write(content < 0 ? "\"\""u8 : Raw(content));
        }
        else if (!TryWriteResultTexts(content))
        {
            return false;
        }

        To.Write("}"u8);
        return true;
    }

    // There a tool's result is text; what else it has is shown by the user, right after it.
    private bool TryWriteResultTexts(int content)
    {
        var texts = 0;
        for (var block = content + 1; block < Tokens[content].Next; block = Tokens[block].Next)
        {
            if (!IsObject(block))
            {
                return Fail(block, "A block must be an object.");
            }

            if (!Says(Member(block, "type"u8), "text"u8))
            {
                Change("messages.content.tool_result");
                continue;
            }

            var text = Member(block, "text"u8);
            if (!IsString(text))
            {
                return Fail(block, "This block must have a text.");
            }

            NoteText(block);
            To.Write(texts++ == 0 ? "["u8 : ","u8);
            WriteText(text);
        }

        To.Write(texts > 0 ? "]"u8 : "\"\""u8);
        return true;
    }

    private bool TryWriteAssistant(int message, int content)
    {
        if (IsString(content))
        {
            Begin("{\"role\":\"assistant\",\"content\":"u8);
            To.Write(Raw(content));
            To.Write("}"u8);
            return true;
        }

        if (!IsArray(content))
        {
            return Fail(content < 0 ? message : content, "The content must be a string or a list of blocks.");
        }

        var texts = 0;
        var calls = 0;
        for (var block = content + 1; block < Tokens[content].Next; block = Tokens[block].Next)
        {
            var type = IsObject(block) ? Member(block, "type"u8) : -1;
            if (Says(type, "text"u8))
            {
                texts++;
            }
            else if (Says(type, "tool_use"u8))
            {
                calls++;
            }
            else if (Says(type, "thinking"u8) || Says(type, "redacted_thinking"u8))
            {
                Drop("messages.content.thinking");
            }
            else
            {
                return Fail(block, "A block of this type cannot be carried over: only text, thoughts and calls of tools can.");
            }
        }

        return texts + calls == 0 || TryWriteAssistant(content, texts, calls);
    }

    private bool TryWriteAssistant(int content, int texts, int calls)
    {
        Begin("{\"role\":\"assistant\",\"content\":"u8);
        To.Write(texts == 0 ? "null"u8 : texts == 1 ? default : "["u8);
        var written = 0;
        for (var block = content + 1; texts > 0 && block < Tokens[content].Next; block = Tokens[block].Next)
        {
            if (!Says(Member(block, "type"u8), "text"u8))
            {
                continue;
            }

            var text = Member(block, "text"u8);
            if (!IsString(text))
            {
                return Fail(block, "This block must have a text.");
            }

            NoteText(block);
            if (texts == 1)
            {
                To.Write(Raw(text));
                break;
            }

            To.Write(written++ == 0 ? default : ","u8);
            WriteText(text);
        }

        To.Write(texts > 1 ? "]"u8 : default);
        if (calls > 0 && !TryWriteCalls(content))
        {
            return false;
        }

        To.Write("}"u8);
        return true;
    }

    private bool TryWriteCalls(int content)
    {
        var calls = 0;
        for (var block = content + 1; block < Tokens[content].Next; block = Tokens[block].Next)
        {
            if (!Says(Member(block, "type"u8), "tool_use"u8))
            {
                continue;
            }

            var id = Member(block, "id"u8);
            var name = Member(block, "name"u8);
            var input = Member(block, "input"u8);
            if (!IsString(id) || !IsString(name) || !IsObject(input))
            {
                return Fail(block, "A call of a tool must have an 'id', a 'name' and an 'input', which is an object.");
            }

            NoteCacheControl(block);
            To.Write(calls++ == 0 ? ",\"tool_calls\":["u8 : ","u8);
            WriteMember("{\"id\":"u8, id);
            WriteMember(",\"type\":\"function\",\"function\":{\"name\":"u8, name);
            To.Write(",\"arguments\":\""u8);
            JsonText.WriteEscaped(To, Raw(input));
            To.Write("\"}}"u8);
        }

        To.Write("]"u8);
        return true;
    }
}
