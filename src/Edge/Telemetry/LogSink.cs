using Edge.Core.Configuration;
using Microsoft.Win32.SafeHandles;

namespace Edge.Telemetry;

/// <summary>
/// Where the lines of a log go: a file, or a standard stream. Lines are written whole or not at all, as far as the system
/// lets us: what a full disk took in part is taken back, or else ended by a line feed. A file that cannot be written is opened
/// again after a while. Used by one thread at a time.
/// </summary>
internal sealed class LogSink : IDisposable
{
    /// <summary>How long nothing is tried after a failure; and how often a file is looked for where it should be.</summary>
    public static readonly TimeSpan RetryEvery = TimeSpan.FromSeconds(1);

    // Its owner writes it, its group may read it: it tells who called.
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    private readonly TimeProvider _time;
    private readonly string? _path;
    private FileStream? _stream;
    private long _checkedTimestamp;
    private bool _isTorn;

    private LogSink(string? path, FileStream stream, TimeProvider time)
    {
        _path = path;
        _stream = stream;
        _time = time;
        _checkedTimestamp = time.GetTimestamp();
    }

    /// <summary>Why the last attempt failed.</summary>
    public string Fault { get; private set; } = "";

    /// <summary>Opens it, and makes the file where there is none.</summary>
    /// <exception cref="IOException">The file cannot be opened for writing.</exception>
    /// <param name="what">What the log is called.</param>
    /// <param name="to">What it is written to.</param>
    /// <param name="file">The file, where it is one.</param>
    /// <param name="time">The clock.</param>
    public static LogSink Open(string what, LogTarget to, string? file, TimeProvider time)
    {
        if (to != LogTarget.File)
        {
            // A second stream on the descriptor, which stays open for others.
            nint descriptor = to == LogTarget.StandardOutput ? 1 : 2;
            var handle = new SafeFileHandle(descriptor, ownsHandle: false);
            return new LogSink(null, new FileStream(handle, FileAccess.Write, bufferSize: 0), time);
        }

        try
        {
            return new LogSink(file, OpenFile(file!), time);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The {what} cannot be written: {exception.Message}", exception);
        }
    }

    /// <summary>Appends lines.</summary>
    /// <returns>False: they are lost, and <see cref="Fault"/> says why.</returns>
    public bool TryWrite(ReadOnlySpan<byte> lines)
    {
        try
        {
            if (!IsOpen())
            {
                return false;
            }

            Append(_stream!, lines);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            Fault = exception.Message;
            if (_path is not null)
            {
                Close();
            }

            return false;
        }
    }

    /// <summary>Lets go of the file, so that the next lines go into the one that then has its name.</summary>
    public void Reopen()
    {
        if (_path is not null)
        {
            Close();
            _checkedTimestamp = 0;
            TryWrite([]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    private static FileStream OpenFile(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Mode;
        }

        return new FileStream(path, options);
    }

    private void Append(FileStream stream, ReadOnlySpan<byte> lines)
    {
        // Looked up each time, since others may have cut the file short or added to it.
        var end = stream.CanSeek ? stream.Length : 0;
        if (stream.CanSeek)
        {
            stream.Position = end;
        }

        try
        {
            if (_isTorn)
            {
                stream.Write("\n"u8);
                _isTorn = false;
            }

            stream.Write(lines);
        }
        catch (IOException)
        {
            _isTorn = !TryTakeBack(stream, end);
            throw;
        }
    }

    private static bool TryTakeBack(FileStream stream, long end)
    {
        try
        {
            if (stream.CanSeek)
            {
                stream.SetLength(end);
                return true;
            }
        }
        catch (IOException)
        {
            // No file that can be cut: a device, say.
        }

        return false;
    }

    private bool IsOpen()
    {
        var isFile = _path is not null;
        var isDue = _checkedTimestamp == 0 || _time.GetElapsedTime(_checkedTimestamp) >= RetryEvery;
        if (!isFile || !isDue)
        {
            return _stream is not null;
        }

        _checkedTimestamp = _time.GetTimestamp();

        // Writing into a file that was taken away succeeds, and nobody will ever read it.
        if (_stream is not null && !File.Exists(_path))
        {
            Close();
        }

        _stream ??= OpenFile(_path!);
        return true;
    }

    private void Close()
    {
        _stream?.Dispose();
        _stream = null;
    }
}
