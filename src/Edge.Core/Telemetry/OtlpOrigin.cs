using System.Globalization;

namespace Edge.Core.Telemetry;

/// <summary>Who tells: what every export says before its figures or spans. Immutable.</summary>
/// <param name="Resource">What the program says of itself.</param>
/// <param name="Scope">Name of the instrumentation scope.</param>
/// <param name="Version">Its version.</param>
public sealed record OtlpOrigin(IReadOnlyList<KeyValuePair<string, string>> Resource, string Scope, string Version)
{
    /// <summary>Begins an export: <c>ResourceMetrics</c> or <c>ResourceSpans</c>, and the scope's part within.</summary>
    /// <returns>What <see cref="ProtobufWriter.End"/> wants, of both.</returns>
    internal (int Outer, int Inner) Begin(ProtobufWriter to)
    {
        var outer = to.Begin(1);
        var resource = to.Begin(1);
        foreach (var (key, value) in Resource)
        {
            PutAttribute(to, 1, key, value);
        }

        to.End(resource);
        var inner = to.Begin(2);
        var scope = to.Begin(1);
        to.Text(1, Scope);
        to.Text(2, Version);
        to.End(scope);
        return (outer, inner);
    }

    /// <summary>Writes an attribute: text, a whole or floating-point number, or a boolean. Null is left out.</summary>
    internal static void PutAttribute(ProtobufWriter to, int field, string key, object? value)
    {
        if (value is null)
        {
            return;
        }

        var start = to.Begin(field);
        to.Text(1, key);
        var any = to.Begin(2);
        switch (value)
        {
            case bool truth:
                to.Varint(2, truth ? 1 : 0);
                break;
            case long number:
                to.Varint(3, number);
                break;
            case double number:
                to.Double(4, number);
                break;
            default:
                to.Text(1, Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
                break;
        }

        to.End(any);
        to.End(start);
    }
}
