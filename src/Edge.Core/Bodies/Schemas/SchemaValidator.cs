using System.Runtime.CompilerServices;

namespace Edge.Core.Bodies.Schemas;

/// <summary>How a body stands to a schema.</summary>
public enum SchemaOutcome
{
    /// <summary>It is valid.</summary>
    Valid,

    /// <summary>It breaks rules, which are listed.</summary>
    Invalid,

    /// <summary>The schema applies itself to parts of this body again and again; it was not judged to the end.</summary>
    TooComplex,
}

/// <summary>
/// Applies a schema to a body that has been read. Keeps what it needs between bodies and allocates nothing for a valid one. One
/// for each request under way; not thread-safe.
/// </summary>
/// <remarks>
/// It walks the tokens, not the bytes. A schema that stands beside others (anyOf, if, ...) walks the same tokens again, which
/// is what makes all of JSON Schema possible; the work is bounded by the size of the schema times that of the body, which is
/// what applying each schema once to each value comes to.
/// </remarks>
public sealed partial class SchemaValidator
{
    /// <summary>Most errors that are listed.</summary>
    public const int ErrorsMax = 32;

    /// <summary>Times that a schema may be applied to the same value, on average over all of both.</summary>
    private const int RepetitionsMax = 4;

    private const int KeptWords = 256;
    private const int StackLookDepth = 16;

    private readonly Violation[] _errors = new Violation[ErrorsMax];
    private JsonSchema _schema = null!;
    private JsonTape _body = null!;
    private ulong[] _marks = [];
    private int _marksEnd;
    private int[] _scopes = [];
    private int _scopeCount;
    private int[] _hashes = [];
    private long _budget;
    private int _muted;
    private int _depth;
    private bool _exhausted;

    /// <summary>Errors that are listed.</summary>
    public int ErrorCount { get; private set; }

    /// <summary>There are more errors than are listed.</summary>
    public bool HasMoreErrors { get; private set; }

    /// <summary>Applies a schema to the whole body, and lists what is wrong with it.</summary>
    public SchemaOutcome Validate(JsonSchema schema, JsonTape body)
    {
        _schema = schema;
        _body = body;
        _budget = 10_000 + ((long)RepetitionsMax * schema.File.Tokens.Length * body.Tokens.Length);
        _marksEnd = 0;
        _scopeCount = 0;
        _muted = 0;
        _depth = 0;
        _exhausted = false;
        ErrorCount = 0;
        HasMoreErrors = false;
        var valid = Apply(schema.Root, 0, -1);
        Pooled.Trim(ref _marks, KeptWords);
        Pooled.Trim(ref _hashes, KeptWords);
        return _exhausted ? SchemaOutcome.TooComplex : valid ? SchemaOutcome.Valid : SchemaOutcome.Invalid;
    }

    /// <summary>
    /// Applies a schema to a value. What it has looked at, of the value's members or items, it adds to the marks at an offset,
    /// where there is one (-1 for none).
    /// </summary>
    private bool Apply(SchemaNode node, int token, int marks)
    {
        node = node.Same;
        if (node.Always is { } always)
        {
            return always || Fail(SchemaRule.False, node, token);
        }

        if (--_budget < 0)
        {
            _exhausted = true;
            return false;
        }

        var kind = _body.At(token).Kind;
        if (node.IsType)
        {
            return HasType(node.Types, token, kind) || Fail(SchemaRule.Type, node, token);
        }

        return node.IsLeaf ? ApplyToValue(node, token, kind) : ApplyToWhole(node, token, kind, marks);
    }

    private bool ApplyToWhole(SchemaNode node, int token, JsonKind kind, int marks)
    {
        // What the stack has left is enough for far more than the depth between two looks at it.
        if ((_depth + 1) % StackLookDepth == 0 && !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            _exhausted = true;
            return false;
        }

        _depth++;

        var scopes = _scopeCount;
        if (_schema.DynamicAnchors is not null)
        {
            EnterScope(node.Resource);
        }

        var own = marks;
        var marksEnd = _marksEnd;
        if ((node.UnevaluatedProperties is not null && kind == JsonKind.Object)
            || (node.UnevaluatedItems is not null && kind == JsonKind.Array))
        {
            own = RentMarks(token);
        }

        var valid = node.IsInPlaceOnly || (ApplyToValue(node, token, kind) && kind switch
        {
            JsonKind.Object => ApplyToObject(node, token, own),
            JsonKind.Array => ApplyToArray(node, token, own),
            _ => true,
        });
        if ((valid || _muted == 0) && node.HasInPlace)
        {
            valid &= (node.Variants is { } variants && own < 0 && IsOneOf(variants, token)) || ApplyInPlace(node, token, own);
        }

        if (valid && own != marks)
        {
            valid = kind == JsonKind.Object ? ApplyToUnevaluatedMembers(node, token, own)
                : ApplyToUnevaluatedItems(node, token, own);
            MergeMarks(own, marks, token);
        }

        _depth--;
        _marksEnd = marksEnd;
        _scopeCount = scopes;
        return valid;
    }

