using System.Text;
using Edge.Core.Bodies.Patterns;

namespace Edge.Core.Bodies.Schemas;

/// <content>Keywords whose value is no schema.</content>
internal sealed partial class SchemaCompiler
{
    private void FillValue(
        SchemaNode node, string keyword, int value, Dictionary<string, (SchemaNode? Node, int Required)> members)
    {
        switch (keyword)
        {
            case "$schema":
                CheckDialect(value);
                break;
            case "$ref":
            case "$dynamicRef":
                FillReference(node, value, isDynamic: keyword == "$dynamicRef");
                break;
            case "type":
                FillTypes(node, value);
                break;
            case "enum":
                FillEnum(node, value);
                break;
            case "const":
                node.ConstToken = value;
                node.ConstTexts = TextsOf([value]);
                break;
            case "multipleOf":
                FillMultipleOf(node, value);
                break;
            case "minimum":
            case "maximum":
            case "exclusiveMinimum":
            case "exclusiveMaximum":
                FillBound(node, keyword, value);
                break;
            case "pattern":
                node.Pattern = PatternAt(value);
                node.PatternToken = value;
                break;
            case "uniqueItems":
                node.UniqueItems = ReadBoolean(value, keyword);
                node.HasArrayRules = true;
                break;
            case "required":
                FillRequired(node, value, members);
                break;
            case "dependentRequired":
                FillDependentRequired(node, value);
                break;
            default:
                FillLimit(node, keyword, ReadCount(value, keyword));
                break;
        }
    }

    private static void FillLimit(SchemaNode node, string keyword, int count)
    {
        switch (keyword)
        {
            case "minLength":
                node.MinLength = count;
                break;
            case "maxLength":
                node.MaxLength = count;
                break;
            case "minItems":
                node.MinItems = count;
                break;
            case "maxItems":
                node.MaxItems = count;
                break;
            case "minContains":
                node.MinContains = count;
                break;
            case "maxContains":
                node.MaxContains = count;
                break;
            case "minProperties":
                node.MinProperties = count;
                break;
            default:
                node.MaxProperties = count;
                break;
        }

        node.HasArrayRules |= keyword is "minItems" or "maxItems";
        node.HasObjectRules |= keyword is "minProperties" or "maxProperties";
    }

    private void CheckDialect(int value)
    {
        if (_file.Tokens[value].Kind != JsonKind.String || _file.StringAt(value).TrimEnd('#') != Dialect)
        {
            Report(value, $"only JSON Schema 2020-12 is supported: {Dialect}");
        }
    }

    private void FillReference(SchemaNode node, int value, bool isDynamic)
    {
        if (_file.Tokens[value].Kind != JsonKind.String)
        {
            Report(value, "a reference is a string");
            return;
        }

        if (_resources.Resolve(node.Resource, _file.StringAt(value), out var target, out var anchor) is { } problem)
        {
            Report(value, $"the reference leads nowhere: {problem}");
            return;
        }

        if (!isDynamic)
        {
            node.Reference = NodeAt(target);
            return;
        }

        node.DynamicReference = NodeAt(target);
        if (anchor is not null && _resources.IsDynamicAnchor(target, anchor))
        {
            _dynamicNames.TryAdd(anchor, _dynamicNames.Count);
            node.DynamicName = _dynamicNames[anchor];
        }
    }

    private void FillTypes(SchemaNode node, int value)
    {
        var token = _file.Tokens[value];
        if (token.Kind is not (JsonKind.String or JsonKind.Array) || (token.Kind == JsonKind.Array && token.Count == 0))
        {
            Report(value, "'type' is the name of a type, or a list of them");
            return;
        }

        for (var at = token.Kind == JsonKind.String ? value : value + 1; at < token.Next; at = _file.Tokens[at].Next)
        {
            var type = _file.Tokens[at].Kind != JsonKind.String ? SchemaTypes.Any : _file.StringAt(at) switch
            {
                "null" => SchemaTypes.Null,
                "boolean" => SchemaTypes.Boolean,
                "integer" => SchemaTypes.Integer,
                "number" => SchemaTypes.Number,
                "string" => SchemaTypes.String,
                "array" => SchemaTypes.Array,
                "object" => SchemaTypes.Object,
                _ => SchemaTypes.Any,
            };
            if (type == SchemaTypes.Any)
            {
                Report(at, "the types are null, boolean, integer, number, string, array and object");
            }

            node.Types |= type;
        }
    }

    private void FillEnum(SchemaNode node, int value)
    {
        var token = _file.Tokens[value];
        if (token.Kind != JsonKind.Array)
        {
            Report(value, "'enum' is a list of values");
            return;
        }

        node.Enum = new int[token.Count];
        var at = value + 1;
        for (var i = 0; i < token.Count; i++)
        {
            node.Enum[i] = at;
            at = _file.Tokens[at].Next;
        }

        node.EnumTexts = TextsOf(node.Enum);
    }

