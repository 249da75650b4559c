namespace Edge.Peers.Commands;

/// <summary>What a command asks of what it has measured: each check is printed and counted. Not thread-safe.</summary>
internal sealed class Checks
{
    private int _passed;
    private int _failed;

    /// <summary>Prints and counts one.</summary>
    public void Check(bool holds, string what)
    {
        Console.WriteLine((holds ? "ok   " : "FAIL ") + what);
        _passed += holds ? 1 : 0;
        _failed += holds ? 0 : 1;
    }

    /// <summary>The closing line, and the exit code that belongs to it.</summary>
    public int Close() => CommonOptions.Close(_passed, _failed);
}
