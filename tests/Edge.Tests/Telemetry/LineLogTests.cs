using System.Buffers;
using Edge.Core.Configuration;
using Edge.Telemetry;
using Edge.Tests.Upstream;

namespace Edge.Tests.Telemetry;

/// <summary>What is true of every log of lines, beside what the audit log's tests show.</summary>
public sealed class LineLogTests : IAsyncDisposable
{
    private readonly StringWriter _said = new();
    private readonly ProgramLog _program;

    public LineLogTests() => _program = new ProgramLog(_said);

    public ValueTask DisposeAsync() => _program.DisposeAsync();

    [Fact]
    public async Task What_has_no_place_to_go_is_dropped_and_said_and_not_counted_as_written()
    {
        var log = New();
        log.Add(1);
        await log.DisposeAsync();
        await _program.DisposeAsync();
        Assert.Equal((0, 1), (log.Written, log.Dropped));
        Assert.Contains("edge: numbers: 1 entries dropped: it was switched off", _said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_without_marks_writes_its_entries_and_nothing_else()
    {
        var folder = Directory.CreateTempSubdirectory("edge-lines-");
        var path = Path.Combine(folder.FullName, "numbers");
        var log = New();
        log.Open(LogTarget.File, path);
        for (var i = 0; i < 100; i++) log.Add(i);
        await log.DisposeAsync();
        var lines = await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, 100).Select(static i => $"{i}"), lines);
        await _program.DisposeAsync();
        Assert.Equal((100, 0), (log.Written, log.Dropped));
        Assert.Equal("", _said.ToString());
        folder.Delete(recursive: true);
    }

    private LineLog<int> New() => new(
        "numbers", "entries", _program, new ManualTime(),
        static (to, number) => to.Write(System.Text.Encoding.ASCII.GetBytes($"{number}\n")));
}
