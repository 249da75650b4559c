using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Edge.Core.Configuration.Reading;

/// <summary>
/// Turns YAML text, and so JSON text, into nodes with places. Anchors, aliases and tags are refused: they serve serialisers,
/// hide what a file says, and let a small file grow without bound.
/// </summary>
internal sealed class YamlReader
{
    /// <summary>Deepest nesting of lists and mappings.</summary>
    public const int NodeDepthMax = 32;

    /// <summary>Most values, lists, mappings and keys in a file.</summary>
    public const int NodesMax = 4_000_000;

    private const string QuotingHint = "text that begins with or holds any of {}[],&*#?|>!%@` or ': ' must stand in quotes";

    private readonly Parser _parser;
    private readonly DiagnosticBag _diagnostics;
    private int _depth;
    private int _nodes;
    private bool _stopped;

    private YamlReader(string text, DiagnosticBag diagnostics)
    {
        _parser = new Parser(new StringReader(text));
        _diagnostics = diagnostics;
    }

    /// <summary>Reads a file's text.</summary>
    /// <returns>The mapping at its root, or null after an error that leaves nothing to go on with.</returns>
    public static MapNode? Read(string text, DiagnosticBag diagnostics)
    {
        // The scanner takes NUL for the end of its input and would silently drop the rest of the file.
        if (text.IndexOf('\0', StringComparison.Ordinal) is >= 0 and var nul)
        {
            diagnostics.Add(PlaceOf(text, nul), "there is a NUL character here; is this a text file?");
            return null;
        }

        try
        {
            return new YamlReader(text, diagnostics).ReadDocument();
        }
        catch (YamlException e)
        {
            diagnostics.Add(PlaceOf(e.Start), $"this is not YAML: {Sentence(e.Message)}; {QuotingHint}");
            return null;
        }
    }

    private MapNode? ReadDocument()
    {
        Advance();
        Advance();
        if (_parser.Current is not DocumentStart)
        {
            _diagnostics.Add(Place.Start, "the file is empty; it needs at least listeners, upstreams and routes");
            return null;
        }

        Advance();
        var root = ReadNode();
        if (_stopped) return null;
        Advance();
        if (_parser.Current is DocumentStart second)
            _diagnostics.Add(PlaceOf(second.Start), "a second document begins here; a configuration is one document");
        switch (root)
        {
            case MapNode map:
                return map;
            case ScalarNode { IsNull: true }:
                _diagnostics.Add(Place.Start, "the file is empty; it needs at least listeners, upstreams and routes");
                return null;
            case not BrokenNode:
                _diagnostics.Add(root.Place, $"the file must be a mapping with keys such as listeners, not {root.Noun}");
                return null;
            default:
                return null;
        }
    }

    /// <summary>
    /// Goes to the next event. On some malformed texts exceptions of the scanner's own helpers escape from it: a character
    /// beyond Unicode in an escape, a comment inside a scalar. They mean what its own exception means.
    /// </summary>
    private void Advance()
    {
        try
        {
            _parser.MoveNext();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            var place = _parser.Current?.End ?? Mark.Empty;
            throw new YamlException(place, place, "after this there is text that cannot be read", e);
        }
    }

    /// <summary>Reads the node at the current event and goes to the event after it.</summary>
    private Node ReadNode()
    {
        var current = _parser.Current!;
        var place = PlaceOf(current.Start);
        if (++_nodes > NodesMax) return Stop(place, $"the file has more than {NodesMax} values");
        RefuseProperties(current, place);
        switch (current)
        {
            case Scalar scalar:
                Advance();
                return new ScalarNode(scalar.Value, scalar.Style != ScalarStyle.Plain, place);
            case AnchorAlias:
                Advance();
                _diagnostics.Add(place, "aliases are not supported; put text that begins with '*' in quotes");
                return new BrokenNode(place);
            case SequenceStart when _depth < NodeDepthMax:
                return ReadList(place);
            case MappingStart when _depth < NodeDepthMax:
                return ReadMap(place);
            default:
                return Stop(place, $"this is nested more than {NodeDepthMax} deep");
        }
    }

    private BrokenNode Stop(Place place, string message)
    {
        if (!_stopped) _diagnostics.Add(place, message);
        _stopped = true;
        return new BrokenNode(place);
    }

    private void RefuseProperties(ParsingEvent current, Place place)
    {
        if (current is not NodeEvent node || current is AnchorAlias) return;
        if (!node.Anchor.IsEmpty)
            _diagnostics.Add(place, "anchors are not supported; put text that begins with '&' in quotes");

        // A quoted scalar carries the non-specific tag "!" only where the file says so.
        if (!node.Tag.IsEmpty)
            _diagnostics.Add(place, "tags are not supported; put text that begins with '!' in quotes");
    }

    private ListNode ReadList(Place place)
    {
        _depth++;
        Advance();
        var items = new List<Node>();
        while (!_stopped && _parser.Current is not SequenceEnd) items.Add(ReadNode());
        Leave();
        return new ListNode(items, place);
    }

    private MapNode ReadMap(Place place)
    {
        _depth++;
        Advance();
        var entries = new List<KeyValuePair<ScalarNode, Node>>();
        var seen = new Dictionary<string, Place>(StringComparer.Ordinal);
        while (!_stopped && _parser.Current is not MappingEnd)
        {
            var key = ReadNode();
            if (_stopped) break;
            var value = ReadNode();
            if (key is not ScalarNode name)
            {
                if (key is not BrokenNode) _diagnostics.Add(key.Place, $"a key must be a single value, not {key.Noun}");
            }
            else if (seen.TryAdd(name.Text, name.Place))
            {
                entries.Add(new(name, value));
            }
            else
            {
                var first = seen[name.Text].Line;
                _diagnostics.Add(name.Place, $"key {Show.Quote(name.Text)} is here twice, first on line {first}; keep one");
            }
        }

        Leave();
        return new MapNode(entries, place);
    }

    private void Leave()
    {
        _depth--;
        if (!_stopped) Advance();
    }

    private static Place PlaceOf(Mark mark) => new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    private static Place PlaceOf(string text, int index)
    {
        var before = text.AsSpan(0, index);
        return new Place(before.Count('\n') + 1, index - before.LastIndexOf('\n'));
    }

    /// <summary>The library's message, made to fit into the middle of a sentence on one line.</summary>
    private static string Sentence(string message)
    {
        var line = message.ReplaceLineEndings(" ").TrimEnd('.', ' ');
        return line.Length == 0 ? line : char.ToLowerInvariant(line[0]) + line[1..];
    }
}
