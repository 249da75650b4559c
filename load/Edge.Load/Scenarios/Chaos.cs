using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Edge.Load.Calling;
using Edge.Load.Plan;
using Edge.Load.Running;
using Edge.Load.Staging;

namespace Edge.Load.Scenarios;

/// <summary>Everything at once that goes wrong on bad days, in an order that its seed decides.</summary>
internal sealed partial class Chaos : LoadScenario
{
    private const int AnswerTokensMax = 60;
    private const int ActsPerSecond = 2;
    private const int CertificateEvery = 6;
    private const double QuietAt = 0.9;
    private static readonly TimeSpan LogTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-chaos-");
    private readonly UsageLedger _ledger = new();
    private readonly ConcurrentDictionary<string, int> _generations = new();
    private readonly Dictionary<string, int> _acts = [];
    private readonly List<FaultyWire> _wires = [];
    private readonly List<Provider> _providers = [];
    private ChaosFile _file = null!;
    private Caller[] _callers = [];
    private int _generation = 1;
    private int _address;

    /// <inheritdoc/>
    public override string Name => "chaos";

    /// <inheritdoc/>
    public override string About =>
        "Chats, whole and streamed, over TLS and HTTP/2, before three providers, while these are killed, frozen, slowed and cut "
            + "at any byte, the name of one leads elsewhere, the certificate is changed, and the file every second. Every "
            + "answer is whole and right or visibly failed, and every token is settled once.";

    /// <inheritdoc/>
    public override string DefaultRate => "80";

    /// <inheritdoc/>
    public override TimeSpan DefaultDuration => TimeSpan.FromSeconds(40);

    /// <inheritdoc/>
    public override GatewaySettings Settings => new()
    {
        File = (port, http2Port, _) => _file.ToYaml(port, http2Port, _generation),
        Launcher = _file.Launcher,
    };

    /// <inheritdoc/>
    public override async Task BeginAsync(CancellationToken cancellation) =>
        _file = new ChaosFile(_folder.FullName, await ChaosFile.MayUnshareAsync(cancellation));

    /// <inheritdoc/>
    public override async Task PrepareAsync(Stage stage, RatePlan plan, CancellationToken cancellation)
    {
        await base.PrepareAsync(stage, plan, cancellation);
        foreach (var port in _file.ProviderPorts)
        {
            _providers.Add(new Provider(stage.Program, port));
            await _providers[^1].StartAsync(cancellation);
        }

        for (var i = 0; i < _file.WirePorts.Length; i++)
        {
            _wires.Add(new FaultyWire(_file.WirePorts[i], i < _providers.Count ? _file.ProviderPorts[i] : stage.MockPort));
            _wires[i].Listen(i == 0 ? ChaosFile.Addresses[0] : IPAddress.Loopback);
        }

        var secure = new UriBuilder(stage.Gateway) { Scheme = "https" }.Uri;
        _callers = [MakeCaller(secure, trust: _file.Certificate.IsOurs), MakeCaller(stage.GatewayHttp2, http2: true)];
    }

    /// <inheritdoc/>
    public override async Task<Answer> AskAsync(Arrival arrival, CancellationToken cancellation)
    {
        var dice = new Dice(arrival.Seed);
        var tokens = 1 + dice.Next(AnswerTokensMax);
        var text = ChatQuestion.MakeText(arrival.Number, arrival.Seed, SteadyChat.QuestionLetters);
        var streams = dice.Next(2) == 0;
        var question = new ChatQuestion(streams ? "mock;gap=10" : "mock", text, streams, tokens);
        string? id = null;
        var answer = await Chat.AskAsync(_callers[dice.Next(2)], question, cancellation, response => id = Look(response));
        if (answer.Verdict == Verdict.Right && id is not null)
        {
            _ledger.Got(id, tokens);
            return answer;
        }

        // The gateway itself is there all the time: who does not get to it has not failed visibly, but been lost.
        var isTold = Kinds.IsVisible(answer.Kind) && answer.Kind is not (Kinds.NotConnected or Kinds.NoAnswer);
        return isTold ? answer with { Verdict = Verdict.Expected } : answer with { Verdict = Verdict.Failed };
    }

