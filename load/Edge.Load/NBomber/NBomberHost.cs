using System.Runtime.CompilerServices;
using Edge.Load.Plan;
using Edge.Load.Running;
using Edge.Load.Scenarios;
using Edge.Load.Staging;
using Edge.Measuring;
using NBomber.Contracts;
using NBomber.CSharp;

namespace Edge.Load;

/// <summary>
/// The other host: NBomber makes the arrivals, keeps the times and writes its own reports. Scenarios run one after the other,
/// as in the built-in host, since each wants the machine to itself. NBomber counts from the moment it starts a question, not
/// from when it was due.
/// </summary>
internal static class NBomberHost
{
    private const int FailuresMax = int.MaxValue;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Runs scenarios and answers the exit code.</summary>
    public static async Task<int> RunAsync(
        LoadScenario[] scenarios, LoadOptions options, CancellationToken cancellation)
    {
        var failures = new StrongBox<long>();
        foreach (var scenario in scenarios)
        {
            cancellation.ThrowIfCancellationRequested();
            var plan = RatePlan.Parse(options.Rate ?? scenario.DefaultRate, options.Duration ?? scenario.DefaultDuration);
            await using var stage = await Stage.StartAsync(options.Edge, scenario.Settings, cancellation);
            await scenario.PrepareAsync(stage, plan, cancellation);
            var context = NBomberRunner
                .RegisterScenarios(ToNBomber(scenario, plan, options, failures, cancellation))
                .WithTestSuite("edge")
                .WithTestName(scenario.Name);
            _ = (options.Report is { } folder ? context.WithReportFolder(Path.Combine(folder, scenario.Name)) : context).Run();
            scenario.Dispose();
        }

        return failures.Value > 0 ? LoadCommand.FailedCode : LoadCommand.PassedCode;
    }

    private static ScenarioProps ToNBomber(
        LoadScenario scenario, RatePlan plan, LoadOptions options, StrongBox<long> failures, CancellationToken cancellation)
    {
        var gate = new Lock();
        var arrivals = scenario.MakeArrivals();
        var dice = new Dice(options.Seed);
        var number = -1L;
        Arrival Next()
        {
            lock (gate)
            {
                return new Arrival(++number, arrivals.Next(ref dice).Kind, dice.NextBits());
            }
        }

        var warmUp = options.WarmUp ?? scenario.DefaultWarmUp;
        var disturbing = Task.CompletedTask;
        var props = Scenario.Create(scenario.Name, async _ =>
            {
                using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                timeout.CancelAfter(scenario.AnswerTimeout);
                var answer = await scenario.AskAsync(Next(), timeout.Token);
                if (answer.Verdict != Calling.Verdict.Failed)
                {
                    return Response.Ok(statusCode: answer.Kind, sizeBytes: (int)answer.Bytes);
                }

                Interlocked.Increment(ref failures.Value);
                return Response.Fail(statusCode: answer.Kind, message: answer.Detail ?? "", sizeBytes: (int)answer.Bytes);
            })
            .WithInit(_ =>
            {
                var startNs = Monotonic.NowNs + (long)warmUp.TotalNanoseconds;
                disturbing = scenario.DisturbAsync(new Timeline(startNs, plan.Duration), cancellation);
                return Task.CompletedTask;
            })
            .WithClean(_ => disturbing)
            .WithMaxFailCount(FailuresMax)
            .WithLoadSimulations(ToSimulations(plan));
        return warmUp > TimeSpan.Zero ? props.WithWarmUpDuration(warmUp) : props.WithoutWarmUp();
    }

    private static LoadSimulation[] ToSimulations(RatePlan plan)
    {
        var rates = plan.StepRates;
        var during = plan.Duration / rates.Length;
        return plan.IsRamp
            ?
            [
                Simulation.Inject((int)plan.FirstRate, Second, Second),
                Simulation.RampingInject((int)rates[0], Second, during),
            ]
            : Array.ConvertAll(rates, rate => Simulation.Inject((int)Math.Max(1, rate), Second, during));
    }
}
