using System.Text;
using System.Text.Json;

namespace Edge.Core.Configuration.Reading;

/// <summary>
/// Turns a line of a JSON Lines file (one JSON object a line) into nodes with places. Made for very many lines: what it makes of
/// one is garbage before the next.
/// </summary>
internal static class JsonLine
{
    /// <summary>Deepest nesting of arrays and objects.</summary>
    public const int DepthMax = 8;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = DepthMax };

    /// <summary>Reads a line.</summary>
    /// <param name="line">Its bytes, without the end of the line.</param>
    /// <param name="number">Its number, from 1.</param>
    /// <param name="diagnostics">Where errors go.</param>
    /// <returns>The object, or null after an error.</returns>
    public static MapNode? Read(ReadOnlySpan<byte> line, int number, DiagnosticBag diagnostics)
    {
        var reader = new Utf8JsonReader(line, Options);
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                diagnostics.Add(PlaceOf(line, reader, number), "a line must be a JSON object");
                return null;
            }

            var complete = true;
            var map = (MapNode)ReadNode(line, ref reader, number, diagnostics, ref complete);

            // Anything behind the object makes this throw.
            reader.Read();
            return complete ? map : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // What is invalid as UTF-8 comes as the second; both mean that the line is no JSON.
            var column = e is JsonException json ? (int)(json.BytePositionInLine ?? 0) : (int)reader.TokenStartIndex;
            var before = line[..Math.Min(column, line.Length)];
            diagnostics.Add(new Place(number, Encoding.UTF8.GetCharCount(before) + 1), "this is not a JSON object on one line");
            return null;
        }
    }

    private static Node ReadNode(
        ReadOnlySpan<byte> line, ref Utf8JsonReader reader, int number, DiagnosticBag diagnostics, ref bool complete)
    {
        var place = PlaceOf(line, reader, number);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var entries = new List<KeyValuePair<ScalarNode, Node>>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var key = new ScalarNode(reader.GetString()!, IsQuoted: true, PlaceOf(line, reader, number));
                    reader.Read();
                    var value = ReadNode(line, ref reader, number, diagnostics, ref complete);
                    if (!Holds(entries, key.Text))
                    {
                        entries.Add(new(key, value));
                        continue;
                    }

                    diagnostics.Add(key.Place, $"key {Show.Quote(key.Text)} is in this object twice; keep one");
                    complete = false;
                }

                return new MapNode(entries, place);
            case JsonTokenType.StartArray:
                var items = new List<Node>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    items.Add(ReadNode(line, ref reader, number, diagnostics, ref complete));
                return new ListNode(items, place);
            case JsonTokenType.String:
                return new ScalarNode(reader.GetString()!, IsQuoted: true, place);
            default:
                return new ScalarNode(Encoding.UTF8.GetString(reader.ValueSpan), IsQuoted: false, place);
        }
    }

    // Objects here have a handful of keys.
    private static bool Holds(List<KeyValuePair<ScalarNode, Node>> entries, string key)
    {
        foreach (var (known, _) in entries)
        {
            if (known.Text == key) return true;
        }

        return false;
    }

    private static Place PlaceOf(ReadOnlySpan<byte> line, in Utf8JsonReader reader, int number) =>
        new(number, Encoding.UTF8.GetCharCount(line[..(int)reader.TokenStartIndex]) + 1);
}
