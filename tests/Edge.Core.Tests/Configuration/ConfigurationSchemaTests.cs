using System.Reflection;
using System.Text.Json.Nodes;
using Edge.Core.Configuration;
using Edge.Core.Configuration.Options;

namespace Edge.Core.Tests.Configuration;

public sealed class ConfigurationSchemaTests
{
    private static readonly JsonObject Schema = JsonNode.Parse(ConfigurationSchema.Write())!.AsObject();
    private static readonly SchemaCheck Check = new(Schema);

    [Fact]
    public void The_schema_is_the_same_to_a_stream_and_as_text()
    {
        using var stream = new MemoryStream();
        ConfigurationSchema.Write(stream);
        Assert.Equal(ConfigurationSchema.Write(), System.Text.Encoding.UTF8.GetString(stream.ToArray()));
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", Schema["$schema"]!.GetValue<string>());
        Assert.EndsWith("}\n", ConfigurationSchema.Write(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Samples.Minimal)]
    [InlineData(Samples.Full)]
    public void A_valid_file_fits_the_schema(string text) => Assert.Null(Check.Validate(NodeJson.Parse(text)));

    [Theory]
    [InlineData("nonsense: {}", "$: unknown nonsense")]
    [InlineData("drainTimeout: 5", "$.drainTimeout: type")]
    [InlineData("drainTimeout: 5 s", "$.drainTimeout: pattern")]
    [InlineData("drainTimeout: ${DRAIN}", null)]
    [InlineData("admin: {}", "$.admin: lacks address")]
    [InlineData("trustedProxies: 10.0.0.0/8", "$.trustedProxies: type")]
    [InlineData("defaults: { requestId: none, heartbeat: none }", null)]
    [InlineData("defaults: { requestId: { header: X-Id } }", null)]
    [InlineData("defaults: { requestId: never }", "$.defaults.requestId: type")]
    [InlineData("defaults: { forwarded: rfc7239 }", null)]
    [InlineData("defaults: { forwarded: \"${FORWARDED}\" }", null)]
    [InlineData("defaults: { forwarded: Both }", "$.defaults.forwarded: enum")]
    [InlineData("defaults: { request: { headers: { set: { X-A: 1 } } } }", null)]
    [InlineData("defaults: { request: { headers: { set: { X A: a } } } }", "$.defaults.request.headers.set.X A: pattern")]
    [InlineData("defaults: { securityHeaders: strict }", null)]
    [InlineData("defaults: { securityHeaders: { base: none, frameOptions: none } }", null)]
    [InlineData("defaults: { securityHeaders: { csp: x } }", "$.defaults.securityHeaders: type")]
    [InlineData("defaults: { cors: none }", null)]
    [InlineData("defaults: { cors: { origins: [\"https://*.example.com\", \"null\"] } }", null)]
    [InlineData("telemetry: { auditLog: { to: stdout, events: [keys] } }", null)]
    [InlineData("telemetry: { accessLog: { to: stdout, sample: 0.5 } }", null)]
    [InlineData("telemetry: { accessLog: { to: stdout, sample: 1.5 } }", "$.telemetry.accessLog.sample: maximum")]
    [InlineData("telemetry: { otlp: { endpoint: \"http://collector:4318\", protocol: grpc } }", null)]
    [InlineData("telemetry: { otlp: { endpoint: \"http://collector\", protocol: http } }", "$.telemetry.otlp.protocol: enum")]
    [InlineData("telemetry: { auditLog: {} }", "$.telemetry.auditLog: lacks to")]
    [InlineData("defaults: { name: x }", "$.defaults: unknown name")]
    public void The_schema_tells_a_right_line_from_a_wrong_one(string line, string? error) =>
        Assert.Equal(error, Check.Validate(NodeJson.Parse(Samples.WithLine(line))));

    [Theory]
    [InlineData("connectionsMax: 0", "$.listeners[0].connectionsMax: minimum")]
    [InlineData("connectionsMax: 1000001", "$.listeners[0].connectionsMax: maximum")]
    [InlineData("connectionsMax: ${MAX}", null)]
    [InlineData("h2c: \"yes\"", "$.listeners[0].h2c: type")]
    public void The_schema_knows_numbers_and_booleans(string key, string? error) =>
        Assert.Equal(error, Check.Validate(NodeJson.Parse(Samples.WithListenerKey(key))));

    [Fact]
    public void Every_option_has_a_key_of_the_same_name_and_every_key_is_set_into_an_option()
    {
        var shapes = Descriptions.All();
        Assert.Equal(64, shapes.Count);
        foreach (var shape in shapes)
        {
            var options = shape.GetType().GetGenericArguments()[0];
            var properties = options.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Select(p => char.ToLowerInvariant(p.Name[0]) + p.Name[1..]);
            Assert.Equal(properties.Order(StringComparer.Ordinal), shape.Keys.Select(k => k.Name).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Every_key_is_in_the_schema_with_its_description_default_and_requirement()
    {
        foreach (var shape in Descriptions.All())
        {
            var json = shape.Name == EdgeOptions.Shape.Name ? Schema : Schema["$defs"]![shape.Name]!.AsObject();
            Assert.False((bool)json["additionalProperties"]!);
            var properties = json["properties"]!.AsObject();
            Assert.Equal(shape.Keys.Select(k => k.Name), properties.Select(p => p.Key));
            var required = (json["required"] as JsonArray ?? []).Select(n => n!.GetValue<string>());
            Assert.Equal(shape.Keys.Where(k => k.IsRequired).Select(k => k.Name), required);
            foreach (var key in shape.Keys)
            {
                var property = properties[key.Name]!.AsObject();
                Assert.Equal(key.Doc, property["description"]!.GetValue<string>());
                Assert.Equal(key.Default is not null, property.ContainsKey("default"));
                if (property["default"] is { } value) Assert.Null(new SchemaCheck(WithDefinitions(property)).Validate(value));
            }
        }
    }

    [Fact]
    public void Every_key_has_a_description_in_whole_sentences_and_either_a_default_or_a_requirement_or_neither()
    {
        foreach (var key in Descriptions.All().SelectMany(s => s.Keys))
        {
            Assert.Matches("^[A-Z`]", key.Doc);
            Assert.EndsWith(".", key.Doc, StringComparison.Ordinal);
            Assert.False(key.IsRequired && key.Default is not null, key.Name);
        }
    }

    private static JsonObject WithDefinitions(JsonObject schema)
    {
        var copy = schema.DeepClone().AsObject();
        copy["$defs"] = Schema["$defs"]!.DeepClone();
        return copy;
    }
}
