using System.Globalization;
using System.Text;

namespace Edge.Core.Bodies.Schemas;

/// <content>Errors in words. They are made only when somebody is told.</content>
public sealed partial class SchemaValidator
{
    /// <summary>Most bytes of a value that are quoted to whoever sent it.</summary>
    private const int QuotedBytesMax = 60;

    /// <summary>Most values that are listed as what would have been right.</summary>
    private const int ListedValuesMax = 16;

    private static readonly string[] RuleNames =
    [
        "false", "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
        "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "contains", "maxContains", "minProperties",
        "maxProperties", "required", "dependentRequired", "additionalProperties", "unevaluatedProperties", "unevaluatedItems",
        "anyOf", "oneOf", "not",
    ];

    /// <summary>One of the errors, in the order in which they were found. The body must still be there.</summary>
    public SchemaError ErrorAt(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)ErrorCount);
        var error = _errors[index];
        var pointer = JsonPointer.Of(_body, error.Token);
        if (MissingName(error) is { } missing)
        {
            pointer = JsonPointer.Append(new StringBuilder(pointer), missing).ToString();
        }

        return new SchemaError(
            pointer, RuleNames[(int)error.Rule], Expected(error), Found(error), _body.Tokens[error.Token].Start);
    }

    private static byte[]? MissingName(Violation error) => error.Rule switch
    {
        SchemaRule.Required => error.Node.Required[error.Detail],
        SchemaRule.DependentRequired => error.Node.DependentRequired[error.Detail >> DependencyShift]
            .Needs[error.Detail & ((1 << DependencyShift) - 1)],
        _ => null,
    };

    private string Expected(Violation error)
    {
        var node = error.Node;
        return error.Rule switch
        {
            SchemaRule.Type => TypeNames(node.Types),
            SchemaRule.Enum => ListOf(node.Enum!),
            SchemaRule.Const => Quote(_schema.File, node.ConstToken),
            SchemaRule.Minimum => $"at least {Quote(_schema.File, error.Detail)}",
            SchemaRule.Maximum => $"at most {Quote(_schema.File, error.Detail)}",
            SchemaRule.ExclusiveMinimum => $"more than {Quote(_schema.File, error.Detail)}",
            SchemaRule.ExclusiveMaximum => $"less than {Quote(_schema.File, error.Detail)}",
            SchemaRule.MultipleOf => $"a multiple of {Quote(_schema.File, node.MultipleOfToken)}",
            SchemaRule.MinLength => $"at least {Counted(node.MinLength, "character")}",
            SchemaRule.MaxLength => $"at most {Counted(node.MaxLength, "character")}",
            SchemaRule.Pattern => $"text that matches {Quote(_schema.File, node.PatternToken)}",
            SchemaRule.MinItems => $"at least {Counted(node.MinItems, "item")}",
            SchemaRule.MaxItems => $"at most {Counted(node.MaxItems, "item")}",
            SchemaRule.UniqueItems => "items that differ from each other",
            SchemaRule.Contains => $"at least {Counted(node.MinContains, "item")} of the kind that must be there",
            SchemaRule.MaxContains => $"at most {Counted(node.MaxContains, "item")} of the kind that is counted",
            SchemaRule.MinProperties => $"at least {Counted(node.MinProperties, "member")}",
            SchemaRule.MaxProperties => $"at most {Counted(node.MaxProperties, "member")}",
            SchemaRule.Required => "this member",
            SchemaRule.DependentRequired => "this member, because of another one",
            SchemaRule.AdditionalProperties or SchemaRule.UnevaluatedProperties => "no member of this name",
            SchemaRule.UnevaluatedItems => "no item here",
            SchemaRule.AnyOf => $"a value that fits one of {node.AnyOf.Length} alternatives",
            SchemaRule.OneOf => $"a value that fits exactly one of {node.OneOf.Length} alternatives",
            SchemaRule.Not => "a value of another kind",
            _ => "no value here",
        };
    }

    private string Found(Violation error)
    {
        var token = _body.Tokens[error.Token];
        return error.Rule switch
        {
            SchemaRule.Type => Describe(error.Token),
            SchemaRule.MinLength or SchemaRule.MaxLength => Counted(token.Count, "character"),
            SchemaRule.MinItems or SchemaRule.MaxItems => Counted(token.Count, "item"),
            SchemaRule.MinProperties or SchemaRule.MaxProperties => Counted(token.Count, "member"),
            SchemaRule.UniqueItems => $"{JsonPointer.Of(_body, error.Detail)} again",
            SchemaRule.Contains or SchemaRule.MaxContains => Counted(error.Detail, "item"),
            SchemaRule.Required or SchemaRule.DependentRequired => "none",
            SchemaRule.AdditionalProperties or SchemaRule.UnevaluatedProperties => Quote(_body, error.Token),
            SchemaRule.OneOf when error.Detail > 0 => $"one that fits {error.Detail}",
            _ => Describe(error.Token),
        };
    }

    private string Describe(int token)
    {
        var kind = _body.Tokens[token].Kind;
        return kind switch
        {
            JsonKind.Null or JsonKind.True or JsonKind.False => Quote(_body, token),
            JsonKind.Number => $"the number {Quote(_body, token)}",
            JsonKind.String => $"the string {Quote(_body, token)}",
            JsonKind.Array => "an array",
            _ => "an object",
        };
    }

    private static string Quote(JsonTape tape, int token)
    {
        var raw = tape.Tokens[token].Raw(tape.Text);
        if (raw.Length <= QuotedBytesMax)
        {
            return Encoding.UTF8.GetString(raw);
        }

        // Not in the middle of a character.
        var length = QuotedBytesMax;
        while ((raw[length] & 0xC0) == 0x80)
        {
            length--;
        }

        return Encoding.UTF8.GetString(raw[..length]) + "...";
    }

    private string ListOf(int[] values)
    {
        var list = new StringBuilder(values.Length == 1 ? "" : "one of ");
        for (var i = 0; i < Math.Min(values.Length, ListedValuesMax); i++)
        {
            list.Append(i > 0 ? ", " : "").Append(Quote(_schema.File, values[i]));
        }

        return list.Append(values.Length > ListedValuesMax ? ", ..." : "").ToString();
    }

    private static string TypeNames(SchemaTypes types)
    {
        var names = new StringBuilder();
        for (var type = SchemaTypes.Null; type <= SchemaTypes.Object; type = (SchemaTypes)((int)type << 1))
        {
            if ((types & type) != 0)
            {
                names.Append(names.Length > 0 ? " or " : "").Append(type switch
                {
                    SchemaTypes.Null => "null",
                    SchemaTypes.Boolean => "a boolean",
                    SchemaTypes.Integer => "an integer",
                    SchemaTypes.Number => "a number",
                    SchemaTypes.String => "a string",
                    SchemaTypes.Array => "an array",
                    _ => "an object",
                });
            }
        }

        return names.ToString();
    }

    private static string Counted(int count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
