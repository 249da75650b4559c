using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;

namespace Edge.Core.Tests.Llm.Translation;

/// <summary>Streams of completions whose calls of tools are told crosswise.</summary>
public sealed class CrosswiseCallTests
{
    private static readonly string[] Arguments =
        ["{}", "{\"a\":1}", "{\"a\":{\"b\":[1,2,{\"c\":\"}\"}]}}",
        "{\"quote\":\"\\\"{[\\\\\",\"x\":\"é\\u007b\"}", "{\"s\":\"a\\nb\"}", ""];

    [Fact]
    public void Each_is_told_in_a_block_of_its_own_in_the_order_in_which_they_began()
    {
        var stream = Begin(0, "a", "f", "{\"x\"") + Begin(1, "b", "g", "") + Piece(1, "{\"y\":") + Piece(0, ":1}")
            + Piece(1, "2}") + End();
        var (text, isWhole) = Translate.Stream(Translate.ToMessage(), stream);
        Assert.True(isWhole);
        Assert.Equal([("a", "f", "{\"x\":1}"), ("b", "g", "{\"y\":2}")], CallsOf(text));
    }

    [Fact]
    public void One_whose_forerunner_is_whole_is_told_at_once()
    {
        var translator = Translate.ToMessage();
        var to = new Core.Http.HeadBuffer();
        translator.Take(Encoding.UTF8.GetBytes(Begin(0, "a", "f", "{}") + Begin(1, "b", "g", "{")), to);
        Assert.Contains("\"id\":\"b\"", Translate.Text(to), StringComparison.Ordinal);
        to.Clear();
        translator.Take(Encoding.UTF8.GetBytes(Begin(2, "c", "h", "{}")), to);
        Assert.Equal("", Translate.Text(to));
        translator.Take(Encoding.UTF8.GetBytes(Piece(1, "}")), to);
        Assert.Contains("\"id\":\"c\"", Translate.Text(to), StringComparison.Ordinal);
        translator.ReturnMemory();
    }

    [Fact]
    public void Whatever_the_order_of_their_pieces_all_calls_come_out_whole() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[0, int.MaxValue]).Sample((count, seed) =>
        {
            var dice = new Random(seed);
            var calls = Enumerable.Range(0, count)
                .Select(i => ($"id{i}", $"tool{i}", Arguments[dice.Next(Arguments.Length)])).ToArray();
            var left = calls.Select(static call => call.Item3).ToArray();
            var stream = new StringBuilder();
            var begun = 0;
            while (begun < count || left.Any(static rest => rest.Length > 0))
            {
                if (begun < count && (begun == 0 || dice.Next(3) == 0))
                {
                    stream.Append(Begin(begun, calls[begun].Item1, calls[begun].Item2, ""));
                    begun++;
                    continue;
                }

                var which = dice.Next(begun);
                var length = Math.Min(left[which].Length, dice.Next(1, 5));
                if (length > 0)
                {
                    stream.Append(Piece(which, left[which][..length]));
                    left[which] = left[which][length..];
                }
                else if (begun < count)
                {
                    stream.Append(Begin(begun, calls[begun].Item1, calls[begun].Item2, ""));
                    begun++;
                }
            }

            var text = stream + End();
            var (whole, isWhole) = Translate.Stream(Translate.ToMessage(), text);
            Assert.True(isWhole, text);
            Assert.Equal(calls, CallsOf(whole));
            int[] cuts = [dice.Next(text.Length), dice.Next(text.Length)];
            Assert.Equal(whole, Translate.Stream(Translate.ToMessage(), text, cuts).Text);
        }, iter: 300);

    [Theory]
    [InlineData(0, true)]
    [InlineData(64, false)]
    public void What_is_held_is_bounded(int more, bool expected)
    {
        var piece = new string('x', 1024 * 512);
        var stream = Begin(0, "a", "f", "{") + Begin(1, "b", "g", "")
            + string.Concat(Enumerable.Repeat(Piece(1, piece), 3)) + Piece(1, piece[..(piece.Length - 64 + more)]) + End();
        Assert.Equal(expected, Translate.Stream(Translate.ToMessage(), stream).IsWhole);
    }

    private static string Begin(int index, string id, string name, string arguments) => Chunk(
        $"{{\"tool_calls\":[{{\"index\":{index},\"id\":\"{id}\",\"type\":\"function\",\"function\":{{\"name\":\"{name}\"," +
        $"\"arguments\":{Json(arguments)}}}}}]}}");

    private static string Piece(int index, string arguments) => Chunk(
        $"{{\"tool_calls\":[{{\"index\":{index},\"function\":{{\"arguments\":{Json(arguments)}}}}}]}}");

    private static string End() =>
        "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n";

    private static string Chunk(string delta) =>
        $"data: {{\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":null}}]}}\n\n";

    private static string Json(string text) => JsonSerializer.Serialize(text);

    /// <summary>The calls as Anthropic's SDK puts them together: one open block at a time, and its number is the next.</summary>
    private static List<(string Id, string Name, string Arguments)> CallsOf(string stream)
    {
        var calls = new List<(string, string, string)>();
        var blocks = 0;
        var isOpen = false;
        foreach (var line in stream.Split('\n').Where(static l => l.StartsWith("data: ", StringComparison.Ordinal)))
        {
            var data = JsonNode.Parse(line[6..])!;
            switch ((string?)data["type"])
            {
                case "content_block_start":
                    Assert.False(isOpen);
                    Assert.Equal(blocks++, (int)data["index"]!);
                    isOpen = true;
                    calls.Add(((string)data["content_block"]!["id"]!, (string)data["content_block"]!["name"]!, ""));
                    break;
                case "content_block_delta":
                    Assert.True(isOpen);
                    Assert.Equal(blocks - 1, (int)data["index"]!);
                    calls[^1] = (calls[^1].Item1, calls[^1].Item2, calls[^1].Item3 + (string?)data["delta"]!["partial_json"]);
                    break;
                case "content_block_stop":
                    Assert.True(isOpen);
                    isOpen = false;
                    break;
            }
        }

        Assert.False(isOpen);
        return calls;
    }
}
