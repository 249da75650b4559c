using System.Collections.Concurrent;
using Edge.Core.Bodies;
using Edge.Core.Http;
using Edge.Core.Limits;
using Edge.Core.Llm;
using Edge.Core.Telemetry;
using Edge.Pipeline;

namespace Edge.Telemetry;

/// <summary>
/// What is counted of the requests of one route; a route of no name stands for those that have none. Thread-safe.
/// </summary>
internal sealed class RouteMetrics
{
    private const string Accepted = "accepted";

    private readonly GatewayMetrics _metrics;
    private readonly string _route;
    private readonly string _provider;
    private readonly SeriesByCode<HistogramSeries> _durations;
    private readonly SeriesByCode<StripedCounter> _streamEnds;
    private readonly ConcurrentDictionary<string, StripedCounter> _authentications = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(LlmApi, string), GenAiMetrics.Series> _models = new();
    private readonly ConcurrentDictionary<(string, string), SpendingSeries> _spendings = new();
    private readonly ConcurrentDictionary<(string, string), BudgetMetrics.Highest> _budgets = new();
    private LimitSeries[] _limits = [];
    private LastSeries? _last;
    private StripedCounter? _accepted;
    private StripedCounter? _bytes;
    private StripedCounter? _attempts;
    private StripedCounter? _repeats;

    /// <summary>The series of a route.</summary>
    /// <param name="metrics">Whose they are.</param>
    /// <param name="route">Its name.</param>
    /// <param name="path">Its pattern.</param>
    /// <param name="provider">Whose API it is; empty: no LLM's.</param>
    public RouteMetrics(GatewayMetrics metrics, string route, string path, string provider)
    {
        _metrics = metrics;
        _route = route;
        _provider = provider;
        _durations = new SeriesByCode<HistogramSeries>(code =>
        {
            var labels = new HttpLabels(code);
            return metrics.ServerDuration.Of(
                labels.Method, labels.Scheme, labels.Version, labels.Status, labels.ErrorType, path, route);
        });
        _streamEnds = new SeriesByCode<StripedCounter>(code =>
            metrics.StreamEnds.Of(route, code == (int)Failure.None ? "complete" : Failures.Code((Failure)code)));
    }

    /// <summary>Counts what keeps the route's objectives; null: it has none.</summary>
    public RouteObjectives? Objectives { get; init; }

    /// <summary>A request is over.</summary>
    /// <param name="context">The request; its usage is settled.</param>
    /// <param name="failure">How it failed.</param>
    /// <param name="elapsedNs">How long it took.</param>
    public void Ended(RequestContext context, Failure failure, long elapsedNs)
    {
        var status = failure == Failure.CallerGone && !context.HasAnswerStarted ? 0 : context.StatusCode;
        var labels = HttpLabels.Of(
            context.Method, context.IsHttps, context.IsHttp2, status, failure);
        Record(_durations.Of(labels.Code), elapsedNs, context.Trace);
        if (context.ResponseBytes > 0)
        {
            // Made when it is first needed, by whoever is first: all find the same one.
            (_bytes ??= _metrics.ResponseBytes.Of(_route)).Add(context.ResponseBytes);
        }

        if (context.Tunnel is { } tunnel)
        {
            _metrics.Upgrades.Ended(_route, tunnel);
        }

        CountAttempts(context.Attempts);
        CountAuthentication(context);
        CountLimits(context, context.LimitsHeld, failure);
        CountLimits(context, context.SpendingHeld, failure);
        Objectives?.Count(context, failure, status);
        if (context.FirstEventNs != 0)
        {
            _streamEnds.Of((int)failure).Increment();
        }

        if (context.Meter is not null && context.Facts.IsKnown && _provider.Length > 0 && context.Attempts > 0)
        {
            CountOperation(context, failure, status, elapsedNs);
        }
    }

    /// <summary>A request is sent to the same upstream again.</summary>
    /// <param name="upstream">Which.</param>
    /// <param name="reason">How the attempt before has ended.</param>
    public void Retried(string upstream, string reason) => _metrics.Repeats.Retries.Of(upstream, reason).Increment();

