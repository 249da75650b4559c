using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Edge.Core.Bodies;
using Edge.Core.Bodies.Rewriting;

namespace Edge.Core.Tests.Bodies;

/// <summary>Rules applied to bytes say the same as those applied to a tree.</summary>
public sealed class RewriteModelTests
{
    private static readonly string[] Names =
        ["a", "b", "c", "messages", "m\u00e9", "x\\\"y", "model", "max_tokens", "stream", "prompt"];

    private static readonly Gen<string> Value = Gen.OneOf(
        "1", "-2.50", "3e2", "null", "true", "\"\"", "\"gpt\"", "77", "\"t\\u00e9xt\\n\"", "[]", "[1, {\"k\":\"v\"} ]", "{}",
        "{ \"k\" : [ ] }", "[{\"role\":\"user\"}]", "[{\"role\":\"system\"}]");

    private static readonly Gen<string> Space = Gen.OneOf("", "", " ", "\n\t");

    private static readonly Gen<string> Body = Gen.Select(Gen.Shuffle(Names, 0, Names.Length), Value.Array[Names.Length],
        Space.Array[8]).Select(
        static (names, values, spaces) =>
        {
            var members = names.Select((name, i) =>
                $"{spaces[i % 8]}\"{name}\"{spaces[(i + 1) % 8]}:{spaces[(i + 2) % 8]}{values[i]}{spaces[(i + 3) % 8]}");
            return $"{spaces[0]}{{{string.Join(',', members)}{(names.Length == 0 ? spaces[1] : "")}}}{spaces[2]}";
        });

    private static readonly Gen<string> RuleName =
        Gen.OneOf("a", "b", "c", "messages", "mé", "x\"y", "model", "max_tokens", "stream", "prompt");

    private static readonly Gen<(string Kind, string Name, string Other, string Value)> Rule = Gen.Select(
        Gen.OneOf("set", "default", "remove", "rename", "clamp", "system", "copy", "quote"), RuleName, RuleName, Value);

    [Fact]
    public void Bytes_and_trees_agree() => Gen.Select(Body, Rule.Array[0, 6]).Sample(
        static (body, rules) =>
        {
            var tape = new JsonTape();
            Assert.True(tape.Read(Encoding.UTF8.GetBytes(body)), $"{body}: {tape.Fault}");
            var rewriter = new BodyRewriter();
            var outcome = rewriter.Apply(new RewritePlan([(null, [.. rules.Select(Make)])]), tape, new FakeContext());
            var tree = JsonNode.Parse(body)!.AsObject();
            foreach (var rule in rules)
            {
                ApplyToTree(tree, rule);
            }

            Assert.True(outcome is RewriteOutcome.Changed or RewriteOutcome.Unchanged);
            Assert.True(rewriter.TryMeasure(LlmApi.ChatCompletions, out var facts, out var model));
            var told = (
                facts.EstimatedTokens, facts.IsStreaming, facts.HasModel, facts.HasModelText, Encoding.UTF8.GetString(model));
            Assert.True(rewriter.TryRead(out var made));
            var text = Encoding.UTF8.GetString(made.Text);
            Assert.True(outcome != RewriteOutcome.Unchanged || text == body);
            var result = JsonNode.Parse(text)!.AsObject();
            Assert.True(JsonNode.DeepEquals(tree, result), $"{tree.ToJsonString()}\nis not\n{text}");
            Assert.Equal(tree.Select(static member => member.Key), result.Select(static member => member.Key));

            // What is told of the new body without reading it has to be what reading it tells.
            var read = BodyFacts.Of(made, LlmApi.ChatCompletions);
            Assert.Equal(
                (read.EstimatedTokens, read.IsStreaming, read.HasModel, read.HasModelText,
                    read.Model < 0 ? "" : made.StringAt(read.Model)),
                told);
        },
        iter: 20_000);

    private static RewriteRule Make((string Kind, string Name, string Other, string Value) rule) => rule.Kind switch
    {
        "set" => RewriteRule.Set(rule.Name, RewriteTemplate.Parse(Encoding.UTF8.GetBytes(rule.Value))),
        "default" => RewriteRule.Default(rule.Name, RewriteTemplate.Parse(Encoding.UTF8.GetBytes(rule.Value))),
        "remove" => RewriteRule.Remove(rule.Name),
        "rename" => RewriteRule.Rename(rule.Name, rule.Other),
        "clamp" => RewriteRule.Clamp(rule.Name, "-1", "2"),
        "system" => RewriteRule.SystemMessage(LlmApi.ChatCompletions, RewriteTemplate.OfText("s")),
        "copy" => RewriteRule.Set(rule.Name, RewriteTemplate.OfText($"{{body./{rule.Other}}}")),
        _ => RewriteRule.Set(rule.Name, RewriteTemplate.OfText($"<{{body./{rule.Other}/k}}>")),
    };

    private static void ApplyToTree(JsonObject tree, (string Kind, string Name, string Other, string Value) rule)
    {
        switch (rule.Kind)
        {
            case "set":
                tree[rule.Name] = JsonNode.Parse(rule.Value);
                break;
            case "default" when !tree.ContainsKey(rule.Name):
                tree.Add(rule.Name, JsonNode.Parse(rule.Value));
                break;
            case "remove":
                tree.Remove(rule.Name);
                break;
            case "rename" when rule.Name != rule.Other && tree.ContainsKey(rule.Name):
                tree.Remove(rule.Other);
                var at = tree.IndexOf(rule.Name);
                var value = tree[rule.Name];
                tree.RemoveAt(at);
                tree.Insert(at, rule.Other, value);
                break;
            case "clamp" when tree[rule.Name] is JsonValue number && number.GetValueKind() == JsonValueKind.Number:
                var clamped = Math.Clamp(double.Parse(number.ToJsonString(), CultureInfo.InvariantCulture), -1, 2);
                if (clamped.ToString(CultureInfo.InvariantCulture) is "-1" or "2")
                {
                    tree[rule.Name] = JsonNode.Parse(clamped.ToString(CultureInfo.InvariantCulture));
                }

                break;
            case "system" when tree["messages"] is JsonArray messages && !messages.Any(IsSystem):
                messages.Insert(0, new JsonObject { ["role"] = "system", ["content"] = "s" });
                break;
            case "copy" when tree.ContainsKey(rule.Other):
                tree[rule.Name] = tree[rule.Other]?.DeepClone();
                break;
            case "quote" when tree[rule.Other] is JsonObject parent && parent.ContainsKey("k"):
                tree[rule.Name] = $"<{Raw(parent["k"])}>";
                break;
            default:
                break;
        }
    }

    // The only value of that name is spelled so.
    private static string Raw(JsonNode? node) =>
        node is JsonArray ? "[ ]" : node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : "null";

    private static bool IsSystem(JsonNode? message) =>
        message is JsonObject parts && parts["role"]?.GetValue<string>() is "system" or "developer";
}
