using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Edge.Measuring;
using Edge.Peers.CachePauses;

namespace Edge.Peers.Load;

/// <summary>
/// What this program does in processes of its own, beside the one that measures: origin of streams, callers of streams, the
/// open-model generator, and what fills a cache and asks for what is in it. Each writes lines: <c>begin</c> when the warm-up is
/// over, <c>end</c> when what was measured is over, and then its result as JSON.
/// </summary>
internal static class Roles
{
    /// <summary>Said when the warm-up is over.</summary>
    public const string BeginLine = "begin";

    /// <summary>Said when what is measured is over.</summary>
    public const string EndLine = "end";

    /// <summary>Name of the role that streams.</summary>
    public const string OriginName = "origin";

    /// <summary>Name of the role that holds streams open.</summary>
    public const string CallName = "call";

    /// <summary>Name of the role that sends requests at a constant rate.</summary>
    public const string GenerateName = "generate";

    /// <summary>Name of the role that finds out how many requests a peer carries.</summary>
    public const string SaturateName = "saturate";

    /// <summary>Name of the role that fills a cache.</summary>
    public const string FillName = "fill";

    /// <summary>Name of the role that asks for what a cache has and what it has not, at a constant rate.</summary>
    public const string MixName = "mix";

    private static readonly Option<int> Port = new("--port") { Description = "Port on 127.0.0.1.", Required = true };
    private static readonly Option<int> WarmupMs = new("--warmup-ms") { Description = "Time before it counts.", Required = true };
    private static readonly Option<int> MeasureMs = new("--measure-ms") { Description = "Time that counts.", Required = true };
    private static readonly Option<int> Rate = new("--rate") { Description = "Requests a second.", Required = true };
    private static readonly Option<int> Answers = new("--answers") { Description = "Answers of a full cache.", Required = true };
    private static readonly Option<int> Round = new("--round") { Description = "Which time it is.", Required = true };
    private static readonly Option<string> WorkName = new("--work") { Description = "Which request.", Required = true };

    /// <summary>The commands of the roles, hidden from help.</summary>
    public static IEnumerable<Command> Commands() => [Origin(), Call(), Generate(), Saturate(), Fill(), Mix()];

    /// <summary>The arguments that the roles with requests have in common.</summary>
    public static string[] Arguments(int port, Work work, int warmupMs, int measureMs) =>
    [
        Port.Name, Text(port), WorkName.Name, work.Name, WarmupMs.Name, Text(warmupMs), MeasureMs.Name, Text(measureMs),
    ];

    /// <summary>The arguments of <see cref="FillName"/>.</summary>
    public static string[] FillArguments(int port, int answers) => [Port.Name, Text(port), Answers.Name, Text(answers)];

    /// <summary>The arguments of <see cref="MixName"/>.</summary>
    public static string[] MixArguments(
        int port, int answers, int round, int requestsPerSecond, int warmupMs, int measureMs) =>
    [
        .. FillArguments(port, answers), Round.Name, Text(round), Rate.Name, Text(requestsPerSecond),
        WarmupMs.Name, Text(warmupMs), MeasureMs.Name, Text(measureMs),
    ];

    private static Command Origin()
    {
        var command = new Command(OriginName, "Streams stamped events; prints its port.") { Hidden = true };
        command.SetAction(static _ =>
        {
            Native.SetPriority(0, goesFirst: true);
            using var origin = new StreamOrigin();
            Console.WriteLine(origin.Port);
            origin.Run();
        });
        return command;
    }

    private static Command Call()
    {
        var streams = new Option<int>("--streams") { Description = "How many.", Required = true };
        var gapUs = new Option<int>("--gap-us") { Description = "Microseconds between events of one.", Required = true };
        var command = new Command(CallName, "Holds streams open.") { Port, WarmupMs, MeasureMs, streams, gapUs };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            Native.SetPriority(0, goesFirst: true);
            using var caller = new StreamCaller(parsed.GetValue(Port), parsed.GetValue(streams), parsed.GetValue(gapUs));
            Tell(caller.Run(parsed.GetValue(WarmupMs), parsed.GetValue(MeasureMs), Begin, End));

            // Until it is told, its streams stay open, so that the peer's memory can be read.
            Console.In.ReadToEnd();
        });
        return command;
    }

    private static Command Generate()
    {
        var command = new Command(GenerateName, "Sends at a constant rate.") { Port, WarmupMs, MeasureMs, Rate, WorkName };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            Native.SetPriority(0, goesFirst: true);
            var request = Work.Find(parsed.GetValue(WorkName)!).ToBytes();
            using var load = new OpenLoad(parsed.GetValue(Port), () => request, parsed.GetValue(Rate));
            Tell(load.Run(parsed.GetValue(WarmupMs), parsed.GetValue(MeasureMs), Begin, End));
        });
        return command;
    }

    private static Command Saturate()
    {
        var command = new Command(SaturateName, "Sends as fast as it is answered.") { Port, WarmupMs, MeasureMs, WorkName };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            var request = Work.Find(parsed.GetValue(WorkName)!).ToBytes();
            using var load = new ClosedLoad(parsed.GetValue(Port), () => request);
            Tell(load.Run(parsed.GetValue(WarmupMs), parsed.GetValue(MeasureMs), Begin, End));
        });
        return command;
    }

    private static Command Fill()
    {
        var command = new Command(FillName, "Asks once for each of many answers, as fast as it is answered.") { Port, Answers };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            var requests = new NumberedRequests(parsed.GetValue(Answers));
            using var load = new ClosedLoad(parsed.GetValue(Port), requests.NextToFill);
            Begin();
            var sum = load.RunAll(parsed.GetValue(Answers));
            End();
            Tell(sum);
        });
        return command;
    }

    private static Command Mix()
    {
        var command = new Command(MixName, "Asks for what a cache has and for what it has not, by turns, at a constant rate.")
        {
            Port, WarmupMs, MeasureMs, Rate, Answers, Round,
        };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            var requests = new NumberedRequests(parsed.GetValue(Answers), parsed.GetValue(Round));
            using var load = new OpenLoad(parsed.GetValue(Port), requests.NextOfMix, parsed.GetValue(Rate));
            Tell(load.Run(parsed.GetValue(WarmupMs), parsed.GetValue(MeasureMs), Begin, End));
        });
        return command;
    }

    private static void Begin() => Console.WriteLine(BeginLine);

    private static void End() => Console.WriteLine(EndLine);

    private static void Tell<T>(T result) => Console.WriteLine(JsonSerializer.Serialize(result));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
