using Edge.Core.Bodies;
using Edge.Core.Http;

namespace Edge.Core.Llm;

/// <summary>Asks an upstream of OpenAI's dialect for the vector of one text. Stateless.</summary>
public static class EmbeddingRequest
{
    /// <summary>The path, behind what precedes it.</summary>
    public static ReadOnlySpan<byte> Path => "/v1/embeddings"u8;

    /// <summary>Writes the body of the request.</summary>
    /// <param name="to">Where it goes.</param>
    /// <param name="model">Which model is to make the vector.</param>
    /// <param name="text">Of what, in UTF-8.</param>
    public static void Write(HeadBuffer to, ReadOnlySpan<char> model, ReadOnlySpan<byte> text)
    {
        to.Write("{\"model\":\""u8);
        JsonText.WriteEscaped(to, model);
        to.Write("\",\"encoding_format\":\"float\",\"input\":\""u8);
        JsonText.WriteEscaped(to, text);
        to.Write("\"}"u8);
    }
}
