using System.Collections.Immutable;
using System.Linq;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Resilience;
using Edge.Core.Templating;

namespace Edge.Core.Configuration.Planning;

/// <summary>Makes the plan of an upstream, of options in which nothing is wrong.</summary>
internal static class UpstreamBuilder
{
    /// <summary>A service.</summary>
    public static UpstreamPlan Upstream(string name, UpstreamOptions upstream, ConfigurationFiles files)
    {
        var timeouts = upstream.Timeouts.Get();
        return new UpstreamPlan
        {
            Name = name,
            Dialect = upstream.Dialect.Get(),
            Targets = [.. upstream.Targets.Items().Select(t => t.Value.Url.Get())],
            Weights = Weights(upstream.Targets.Items()),
            Balance = Balance(upstream.Balance.Get()),
            Credential = upstream.Credential?.Value,
            Credentials = upstream.Credentials is { Value: var several } ? [.. several.Select(c => c.Value)] : [],
            SaysMaxTokens = upstream.MaxTokensKey.Get(),
            Azure = upstream.Azure is { Value.ApiVersion: { } version } ? new AzurePlan(version.Value) : null,
            Breaker = upstream.Breaker is { Value: var breaker } ? Breaker(breaker) : null,
            Health = upstream.Health is { Value: var health } ? Health(health) : null,
            Outlier = upstream.Outlier is { Value: var outlier } ? Outlier(outlier) : null,
            Headers = Headers(upstream.Headers),
            Timeouts = new UpstreamTimeouts
            {
                Connect = timeouts.Connect.Get(),
                FirstByte = timeouts.FirstByte.Get(),
                Idle = timeouts.Idle.Get(),
                Total = timeouts.Total.Get(),
            },
            Retries = upstream.Retries is { } retries ? AttemptBuilder.Retries(retries.Value) : null,
            CaFile = upstream.Tls.Get().Ca is { } ca ? files.Resolve(ca.Value) : null,
            ConnectionsMax = upstream.ConnectionsMax.Get(),
            ConnectionLifetime = upstream.ConnectionLifetime.Get(),
            ConnectionIdleTimeout = upstream.ConnectionIdleTimeout.Get(),
            ResponseHeadersMax = (int)upstream.ResponseHeadersMax.Get(),
        };
    }

    /// <summary>Changes to headers.</summary>
    public static HeaderRules Headers(Located<HeaderRulesOptions>? headers)
    {
        var rules = headers.Get();
        var plan = new HeaderRules([.. rules.Remove.Items().Select(n => n.Value)], Values(rules.Set), Values(rules.Add));
        return plan.IsEmpty ? HeaderRules.None : plan;
    }

    private static ImmutableArray<HeaderValue> Values(Located<List<Named<Template>>>? values) =>
        [.. values.Items().Select(v => new HeaderValue(v.Name.Value, v.Value.Value))];

    private static ImmutableArray<int> Weights(List<Located<TargetOptions>> targets) =>
        targets.TrueForAll(static t => t.Value.Weight is null or { Value: 1 })
            ? []
            : [.. targets.Select(static t => t.Value.Weight?.Value ?? 1)];

    private static BalancePlan Balance(BalanceOptions balance)
    {
        var plan = new BalancePlan { By = balance.By.Get(), Header = balance.Header?.Value };
        return plan with
        {
            SlowStart = balance.SlowStart?.Value ?? plan.SlowStart,
            PanicBelow = balance.PanicBelow?.Value ?? plan.PanicBelow,
        };
    }

    private static BreakerPlan Breaker(BreakerOptions breaker)
    {
        var plan = new BreakerPlan { Ratio = breaker.Ratio?.Value };
        return plan with
        {
            Failures = breaker.Failures?.Value ?? (plan.Ratio is null ? plan.Failures : 0),
            Volume = breaker.Volume?.Value ?? plan.Volume,
            Within = breaker.Within.Get(),
            OpenFor = breaker.OpenFor.Get(),
            Successes = breaker.Successes.Get(),
            Trials = breaker.Trials.Get(),
            On = Causes(breaker.On),
        };
    }

    private static HealthPlan Health(HealthOptions health) => new()
    {
        Path = health.Path.Get(),
        Every = health.Every.Get(),
        Timeout = health.Timeout.Get(),
        Healthy = health.Healthy.Get(),
        Unhealthy = health.Unhealthy.Get(),
        Status = [.. health.Status.Items().Select(s => s.Value)],
    };

    private static OutlierPlan Outlier(OutlierOptions outlier)
    {
        var plan = new OutlierPlan { Margin = outlier.Margin?.Value };
        return plan with
        {
            Failures = outlier.Failures.Get(),
            Volume = outlier.Volume?.Value ?? plan.Volume,
            Within = outlier.Within?.Value ?? plan.Within,
            EjectFor = outlier.EjectFor.Get(),
            EjectForMax = outlier.EjectForMax.Get(),
            EjectedMax = outlier.EjectedMax.Get(),
            On = Causes(outlier.On),
        };
    }

    private static FailureCauses Causes(Located<List<Located<FailureCauses>>>? causes)
    {
        var all = FailureCauses.None;
        foreach (var cause in causes.Items()) all |= cause.Value;
        return all;
    }
}
