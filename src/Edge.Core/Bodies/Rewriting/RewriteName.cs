using System.Text;
using Edge.Core.Http;

namespace Edge.Core.Bodies.Rewriting;

/// <summary>The name of a member, as text and as JSON. Immutable.</summary>
internal sealed class RewriteName
{
    /// <summary>Prepares a name.</summary>
    public RewriteName(string name)
    {
        Text = Encoding.UTF8.GetBytes(name);
        Key = NameKey.Of(Text);
        var json = new HeadBuffer();
        json.Write(",\""u8);
        JsonText.WriteEscaped(json, name);
        json.Write("\":"u8);
        CommaJson = json.Written.ToArray();
        json.ReturnMemory();
    }

    /// <summary>The name, in UTF-8.</summary>
    public byte[] Text { get; }

    /// <summary>Its key.</summary>
    public NameKey Key { get; }

    /// <summary>A comma, the name in quotes, and a colon.</summary>
    public byte[] CommaJson { get; }
}
