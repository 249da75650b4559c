using System.Buffers;
using System.Net;
using System.Text.Json;
using Edge.Core.Configuration;

namespace Edge.Telemetry;

/// <summary>
/// Writes an event of the audit log as one line of JSON. The writer escapes whatever could end a text, a line or a tag, so that
/// no
/// caller can forge a line; texts that callers choose are cut at a bound.
/// </summary>
internal static class AuditLine
{
    /// <summary>Most chars of a path.</summary>
    public const int PathCharsMax = 1024;

    /// <summary>Most chars of any other text.</summary>
    public const int TextCharsMax = 256;

    // An address with a zone: 39 chars and the zone's number.
    private const int AddressCharsMax = 64;

    /// <summary>Appends the event and a line feed.</summary>
    public static void Write(IBufferWriter<byte> to, in AuditEntry entry)
    {
        using var json = new Utf8JsonWriter(to);
        json.WriteStartObject();
        json.WriteString("time"u8, entry.Time);
        json.WriteString("event"u8, NameOf(entry.Kind));
        Write(json, "outcome"u8, entry.Outcome);
        Write(json, "reason"u8, entry.Reason);
        if (entry.Status != 0)
        {
            json.WriteNumber("status"u8, entry.Status);
        }

        Write(json, "route"u8, entry.Route);
        Write(json, "method"u8, entry.Method);
        if (entry.Target is not null)
        {
            json.WriteString("path"u8, entry.Target.AsSpan(0, Math.Min(entry.PathLength, PathCharsMax)));
        }

        Write(json, "client"u8, entry.Client);
        Write(json, "peer"u8, entry.Peer);
        Write(json, "caller"u8, entry.Caller);
        Write(json, "source"u8, entry.Source);
        Write(json, "credential"u8, entry.Credential);
        Write(json, "key"u8, entry.Key);
        Write(json, "requestId"u8, entry.RequestId);
        Write(json, "userAgent"u8, entry.UserAgent);
        Write(json, "detail"u8, entry.Detail);
        if (entry.Missing != 0)
        {
            json.WriteNumber("missing"u8, entry.Missing);
        }

        json.WriteEndObject();
        json.Flush();
        to.Write("\n"u8);
    }

    private static ReadOnlySpan<byte> NameOf(AuditEvents kind) => kind switch
    {
        AuditEvents.Refusals => "refusal"u8,
        AuditEvents.Keys => "key"u8,
        AuditEvents.Admin => "admin"u8,
        AuditEvents.Reloads => "reload"u8,
        AuditEvents.Lifecycle => "lifecycle"u8,
        _ => "gap"u8,
    };

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text.Length > TextCharsMax ? text.AsSpan(0, TextCharsMax) : text);
        }
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, IPAddress? address)
    {
        Span<char> text = stackalloc char[AddressCharsMax];
        if (address is not null && address.TryFormat(text, out var length))
        {
            json.WriteString(name, text[..length]);
        }
    }
}
