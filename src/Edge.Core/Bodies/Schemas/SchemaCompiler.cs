using System.Text;
using Edge.Core.Bodies.Patterns;
using Edge.Core.Configuration.Reading;

namespace Edge.Core.Bodies.Schemas;

/// <summary>
/// Turns a schema file into <see cref="SchemaNode"/>s, and says all that is wrong with it. Used once, while configuration is
/// loaded. Schemas refer to each other, so each is made empty first and filled when its turn comes.
/// </summary>
internal sealed partial class SchemaCompiler
{
    /// <summary>Most schemas of a file.</summary>
    public const int NodesMax = 4096;

    /// <summary>Most problems that are listed.</summary>
    public const int ProblemsMax = 50;

    private const string Dialect = "https://json-schema.org/draft/2020-12/schema";

    private readonly JsonTape _file;
    private readonly SchemaResources _resources;
    private readonly Dictionary<int, SchemaNode> _nodes = [];
    private readonly Queue<SchemaNode> _pending = new();
    private readonly Dictionary<string, Pattern?> _patterns = [];
    private readonly Dictionary<string, int> _dynamicNames = [];
    private readonly List<SchemaProblem> _problems = [];
    private readonly List<SchemaProblem> _warnings = [];

    /// <summary>Prepares for a file.</summary>
    public SchemaCompiler(JsonTape file)
    {
        _file = file;
        _resources = new SchemaResources(file, Report);
    }

    /// <summary>All that is wrong.</summary>
    public IReadOnlyList<SchemaProblem> Problems => _problems;

    /// <summary>Compiles the file; null where there are problems.</summary>
    public JsonSchema? Compile()
    {
        var root = NodeAt(0);
        while (_pending.TryDequeue(out var node) && _problems.Count < ProblemsMax)
        {
            Fill(node);
        }

        // A dynamic anchor may be reached by its name only.
        Dictionary<(int, int), SchemaNode>? anchors = null;
        foreach (var (resource, name, token) in _dynamicNames.Count == 0 ? [] : _resources.DynamicAnchors)
        {
            if (_dynamicNames.TryGetValue(name, out var number))
            {
                anchors ??= [];
                anchors[(resource, number)] = NodeAt(token);
            }
        }

        while (_pending.TryDequeue(out var node) && _problems.Count < ProblemsMax)
        {
            Fill(node);
        }

        if (_problems.Count == 0)
        {
            RefuseLoops();
        }

        if (_problems.Count == 0)
        {
            // Through which resources a reference led is asked for only where there are dynamic ones.
            foreach (var node in _nodes.Values)
            {
                while (anchors is null && node.Same.IsReference)
                {
                    node.Same = node.Same.Reference!;
                }
            }

            SchemaShortcuts.Find(_nodes.Values);
        }

        return _problems.Count > 0 ? null : new JsonSchema(_file, root, _warnings) { DynamicAnchors = anchors };
    }

    private SchemaNode NodeAt(int token)
    {
        if (_nodes.TryGetValue(token, out var known))
        {
            return known;
        }

        var node = new SchemaNode { Token = token, Resource = _resources.ResourceOf(token) };
        _nodes.Add(token, node);
        switch (_file.Tokens[token].Kind)
        {
            case JsonKind.True:
            case JsonKind.False:
                node.Always = _file.Tokens[token].Kind == JsonKind.True;
                break;
            case JsonKind.Object when _nodes.Count > NodesMax:
                Report(token, $"more than {NodesMax} schemas in one file");
                break;
            case JsonKind.Object:
                _pending.Enqueue(node);
                break;
            default:
                Report(token, "a schema is an object, true or false");
                break;
        }

        return node;
    }

    private void Fill(SchemaNode node)
    {
        var members = new Dictionary<string, (SchemaNode? Node, int Required)>();
        var end = _file.Tokens[node.Token].Next;
        for (var name = node.Token + 1; name < end; name = _file.Tokens[name + 1].Next)
        {
            var keyword = _file.StringAt(name);
            switch (SchemaKeywords.ShapeOf(keyword))
            {
                case KeywordShape.Schema:
                    FillSchema(node, keyword, name + 1);
                    break;
                case KeywordShape.Schemas:
                    FillSchemas(node, keyword, name + 1, members);
                    break;
                case KeywordShape.Value:
                    FillValue(node, keyword, name + 1, members);
                    break;
                case KeywordShape.Annotation:
                    CheckAnnotation(keyword, name + 1);
                    break;
                case KeywordShape.Outdated:
                    Report(name, $"'{keyword}' belongs to an older version of JSON Schema than 2020-12 and is not supported");
                    break;
                default:
                    var meant = Nearest.Find(keyword, SchemaKeywords.Names);
                    Warn(name, meant is null ? $"'{keyword}' is no keyword and asserts nothing"
                        : $"'{keyword}' is no keyword and asserts nothing; did you mean '{meant}'?");
                    break;
            }
        }

        node.Members = members.Count > 0 ? new MemberTable(members) : null;
        node.HasInPlace = node.Reference is not null || node.DynamicReference is not null || node.Not is not null
            || node.AllOf.Length + node.AnyOf.Length + node.OneOf.Length + node.DependentSchemas.Length > 0
            || (node.If is not null && (node.Then ?? node.Else) is not null);

        // A condition without consequence still says which members it has looked at.
        node.HasInPlace |= node.If is not null;
    }