    /// <inheritdoc/>
    public override async Task DisturbAsync(Timeline timeline, CancellationToken cancellation)
    {
        var dice = new Dice(Seed);
        var acts = (int)(timeline.Duration.TotalSeconds * ActsPerSecond);
        for (var i = 1; i < acts; i++)
        {
            await timeline.WaitForAsync((double)i / acts, cancellation);
            if (i % ActsPerSecond == 0)
            {
                _generation++;
                await Stage.WriteConfigurationAsync(Settings, cancellation);
                Stage.SignalReload();
                Count("reloads");
            }

            if (i % CertificateEvery == 0)
            {
                _file.Certificate.Swap();
                Count("certificates");
            }

            if ((double)i / acts < QuietAt)
            {
                // Once at least, in the middle, only the spare one is left.
                EndAll(timeline, isTime: i >= acts / 2, cancellation);
                Act(timeline, dice.Next(ActKinds), dice.Next(int.MaxValue), cancellation);
            }
        }

        await Task.WhenAll(_healing);
    }

    /// <inheritdoc/>
    public override async Task ConcludeAsync(RunRecord record, Findings findings, CancellationToken cancellation)
    {
        var until = DateTime.UtcNow + LogTimeout;
        var lines = await ReadUsageAsync(cancellation);
        while (!_ledger.IsIn(lines) && DateTime.UtcNow < until)
        {
            await Task.Delay(LookEvery, cancellation);
            lines = await ReadUsageAsync(cancellation);
        }

        var generated = Provider.TokensOf(await Stage.ReadMockStatsAsync(cancellation));
        var settled = _ledger.Compare(lines, "spare", generated);
        foreach (var fault in _ledger.Faults)
        {
            findings.Require(false, fault);
        }

        var failed = record.Counts.Sum(static count => count.Verdict == Verdict.Expected ? count.Number : 0);
        findings.Say(string.Create(CultureInfo.InvariantCulture,
            $"{_ledger.Answers} whole answers and {failed} that failed visibly; {_ledger.Lines} settled; the spare provider "
                + $"generated {generated} tokens, of which {settled} are settled by its own count."));
        findings.Say(string.Join(", ", _acts.Select(static act => $"{act.Key} {act.Value}")));
        findings.Require(_ledger.Answers > 0 && _ledger.Faults.Count == 0, "Every answer is settled once, with its tokens.");
        findings.Require(_ledger.Answers > failed, "Most answers are whole, all the same.");
        findings.Require(failed > 0, "Failures were seen: chaos bites.");
        findings.Require(settled > 0, "The spare provider was needed.");
        findings.Require(_wires.Sum(static wire => wire.Cuts) > 0, "Connections were cut.");
        findings.Require(_generations.Count > 2, $"Files came into force ({_generations.Count}).");
        findings.Require(_file.Certificate.Seen > 1, $"Certificates came into force ({_file.Certificate.Seen}).");
        TellNames(findings);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        foreach (var provider in _providers)
        {
            provider.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        foreach (var wire in _wires)
        {
            wire.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        _folder.Delete(recursive: true);
    }

    private string? Look(HttpResponseMessage response)
    {
        if (response.Headers.TryGetValues(ChaosFile.GenerationHeader, out var generation))
        {
            _generations.TryAdd(generation.First(), 0);
        }

        return response.Headers.TryGetValues(ChaosFile.IdHeader, out var id) ? id.First() : null;
    }

    private void TellNames(Findings findings)
    {
        if (!_file.HasName)
        {
            findings.Say("Names were left as they are: no program may have a view of files of its own here.");
            return;
        }

        var came = Array.ConvertAll(ChaosFile.Addresses, _wires[0].AcceptedAt);
        findings.Require(
            came.All(static count => count > 0),
            string.Create(CultureInfo.InvariantCulture, $"Both addresses of the name were found ({came[0]} and {came[1]})."));
    }

    private async Task<string[]> ReadUsageAsync(CancellationToken cancellation)
    {
        // The last line may be half there.
        var text = File.Exists(_file.UsagePath) ? await File.ReadAllTextAsync(_file.UsagePath, cancellation) : "";
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private void Count(string act) => _acts[act] = _acts.GetValueOrDefault(act) + 1;
}