    /// <summary>One was not, though it was to be.</summary>
    /// <param name="upstream">Where.</param>
    /// <param name="cause">What was missing: <c>budget</c>, <c>deadline</c>, <c>retry_after</c> or <c>overload</c>.</param>
    public void RetryDenied(string upstream, string cause) => _metrics.Repeats.Denied.Of(upstream, cause).Increment();

    /// <summary>An attempt was begun beside another one, or was to be.</summary>
    /// <param name="upstream">Where.</param>
    /// <param name="outcome">What became of it: <c>won</c>, <c>lost</c>, <c>failed</c> or <c>denied</c>.</param>
    public void Hedged(string upstream, string outcome) => _metrics.Repeats.Hedges.Of(upstream, outcome).Increment();

    /// <summary>A canary takes a request.</summary>
    public void WentToCanary(string upstream) => _metrics.Repeats.Canaries.Of(_route, upstream).Increment();

    /// <summary>A copy of a request is over, or was not made.</summary>
    /// <param name="upstream">For whom.</param>
    /// <param name="outcome"><c>answered</c>, <c>failed</c>, <c>dropped</c> or <c>skipped</c>.</param>
    public void Shadowed(string upstream, string outcome) =>
        _metrics.Repeats.Shadows.Of(_route, upstream, outcome).Increment();

    /// <summary>A fallback takes a request.</summary>
    /// <param name="fallback">Its name.</param>
    /// <param name="reason">How the attempt before has ended.</param>
    public void FellBack(string fallback, string reason) => _metrics.Repeats.Fallbacks.Of(_route, fallback, reason).Increment();

    // Whoever looks at a bucket finds a trace that was kept, where there is one.
    private void Record(HistogramSeries series, long elapsedNs, RequestTrace? trace)
    {
        if (trace is { Id.IsSampled: true })
        {
            series.Record(elapsedNs, _metrics.ExemplarOf(trace, elapsedNs));
        }
        else
        {
            series.Record(elapsedNs);
        }
    }

    private void CountAttempts(int attempts)
    {
        if (attempts > 0)
        {
            (_attempts ??= _metrics.Attempts.Of(_route, "false")).Increment();
            if (attempts > 1)
            {
                (_repeats ??= _metrics.Attempts.Of(_route, "true")).Add(attempts - 1);
            }
        }
    }

    private void CountAuthentication(RequestContext context)
    {
        if (context.RefusalReason is { } outcome)
        {
            Find(_authentications, outcome, static (outcome, self) =>
                self._metrics.AuthenticationOutcomes.Of(self._route, outcome)).Increment();
        }
        else if (context.Caller is { IsAnonymous: false })
        {
            (_accepted ??= _metrics.AuthenticationOutcomes.Of(_route, Accepted)).Increment();
        }
    }

    private void CountLimits(RequestContext context, LimitHold? hold, Failure failure)
    {
        if (hold is null)
        {
            return;
        }

        for (var i = 0; i < hold.Count; i++)
        {
            var isRefused = hold.RefusedBy == i;
            if (isRefused || (hold.RefusedBy < 0 && failure != Failure.EdgeLimitsUnavailable))
            {
                var rule = hold.Takes[i].Rule;
                var series = SeriesOf(rule);
                (isRefused ? series.Refused : series.Admitted).Increment();
                if (BudgetMetrics.IsFor(rule))
                {
                    _metrics.Budgets.Used(BudgetOf(series, context.Caller?.Tier ?? ""), hold.Takes[i]);
                }
            }
        }
    }

    // Most requests of a route are of the tier of the one before.
    private BudgetMetrics.Highest BudgetOf(LimitSeries series, string tier)
    {
        if (series.Budget is { } last && last.Tier == tier)
        {
            return last;
        }

        return series.Budget = Find(_budgets, (series.Rule.Name, tier), static (key, self) =>
            self._metrics.Budgets.Of(self._route, key.Item1, key.Item2));
    }

