using System.Collections.Immutable;
using System.Text.Json;

namespace Edge.Hosting;

/// <summary>What became of the last time that the configuration was read again.</summary>
/// <param name="Succeeded">It is in force; else the one before is.</param>
/// <param name="Cause">What caused it: a signal, a changed file, an administrator.</param>
/// <param name="At">When.</param>
/// <param name="Said">How much there is; or what is wrong, a line for each thing.</param>
internal sealed record ReloadResult(bool Succeeded, string Cause, DateTimeOffset At, ImmutableArray<string> Said)
{
    /// <summary>Writes its members into an object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("outcome"u8, Succeeded ? "reloaded"u8 : "failed"u8);
        json.WriteString("cause"u8, Cause);
        json.WriteString("time"u8, At);
        if (Succeeded)
        {
            json.WriteString("detail"u8, Said[0]);
            return;
        }

        json.WriteStartArray("errors"u8);
        foreach (var error in Said)
        {
            json.WriteStringValue(error);
        }

        json.WriteEndArray();
    }
}