    private bool ApplyToValue(SchemaNode node, int token, JsonKind kind)
    {
        if (node.Types != SchemaTypes.Any && !HasType(node.Types, token, kind))
        {
            return Fail(SchemaRule.Type, node, token);
        }

        if (!node.HasValueRules)
        {
            return true;
        }

        var valid = true;
        if (node.Enum is not null && !(node.EnumTexts is { } texts ? IsAnyOf(texts, token) : IsAnyOf(node.Enum, token)))
        {
            valid = Fail(SchemaRule.Enum, node, token);
        }

        if (node.ConstToken >= 0
            && !(node.ConstTexts is { } text ? IsAnyOf(text, token) : IsEqual(node.ConstToken, token)))
        {
            valid = Fail(SchemaRule.Const, node, token);
        }

        if (kind == JsonKind.String && node.HasStringRules)
        {
            valid &= ApplyToString(node, token);
        }
        else if (kind == JsonKind.Number && (node.Bounds.Length > 0 || node.MultipleOfToken >= 0))
        {
            valid &= ApplyToNumber(node, token);
        }

        return valid;
    }

    private bool HasType(SchemaTypes types, int token, JsonKind kind) => kind switch
    {
        JsonKind.Null => (types & SchemaTypes.Null) != 0,
        JsonKind.False or JsonKind.True => (types & SchemaTypes.Boolean) != 0,
        JsonKind.String => (types & SchemaTypes.String) != 0,
        JsonKind.Array => (types & SchemaTypes.Array) != 0,
        JsonKind.Object => (types & SchemaTypes.Object) != 0,
        _ => (types & SchemaTypes.Number) != 0
            || ((types & SchemaTypes.Integer) != 0 && JsonNumber.IsWhole(_body.At(token).Raw(_body.Text))),
    };

    private bool IsAnyOf(ReadOnlySpan<int> values, int token)
    {
        foreach (var value in values)
        {
            if (IsEqual(value, token))
            {
                return true;
            }
        }

        return false;
    }

    // As nearly all lists are, of strings without escapes: these are compared byte by byte.
    private bool IsAnyOf(byte[][] texts, int token)
    {
        if (_body.At(token).Kind != JsonKind.String)
        {
            return false;
        }

        var text = _body.TextOf(token);
        foreach (var one in texts)
        {
            if (text.SequenceEqual(one))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsEqual(int schemaToken, int token)
    {
        var equal = JsonEquality.Equal(_schema.File, schemaToken, _body, token, ref _budget);
        _exhausted |= _budget < 0;
        return equal;
    }

    private bool ApplyToString(SchemaNode node, int token)
    {
        var valid = true;
        var length = _body.At(token).Count;
        if (length < node.MinLength)
        {
            valid = Fail(SchemaRule.MinLength, node, token);
        }

        if (length > node.MaxLength)
        {
            valid = Fail(SchemaRule.MaxLength, node, token);
        }

        if (node.Pattern is not null && !node.Pattern.IsMatch(_body.TextOf(token)))
        {
            valid = Fail(SchemaRule.Pattern, node, token);
        }

        return valid;
    }

    private bool ApplyToNumber(SchemaNode node, int token)
    {
        var valid = true;
        var number = _body.At(token).Raw(_body.Text);
        foreach (var (rule, bound, value) in node.Bounds)
        {
            var side = value.Compare(number);
            var holds = rule switch
            {
                SchemaRule.Minimum => side >= 0,
                SchemaRule.Maximum => side <= 0,
                SchemaRule.ExclusiveMinimum => side > 0,
                _ => side < 0,
            };
            valid = (holds || Fail(rule, node, token, bound)) && valid;
        }

        if (node.MultipleOfToken >= 0 && !JsonNumber.Parse(number).IsMultipleOf(node.MultipleOfDigits, node.MultipleOfExponent))
        {
            valid = Fail(SchemaRule.MultipleOf, node, token);
        }

        return valid;
    }

    private void EnterScope(int resource)
    {
        if (_scopeCount == 0 || _scopes[_scopeCount - 1] != resource)
        {
            Pooled.Grow(ref _scopes, _scopeCount + 1);
            _scopes[_scopeCount++] = resource;
        }
    }

    private SchemaNode Dynamic(SchemaNode node)
    {
        for (var i = 0; i < _scopeCount && node.DynamicName >= 0; i++)
        {
            if (_schema.DynamicAnchors!.TryGetValue((_scopes[i], node.DynamicName), out var target))
            {
                return target;
            }
        }

        return node.DynamicReference!;
    }

    private bool Fail(SchemaRule rule, SchemaNode node, int token, int detail = -1)
    {
        if (_muted == 0)
        {
            HasMoreErrors |= ErrorCount == ErrorsMax;
            if (ErrorCount < ErrorsMax)
            {
                _errors[ErrorCount++] = new Violation(rule, node, token, detail);
            }
        }

        return false;
    }

    /// <summary>A broken rule.</summary>
    /// <param name="Rule">The rule.</param>
    /// <param name="Node">The schema that has it.</param>
    /// <param name="Token">The value, or the member's name, that breaks it.</param>
    /// <param name="Detail">What else must be known to say it, depending on the rule.</param>
    private readonly record struct Violation(SchemaRule Rule, SchemaNode Node, int Token, int Detail);
}
