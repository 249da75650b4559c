using System.Text;

namespace Edge.Tests.Upstream;

/// <summary>Catches exceptions of tasks that nobody looked at.</summary>
internal sealed class Unobserved
{
    private readonly StringBuilder _seen = new();

    public Unobserved()
    {
        Collect();
        TaskScheduler.UnobservedTaskException += Remember;
    }

    public void AssertNone()
    {
        Collect();
        TaskScheduler.UnobservedTaskException -= Remember;
        lock (_seen)
        {
            Assert.Equal("", _seen.ToString());
        }
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    private void Remember(object? sender, UnobservedTaskExceptionEventArgs e)
    {
        lock (_seen)
        {
            _seen.AppendLine(e.Exception.ToString());
        }
    }
}
