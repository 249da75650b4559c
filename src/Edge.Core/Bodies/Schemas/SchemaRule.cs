namespace Edge.Core.Bodies.Schemas;

/// <summary>The keyword of JSON Schema 2020-12 that a value breaks.</summary>
public enum SchemaRule
{
    /// <summary><c>false</c> where a schema stands: nothing is allowed there.</summary>
    False,

    /// <summary><c>type</c></summary>
    Type,

    /// <summary><c>enum</c></summary>
    Enum,

    /// <summary><c>const</c></summary>
    Const,

    /// <summary><c>minimum</c></summary>
    Minimum,

    /// <summary><c>maximum</c></summary>
    Maximum,

    /// <summary><c>exclusiveMinimum</c></summary>
    ExclusiveMinimum,

    /// <summary><c>exclusiveMaximum</c></summary>
    ExclusiveMaximum,

    /// <summary><c>multipleOf</c></summary>
    MultipleOf,

    /// <summary><c>minLength</c></summary>
    MinLength,

    /// <summary><c>maxLength</c></summary>
    MaxLength,

    /// <summary><c>pattern</c></summary>
    Pattern,

    /// <summary><c>minItems</c></summary>
    MinItems,

    /// <summary><c>maxItems</c></summary>
    MaxItems,

    /// <summary><c>uniqueItems</c></summary>
    UniqueItems,

    /// <summary><c>contains</c>, with <c>minContains</c></summary>
    Contains,

    /// <summary><c>maxContains</c></summary>
    MaxContains,

    /// <summary><c>minProperties</c></summary>
    MinProperties,

    /// <summary><c>maxProperties</c></summary>
    MaxProperties,

    /// <summary><c>required</c></summary>
    Required,

    /// <summary><c>dependentRequired</c></summary>
    DependentRequired,

    /// <summary><c>additionalProperties</c></summary>
    AdditionalProperties,

    /// <summary><c>unevaluatedProperties</c></summary>
    UnevaluatedProperties,

    /// <summary><c>unevaluatedItems</c></summary>
    UnevaluatedItems,

    /// <summary><c>anyOf</c></summary>
    AnyOf,

    /// <summary><c>oneOf</c></summary>
    OneOf,

    /// <summary><c>not</c></summary>
    Not,
}
