using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Edge.Core.Configuration;
using Edge.Core.Identity;

namespace Edge.Hosting;

/// <summary>
/// What the gateway's OAuth 2.0 resources say of themselves (RFC 9728), written once. A resource is made of all routes that name
/// its identifier: what they list is put together, and of names and documentation the first one holds. Immutable.
/// </summary>
internal sealed class ProtectedResources
{
    private readonly FrozenDictionary<(string Host, string Path), byte[]> _documents;

    /// <summary>The resources of routes.</summary>
    public ProtectedResources(ImmutableArray<RoutePlan> routes)
    {
        var parts = new Dictionary<string, List<(ResourcePlan Plan, Scopes Asked)>>(StringComparer.Ordinal);
        foreach (var route in routes)
        {
            if (route.Authenticate?.Resource is { } resource)
            {
                if (!parts.TryGetValue(resource.Identifier, out var list))
                {
                    parts[resource.Identifier] = list = [];
                }

                list.Add((resource, route.Authorize?.Scopes ?? Scopes.None));
            }
        }

        var documents = new Dictionary<(string, string), byte[]>();
        foreach (var list in parts.Values)
        {
            var plan = list[0].Plan;
            documents[(HostOf(plan), plan.MetadataPath)] = Write(list);
        }

        _documents = documents.ToFrozenDictionary();
    }

    /// <summary>True where a path may be that of metadata, so that <see cref="TryFind"/> is worth asking.</summary>
    public bool MayHold(ReadOnlySpan<char> path) =>
        _documents.Count > 0 && path.StartsWith(ResourcePlan.WellKnownPath, StringComparison.Ordinal);

    /// <summary>Finds the metadata at a path.</summary>
    /// <param name="host">As the Host header says it; its port does not matter, since a proxy before may change it.</param>
    /// <param name="path">The path.</param>
    /// <param name="document">The metadata: JSON.</param>
    public bool TryFind(string host, string path, [NotNullWhen(true)] out byte[]? document) =>
        _documents.TryGetValue((WithoutPort(host).ToLowerInvariant(), path), out document);

    private static string HostOf(ResourcePlan plan)
    {
        var authority = plan.Origin[(plan.Origin.IndexOf("://", StringComparison.Ordinal) + 3)..];
        return WithoutPort(authority).ToLowerInvariant();
    }

    private static string WithoutPort(string authority)
    {
        var colon = authority.LastIndexOf(':');
        return colon > authority.LastIndexOf(']') ? authority[..colon] : authority;
    }

    private static byte[] Write(List<(ResourcePlan Plan, Scopes Asked)> parts)
    {
        var servers = new List<string>();
        var scopes = new List<string>();
        string? name = null, documentation = null;
        foreach (var (plan, asked) in parts)
        {
            AddNew(servers, plan.AuthorizationServers.AsSpan());
            AddNew(scopes, asked.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            AddNew(scopes, plan.ScopesSupported.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            name ??= plan.Name;
            documentation ??= plan.Documentation;
        }

        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("resource"u8, parts[0].Plan.Identifier);
            WriteList(json, "authorization_servers"u8, servers);
            WriteList(json, "scopes_supported"u8, scopes);
            WriteList(json, "bearer_methods_supported"u8, ["header"]);
            WriteIfAny(json, "resource_name"u8, name);
            WriteIfAny(json, "resource_documentation"u8, documentation);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void AddNew(List<string> to, ReadOnlySpan<string> items)
    {
        foreach (var item in items)
        {
            if (!to.Contains(item))
            {
                to.Add(item);
            }
        }
    }

    // A member without a value is left out (RFC 9728, section 3.2).
    private static void WriteList(Utf8JsonWriter json, ReadOnlySpan<byte> name, List<string> items)
    {
        if (items.Count == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStringValue(item);
        }

        json.WriteEndArray();
    }

    private static void WriteIfAny(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }
}
