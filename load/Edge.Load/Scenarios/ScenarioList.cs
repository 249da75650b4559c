namespace Edge.Load.Scenarios;

/// <summary>All scenarios.</summary>
internal static class ScenarioList
{
    /// <summary>Stands for all of them on the command line.</summary>
    public const string AllName = "all";

    private static readonly Func<LoadScenario>[] Makers =
    [
        static () => new SteadyChat(),
        static () => new StreamingMix(),
        static () => new RepeatedQuestions(isCached: false),
        static () => new RepeatedQuestions(isCached: true),
        static () => new LimitStorm(),
        static () => new UpstreamFailing(),
        static () => new ReloadUnderLoad(),
        static () => new Chaos(),
        static () => new TwoUpstreams(),
        static () => new IdleStreams(),
        static () => new SlowReaders(),
    ];

    /// <summary>A new object of each, in the order of the documentation.</summary>
    public static LoadScenario[] MakeAll() => Array.ConvertAll(Makers, static make => make());

    /// <summary>A new object of those with these names.</summary>
    /// <exception cref="FormatException">There is none of such a name; the message has those that there are.</exception>
    public static LoadScenario[] Make(IReadOnlyCollection<string> names)
    {
        var all = MakeAll();
        return names.Contains(AllName) ? all :
        [
            .. names.Select(name => Array.Find(all, scenario => scenario.Name == name) ?? throw new FormatException(
                $"There is no scenario '{name}'; there are {string.Join(", ", all.Select(static scenario => scenario.Name))}.")),
        ];
    }
}
