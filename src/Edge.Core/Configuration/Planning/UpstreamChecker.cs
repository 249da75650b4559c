using System.Globalization;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;

namespace Edge.Core.Configuration.Planning;

/// <summary>Looks whether the settings of an upstream fit together: one that could do nothing is an error.</summary>
internal sealed class UpstreamChecker(DiagnosticBag diagnostics)
{
    /// <summary>Tells every error.</summary>
    public void Check(UpstreamOptions upstream)
    {
        CheckTargets(upstream);
        CheckCredentials(upstream);
        CheckBalance(upstream);
        if (upstream.MaxTokensKey is { Value: true, Place: var key } && upstream.Dialect is not { Value: Dialect.OpenAI })
            diagnostics.Add(key, "only OpenAI's dialect has this member in two names; leave it out");
        if (upstream.Breaker is { Value: { Ratio: null, Volume: { } volume } })
            diagnostics.Add(volume.Place, "volume says from when on a ratio counts, and there is none; write ratio: 50% too");
        if (upstream.Outlier is { } outlier) CheckOutlier(upstream, outlier);
    }

    private void CheckTargets(UpstreamOptions upstream)
    {
        var seen = new Dictionary<TargetPlan, Place>();
        foreach (var target in upstream.Targets.Items())
        {
            if (target.Value.Url is not { } url || seen.TryAdd(url.Value, url.Place)) continue;
            diagnostics.Add(url.Place, $"this target is the same as the one on line {Line(seen[url.Value])}; keep one");
        }
    }

    private void CheckCredentials(UpstreamOptions upstream)
    {
        if (upstream is { Credential: { } single, Credentials: not null })
            diagnostics.Add(single.Place, "there are credentials too; put this one into their list");
        var seen = new Dictionary<Secret, Place>();
        foreach (var credential in upstream.Credentials.Items())
        {
            if (seen.TryAdd(credential.Value, credential.Place)) continue;
            diagnostics.Add(
                credential.Place, $"this credential is the same as the one on line {Line(seen[credential.Value])}; keep one");
        }
    }

    private void CheckBalance(UpstreamOptions upstream)
    {
        if (upstream.Balance is not { Value: var balance } || balance.By is not { } by) return;
        if (balance.Header is { } header && by.Value != BalanceKind.Hash)
            diagnostics.Add(header.Place, "a header decides only where targets are chosen by hash; write by: hash");
        if (by.Value == BalanceKind.LeastTokens && upstream.Dialect is not { Value: Dialect.OpenAI or Dialect.Anthropic })
            diagnostics.Add(by.Place, "only LLM dialects have tokens; write p2c");
        if (by.Value != BalanceKind.RoundRobin) return;
        foreach (var target in upstream.Targets.Items())
        {
            if (target.Value.Weight is { Value: > 1, Place: var place })
                diagnostics.Add(place, "round-robin knows no weights; write balance: weighted");
        }
    }

    private void CheckOutlier(UpstreamOptions upstream, Located<OutlierOptions> outlier)
    {
        if (upstream.Targets.Items().Count == 1)
            diagnostics.Add(outlier.Place, "the only target is never ejected; leave outlier out, or add targets");
        if (outlier.Value is { EjectFor: { } first, EjectForMax: { } longest } && longest.Value < first.Value)
            diagnostics.Add(longest.Place, "this is shorter than ejectFor, the shortest time; write a longer one");
        if (outlier.Value.Margin is not null) return;
        if (outlier.Value.Volume is { } volume)
            diagnostics.Add(volume.Place, "volume says from when on a margin counts, and there is none; write margin: 30%");
        if (outlier.Value.Within is { } within)
            diagnostics.Add(within.Place, "within is the window of a margin, and there is none; write margin: 30%");
    }

    private static string Line(Place place) => place.Line.ToString(CultureInfo.InvariantCulture);
}
