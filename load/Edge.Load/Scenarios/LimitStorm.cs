using System.Globalization;
using Edge.Load.Calling;
using Edge.Load.Plan;
using Edge.Load.Running;
using Edge.Load.Staging;
using Edge.Measuring;

namespace Edge.Load.Scenarios;

/// <summary>Callers that ask for more than they may, all the time.</summary>
internal sealed class LimitStorm : LoadScenario
{
    private const int CallersMax = 10;
    private const int PerSecond = 20;
    private const int Burst = 40;

    // Of what a caller might have had: its questions come when they come, and not when there is room for one more.
    private const double PartMin = 0.9;

    private readonly Caller[] _callers = new Caller[CallersMax];
    private readonly Account[] _accounts = [.. Enumerable.Range(0, CallersMax).Select(static _ => new Account())];
    private long _chatsBefore;

    /// <inheritdoc/>
    public override string Name => "limit-storm";

    /// <inheritdoc/>
    public override string About => string.Create(CultureInfo.InvariantCulture,
        $"{CallersMax} callers, each of which may ask {PerSecond} times a second and {Burst} times at once, and asks for "
            + $"more. None may be let in more often than that, nor be kept out while it has not had it; whoever is "
            + $"turned away must be told so, and when to come again; the provider must not see them.");

    /// <inheritdoc/>
    public override string DefaultRate => "600";

    /// <inheritdoc/>
    public override GatewaySettings Settings => new()
    {
        ModelsKeys = string.Create(CultureInfo.InvariantCulture,
            $$"""
            , limits: [{ name: storm, per: "header:{{Caller.NameHeader}}", requests: {{PerSecond}}, window: 1s,
                         burst: {{Burst}} }]
            """),
    };

    /// <inheritdoc/>
    public override async Task PrepareAsync(Stage stage, RatePlan plan, CancellationToken cancellation)
    {
        await base.PrepareAsync(stage, plan, cancellation);
        for (var i = 0; i < CallersMax; i++)
        {
            _callers[i] = MakeCaller(stage.Gateway, name: string.Create(CultureInfo.InvariantCulture, $"caller-{i}"));
        }

        _chatsBefore = await stage.CountMockChatsAsync(cancellation);
    }

    /// <inheritdoc/>
    public override async Task<Answer> AskAsync(Arrival arrival, CancellationToken cancellation)
    {
        var who = (int)(arrival.Number % CallersMax);
        var (account, retryAfter) = (_accounts[who], TimeSpan.Zero);
        account.Asks();
        var answer = await Chat.AskAsync(
            _callers[who],
            SteadyChat.Question(arrival),
            cancellation,
            response => retryAfter = response.Headers.RetryAfter?.Delta ?? TimeSpan.Zero);
        account.IsAnswered(answer.Verdict == Verdict.Right);
        return answer.Kind != Kinds.Status(System.Net.HttpStatusCode.TooManyRequests) ? answer
            : retryAfter >= TimeSpan.FromSeconds(1) ? answer with { Verdict = Verdict.Expected }
            : Answer.Failed(answer.Kind, "It does not say when to come again.");
    }

    /// <inheritdoc/>
    public override async Task ConcludeAsync(RunRecord record, Findings findings, CancellationToken cancellation)
    {
        var asked = await Stage.CountMockChatsAsync(cancellation) - _chatsBefore;
        var right = _accounts.Sum(static account => account.LetIn);
        var might = _accounts.Sum(static account => account.Allowance);
        findings.Say(string.Create(CultureInfo.InvariantCulture,
            $"{right} of {record.Answers} were let in, of at most {might:0} that the limit allows in that time."));
        findings.Require(
            _accounts.All(static account => account.LetIn <= account.Allowance), "No caller was let in more often than it may.");
        findings.Require(
            _accounts.All(static account => account.LetIn >= PartMin * Math.Min(account.Asked, account.Allowance)),
            "Each was let in nearly as often as it may.");
        findings.Require(asked == right, string.Create(CultureInfo.InvariantCulture,
            $"The provider saw those {right} and nobody else ({asked})."));
    }

    /// <summary>What has become of a caller's questions.</summary>
    private sealed class Account
    {
        private readonly Lock _gate = new();
        private long _firstNs;
        private long _lastNs;

        public long Asked { get; private set; }

        public long LetIn { get; private set; }

        /// <summary>The most that can have been let in between the first question and the last answer.</summary>
        public double Allowance => Burst + (PerSecond * (_lastNs - _firstNs) / (double)Monotonic.SecondNs);

        public void Asks()
        {
            lock (_gate)
            {
                _firstNs = _firstNs == 0 ? Monotonic.NowNs : _firstNs;
                Asked++;
            }
        }

        public void IsAnswered(bool isLetIn)
        {
            lock (_gate)
            {
                _lastNs = Monotonic.NowNs;
                LetIn += isLetIn ? 1 : 0;
            }
        }
    }
}
