using Edge.Core.Bodies.Patterns;

namespace Edge.Core.Bodies.Schemas;

/// <summary>The types that a schema allows, as a set.</summary>
[Flags]
internal enum SchemaTypes
{
    /// <summary>Not restricted.</summary>
    Any = 0,

    /// <summary><c>null</c></summary>
    Null = 1,

    /// <summary><c>boolean</c></summary>
    Boolean = 2,

    /// <summary><c>integer</c></summary>
    Integer = 4,

    /// <summary><c>number</c></summary>
    Number = 8,

    /// <summary><c>string</c></summary>
    String = 16,

    /// <summary><c>array</c></summary>
    Array = 32,

    /// <summary><c>object</c></summary>
    Object = 64,
}

/// <summary>
/// One schema of a file, ready to be applied. Written by <see cref="SchemaCompiler"/> only; afterwards read by any thread. A
/// number named <c>...Token</c> is a token of the schema's own text, -1 where the keyword is absent.
/// </summary>
internal sealed class SchemaNode
{
    /// <summary>Makes one that says nothing yet.</summary>
    public SchemaNode() => Same = this;

    /// <summary>Where the schema stands in its file.</summary>
    public required int Token { get; init; }

    /// <summary>The schema resource that it belongs to.</summary>
    public required int Resource { get; init; }

    /// <summary>This schema; of one that is nothing but a reference, the one that it refers to in the end.</summary>
    public SchemaNode Same { get; set; }

    /// <summary>For the schemas <c>true</c> and <c>false</c>.</summary>
    public bool? Always { get; set; }

    /// <summary><c>type</c></summary>
    public SchemaTypes Types { get; set; }

    /// <summary><c>enum</c>: tokens of its values.</summary>
    public int[]? Enum { get; set; }

    /// <summary><c>enum</c>, where all of its values are strings without escapes: what they say.</summary>
    public byte[][]? EnumTexts { get; set; }

    /// <summary><c>const</c>, likewise.</summary>
    public byte[][]? ConstTexts { get; set; }

    /// <summary><c>const</c></summary>
    public int ConstToken { get; set; } = -1;

    /// <summary>Something is said about strings.</summary>
    public bool HasStringRules => MinLength > 0 || MaxLength < int.MaxValue || Pattern is not null;

    /// <summary><c>minLength</c></summary>
    public int MinLength { get; set; }

    /// <summary><c>maxLength</c></summary>
    public int MaxLength { get; set; } = int.MaxValue;

    /// <summary><c>pattern</c></summary>
    public Pattern? Pattern { get; set; }

    /// <summary><c>pattern</c>, as it is written.</summary>
    public int PatternToken { get; set; } = -1;

    /// <summary>Bounds of numbers, each with the token of its value, and its value.</summary>
    public (SchemaRule Rule, int Token, NumberBound Value)[] Bounds { get; set; } = [];

    /// <summary><c>multipleOf</c>: its significant digits; see <see cref="JsonNumber.IsMultipleOf"/>.</summary>
    public ulong MultipleOfDigits { get; set; }

    /// <summary><c>multipleOf</c>: the power of ten of its last digit.</summary>
    public int MultipleOfExponent { get; set; }

    /// <summary><c>multipleOf</c>, as it is written.</summary>
    public int MultipleOfToken { get; set; } = -1;

    /// <summary><c>prefixItems</c></summary>
    public SchemaNode[] PrefixItems { get; set; } = [];

    /// <summary><c>items</c></summary>
    public SchemaNode? Items { get; set; }

    /// <summary><c>contains</c></summary>
    public SchemaNode? Contains { get; set; }

    /// <summary><c>minContains</c></summary>
    public int MinContains { get; set; } = 1;

    /// <summary><c>maxContains</c></summary>
    public int MaxContains { get; set; } = int.MaxValue;

    /// <summary><c>minItems</c></summary>
    public int MinItems { get; set; }

    /// <summary><c>maxItems</c></summary>
    public int MaxItems { get; set; } = int.MaxValue;

    /// <summary><c>uniqueItems</c></summary>
    public bool UniqueItems { get; set; }

    /// <summary><c>unevaluatedItems</c></summary>
    public SchemaNode? UnevaluatedItems { get; set; }

    /// <summary>What is said about members by name: <c>properties</c> and <c>required</c>.</summary>
    public MemberTable? Members { get; set; }

    /// <summary>The names that must be there, in the order of the file.</summary>
    public byte[][] Required { get; set; } = [];

    /// <summary><c>patternProperties</c></summary>
    public (Pattern Pattern, SchemaNode Node)[] PatternProperties { get; set; } = [];

    /// <summary><c>additionalProperties</c></summary>
    public SchemaNode? AdditionalProperties { get; set; }

    /// <summary><c>propertyNames</c></summary>
    public SchemaNode? PropertyNames { get; set; }

    /// <summary><c>unevaluatedProperties</c></summary>
    public SchemaNode? UnevaluatedProperties { get; set; }

    /// <summary><c>minProperties</c></summary>
    public int MinProperties { get; set; }

    /// <summary><c>maxProperties</c></summary>
    public int MaxProperties { get; set; } = int.MaxValue;