    // A route has few limits, and always the same ones until it is loaded anew: what was found is kept beside the rule.
    private LimitSeries SeriesOf(LimitRule rule)
    {
        var known = Volatile.Read(ref _limits);
        foreach (var one in known)
        {
            if (ReferenceEquals(one.Rule, rule))
            {
                return one;
            }
        }

        var decisions = _metrics.LimitDecisions;
        var found = new LimitSeries(
            rule, decisions.Of(_route, rule.Name, "admitted"), decisions.Of(_route, rule.Name, "refused"));
        Volatile.Write(ref _limits, known.Length < LimitHold.LimitsMax ? [.. known, found] : [found]);
        return found;
    }

    private void CountOperation(RequestContext context, Failure failure, int status, long elapsedNs)
    {
        var isAnswered = status is >= 200 and < 300;
        var found = SeriesOf(context.Facts, context.Caller?.Tier ?? "", isAnswered);
        var series = found.Model;
        var errorCode = failure != Failure.None ? (int)failure << 10 : status >= 400 ? status : 0;
        series.Ended(errorCode, elapsedNs);
        if (context.Usage.Kind == UsageKind.None)
        {
            return;
        }

        series.Used(context.Usage.Counts, context.FirstEventNs, elapsedNs);
        found.Spending.Count(context.Usage, context.CostMicros ?? 0);
    }

    // Most requests of a route are for the model, and of the tier, of the one before.
    private LastSeries SeriesOf(in RequestFacts facts, string tier, bool isAnswered)
    {
        if (_last is { } last && last.Api == facts.Api && last.Name == facts.Model && last.Tier == tier)
        {
            return last;
        }

        var model = _metrics.Models.Of(facts.Model, isAnswered);
        var series = Find(_models, (facts.Api, model), static (key, self) => self._metrics.GenAi.Of(
            OperationOf(key.Item1), self._provider, key.Item2, self._route));
        var spending = Find(_spendings, (tier, model), static (key, self) =>
            new SpendingSeries(self._metrics, self._route, key.Item1, key.Item2));
        var found = new LastSeries(facts.Api, facts.Model, tier, series, spending);
        if (isAnswered)
        {
            _last = found;
        }

        return found;
    }

    // Not the dictionary's own GetOrAdd with a closure over this route, which would be made for each request.
    private TSeries Find<TKey, TSeries>(
        ConcurrentDictionary<TKey, TSeries> among, TKey key, Func<TKey, RouteMetrics, TSeries> create)
        where TKey : notnull =>
        among.TryGetValue(key, out var series) ? series : among.GetOrAdd(key, create, this);

    private static string OperationOf(LlmApi api) => api switch
    {
        LlmApi.Embeddings => "embeddings",
        _ => "chat",
    };

    /// <summary>The series of one limit.</summary>
    private sealed record LimitSeries(LimitRule Rule, StripedCounter Admitted, StripedCounter Refused)
    {
        private volatile BudgetMetrics.Highest? _budget;

        /// <summary>Of the last tier, where the limit is one whose use is told of.</summary>
        public BudgetMetrics.Highest? Budget
        {
            get => _budget;
            set => _budget = value;
        }
    }

    /// <summary>What the last request has found, under what it had asked with.</summary>
    private sealed record LastSeries(LlmApi Api, string? Name, string Tier, GenAiMetrics.Series Model, SpendingSeries Spending);

    /// <summary>The series of what one tier has used of one model.</summary>
    private sealed class SpendingSeries(GatewayMetrics metrics, string route, string tier, string model)
    {
        private readonly StripedCounter _inputExact = metrics.TokensSettled.Of(route, tier, model, "input", "exact");
        private readonly StripedCounter _outputExact = metrics.TokensSettled.Of(route, tier, model, "output", "exact");
        private readonly StripedCounter _inputEstimated = metrics.TokensSettled.Of(route, tier, model, "input", "estimated");
        private readonly StripedCounter _outputEstimated = metrics.TokensSettled.Of(route, tier, model, "output", "estimated");
        private readonly StripedCounter _cost = metrics.Cost.Of(route, tier, model);

        internal void Count(in RequestUsage usage, long microDollars)
        {
            var isExact = usage.Kind == UsageKind.Exact;
            (isExact ? _inputExact : _inputEstimated).Add(usage.Counts.InputTokensTotal);
            (isExact ? _outputExact : _outputEstimated).Add(usage.Counts.OutputTokens ?? 0);
            _cost.Add(microDollars);
        }
    }
}
