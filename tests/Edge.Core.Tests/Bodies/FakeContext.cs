using Edge.Core.Bodies.Rewriting;

namespace Edge.Core.Tests.Bodies;

internal sealed class FakeContext : IRewriteContext
{
    public string? Tier { get; init; } = "free";

    public string? RequestId { get; init; } = "req-1";

    public Dictionary<string, string> CallerValues { get; init; } = new() { ["id"] = "user-7" };

    public Dictionary<string, string> Headers { get; init; } = new(StringComparer.OrdinalIgnoreCase) { ["X-Client"] = "mobile" };

    public string? Caller(string name) => CallerValues.GetValueOrDefault(name);

    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
