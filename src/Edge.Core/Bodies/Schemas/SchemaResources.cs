namespace Edge.Core.Bodies.Schemas;

/// <summary>
/// The names of a schema file: its resources (<c>$id</c>) and their anchors, and what a reference points to (JSON Schema core,
/// sections 8.2 and 9). Used while a file is compiled. Only what stands where a schema stands has a name: an <c>$id</c> in a
/// <c>const</c> is data.
/// </summary>
internal sealed class SchemaResources
{
    /// <summary>What a file without an <c>$id</c> is called.</summary>
    private static readonly Uri DefaultBase = new("https://edge.invalid/schema");

    private readonly JsonTape _file;
    private readonly List<Resource> _resources = [];
    private readonly Dictionary<string, int> _byUri = [];
    private readonly Dictionary<int, int> _resourceOf = [];
    private readonly Action<int, string> _report;

    /// <summary>Reads the names of a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="report">Takes what is wrong: a token and a sentence.</param>
    public SchemaResources(JsonTape file, Action<int, string> report)
    {
        _file = file;
        _report = report;
        _resources.Add(new Resource(0, DefaultBase));
        _byUri.Add(DefaultBase.AbsoluteUri, 0);
        Scan(0, 0);
    }

    /// <summary>The dynamic anchors of all resources: resource, name, token.</summary>
    public List<(int Resource, string Name, int Token)> DynamicAnchors { get; } = [];

    /// <summary>The resource that a schema belongs to.</summary>
    public int ResourceOf(int token)
    {
        if (_resourceOf.TryGetValue(token, out var known))
        {
            return known;
        }

        // Where no schema was expected one was referred to: it belongs to the innermost resource around it.
        var found = 0;
        for (var i = 1; i < _resources.Count; i++)
        {
            var root = _resources[i].Token;
            if (root <= token && token < _file.Tokens[root].Next && root >= _resources[found].Token)
            {
                found = i;
            }
        }

        return found;
    }

    /// <summary>The schema that a reference points to.</summary>
    /// <param name="resource">The resource in which it is written.</param>
    /// <param name="reference">The reference.</param>
    /// <param name="target">Token of the schema.</param>
    /// <param name="anchor">The fragment, where it is an anchor.</param>
    /// <returns>Null, or why there is none.</returns>
    public string? Resolve(int resource, string reference, out int target, out string? anchor)
    {
        target = -1;
        anchor = null;
        var hash = reference.IndexOf('#', StringComparison.Ordinal);
        var fragment = hash < 0 ? "" : Uri.UnescapeDataString(reference[(hash + 1)..]);
        var path = hash < 0 ? reference : reference[..hash];
        if (path.Length > 0)
        {
            if (!Uri.TryCreate(_resources[resource].Base, path, out var uri)
                || !_byUri.TryGetValue(uri.AbsoluteUri, out resource))
            {
                return $"'{path}' is not in this file, and references to other files are not supported";
            }
        }

        var root = _resources[resource];
        if (fragment.Length == 0 || fragment[0] == '/')
        {
            target = JsonPointer.Find(_file, root.Token, JsonPointer.Parse(fragment));
            return target < 0 ? $"there is nothing at '{fragment}'" : null;
        }

        anchor = fragment;
        return root.Anchors.TryGetValue(fragment, out target) ? null : $"there is no anchor '{fragment}'";
    }

    /// <summary>Whether a schema is a dynamic anchor of that name.</summary>
    public bool IsDynamicAnchor(int token, string name)
    {
        foreach (var anchor in DynamicAnchors)
        {
            if (anchor.Token == token && anchor.Name == name)
            {
                return true;
            }
        }

        return false;
    }

    private void Scan(int token, int resource)
    {
        if (_file.Tokens[token].Kind != JsonKind.Object)
        {
            _resourceOf[token] = resource;
            return;
        }

        resource = Open(token, resource);
        _resourceOf[token] = resource;
        var end = _file.Tokens[token].Next;
        for (var name = token + 1; name < end; name = _file.Tokens[name + 1].Next)
        {
            var keyword = _file.StringAt(name);
            switch (SchemaKeywords.ShapeOf(keyword))
            {
                case KeywordShape.Schema:
                    Scan(name + 1, resource);
                    break;
                case KeywordShape.Schemas:
                    ScanParts(name + 1, resource);
                    break;
                default:
                    AddAnchor(keyword, name + 1, token, resource);
                    break;
            }
        }
    }

    private void ScanParts(int token, int resource)
    {
        var parent = _file.Tokens[token];
        var named = parent.Kind == JsonKind.Object ? 1 : 0;
        if (parent.Kind is JsonKind.Object or JsonKind.Array)
        {
            for (var at = token + 1 + named; at < parent.Next; at = _file.Tokens[at].Next + named)
            {
                Scan(at, resource);
            }
        }
    }

    private int Open(int token, int resource)
    {
        var id = _file.Find(token, "$id"u8);
        if (id < 0 || _file.Tokens[id].Kind != JsonKind.String)
        {
            return resource;
        }

        var text = _file.StringAt(id).TrimEnd('#');
        if (text.Contains('#', StringComparison.Ordinal) || !Uri.TryCreate(_resources[resource].Base, text, out var uri))
        {
            _report(id, "an $id is a URI reference without a fragment");
            return resource;
        }

        if (token == 0)
        {
            _resources[0] = new Resource(0, uri);
        }
        else
        {
            _resources.Add(new Resource(token, uri));
        }

        var number = token == 0 ? 0 : _resources.Count - 1;
        if (!_byUri.TryAdd(uri.AbsoluteUri, number))
        {
            _report(id, $"there are two schemas of the $id '{uri}'");
        }

        return number;
    }

    private void AddAnchor(string keyword, int value, int token, int resource)
    {
        if (keyword is not ("$anchor" or "$dynamicAnchor") || _file.Tokens[value].Kind != JsonKind.String)
        {
            return;
        }

        var name = _file.StringAt(value);
        var anchors = _resources[resource].Anchors;
        if (anchors.TryGetValue(name, out var other) && other != token)
        {
            _report(value, $"there are two anchors '{name}'");
        }

        anchors[name] = token;
        if (keyword == "$dynamicAnchor")
        {
            DynamicAnchors.Add((resource, name, token));
        }
    }

    private sealed record Resource(int Token, Uri Base)
    {
        public Dictionary<string, int> Anchors { get; } = [];
    }
}
