namespace Edge.Peers.Failures;

/// <summary>What happens in the seconds of a run, over and over.</summary>
/// <param name="Name">In tables.</param>
/// <param name="Seconds">One period of it.</param>
internal sealed record Course(string Name, Happening[] Seconds)
{
    /// <summary>One origin of two is killed, and comes back two seconds later.</summary>
    public static readonly Course Killing = new(
        "an upstream of two is killed",
        [
            Happening.Calm, Happening.Calm, Happening.Kill, Happening.Down, Happening.Return, Happening.After, Happening.Calm,
            Happening.Calm,
        ]);

    /// <summary>The file is changed and read again.</summary>
    public static readonly Course Reloading = new(
        "the file is changed and read again",
        [Happening.Calm, Happening.Calm, Happening.Reload, Happening.After]);

    /// <summary>Both.</summary>
    public static readonly Course[] All = [Killing, Reloading];

    /// <summary>What happens in a second of a run.</summary>
    public Happening At(int second) => Seconds[second % Seconds.Length];
}
