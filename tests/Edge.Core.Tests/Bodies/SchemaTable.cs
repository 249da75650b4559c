using System.Text;
using Edge.Core.Bodies;
using Edge.Core.Bodies.Schemas;

namespace Edge.Core.Tests.Bodies;

/// <summary>Checks a schema against instances that are valid and ones that are not.</summary>
internal static class SchemaTable
{
    public static JsonSchema Parse(string schema)
    {
        Assert.True(
            JsonSchema.TryParse(Encoding.UTF8.GetBytes(schema), out var parsed, out var problems), string.Join('\n', problems));
        return parsed!;
    }

    public static IReadOnlyList<SchemaProblem> Problems(string schema)
    {
        Assert.False(JsonSchema.TryParse(Encoding.UTF8.GetBytes(schema), out _, out var problems), $"{schema} was taken");
        Assert.NotEmpty(problems);
        return problems;
    }

    public static void Check(string schema, string[] valid, string[] invalid)
    {
        var parsed = Parse(schema);
        var validator = new SchemaValidator();
        foreach (var instance in valid)
        {
            var errors = Errors(validator, parsed, instance);
            Assert.True(errors.Count == 0, $"{schema}\nshould take {instance}, but:\n{string.Join('\n', errors)}");
        }

        foreach (var instance in invalid)
        {
            Assert.True(Errors(validator, parsed, instance).Count > 0, $"{schema}\nshould refuse {instance}");
        }
    }

    public static List<SchemaError> Errors(string schema, string instance) => Errors(new SchemaValidator(), Parse(schema),
        instance);

    public static List<SchemaError> Errors(SchemaValidator validator, JsonSchema schema, string instance)
    {
        var tape = new JsonTape();
        Assert.True(tape.Read(Encoding.UTF8.GetBytes(instance)), $"{instance}: {tape.Fault} at {tape.FaultAt}");
        var outcome = validator.Validate(schema, tape);
        Assert.Equal(outcome == SchemaOutcome.Valid ? 0 : 1, Math.Min(validator.ErrorCount, 1));
        var errors = new List<SchemaError>();
        for (var i = 0; i < validator.ErrorCount; i++)
        {
            errors.Add(validator.ErrorAt(i));
        }

        return errors;
    }
}
