using System.Diagnostics;
using Edge.Core.Http;
using Edge.Tests.Callers;
using Edge.Tests.Support;

namespace Edge.Tests.Limits;

/// <summary>Whatever goes wrong while a request is settled, it is recorded, and nothing stays held.</summary>
public sealed class SettlementBugTests
{
    private const string Body = """{"model":"m","max_tokens":100,"messages":[{"role":"user","content":"12345678"}]}""";

    [Fact]
    public async Task A_settlement_that_fails_with_a_bug_is_recorded_all_the_same()
    {
        const string Used = "{\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":30,\"total_tokens\":42}}";
        var time = new FailingTime();
        await using var door = await Door.OpenAsync(
            upstream: "dialect: openai",
            route: "limits: [{ name: t, per: global, tokens: 1000, window: 1h }, { name: c, per: global, concurrent: 1 }]",
            time: time,
            scripts: Door.Answering(
                $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Used.Length}\r\n\r\n{Used}"));
        time.FailsInSettlement = true;
        await PostAsync(door);
        await WaitAsync(() => door.Gateway.Gateway.Counters.Ended(Failure.EdgeInternal) == 1);
        Assert.Equal(0, door.Gateway.Gateway.Counters.Running);
        time.FailsInSettlement = false;
        await PostAsync(door);
        Assert.Equal(1, door.Gateway.Gateway.Counters.Ended(Failure.EdgeInternal));
    }

    private static async Task PostAsync(Door door)
    {
        var answer = await RawHttpClient.ExchangeAsync(
            door.Endpoint,
            "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n" +
            $"Content-Length: {Body.Length}\r\n\r\n{Body}");
        Assert.Equal(200, answer.Status);
    }

    private static async Task WaitAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition()) await Task.Delay(5, patience.Token);
    }

    /// <summary>A clock that fails when a settlement asks it.</summary>
    private sealed class FailingTime : TimeProvider
    {
        private volatile bool _failsInSettlement;

        public bool FailsInSettlement
        {
            set => _failsInSettlement = value;
        }

        public override long GetTimestamp() =>
            _failsInSettlement && new StackTrace().ToString().Contains("LimitStage.Settle", StringComparison.Ordinal)
                ? throw new InvalidOperationException("a bug in the settlement")
                : base.GetTimestamp();
    }
}