    /// <summary><c>dependentRequired</c>: where there is a member of the name, these must be too.</summary>
    public (byte[] Name, byte[][] Needs)[] DependentRequired { get; set; } = [];

    /// <summary><c>dependentSchemas</c></summary>
    public (byte[] Name, SchemaNode Node)[] DependentSchemas { get; set; } = [];

    /// <summary><c>$ref</c></summary>
    public SchemaNode? Reference { get; set; }

    /// <summary>Target of <c>$dynamicRef</c> where no dynamic scope has a better one.</summary>
    public SchemaNode? DynamicReference { get; set; }

    /// <summary>Number of the name that <see cref="DynamicReference"/> asks the scopes for; -1 to ask none.</summary>
    public int DynamicName { get; set; } = -1;

    /// <summary><c>allOf</c></summary>
    public SchemaNode[] AllOf { get; set; } = [];

    /// <summary><c>anyOf</c></summary>
    public SchemaNode[] AnyOf { get; set; } = [];

    /// <summary><c>oneOf</c></summary>
    public SchemaNode[] OneOf { get; set; } = [];

    /// <summary><c>not</c></summary>
    public SchemaNode? Not { get; set; }

    /// <summary><c>if</c></summary>
    public SchemaNode? If { get; set; }

    /// <summary><c>then</c></summary>
    public SchemaNode? Then { get; set; }

    /// <summary><c>else</c></summary>
    public SchemaNode? Else { get; set; }

    /// <summary>Something is applied to the same value: references, combinations, conditions.</summary>
    public bool HasInPlace { get; set; }

    /// <summary>It is nothing but a reference.</summary>
    public bool IsReference => Reference is not null && Types == SchemaTypes.Any && HasNoRules && DynamicReference is null
        && Not is null && If is null && AllOf.Length + AnyOf.Length + OneOf.Length + DependentSchemas.Length == 0;

    /// <summary>It says nothing but of which types a value is. Written when the file has been read.</summary>
    public bool IsType { get; set; }

    /// <summary>Not <see cref="HasNoValueRules"/>, at hand. Written when the file has been read.</summary>
    public bool HasValueRules { get; set; }

    /// <summary>What it says is said of the value alone, not of what is in it. Written when the file has been read.</summary>
    public bool IsLeaf { get; set; }

    /// <summary>It says nothing but what other schemas say of the same value. Written when the file has been read.</summary>
    public bool IsInPlaceOnly { get; set; }

    /// <summary>Of objects it says something about members of some names only. Written when the file has been read.</summary>
    public bool HasNamesOnly { get; set; }

    /// <summary>
    /// Types that satisfy <c>anyOf</c>: of those alternatives that say nothing else. Written when the file has been read.
    /// </summary>
    public SchemaTypes AnyOfTypes { get; set; }

    /// <summary>The types that <c>not</c> forbids, if it says nothing else. Written when the file has been read.</summary>
    public SchemaTypes NotTypes { get; set; }

    /// <summary>
    /// <c>if</c>, where it asks for nothing but what one member says, as of what tells variants of an object apart. Written when
    /// the file has been read.
    /// </summary>
    public SchemaCondition? IfText { get; set; }

    /// <summary>It says nothing but one condition: <c>if</c>. Written when the file has been read.</summary>
    public bool IsCondition { get; set; }

    /// <summary>
    /// What it asks of an object, if that is nothing but the type of one member, and that there is one. Written when the file has
    /// been read.
    /// </summary>
    public SchemaMemberType? MemberType { get; set; }

    /// <summary>
    /// What <c>allOf</c> says, if that is all that is applied in place and of this form. Written when the file has been read.
    /// </summary>
    public SchemaVariants? Variants { get; set; }

    /// <summary>How many schemas it applies to the same value.</summary>
    public int InPlaceCount => (Reference is null ? 0 : 1) + (DynamicReference is null ? 0 : 1) + (Not is null ? 0 : 1)
        + (If is null ? 0 : 1) + AllOf.Length + AnyOf.Length + OneOf.Length + DependentSchemas.Length;

    /// <summary>
    /// The texts that it allows, without escapes, if that is all it says: <see cref="EnumTexts"/> or <see cref="ConstTexts"/>.
    /// </summary>
    public byte[][]? OnlyTexts => Types == SchemaTypes.Any && !HasInPlace && !HasStringRules && Bounds.Length == 0
        && MultipleOfToken < 0 && HasNoPartRules && (Enum is null || ConstToken < 0) ? EnumTexts ?? ConstTexts : null;

    /// <summary>Nothing is said about the value itself but its type.</summary>
    public bool HasNoRules => HasNoValueRules && HasNoPartRules;

    /// <summary>The same, whatever is said about members or items.</summary>
    public bool HasNoValueRules => Enum is null && ConstToken < 0 && !HasStringRules && Bounds.Length == 0 && MultipleOfToken < 0;

    /// <summary>Nothing is said about members or items.</summary>
    public bool HasNoPartRules => !HasObjectRules && !HasArrayRules && Members is null && DependentRequired.Length == 0
        && PatternProperties.Length == 0 && UnevaluatedProperties is null && UnevaluatedItems is null;

    /// <summary>Something is said about objects.</summary>
    public bool HasObjectRules { get; set; }

    /// <summary>Something is said about arrays.</summary>
    public bool HasArrayRules { get; set; }
}