    private void FillSchema(SchemaNode node, string keyword, int value)
    {
        if (keyword == "items" && _file.Tokens[value].Kind == JsonKind.Array)
        {
            Report(value, "'items' is one schema since 2020-12; a list of them is 'prefixItems'");
            return;
        }

        var child = NodeAt(value);
        switch (keyword)
        {
            case "additionalProperties":
                node.AdditionalProperties = child;
                break;
            case "propertyNames":
                node.PropertyNames = child;
                break;
            case "unevaluatedProperties":
                node.UnevaluatedProperties = child;
                break;
            case "items":
                node.Items = child;
                break;
            case "contains":
                node.Contains = child;
                break;
            case "unevaluatedItems":
                node.UnevaluatedItems = child;
                break;
            case "not":
                node.Not = child;
                break;
            case "if":
                node.If = child;
                break;
            case "then":
                node.Then = child;
                break;
            case "else":
                node.Else = child;
                break;
            default:
                break;
        }

        node.HasArrayRules |= keyword is "items" or "contains" or "unevaluatedItems";
        node.HasObjectRules |= keyword is "additionalProperties" or "propertyNames" or "unevaluatedProperties";
    }

    private void FillSchemas(
        SchemaNode node, string keyword, int value, Dictionary<string, (SchemaNode? Node, int Required)> members)
    {
        if (keyword is "prefixItems" or "allOf" or "anyOf" or "oneOf")
        {
            FillList(node, keyword, value);
            return;
        }

        if (_file.Tokens[value].Kind != JsonKind.Object)
        {
            Report(value, $"'{keyword}' is an object of schemas");
            return;
        }

        var patterns = new List<(Pattern, SchemaNode)>();
        var dependents = new List<(byte[], SchemaNode)>();
        for (var name = value + 1; name < _file.Tokens[value].Next; name = _file.Tokens[name + 1].Next)
        {
            var text = _file.StringAt(name);
            var child = NodeAt(name + 1);
            switch (keyword)
            {
                case "properties":
                    members[text] = (child, members.TryGetValue(text, out var said) ? said.Required : -1);
                    break;
                case "patternProperties" when PatternAt(name) is { } pattern:
                    patterns.Add((pattern, child));
                    break;
                case "dependentSchemas":
                    dependents.Add((Encoding.UTF8.GetBytes(text), child));
                    break;
                default:
                    break;
            }
        }

        node.PatternProperties = patterns.Count > 0 ? [.. patterns] : node.PatternProperties;
        node.DependentSchemas = dependents.Count > 0 ? [.. dependents] : node.DependentSchemas;
        node.HasObjectRules |= keyword is "properties" or "patternProperties";
    }

    private void FillList(SchemaNode node, string keyword, int value)
    {
        var list = _file.Tokens[value];
        if (list.Kind != JsonKind.Array || list.Count == 0)
        {
            Report(value, $"'{keyword}' is a list of at least one schema");
            return;
        }

        var nodes = new SchemaNode[list.Count];
        var at = value + 1;
        for (var i = 0; i < nodes.Length; i++)
        {
            nodes[i] = NodeAt(at);
            at = _file.Tokens[at].Next;
        }

        switch (keyword)
        {
            case "prefixItems":
                node.PrefixItems = nodes;
                node.HasArrayRules = true;
                break;
            case "allOf":
                node.AllOf = nodes;
                break;
            case "anyOf":
                node.AnyOf = nodes;
                break;
            default:
                node.OneOf = nodes;
                break;
        }
    }

    private void CheckAnnotation(string keyword, int value)
    {
        if (keyword is "$id" or "$anchor" or "$dynamicAnchor" or "format" or "$comment"
            && _file.Tokens[value].Kind != JsonKind.String)
        {
            Report(value, $"'{keyword}' is a string");
        }
    }

    // A schema that leads back to itself without going into the value would be applied for ever.
    private void RefuseLoops()
    {
        var states = new Dictionary<SchemaNode, bool>();
        foreach (var node in _nodes.Values)
        {
            if (Loops(node, states))
            {
                Report(node.Token, "this schema refers back to itself without going into the value");
                return;
            }
        }
    }

    private static bool Loops(SchemaNode node, Dictionary<SchemaNode, bool> finished)
    {
        if (finished.TryGetValue(node, out var isFinished))
        {
            return !isFinished;
        }

        finished[node] = false;
        ReadOnlySpan<SchemaNode?> single = [node.Reference, node.DynamicReference, node.Not, node.If, node.Then, node.Else];
        var loops = LoopsAny(single, finished) || LoopsAny(node.AllOf, finished) || LoopsAny(node.AnyOf, finished)
            || LoopsAny(node.OneOf, finished);
        foreach (var (_, dependent) in node.DependentSchemas)
        {
            loops = loops || Loops(dependent, finished);
        }

        finished[node] = true;
        return loops;
    }

    private static bool LoopsAny(ReadOnlySpan<SchemaNode?> nodes, Dictionary<SchemaNode, bool> finished)
    {
        foreach (var node in nodes)
        {
            if (node is not null && Loops(node, finished))
            {
                return true;
            }
        }

        return false;
    }

    private void Report(int token, string message)
    {
        if (_problems.Count < ProblemsMax)
        {
            _problems.Add(SchemaProblem.At(_file, token, message));
        }
    }

    private void Warn(int token, string message)
    {
        if (_warnings.Count < ProblemsMax)
        {
            _warnings.Add(SchemaProblem.At(_file, token, message));
        }
    }
}
