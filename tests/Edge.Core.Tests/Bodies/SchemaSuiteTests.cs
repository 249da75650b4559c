using System.Text;
using System.Text.Json;
using Edge.Core.Bodies;
using Edge.Core.Bodies.Schemas;

namespace Edge.Core.Tests.Bodies;

/// <summary>
/// The public JSON Schema test suite, which is no part of this repository: <c>.ci/steps/24-json-schema.sh</c> fetches it and
/// says where it is.
/// </summary>
public sealed class SchemaSuiteTests
{
    private const string FolderVariable = "EDGE_JSON_SCHEMA_SUITE";

    // Of the optional ones: what numbers and patterns must bear in any case. The rest asserts formats, or other drafts.
    private static readonly string[] Optional =
        ["bignum.json", "ecmascript-regex.json", "float-overflow.json", "no-schema.json", "non-bmp-regex.json", "unicode.json"];

    [Fact]
    public void Every_instance_of_2020_12_is_judged_as_the_suite_says()
    {
        var folder = Environment.GetEnvironmentVariable(FolderVariable);
        Assert.SkipWhen(folder is null, $"{FolderVariable} is not set.");
        string[] files =
            [.. Directory.GetFiles(folder!, "*.json"), .. Optional.Select(name => Path.Combine(folder!, "optional", name))];
        var (right, wrong, refused) = (0, new List<string>(), 0);
        foreach (var file in files)
        {
            using var groups = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (var group in groups.RootElement.EnumerateArray())
            {
                var name = $"{Path.GetFileName(file)}, {group.GetProperty("description")}";
                if (Compile(group.GetProperty("schema"), name, wrong) is { } schema)
                {
                    right += Judge(schema, group.GetProperty("tests"), name, wrong);
                }
                else
                {
                    refused += group.GetProperty("tests").GetArrayLength();
                }
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{right} judged right, {refused} of schemas outside the file");
        Assert.Empty(wrong);
        Assert.True(right > 1000, $"only {right} were judged");
    }

    // A schema may only be refused for what lies outside its file.
    private static JsonSchema? Compile(JsonElement text, string name, List<string> wrong)
    {
        if (JsonSchema.TryParse(Encoding.UTF8.GetBytes(text.GetRawText()), out var schema, out var problems))
        {
            return schema;
        }

        if (!problems.All(static problem => $"{problem}".Contains("references to other files are not supported")
            || $"{problem}".Contains("only JSON Schema 2020-12 is supported")))
        {
            wrong.Add($"{name}: refused: {string.Join("; ", problems)}");
        }

        return null;
    }

    private static int Judge(JsonSchema schema, JsonElement tests, string name, List<string> wrong)
    {
        var right = 0;
        var validator = new SchemaValidator();
        foreach (var test in tests.EnumerateArray())
        {
            var tape = new JsonTape();
            Assert.True(tape.Read(Encoding.UTF8.GetBytes(test.GetProperty("data").GetRawText())), $"{name}: {tape.Fault}");
            var outcome = validator.Validate(schema, tape);
            if (outcome == (test.GetProperty("valid").GetBoolean() ? SchemaOutcome.Valid : SchemaOutcome.Invalid))
            {
                right++;
            }
            else
            {
                wrong.Add($"{name}, {test.GetProperty("description")}: {outcome}");
            }
        }

        return right;
    }
}
