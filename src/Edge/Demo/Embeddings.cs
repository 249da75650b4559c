using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Edge.Demo;

/// <summary>
/// OpenAI's <c>/v1/embeddings</c>: a unit vector that is a function of the input's words, as numbers or as base64 of
/// little-endian 32-bit floats. The more words two texts have in common, the smaller is the angle between their vectors; order,
/// case and punctuation do not count.
/// </summary>
internal static class Embeddings
{
    /// <summary>Numbers in a vector, where the request does not say.</summary>
    public const int DimensionsDefault = 1536;

    /// <summary>Most numbers in a vector.</summary>
    public const int DimensionsMax = 4096;

    /// <summary>Most inputs in a request.</summary>
    public const int InputsMax = 2048;

    /// <summary>Numbers of a vector that one word changes.</summary>
    private const int NumbersPerWord = 16;

    /// <summary>Writes the answer to a request's body into the exchange's buffer.</summary>
    /// <returns>What is wrong with the request, or none.</returns>
    public static MockProblem Write(MockExchange exchange)
    {
        var body = exchange.RequestBody.Span;
        var options = new Options { Dimensions = DimensionsDefault };
        var problem = ReadOptions(body, ref options);
        if (!problem.IsNone)
        {
            return problem;
        }

        var json = exchange.Json;
        json.Reset();
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        problem = WriteVectors(body[options.Input], options, json, out var tokens);
        if (!problem.IsNone)
        {
            exchange.Buffer.Clear();
            return problem;
        }

        json.WriteEndArray();
        json.WriteString("model"u8, exchange.Question.Model);
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, tokens);
        json.WriteNumber("total_tokens"u8, tokens);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return default;
    }

    private static MockProblem ReadOptions(ReadOnlySpan<byte> body, ref Options options)
    {
        // The body has been read once as JSON, for its model: it is an object.
        var json = new Utf8JsonReader(body);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isInput = json.ValueTextEquals("input"u8);
            var isDimensions = json.ValueTextEquals("dimensions"u8);
            var isFormat = json.ValueTextEquals("encoding_format"u8);
            json.Read();
            var start = (int)json.TokenStartIndex;
            if (isDimensions && json.TokenType != JsonTokenType.Null)
            {
                if (json.TokenType != JsonTokenType.Number || !json.TryGetInt32(out var dimensions)
                    || dimensions is < 1 or > DimensionsMax)
                {
                    return MockProblem.Bad($"'dimensions' must be a whole number from 1 to {DimensionsMax}.", "dimensions");
                }

                options.Dimensions = dimensions;
            }

            options.Base64 = isFormat ? LlmRequest.IsString(ref json, "base64"u8) : options.Base64;
            json.Skip();
            options.Input = isInput ? start..(int)json.BytesConsumed : options.Input;
        }

        return options.Input.End.Value == 0 ? MockProblem.Bad("You must provide an 'input'.", "input") : default;
    }

    private static MockProblem WriteVectors(ReadOnlySpan<byte> input, Options options, Utf8JsonWriter json, out int tokens)
    {
        tokens = 0;
        var reader = new Utf8JsonReader(input);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return WriteInput(ref reader, input, 0, options, json, ref tokens);
        }

        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.Number)
            {
                // One input, as an array of token numbers.
                reader = new Utf8JsonReader(input);
                reader.Read();
                return WriteInput(ref reader, input, 0, options, json, ref tokens);
            }

            if (count == InputsMax)
            {
                return MockProblem.Bad($"There may be {InputsMax} inputs.", "input");
            }

            var problem = WriteInput(ref reader, input, count++, options, json, ref tokens);
            if (!problem.IsNone)
            {
                return problem;
            }
        }

        return count == 0 ? MockProblem.Bad("'input' must not be empty.", "input") : default;
    }

    private static MockProblem WriteInput(
        ref Utf8JsonReader reader, ReadOnlySpan<byte> input, int index, Options options, Utf8JsonWriter json, ref int tokens)
    {
        var seed = 0UL;
        byte[] text = [];
        if (reader.TokenType == JsonTokenType.String)
        {
            text = System.Text.Encoding.UTF8.GetBytes(reader.GetString()!);
            tokens += TokenRule.Tokens(text);
            seed = StableHash.Of(text);
        }
        else if (reader.TokenType == JsonTokenType.StartArray)
        {
            var start = (int)reader.TokenStartIndex;
            while (reader.Read() && reader.TokenType == JsonTokenType.Number)
            {
                tokens++;
            }

            if (reader.TokenType != JsonTokenType.EndArray)
            {
                return MockProblem.Bad("An array of tokens must hold numbers only.", "input");
            }

            seed = StableHash.Of(input[start..(int)reader.BytesConsumed]);
        }
        else
        {
            return MockProblem.Bad("'input' must be a string or an array of strings, of tokens or of arrays of tokens.", "input");
        }

        json.WriteStartObject();
        json.WriteString("object"u8, "embedding"u8);
        json.WriteNumber("index"u8, index);
        WriteVector(text, seed, options, json);
        json.WriteEndObject();
        return default;
    }

    /// <summary>Adds what stands for each word: a few numbers, chosen by it.</summary>
    private static void AddWords(Span<byte> text, Span<float> vector)
    {
        for (var at = 0; at < text.Length; at++)
        {
            var start = at;
            for (; at < text.Length && (char.IsAsciiLetterOrDigit((char)text[at]) || text[at] >= 0x80); at++)
            {
                text[at] = char.IsAsciiLetterUpper((char)text[at]) ? (byte)(text[at] | 0x20) : text[at];
            }

            var word = at == start ? 0 : StableHash.Of(text[start..at]);
            for (var i = 0; at > start && i < NumbersPerWord; i++)
            {
                word = StableHash.Next(word);
                vector[(int)(word % (ulong)vector.Length)] += (long)word < 0 ? -1 : 1;
            }
        }
    }

    private static void WriteVector(Span<byte> words, ulong seed, Options options, Utf8JsonWriter json)
    {
        Span<float> vector = stackalloc float[DimensionsMax];
        vector = vector[..options.Dimensions];
        vector.Clear();
        AddWords(words, vector);
        if (!vector.ContainsAnyExcept(0))
        {
            // No words, or such as cancel each other out.
            foreach (ref var number in vector)
            {
                seed = StableHash.Next(seed);
                number = ((float)(seed >> 40) / (1 << 23)) - 1;
            }
        }

        var squares = 0.0;
        foreach (var number in vector)
        {
            squares += (double)number * number;
        }

        var scale = (float)(1 / Math.Sqrt(squares));
        foreach (ref var number in vector)
        {
            number *= scale;
        }

        if (options.Base64)
        {
            Span<byte> text = stackalloc byte[Base64.GetMaxEncodedToUtf8Length(DimensionsMax * sizeof(float))];
            Base64.EncodeToUtf8(MemoryMarshal.AsBytes(vector), text, out _, out var written);
            json.WriteString("embedding"u8, text[..written]);
            return;
        }

        json.WriteStartArray("embedding"u8);
        foreach (var number in vector)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    private struct Options
    {
        public Range Input;
        public int Dimensions;
        public bool Base64;
    }
}
