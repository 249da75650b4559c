using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Planning;

/// <summary>
/// Reads consumers from a file of their own: JSON Lines, a consumer a line, with the keys of an entry of
/// <c>identity.consumers</c> and its <c>name</c>. One line after another, so that what was made of a line is gone before the
/// next.
/// </summary>
internal sealed class ConsumersFileReader(
    ConfigurationFiles files, Expander expander, ConsumerCollector consumers, TierNames tiers)
{
    /// <summary>Most bytes of the file.</summary>
    public const int BytesMax = 128 * 1024 * 1024;

    private const string NameKey = "name";

    /// <summary>Reads the file, and tells what is wrong in it.</summary>
    public void Read(Located<string> path, DiagnosticBag diagnostics)
    {
        var content = files.ReadBytes(path.Value, BytesMax);
        if (content.Problem is { } problem)
        {
            diagnostics.Add(path.Place, $"{(path.Hidden ? "the file" : $"file {path.Text()}")} {problem}");
            return;
        }

        var own = diagnostics.ForFile(path.Hidden ? "the file of consumers" : path.Value);
        var binder = new Binder(own, expander.TellingTo(own));
        var rest = content.Bytes.Span;
        if (rest.StartsWith("\uFEFF"u8)) rest = rest["\uFEFF"u8.Length..];
        consumers.Expect(Math.Min(rest.Count((byte)'\n') + 1, ConsumerCollector.ConsumersMax));
        for (var number = 1; !rest.IsEmpty && !own.IsFull; number++)
        {
            var end = rest.IndexOf((byte)'\n');
            var line = (end < 0 ? rest : rest[..end]).Trim(" \t\r"u8);
            rest = end < 0 ? [] : rest[(end + 1)..];
            if (line.IsEmpty) continue;
            if (consumers.Count >= ConsumerCollector.ConsumersMax)
            {
                own.Add(
                    new Place(number, 1), $"this is one consumer more than the {ConsumerCollector.ConsumersMax} there may be");
                return;
            }

            if (JsonLine.Read(line, number, own) is { } node) ReadConsumer(node, binder);
        }
    }

    private void ReadConsumer(MapNode node, Binder binder)
    {
        var diagnostics = binder.Diagnostics;
        var index = node.Entries.FindIndex(e => e.Key.Text == NameKey);
        if (index < 0)
        {
            diagnostics.Add(node.Place, "key 'name' is missing: the consumer's name, which no other has");
            return;
        }

        var hasName = Scalars.Name.TryRead(node.Entries[index].Value, binder, out var name);
        node.Entries.RemoveAt(index);
        if (!ConsumerOptions.Shape.TryRead(node, binder, out var consumer) || !hasName) return;
        tiers.Check(consumer.Value.Tier, diagnostics);
        consumers.Add(name, consumer.Value, diagnostics);
    }
}
