using System.Text;
using Edge.Core.Bodies.Schemas;

namespace Edge.Core.Tests.Bodies;

public sealed class SchemaLoadingTests
{
    [Theory]
    [InlineData("""{"type":"strin"}""", "/type", "the types are")]
    [InlineData("""{"type":[]}""", "/type", "'type' is")]
    [InlineData("""{"type":3}""", "/type", "'type' is")]
    [InlineData("""{"properties":{"a":{"minLength":-1}}}""", "/properties/a/minLength", "an integer from 0 on")]
    [InlineData("""{"minLength":1.5}""", "/minLength", "an integer from 0 on")]
    [InlineData("""{"multipleOf":0}""", "/multipleOf", "above 0")]
    [InlineData("""{"multipleOf":1234567890123456789}""", "/multipleOf", "at most 18 digits")]
    [InlineData("""{"exclusiveMinimum":true}""", "/exclusiveMinimum", "is a number")]
    [InlineData("""{"required":"a"}""", "/required", "list of names")]
    [InlineData("""{"required":["a","a"]}""", "/required/1", "each once")]
    [InlineData("""{"dependentRequired":{"a":1}}""", "/dependentRequired/a", "list of names")]
    [InlineData("""{"enum":1}""", "/enum", "list of values")]
    [InlineData("""{"uniqueItems":1}""", "/uniqueItems", "true or false")]
    [InlineData("""{"items":[{}]}""", "/items", "prefixItems")]
    [InlineData("""{"allOf":[]}""", "/allOf", "at least one schema")]
    [InlineData("""{"properties":[]}""", "/properties", "object of schemas")]
    [InlineData("""{"properties":{"a":1}}""", "/properties/a", "a schema is")]
    [InlineData("""{"pattern":"(?=a)"}""", "/pattern", "look-ahead")]
    [InlineData("""{"patternProperties":{"[":{}}}""", "/patternProperties/[", "without an end")]
    [InlineData("""{"$ref":"#/nowhere"}""", "/$ref", "nothing at '/nowhere'")]
    [InlineData("""{"$ref":"#nowhere"}""", "/$ref", "no anchor")]
    [InlineData("""{"$ref":"other.json"}""", "/$ref", "not in this file")]
    [InlineData("""{"$ref":"https://json-schema.org/draft/2020-12/schema"}""", "/$ref", "not in this file")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#"}""", "/$schema", "2020-12")]
    [InlineData("""{"additionalItems":false}""", "/additionalItems", "older version")]
    [InlineData("""{"dependencies":{}}""", "/dependencies", "older version")]
    [InlineData("""{"$recursiveRef":"#"}""", "/$recursiveRef", "older version")]
    [InlineData("""{"$id":"a#b"}""", "/$id", "without a fragment")]
    [InlineData("""{"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}}""", "/$defs/b/$anchor", "two anchors")]
    [InlineData("""{"$defs":{"a":{"$id":"x"},"b":{"$id":"x"}}}""", "/$defs/b/$id", "two schemas")]
    [InlineData("""{"not":[]}""", "/not", "a schema is")]
    [InlineData("""[]""", "", "a schema is")]
    [InlineData("""{"a":1,"a":2}""", "", "DuplicateMember")]
    public void What_is_wrong_or_not_supported_is_said_with_its_place(string schema, string pointer, string reason)
    {
        var problem = SchemaTable.Problems(schema)[0];
        Assert.Equal(pointer, problem.Pointer);
        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_problems_are_listed_with_line_and_column()
    {
        var problems = SchemaTable.Problems("{\n  \"type\": \"x\",\n  \"minItems\": -1\n}");
        Assert.Equal(["2:11: /type", "3:15: /minItems"], problems.Select(static problem =>
            $"{problem.Line}:{problem.Column}: {problem.Pointer}"));
    }

    [Fact]
    public void A_keyword_that_is_none_is_a_warning()
    {
        var schema = SchemaTable.Parse(
            """{"minLenght":3,"x-note":{"$id":"#not an id"},"format":"email","contentEncoding":"base64"}""");
        Assert.Equal(["/minLenght", "/x-note"], schema.Warnings.Select(static warning => warning.Pointer));
        Assert.Contains("did you mean 'minLength'?", schema.Warnings[0].Message, StringComparison.Ordinal);
        Assert.Empty(SchemaTable.Errors("""{"minLenght":3,"format":"email"}""", "\"x\""));
    }

    [Fact]
    public void Schemas_end_at_their_limit()
    {
        string Many(int count) => $"{{\"prefixItems\":[{string.Join(',', Enumerable.Repeat("{}", count))}]}}";
        SchemaTable.Parse(Many(4095));
        Assert.Contains("more than 4096 schemas", SchemaTable.Problems(Many(4096))[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_errors_are_listed_with_pointer_rule_expected_and_found()
    {
        var errors = SchemaTable.Errors(
            """
            {"type":"object","required":["id","na/me"],"properties":{"id":{"type":"integer","minimum":1},
            "tags":{"type":"array","items":
            {"enum":["a","b"]},"uniqueItems":true},"kind":{"const":"x"},"t":{"pattern":"^a+$","minLength":5}},
            "additionalProperties":false}
            """,
            """{"id":0,"tags":["a","c","a"],"kind":"y","more":1,"t":"b"}""");
        Assert.Equal(
            [
                "/id minimum: at least 1, the number 0",
                "/tags/1 enum: one of \"a\", \"b\", the string \"c\"",
                "/tags uniqueItems: items that differ from each other, /tags/2 again",
                "/kind const: \"x\", the string \"y\"",
                "/more additionalProperties: no member of this name, \"more\"",
                "/t minLength: at least 5 characters, 1 character",
                "/t pattern: text that matches \"^a+$\", the string \"b\"",
                "/na~1me required: this member, none",
            ],
            errors.Select(static error => $"{error.Pointer} {error.Rule}: {error.Expected}, {error.Found}"));
    }

    [Fact]
    public void The_list_of_errors_ends_at_its_limit()
    {
        var validator = new SchemaValidator();
        var schema = SchemaTable.Parse("""{"items":{"type":"string"}}""");
        string Numbers(int count) => $"[{string.Join(',', Enumerable.Repeat("1", count))}]";
        Assert.Equal(SchemaValidator.ErrorsMax, SchemaTable.Errors(validator, schema, Numbers(SchemaValidator.ErrorsMax)).Count);
        Assert.False(validator.HasMoreErrors);
        Assert.Equal(SchemaValidator.ErrorsMax, SchemaTable.Errors(validator, schema, Numbers(SchemaValidator.ErrorsMax
            + 1)).Count);
        Assert.True(validator.HasMoreErrors);
    }

    [Fact]
    public void Of_alternatives_the_one_that_was_meant_says_what_is_wrong()
    {
        const string Schema = """
            {"anyOf":[{"type":"string"},{"type":"array","items":{"anyOf":[{"properties":{"type":{"const":"text"},
            "text":{"type":"string"}},
            "required":["type","text"]},{"properties":{"type":{"const":"image"}},"required":["type","url"]}]}}]}
            """;
        Assert.Equal(["/0/text required"], Said("""[{"type":"text"}]"""));
        Assert.Equal(["/1/url required"], Said("""[{"type":"text","text":"a"},{"type":"image"}]"""));
        Assert.Equal(["/0 anyOf"], Said("""[{"type":"sound"}]"""));
        Assert.Equal([" anyOf"], Said("1"));
        Assert.Empty(Said("\"x\""));

        static IEnumerable<string> Said(string instance) =>
            SchemaTable.Errors(Schema, instance).Select(static error => $"{error.Pointer} {error.Rule}");
    }

    [Fact]
    public void A_long_value_is_quoted_in_part()
    {
        var error = SchemaTable.Errors("""{"const":1}""", $"\"{new string('é', 100)}\"")[0];
        Assert.Equal($"the string \"{new string('é', 29)}...", error.Found);
    }

    [Fact]
    public void Validation_costs_no_allocation_once_warm()
    {
        var schema = BuiltInSchemas.Find("openai-chat-lenient")!;
        var tape = new Edge.Core.Bodies.JsonTape();
        var text = Encoding.UTF8.GetBytes(
            """
                {"model":"m","messages":[{"role":"user","content":"hi"},{"role":"user","content":[{"type":"text",
                "text":"x"}]}],"n":1}
                """);
        var validator = new SchemaValidator();
        Assert.True(tape.Read(text));
        Assert.Equal(SchemaOutcome.Valid, validator.Validate(schema, tape));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var outcome = validator.Validate(schema, tape);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(SchemaOutcome.Valid, outcome);
    }
}
