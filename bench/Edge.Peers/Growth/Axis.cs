using System.Globalization;
using System.Text;
using Edge.Peers.Load;
using Edge.Peers.Scenarios;

namespace Edge.Peers.Growth;

/// <summary>One measurement of an axis: how much there is of what grows, and the work that has so much of it.</summary>
/// <param name="Label">How much, in its row of the table.</param>
/// <param name="Scenario">The work.</param>
internal sealed record GrowthPoint(string Label, Scenario Scenario)
{
    /// <summary>Routes beside the one that takes everything.</summary>
    public int MoreRoutes { get; init; }
}

/// <summary>Something of which there can be more and more, and what it costs.</summary>
/// <param name="Name">On the command line and in JSON.</param>
/// <param name="Title">Over its table.</param>
/// <param name="Heading">Over the column that says how much there is.</param>
/// <param name="Points">The rows.</param>
internal sealed record Axis(string Name, string Title, string Heading, GrowthPoint[] Points)
{
    private const int EventsPerSecond = 5_000;
    private const int Kilobyte = 1024;

    /// <summary>Sizes of answers, which the origin has as files.</summary>
    public static int[] AnswerSizes { get; } = [.. Array.ConvertAll([1, 4, 16, 64, 256, 1024], static size => size * Kilobyte)];

    /// <summary>All of them.</summary>
    public static Axis[] All { get; } =
    [
        new("connections", "GET, 1 KB answer, by connections that are busy", "connections", Each(
            [1, 8, 32, 128, 512, 2048],
            static count => new SaturationScenario(Work.Get) { Connections = count })),
        new("streams", "SSE, 5,000 events a second in all, by streams", "streams", Each(
            [10, 100, 1_000, 5_000, 9_900],
            static count => StreamScenario.Of($"streams-{count}", count, count * 1000 / EventsPerSecond))),
        new("answers", "GET over 32 connections, by the size of the answer", "KB", Each(
            AnswerSizes,
            static bytes => new SaturationScenario(Work.Answering(bytes)),
            Kilobyte)),
        new("bodies", "POST over 32 connections, 1 KB answer, by the size of the request's body", "KB", Each(
            AnswerSizes,
            static bytes => new SaturationScenario(Work.Posting(bytes)),
            Kilobyte)),
        new("headers", "GET over 32 connections, 1 KB answer, by further headers of 40 bytes", "headers", Each(
            [0, 10, 20, 40, 80],
            static count => new SaturationScenario(Work.WithHeaders(count)))),
        new("routes", "GET over 32 connections, 1 KB answer, by routes", "routes", Array.ConvertAll(
            [1, 10, 100, 1_000, 10_000],
            static count => new GrowthPoint(Label(count), new SaturationScenario(OnRoute(count / 2))) { MoreRoutes = count })),
    ];

    /// <summary>Edge's configuration of so many more routes.</summary>
    public static string EdgeRoutes(int count) => Repeat(
        count,
        static route => $"  - {{ name: {RouteName(route)}, match: {{ path: /v1/{RouteName(route)}/* }}, upstream: origin }}\n");

    /// <summary>nginx's configuration of the same.</summary>
    public static string NginxRoutes(int count) => Repeat(
        count, static route => $"    location /v1/{RouteName(route)}/ {{ proxy_pass http://origin; }}\n");

    private static Work OnRoute(int route) => Work.Get with { Target = $"/v1/{RouteName(route)}/items" };

    private static string RouteName(int route) => string.Create(CultureInfo.InvariantCulture, $"route{route}");

    private static GrowthPoint[] Each(int[] counts, Func<int, Scenario> scenario, int unit = 1) =>
        Array.ConvertAll(counts, count => new GrowthPoint(Label(count / unit), scenario(count)));

    private static string Label(int count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Repeat(int count, Func<int, string> line)
    {
        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
        {
            text.Append(line(i));
        }

        return text.ToString();
    }
}