    // What strings say, where all are strings without escapes.
    private byte[][]? TextsOf(ReadOnlySpan<int> values)
    {
        var texts = new byte[values.Length][];
        for (var i = 0; i < values.Length; i++)
        {
            if (_file.Tokens[values[i]] is not { Kind: JsonKind.String, IsEscaped: false })
            {
                return null;
            }

            texts[i] = _file.TextOf(values[i]).ToArray();
        }

        return texts;
    }

    private void FillMultipleOf(SchemaNode node, int value)
    {
        if (_file.Tokens[value].Kind != JsonKind.Number)
        {
            Report(value, "'multipleOf' is a number above 0");
            return;
        }

        var number = JsonNumber.Parse(_file.Tokens[value].Raw(_file.Text));
        if (number.IsNegative || number.IsZero || !number.TryGetDigits(out var digits) || number.Magnitude is < -400 or > 400)
        {
            Report(value, "'multipleOf' is a number above 0, here of at most 18 digits");
            return;
        }

        node.MultipleOfDigits = digits;
        node.MultipleOfExponent = number.Exponent;
        node.MultipleOfToken = value;
    }

    private void FillBound(SchemaNode node, string keyword, int value)
    {
        if (_file.Tokens[value].Kind != JsonKind.Number)
        {
            Report(value, $"'{keyword}' is a number");
            return;
        }

        var rule = keyword switch
        {
            "minimum" => SchemaRule.Minimum,
            "maximum" => SchemaRule.Maximum,
            "exclusiveMinimum" => SchemaRule.ExclusiveMinimum,
            _ => SchemaRule.ExclusiveMaximum,
        };
        node.Bounds = [.. node.Bounds, (rule, value, new NumberBound(_file.Tokens[value].Raw(_file.Text).ToArray()))];
    }

    private Pattern? PatternAt(int token)
    {
        if (_file.Tokens[token].Kind != JsonKind.String)
        {
            Report(token, "a pattern is a string");
            return null;
        }

        var text = _file.StringAt(token);
        if (!_patterns.TryGetValue(text, out var pattern))
        {
            try
            {
                pattern = Pattern.Parse(text);
            }
            catch (PatternException exception)
            {
                Report(token, exception.Message);
            }

            _patterns.Add(text, pattern);
        }

        return pattern;
    }

    private void FillRequired(SchemaNode node, int value, Dictionary<string, (SchemaNode? Node, int Required)> members)
    {
        node.Required = ReadNames(value, "required");
        node.HasObjectRules = true;
        for (var i = 0; i < node.Required.Length; i++)
        {
            var name = Encoding.UTF8.GetString(node.Required[i]);
            members[name] = (members.TryGetValue(name, out var said) ? said.Node : null, i);
        }
    }

    private void FillDependentRequired(SchemaNode node, int value)
    {
        if (_file.Tokens[value].Kind != JsonKind.Object)
        {
            Report(value, "'dependentRequired' is an object of lists of names");
            return;
        }

        var all = new List<(byte[], byte[][])>();
        for (var name = value + 1; name < _file.Tokens[value].Next; name = _file.Tokens[name + 1].Next)
        {
            all.Add((Encoding.UTF8.GetBytes(_file.StringAt(name)), ReadNames(name + 1, "dependentRequired")));
        }

        node.DependentRequired = [.. all];
        node.HasObjectRules = true;
    }

    private byte[][] ReadNames(int value, string keyword)
    {
        var list = _file.Tokens[value];
        var names = new List<string>();
        for (var at = value + 1; list.Kind == JsonKind.Array && at < list.Next; at = _file.Tokens[at].Next)
        {
            if (_file.Tokens[at].Kind == JsonKind.String && _file.StringAt(at) is var name && !names.Contains(name))
            {
                names.Add(name);
                continue;
            }

            Report(at, $"'{keyword}' lists names, each once");
        }

        if (list.Kind != JsonKind.Array)
        {
            Report(value, $"'{keyword}' is a list of names");
        }

        var bytes = new byte[names.Count][];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = Encoding.UTF8.GetBytes(names[i]);
        }

        return bytes;
    }

    private bool ReadBoolean(int value, string keyword)
    {
        if (_file.Tokens[value].Kind is not (JsonKind.True or JsonKind.False))
        {
            Report(value, $"'{keyword}' is true or false");
        }

        return _file.Tokens[value].Kind == JsonKind.True;
    }

    // As with instances, 2.0 is an integer. Nothing is larger than the largest count that can be met.
    private int ReadCount(int value, string keyword)
    {
        if (_file.Tokens[value].Kind == JsonKind.Number)
        {
            var number = JsonNumber.Parse(_file.Tokens[value].Raw(_file.Text));
            if (number.IsInteger && !number.IsNegative)
            {
                return number.TryGetInt64(out var count) ? (int)Math.Min(count, int.MaxValue) : int.MaxValue;
            }
        }

        Report(value, $"'{keyword}' is an integer from 0 on");
        return 0;
    }
}
