using System.Text.Json;
using Edge.Core.Configuration;

namespace Edge.Demo;

/// <summary>
/// The models that the mock lists. Those named <c>mock-*</c> stand for settings; any other name is accepted too and behaves
/// like <c>mock</c>, so that a gateway's configuration needs no change to run against it.
/// </summary>
internal static class MockModels
{
    private static readonly (string Name, string Settings)[] Presets =
    [
        ("mock", ""),
        ("mock-slow", "first-delay=500;gap=50"),
        ("mock-long", "tokens=2000;gap=20"),
        ("mock-cut", "cut-after=5"),
        ("mock-cut-inside", "cut-inside=5"),
        ("mock-reset", "cut-after=5;cut=reset"),
        ("mock-hang", "hang=head"),
        ("mock-silent", "hang=request"),
        ("mock-stall", "hang-after=5"),
        ("mock-error", "status=500"),
        ("mock-rate-limited", "status=429;retry-after=1"),
        ("mock-unavailable", "status=503;retry-after=1"),
        ("mock-overloaded", "status=529"),
        ("mock-error-event", "error-after=5"),
        ("mock-no-usage", "usage=omit"),
        ("mock-garbage", "raw=garbage"),
        ("mock-short", "raw=short-body"),
        ("mock-bad-chunk", "raw=bad-chunk"),
    ];

    private static readonly string[] Others =
        ["gpt-4o", "gpt-4o-mini", "gpt-4-turbo", "gpt-3.5-turbo", "text-embedding-3-small", "claude-3-5-haiku-latest"];

    /// <summary>The settings of a model whose name begins with <c>mock</c>, or null where there is none.</summary>
    public static string? Find(ReadOnlySpan<char> name)
    {
        foreach (var (preset, settings) in Presets)
        {
            if (name.SequenceEqual(preset))
            {
                return settings;
            }
        }

        return null;
    }

    /// <summary>Writes the list of models.</summary>
    public static void WriteList(Utf8JsonWriter json, Dialect dialect)
    {
        json.WriteStartObject();
        if (dialect == Dialect.OpenAI)
        {
            json.WriteString("object"u8, "list"u8);
        }

        json.WriteStartArray("data"u8);
        foreach (var (name, _) in Presets)
        {
            WriteOne(json, dialect, name);
        }

        foreach (var name in Others)
        {
            WriteOne(json, dialect, name);
        }

        json.WriteEndArray();
        if (dialect == Dialect.Anthropic)
        {
            json.WriteBoolean("has_more"u8, false);
            json.WriteString("first_id"u8, Presets[0].Name);
            json.WriteString("last_id"u8, Others[^1]);
        }

        json.WriteEndObject();
        json.Flush();
    }

    /// <summary>Writes one model.</summary>
    public static void WriteOne(Utf8JsonWriter json, Dialect dialect, ReadOnlySpan<char> name)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, name);
        if (dialect == Dialect.Anthropic)
        {
            json.WriteString("type"u8, "model"u8);
            json.WriteString("display_name"u8, name);
            json.WriteString("created_at"u8, "2025-01-01T00:00:00Z"u8);
        }
        else
        {
            json.WriteString("object"u8, "model"u8);
            json.WriteNumber("created"u8, MockAnswer.CreatedUnixSeconds);
            json.WriteString("owned_by"u8, "edge-mock"u8);
        }

        json.WriteEndObject();
    }
}
