using System.Globalization;
using System.Text;
using Edge.Fuzz;
using Edge.Fuzz.Targets;
using SharpFuzz;

// edge-fuzz run [SECONDS [SEED]]   each entry point in this process, for so many seconds
// edge-fuzz TARGET                 under AFL, of the instrumented assembly
// edge-fuzz TARGET --libfuzzer     under libFuzzer, likewise
// edge-fuzz TARGET FILE            one input again
FuzzTarget[] targets = [.. BodyTargets.All, .. LlmTargets.All, .. TranslationTargets.All, .. DoorTargets.All];
if (args is ["run", ..])
{
    var seconds = args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 10;
    var seed = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 1;
    return RunAll(targets, TimeSpan.FromSeconds(seconds), seed);
}

if (args.Length == 0 || targets.FirstOrDefault(t => t.Name == args[0]) is not { } target)
{
    var names = string.Join(", ", targets.Select(static t => t.Name));
    Console.Error.WriteLine($"edge-fuzz: run [SECONDS [SEED]], or one of {names}");
    return 2;
}

switch (args)
{
    case [_]:
        Fuzzer.OutOfProcess.Run(stream =>
        {
            using var input = new MemoryStream();
            stream.CopyTo(input);
            target.Run(input.ToArray());
        });
        return 0;
    case [_, "--libfuzzer"]:
        Fuzzer.LibFuzzer.Run(input => target.Run(input));
        return 0;
    default:
        Console.WriteLine($"read in way {target.Run(File.ReadAllBytes(args[1])):x8}");
        return 0;
}

static int RunAll(FuzzTarget[] targets, TimeSpan time, int seed)
{
    var failed = 0;
    foreach (var target in targets)
    {
        var run = new BoundedRun(target, seed);
        var found = run.Go(time);
        Console.WriteLine($"{(found is null ? "ok  " : "FAIL")} {target.Name}: {run.Count} inputs, {run.Ways} ways, seed {seed}");
        if (found is not { } fault)
        {
            continue;
        }

        failed++;
        var file = Path.Combine(Path.GetTempPath(), $"edge-fuzz-{target.Name}-{seed}.bin");
        File.WriteAllBytes(file, fault.Input);
        var start = Encoding.Latin1.GetString(fault.Input.AsSpan(0, Math.Min(fault.Input.Length, 400)));
        Console.WriteLine($"{fault.Fault}\n{file}: {start}");
    }

    Console.WriteLine($"\n{targets.Length - failed} passed, {failed} failed");
    return failed == 0 ? 0 : 1;
}
