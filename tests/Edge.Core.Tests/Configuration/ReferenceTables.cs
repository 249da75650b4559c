using System.Text;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Tests.Configuration;

/// <summary>The tables of docs/configuration.md, made from the descriptions that the loader reads by.</summary>
internal static class ReferenceTables
{
    public static string Begin(IObjectShape shape) => $"<!-- keys of {shape.Name}, generated -->\n";

    public static string End => "<!-- end -->\n";

    /// <summary>An object's table, with the marks around it.</summary>
    public static string Write(IObjectShape shape)
    {
        var text = new StringBuilder(Begin(shape));
        text.Append("| Key | Value | Default | Meaning |\n|---|---|---|---|\n");
        foreach (var key in shape.Keys)
        {
            var meaning = key.Doc.Replace("|", "\\|", StringComparison.Ordinal);
            text.Append($"| `{key.Name}` | {Value(key.Shape)} | {Default(key)} | {meaning} |\n");
        }

        return text.Append(End).ToString();
    }

    /// <summary>The page with every table replaced by what it should be.</summary>
    public static string Update(string page)
    {
        foreach (var shape in Descriptions.All())
        {
            var begin = page.IndexOf(Begin(shape), StringComparison.Ordinal);
            Assert.True(begin >= 0, $"docs/configuration.md has no table of '{shape.Name}'; write '{Begin(shape)}{End}'");
            var end = page.IndexOf(End, begin, StringComparison.Ordinal) + End.Length;
            page = string.Concat(page.AsSpan(0, begin), Write(shape), page.AsSpan(end));
        }

        return page;
    }

    private static string Value(Shape shape) =>
        shape.Object is { } inner ? $"[{shape.Noun}](#{inner.Name.ToLowerInvariant()})" : shape.Noun;

    private static string Default(Key key)
    {
        if (key.IsRequired) return "**required**";
        return key.Default is null ? "" : $"`{key.Default}`";
    }
}
