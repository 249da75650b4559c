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
        var json = new HeadBuffer();
        json.Write("\""u8);
        JsonText.WriteEscaped(json, name);
        json.Write("\":"u8);
        Json = json.Written.ToArray();
        json.ReturnMemory();
        Chars = JsonText.CodePoints(Text);
        IsEscaped = Json.AsSpan().Contains((byte)'\\');
    }

    /// <summary>The name, in UTF-8.</summary>
    public byte[] Text { get; }

    /// <summary>Its characters (Unicode code points).</summary>
    public int Chars { get; }

    /// <summary>As JSON it has escapes.</summary>
    public bool IsEscaped { get; }

    /// <summary>The name in quotes, and a colon.</summary>
    public byte[] Json { get; }
}
