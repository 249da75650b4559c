using System.IO.Pipes;
using System.Net;
using System.Text.Json;
using Edge.Core.Configuration;
using Edge.Telemetry;
using Edge.Tests.Upstream;

namespace Edge.Tests.Telemetry;

/// <summary>The audit log by itself: what becomes of events when they cannot be written.</summary>
public sealed class AuditLogTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-audit-");
    private readonly StringWriter _said = new();
    private readonly ManualTime _time = new();
    private readonly ProgramLog _program;
    private readonly AuditLog _log;
    private bool _closed;

    /// <summary>A log that is not switched on yet.</summary>
    public AuditLogTests()
    {
        _program = new ProgramLog(TextWriter.Synchronized(_said));
        _log = new AuditLog(_program, _time);
    }

    private string FilePath => Path.Combine(_folder.FullName, "logs", "audit.jsonl");

    /// <inheritdoc/>
    public ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Events_are_appended_to_the_file_one_a_line()
    {
        File.WriteAllText(FilePath, "{\"event\":\"older\"}\n");
        _log.Apply(ToFile());
        Tell("one");
        Tell("two");
        await CloseAsync();
        Assert.Equal(["older", "lifecycle one", "lifecycle two"], Lines());
        Assert.Equal((2, 0), (_log.Written, _log.Dropped));
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(FilePath);
            using var sink = LogSink.Open("audit log", LogTarget.File, FilePath, _time);
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(FilePath) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite));
        }
    }

    [Fact]
    public async Task Only_the_kinds_that_are_asked_for_are_kept()
    {
        _log.Apply(ToFile(AuditEvents.Reloads));
        Tell("not kept");
        _log.Administered("GET /state", "done", 200, IPAddress.Loopback);
        _log.Reloaded(true, "signal", "2 routes");
        _log.Apply(null);
        _log.Reloaded(true, "signal", "not kept");
        await CloseAsync();
        Assert.Equal(["reload reloaded"], Lines());
        Assert.Equal(0, _log.Dropped);
    }

    [Fact]
    public async Task A_file_that_was_moved_away_is_made_anew_when_asked()
    {
        _log.Apply(ToFile());
        Tell("old");
        await WrittenAsync(1);
        File.Move(FilePath, FilePath + ".1");
        _log.Reopen();
        Tell("new");
        await CloseAsync();
        Assert.Equal(["lifecycle new"], Lines());
        Assert.Equal(["lifecycle old"], Lines(FilePath + ".1"));
    }

    [Fact]
    public async Task A_file_that_was_cut_short_is_written_on_from_its_end()
    {
        _log.Apply(ToFile());
        Tell("gone");
        await WrittenAsync(1);
        File.WriteAllText(FilePath, "");
        Tell("kept");
        await CloseAsync();
        Assert.Equal(["lifecycle kept"], Lines());
    }

    [Fact]
    public async Task While_its_folder_is_gone_events_are_counted_and_afterwards_the_gap_is_marked()
    {
        _log.Apply(ToFile());
        Tell("before");
        await WrittenAsync(1);
        Directory.Delete(Path.GetDirectoryName(FilePath)!, recursive: true);
        _time.Advance(LogSink.RetryEvery);
        Tell("lost");
        await UntilAsync(() => _log.Dropped == 1);

        // Back, but it is not looked for with every event.
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        Tell("lost");
        await UntilAsync(() => _log.Dropped == 2);
        _time.Advance(LogSink.RetryEvery);
        Tell("after");
        await CloseAsync();
        Assert.Equal(["lifecycle after", "gap dropped 2"], Lines());
        Assert.Equal((2, 2), (_log.Written, _log.Dropped));
        Assert.Contains("audit log: 1 events dropped: Could not find", _said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_full_disk_events_are_counted_and_nothing_else_suffers()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "This system has no device that is always full.");
        _log.Apply(new AuditLogPlan(LogTarget.File, "/dev/full", AuditEvents.All));
        Tell("lost");
        await UntilAsync(() => _log.Dropped == 1);
        _log.Apply(ToFile());
        Tell("kept");
        await CloseAsync();
        Assert.Equal(["lifecycle kept", "gap dropped 1"], Lines());
        Assert.Contains("No space left", _said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_cannot_be_opened_is_told_when_it_is_configured()
    {
        var plan = new AuditLogPlan(LogTarget.File, Path.Combine(_folder.FullName, "none", "a"), AuditEvents.All);
        var error = Assert.Throws<IOException>(() => _log.Apply(plan));
        Assert.StartsWith("The audit log cannot be written: ", error.Message, StringComparison.Ordinal);
        Assert.False(_log.Keeps(AuditEvents.Lifecycle));
    }

    [Fact]
    public async Task A_reader_that_does_not_read_stops_nobody_and_each_event_is_written_or_counted()
    {
        Assert.SkipUnless(Directory.Exists("/proc/self/fd"), "This system has no names for descriptors.");
        await using var pipe = new AnonymousPipeServerStream(PipeDirection.In);
        var descriptor = pipe.ClientSafePipeHandle.DangerousGetHandle();
        _log.Apply(new AuditLogPlan(LogTarget.File, $"/proc/self/fd/{descriptor}", AuditEvents.All));
        const int count = LineLogs.QueuedEntriesMax * 3;
        for (var i = 0; i < count; i++)
        {
            Tell("x");
        }

        // A pipe holds 64 KB, and the writer has a batch of as much in its hands; the rest of what is not queued is dropped.
        Assert.InRange(_log.Dropped, LineLogs.QueuedEntriesMax / 2, count - LineLogs.QueuedEntriesMax);
        pipe.DisposeLocalCopyOfClientHandle();
        var reading = ReadAllAsync(pipe);
        await CloseAsync();
        var lines = await reading;
        Assert.Equal(_log.Written, lines.Count(static line => line == "lifecycle x"));
        Assert.Equal(count, _log.Written + _log.Dropped);
        Assert.Contains($"gap dropped {_log.Dropped}", lines);
        Assert.Contains("events dropped: the queue is full", _said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_that_nobody_asked_for_costs_nothing()
    {
        _log.Apply(ToFile(AuditEvents.Reloads));
        Tell("warm");
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Tell("not kept");
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        await CloseAsync();
        Assert.Empty(Lines());
    }

    private void Tell(string outcome) => _log.Lived(outcome, null);

    private AuditLogPlan ToFile(AuditEvents events = AuditEvents.All) => new(LogTarget.File, FilePath, events);

    private Task WrittenAsync(long count) => UntilAsync(() => _log.Written == count);

    private async Task CloseAsync()
    {
        if (!_closed)
        {
            _closed = true;
            await _log.DisposeAsync();
            await _program.DisposeAsync();
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!condition())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static async Task<List<string>> ReadAllAsync(Stream stream)
    {
        using var reader = new StreamReader(stream);
        var lines = new List<string>();
        while (await reader.ReadLineAsync() is { } line)
        {
            lines.Add(Say(line));
        }

        return lines;
    }

    private string[] Lines(string? path = null) => [.. File.ReadAllLines(path ?? FilePath).Select(Say)];

    private static string Say(string line)
    {
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        var text = root.GetProperty("event").GetString();
        text += root.TryGetProperty("outcome", out var outcome) ? $" {outcome.GetString()}" : "";
        return text + (root.TryGetProperty("missing", out var missing) ? $" {missing.GetInt64()}" : "");
    }
}
