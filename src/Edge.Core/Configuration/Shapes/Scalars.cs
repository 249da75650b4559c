using System.Globalization;
using System.Linq;
using System.Net;
using System.Security.Authentication;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Rules;
using Edge.Core.Identity;
using Edge.Core.Resilience;
using Edge.Core.Templating;

namespace Edge.Core.Configuration.Shapes;

/// <summary>The single values of the file.</summary>
internal static class Scalars
{
    /// <summary>The oldest TLS version of a listener.</summary>
    public static readonly ScalarShape<SslProtocols> TlsVersion =
        Choice("a TLS version", ("1.2", SslProtocols.Tls12), ("1.3", SslProtocols.Tls13));

    /// <summary>The dialect of an upstream.</summary>
    public static readonly ScalarShape<Dialect> DialectName = Choice(
        "a dialect", ("http", Dialect.Http), ("openai", Dialect.OpenAI), ("anthropic", Dialect.Anthropic));

    /// <summary>Which headers tell of the caller.</summary>
    public static readonly ScalarShape<ForwardedHeaders> Forwarded = Choice(
        "a choice of headers",
        ("both", ForwardedHeaders.Both), ("x-forwarded", ForwardedHeaders.XForwarded),
        ("rfc7239", ForwardedHeaders.Rfc7239), ("none", ForwardedHeaders.None));

    /// <summary>True or false.</summary>
    public static readonly ScalarShape<bool> Boolean = new(
        "true or false", new ScalarSchema(ScalarType.Boolean), text => text switch
        {
            "true" => true,
            "false" => false,
            _ => new Problem("is neither true nor false; write one of these"),
        });

    /// <summary>Where to listen.</summary>
    public static readonly ScalarShape<IPEndPoint> Address = Text(
        "an address with a port", "^(\\[[0-9A-Fa-f:.]+\\]|[0-9.]+|localhost|\\*)?:[0-9]{1,5}$", Addresses.ParseEndpoint);

    /// <summary>An address or a network of peers.</summary>
    public static readonly ScalarShape<IPNetwork> Network =
        Text("an IP address or a network", "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$", Addresses.ParseNetwork);

    /// <summary>The URL of a service.</summary>
    public static readonly ScalarShape<TargetPlan> Target = Text("a URL", Targets.Pattern, Targets.Parse);

    /// <summary>The name of a route or an upstream.</summary>
    public static readonly ScalarShape<string> Name = Text("a name", Names.Pattern, Names.ParseName);

    /// <summary>A host that a route matches.</summary>
    public static readonly ScalarShape<string> Host = Text("a host", Hosts.Pattern, Hosts.ParsePattern);

    /// <summary>A path that a route matches.</summary>
    public static readonly ScalarShape<PathPattern> Path = Text("a path pattern", Paths.Pattern, Paths.Parse);

    /// <summary>A request method.</summary>
    public static readonly ScalarShape<string> Method = Text("a method", Names.MethodPattern, Names.ParseMethod);

    /// <summary>The name of a header.</summary>
    public static readonly ScalarShape<string> HeaderName =
        Text("a header's name", HeaderFields.NamePattern, HeaderFields.ParseName);

    /// <summary>The value of a header; may be a secret.</summary>
    public static readonly ScalarShape<Template> HeaderValue =
        new("a header's value", ScalarSchema.AnyText, HeaderFields.ParseValue) { IsSecret = true, HasPlaceholders = true };

    /// <summary>The value of a header that is no secret and has no placeholders.</summary>
    public static readonly ScalarShape<string> PlainHeaderValue =
        new("a header's value", ScalarSchema.AnyText, HeaderFields.ParsePlainValue);

    /// <summary>The name of a header, or <c>*</c>.</summary>
    public static readonly ScalarShape<string> HeaderNameOrAny = Text(
        "a header's name", HeaderFields.NamePattern, text => text == Origins.Any ? text : HeaderFields.ParseName(text));

    /// <summary>An origin of web pages.</summary>
    public static readonly ScalarShape<string> Origin = Text("an origin", Origins.Pattern, Origins.Parse);

    /// <summary>A set of security headers.</summary>
    public static readonly ScalarShape<SecurityHeadersBase> SecurityHeadersBase = Choice(
        "a set of security headers",
        ("strict", Options.SecurityHeadersBase.Strict), ("api", Options.SecurityHeadersBase.Api),
        ("none", Options.SecurityHeadersBase.None));

    /// <summary>A kind of event in the audit log.</summary>
    public static readonly ScalarShape<AuditEvents> AuditEvent = Choice(
        "a kind of event",
        ("refusals", AuditEvents.Refusals), ("keys", AuditEvents.Keys), ("admin", AuditEvents.Admin),
        ("reloads", AuditEvents.Reloads), ("lifecycle", AuditEvents.Lifecycle));

