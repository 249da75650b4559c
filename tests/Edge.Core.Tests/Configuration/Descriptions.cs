using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Tests.Configuration;

/// <summary>Every object of the configuration, found by going from the root.</summary>
internal static class Descriptions
{
    public static List<IObjectShape> All()
    {
        var found = new List<IObjectShape>();
        Add(EdgeOptions.Shape, found);
        return found;
    }

    private static void Add(IObjectShape shape, List<IObjectShape> found)
    {
        if (found.Contains(shape)) return;
        found.Add(shape);
        foreach (var key in shape.Keys)
        {
            if (key.Shape.Object is { } inner) Add(inner, found);
        }
    }
}
