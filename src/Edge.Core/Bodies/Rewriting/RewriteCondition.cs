using System.Text;

namespace Edge.Core.Bodies.Rewriting;

/// <summary>When rules apply: all that is set must hold; of a list, one. Immutable. Values are compared as JSON Schema compares
/// them.</summary>
public sealed class RewriteCondition
{
    /// <summary>The caller's tier is one of these.</summary>
    public IReadOnlyList<string> Tiers { get; init; } = [];

    /// <summary>The body's <c>model</c> is one of these; <c>*</c> stands for any text.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>The body has all of these members, be they null.</summary>
    public IReadOnlyList<string> Present { get; init; } = [];

    /// <summary>The body has none of these members.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>These headers have these values.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>These members have these values, written as JSON.</summary>
    public IReadOnlyList<(string Name, ReadOnlyMemory<byte> Json)> Equal { get; init; } = [];

    /// <summary>Makes it ready to be asked.</summary>
    /// <exception cref="RewriteException">A value is not JSON.</exception>
    internal PreparedCondition Prepare()
    {
        var equal = new (byte[], JsonTape)[Equal.Count];
        for (var i = 0; i < equal.Length; i++)
        {
            var value = new JsonTape();
            if (!value.Read(Equal[i].Json))
            {
                throw new RewriteException($"the value to compare '{Equal[i].Name}' with is not JSON: {value.Fault}");
            }

            equal[i] = (Encoding.UTF8.GetBytes(Equal[i].Name), value);
        }

        return new PreparedCondition
        {
            Source = this,
            Models = Array.ConvertAll([.. Models], static model => new Wildcard(model)),
            Present = Bytes(Present),
            Missing = Bytes(Missing),
            Equal = equal,
        };
    }

    private static byte[][] Bytes(IReadOnlyList<string> texts)
    {
        var bytes = new byte[texts.Count][];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = Encoding.UTF8.GetBytes(texts[i]);
        }

        return bytes;
    }
}
