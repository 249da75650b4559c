using System.Reflection;
using System.Xml.Linq;

namespace Edge.Tidy.Tests;

/// <summary>Who may know whom.</summary>
public sealed class ArchitectureTests
{
    private static readonly string[] Banned =
    [
        "edge", "System.Net.Sockets", "System.Net.Security", "System.Net.Http", "System.Net.Quic", "System.Net.WebSockets",
        "System.Net.NameResolution", "System.Net.Requests", "System.Net.HttpListener",
        "Microsoft.AspNetCore", "StackExchange.Redis",
    ];

    [Fact]
    public void The_engines_know_no_sockets_no_Kestrel_no_Redis_and_not_the_program() =>
        Assert.Empty(BannedReferences(Assembly.Load("Edge.Core")));

    [Fact]
    public void The_check_sees_the_programs_references() =>
        Assert.Contains("Microsoft.AspNetCore.Hosting.Server.Abstractions", BannedReferences(Assembly.Load("edge")));

    [Fact]
    public void The_engines_project_refers_to_no_framework_and_no_project()
    {
        var project = Project("src/Edge.Core/Edge.Core.csproj");
        Assert.Empty(project.Descendants("FrameworkReference"));
        Assert.Empty(project.Descendants("ProjectReference"));
    }

    [Theory]
    [InlineData("src/Edge.Core/Edge.Core.csproj", "System.Net.Http")]
    [InlineData("src/Edge.Core/Edge.Core.csproj", "System.Linq")]
    [InlineData("src/Edge/Edge.csproj", "System.Net.Http")]
    [InlineData("src/Edge/Edge.csproj", "System.Linq")]
    public void The_other_HTTP_client_and_LINQ_are_used_only_where_a_file_says_so(string path, string space)
    {
        var removed = Project(path).Descendants("Using").Select(static element => element.Attribute("Remove")?.Value).ToList();
        Assert.Contains(space, removed);
    }

    private static XDocument Project(string path) => XDocument.Load(Path.Combine(SourceTree.Root, path));

    private static List<string> BannedReferences(Assembly assembly) =>
    [
        .. from reference in assembly.GetReferencedAssemblies()
           let name = reference.Name!
           where Banned.Any(banned => name == banned || name.StartsWith(banned + ".", StringComparison.Ordinal))
           select name,
    ];
}