    /// <summary>What a line of the access log looks like.</summary>
    public static readonly ScalarShape<AccessLogFormat> AccessLogFormat = Choice(
        "a format of lines", ("json", Configuration.AccessLogFormat.Json), ("common", Configuration.AccessLogFormat.Common),
        ("combined", Configuration.AccessLogFormat.Combined));

    /// <summary>What the access log tells of stages.</summary>
    public static readonly ScalarShape<AccessLogStages> AccessLogStages = Choice(
        "what is told of stages", ("none", Configuration.AccessLogStages.None), ("times", Configuration.AccessLogStages.Times),
        ("debug", Configuration.AccessLogStages.Debug));

    /// <summary>How much the program says.</summary>
    public static readonly ScalarShape<ProgramLogLevel> LogLevel = Choice(
        "a level", ("information", ProgramLogLevel.Information), ("warning", ProgramLogLevel.Warning),
        ("error", ProgramLogLevel.Error));

    /// <summary>A log that a collector is sent.</summary>
    public static readonly ScalarShape<OtlpLogs> OtlpLog = Choice(
        "a log", ("access", OtlpLogs.Access), ("program", OtlpLogs.Program));

    /// <summary>A share from 0 to 1.</summary>
    public static readonly ScalarShape<double> Share = new(
        "a share from 0 to 1", new ScalarSchema(ScalarType.Number) { Minimum = 0, Maximum = 1 },
        static text => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share)
            && share <= 1
            ? share
            : new Problem("is not a share; write a number from 0 to 1, such as 0.1"));

    /// <summary>A share in percent, kept as a number from 0 to 1.</summary>
    public static readonly ScalarShape<double> Percent =
        Text("a share in percent", Statuses.PercentPattern, Statuses.ParsePercent);

    /// <summary>A status, or a class of them.</summary>
    public static readonly ScalarShape<StatusRange> Status = new(
        "a status",
        new ScalarSchema(ScalarType.Text) { Pattern = Statuses.Pattern, MayBeNumber = true, Minimum = 100, Maximum = 599 },
        Statuses.Parse);

    /// <summary>Path and perhaps query of a request that the gateway itself makes.</summary>
    public static readonly ScalarShape<string> RequestPath = Text("a path", Paths.RequestPattern, Paths.ParseRequest);

    /// <summary>What counts as a failure.</summary>
    public static readonly ScalarShape<FailureCauses> FailureCause = Choice(
        "a cause",
        ("connect", FailureCauses.Connect), ("timeout", FailureCauses.Timeout), ("5xx", FailureCauses.ServerError),
        ("429", FailureCauses.TooManyRequests), ("broken", FailureCauses.Broken));

    /// <summary>How a collector is spoken to.</summary>
    public static readonly ScalarShape<OtlpProtocol> OtlpProtocol = Choice(
        "a protocol",
        ("http/protobuf", Configuration.OtlpProtocol.HttpProtobuf), ("grpc", Configuration.OtlpProtocol.Grpc));

    /// <summary>A credential or a token.</summary>
    public static readonly ScalarShape<Secret> Secret =
        new("a secret", ScalarSchema.AnyText, Names.ParseSecret) { IsSecret = true };

    /// <summary>A credential, or nothing where a variable is empty.</summary>
    public static readonly ScalarShape<Secret?> SecretOrNone =
        new("a secret", ScalarSchema.AnyText, Names.ParseSecretOrNone) { IsSecret = true };

    /// <summary>Where another server is.</summary>
    public static readonly ScalarShape<string> HostAndPort =
        Text("a host with a port", Hosts.EndpointPattern, Hosts.ParseEndpoint);

    /// <summary>The path of a file.</summary>
    public static readonly ScalarShape<string> File = new("a path", ScalarSchema.AnyText, Names.ParsePath);

    /// <summary>A text without control characters.</summary>
    public static readonly ScalarShape<string> Plain = new("a text", ScalarSchema.AnyText, Identities.ParseText);

    /// <summary>A URL that is shown to people.</summary>
    public static readonly ScalarShape<string> Link = Text("a URL", Links.Pattern, Links.Parse);

    /// <summary>The identifier of an OAuth resource.</summary>
    public static readonly ScalarShape<string> ResourceIdentifier =
        Text("a URL", Links.IdentifierPattern, Links.ParseIdentifier);

    /// <summary>A URL that the gateway fetches.</summary>
    public static readonly ScalarShape<string> FetchedLink = Text("a URL", Links.Pattern, Links.ParseFetched);

    /// <summary>The name of a key in a token's header.</summary>
    public static readonly ScalarShape<string> Kid = new("the name of a key", ScalarSchema.AnyText, Identities.ParseKid);

    /// <summary>A secret that signs tokens.</summary>
    public static readonly ScalarShape<Secret> SigningSecret =
        new("a secret", ScalarSchema.AnyText, Identities.ParseSigningSecret) { IsSecret = true };

    /// <summary>An algorithm of an issuer's tokens.</summary>
    public static readonly ScalarShape<JwtAlgorithm> IssuerAlgorithm =
        Text("an algorithm such as RS256 or ES256", Identities.IssuerAlgorithmPattern, Identities.ParseIssuerAlgorithm);

    /// <summary>An algorithm of a consumer's tokens.</summary>
    public static readonly ScalarShape<JwtAlgorithm> ConsumerAlgorithm =
        Text("an algorithm: HS256, HS384 or HS512", Identities.ConsumerAlgorithmPattern, Identities.ParseConsumerAlgorithm);

    /// <summary>A SHA-256.</summary>
    public static readonly ScalarShape<byte[]> Sha256 = Text("a SHA-256", Identities.Sha256Pattern, Identities.ParseSha256);

    /// <summary>A day or a moment.</summary>
    public static readonly ScalarShape<DateTimeOffset> Moment =
        Text("a day or a moment", Moments.Pattern, Identities.ParseMoment);

    /// <summary>A scope.</summary>
    public static readonly ScalarShape<string> Scope = Text("a scope", Identities.ScopePattern, Identities.ParseScope);

    /// <summary>Where a request may carry a credential.</summary>
    public static readonly ScalarShape<CredentialPlace> CredentialPlace =
        Text("a place for a credential", Identities.PlacePattern, Identities.ParsePlace);

    /// <summary>A duration.</summary>
    public static ScalarShape<TimeSpan> Duration()
    {
        var (minimum, maximum) = (Durations.DurationMin, Durations.DurationMax);
        var range = $"from {Durations.Format(minimum)} to {Durations.Format(maximum)}";
        return Text<TimeSpan>($"a duration {range}", Durations.Pattern, text =>
        {
            if (!Durations.TryParse(text, out var duration))
                return new Problem("is not a duration; write a number with a unit, such as 250ms, 5s, 1m30s, 1h or 30d");
            return duration >= minimum && duration <= maximum
                ? duration
                : new Problem($"is out of range; write a duration {range}");
        });
    }

    /// <summary>A number of bytes within bounds, both included.</summary>
    public static ScalarShape<long> Size(long minimum, long maximum)
    {
        var range = $"from {Sizes.Format(minimum)} to {Sizes.Format(maximum)}";
        return Text<long>($"a size {range}", Sizes.Pattern, text =>
        {
            if (!Sizes.TryParse(text, out var bytes))
                return new Problem("is not a size; write a number with a unit, such as 512B, 64KiB, 1MiB or 10MB");
            return bytes >= minimum && bytes <= maximum ? bytes : new Problem($"is out of range; write a size {range}");
        });
    }

    /// <summary>A whole number within bounds, both included.</summary>
    public static ScalarShape<int> Count(int minimum, int maximum)
    {
        var noun = string.Create(CultureInfo.InvariantCulture, $"a whole number from {minimum} to {maximum}");
        var schema = new ScalarSchema(ScalarType.Integer) { Minimum = minimum, Maximum = maximum };
        return new ScalarShape<int>(noun, schema, text =>
        {
            if (text.Length == 0 || !text.All(char.IsAsciiDigit)) return new Problem($"is not {noun}");
            var fits = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count);
            return fits && count >= minimum && count <= maximum ? count : new Problem($"is out of range; write {noun}");
        });
    }

    private static ScalarShape<T> Text<T>(string noun, string pattern, Func<string, Parsed<T>> parse) =>
        new(noun, new ScalarSchema(ScalarType.Text) { Pattern = pattern }, parse);

    /// <summary>One of some words.</summary>
    public static ScalarShape<T> Choice<T>(string noun, params (string Name, T Value)[] choices)
    {
        string[] names = [.. choices.Select(c => c.Name)];
        var list = names.Length == 2 ? string.Join(" or ", names) : $"{string.Join(", ", names[..^1])} or {names[^1]}";
        var schema = new ScalarSchema(ScalarType.Text) { Choices = [.. names] };
        return new ScalarShape<T>($"{noun} ({list})", schema, text =>
        {
            var index = Array.IndexOf(names, text);
            if (index >= 0) return choices[index].Value;
            var nearest = Nearest.Find(text, names);
            return new Problem($"is not {noun}; write {list}", nearest is null ? null : $"did you mean '{nearest}'?");
        });
    }
}
