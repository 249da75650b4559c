using System.Globalization;
using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class FailuresPageTests
{
    [Fact]
    public void The_page_on_failures_has_a_row_for_each_with_its_status()
    {
        var page = File.ReadAllLines(Path.Combine(Repository(), "docs", "failures.md"));
        foreach (var failure in Enum.GetValues<Failure>())
        {
            if (failure != Failure.None)
            {
                var status = Failures.StatusCode(failure).ToString(CultureInfo.InvariantCulture);
                Assert.Contains(page,
                    line => line.StartsWith($"| `{Failures.Code(failure)}` | {status}", StringComparison.Ordinal));
            }
        }
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Edge.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The repository's root was not found.");
        }

        return folder.FullName;
    }
}
