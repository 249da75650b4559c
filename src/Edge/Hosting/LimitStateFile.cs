using System.Globalization;
using System.Runtime.InteropServices;
using Edge.Core.Configuration;
using Edge.Core.Limits;
using Edge.Telemetry;

namespace Edge.Hosting;

/// <summary>
/// Keeps the counts of quotas and budgets in a file, so that a restart forgives nothing. It owns the file, and a lock on it: two
/// processes cannot have the same. Requests never wait for it: what has changed is written by one task, at intervals.
/// </summary>
/// <remarks>
/// A head and then records of one length, each with a checksum; the last one of a key counts. Records are added at the end. When
/// there are many more than keys, all that is alive is written to a second file that then takes the name of the first. So at any
/// moment there is one whole file, and a record that was being written when the machine stopped is the only one to be lost.
/// </remarks>
internal sealed partial class LimitStateFile : IAsyncDisposable
{
    /// <summary>So much may be added before the file is written anew, besides as much as it then had.</summary>
    public const int GrowthBytesMin = 1024 * 1024;

    private const int RecordsPerRun = 1024;
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ProgramLog _log;
    private readonly TimeSpan _every;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<DurableBucket> _changed = [];
    private readonly byte[] _run = new byte[RecordsPerRun * LimitRecord.Length];
    private FileStream _file;
    private LimitTable _table = null!;
    private LimitClock _clock = null!;
    private Task _writing = Task.CompletedTask;
    private int _filled;
    private long _length;
    private long _rewriteAt = GrowthBytesMin;
    private long _written;
    private long _failures;
    private volatile bool _isFailing;

    private LimitStateFile(string path, FileStream file, TimeSpan every, TimeProvider time, ProgramLog log)
    {
        _path = path;
        _file = file;
        _every = every;
        _time = time;
        _log = log;
    }

    /// <summary>Where changes are noted.</summary>
    public LimitJournal Journal { get; } = new();

    /// <summary>What the keys of the file are hashed with: drawn once, when it was made.</summary>
    public UInt128 Secret { get; private set; }

    /// <summary>Counts written.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>Attempts to write that failed; each is made again.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>True while what has changed cannot be written.</summary>
    public bool IsFailing => _isFailing;

    /// <summary>Bytes of the file.</summary>
    public long Length => Volatile.Read(ref _length);

    /// <summary>
    /// Opens the file, or makes one. One that cannot be understood is put aside under another name, and a new one is begun.
    /// </summary>
    /// <exception cref="IOException">It cannot be opened for writing, or another process has it.</exception>
    public static LimitStateFile Open(LimitStatePlan plan, TimeProvider time, ProgramLog log)
    {
        try
        {
            // What a link leads to is what gets a new name when it is written anew.
            var file = new FileInfo(plan.File);
            var path = file.LinkTarget is null ? plan.File : file.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
            var state = new LimitStateFile(path, OpenFile(path), plan.Every, time, log);
            if (!state.TryReadHead())
            {
                state._file = OpenFile(path);
                state.Secret = SystemRandom.NextSecret();
            }

            return state;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The limit state cannot be kept: {exception.Message}", exception);
        }
    }

    /// <summary>
    /// Gives the buckets of a table the counts of the file, and from then on writes what changes. Before the first request.
    /// </summary>
    /// <param name="rules">The limits in force that are kept, by their number.</param>
    /// <param name="table">The buckets.</param>
    /// <param name="clock">Their time.</param>
    public void Begin(Dictionary<UInt128, LimitRule> rules, LimitTable table, LimitClock clock)
    {
        _table = table;
        _clock = clock;
        Restore(rules);
        _writing = WriteAsync();
    }

    /// <summary>Writes what has changed and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _writing;
        if (_table is not null)
        {
            Flush();
        }

        await _file.DisposeAsync();
        _stop.Dispose();
    }

    private static FileStream OpenFile(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,

            // An advisory lock, which ends with the process however that ends.
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Mode;
        }

        return new FileStream(path, options);
    }

    /// <summary>True where the file goes on; false where a new one has to be begun in its place.</summary>
    private bool TryReadHead()
    {
        var length = _file.Length;
        if (length == 0)
        {
            Secret = SystemRandom.NextSecret();
            return true;
        }

        var head = LimitRecord.Head.Damaged;
        var secret = UInt128.Zero;
        if (length >= LimitRecord.Length && ReadAt(0, LimitRecord.Length) == LimitRecord.Length)
        {
            head = LimitRecord.ReadHead(_run, out secret);
        }

        if (head == LimitRecord.Head.Good)
        {
            Secret = secret;
            _length = length;
            return true;
        }

        var why = head switch
        {
            LimitRecord.Head.Foreign => "is no such file",
            LimitRecord.Head.OtherVersion => "was written by another version",
            _ => "is damaged at its head",
        };
        var aside = string.Create(CultureInfo.InvariantCulture, $"{_path}.unread-{_time.GetUtcNow().ToUnixTimeMilliseconds()}");
        _file.Dispose();
        File.Move(_path, aside);
        _log.LimitStateUnread(_path, why, aside);
        return false;
    }

    private void Restore(Dictionary<UInt128, LimitRule> rules)
    {
        var damaged = 0;
        var at = (long)LimitRecord.Length;
        while (at + LimitRecord.Length <= _length)
        {
            var count = ReadAt(at, _run.Length) / LimitRecord.Length;
            for (var i = 0; i < count; i++)
            {
                if (!LimitRecord.TryRead(_run.AsSpan(i * LimitRecord.Length, LimitRecord.Length), out var record))
                {
                    damaged++;
                }
                else if (rules.TryGetValue(record.Rule, out var rule))
                {
                    // A full table has one bucket for all that find no place; it is nobody's.
                    var bucket = _table.GetOrAdd(record.Key, rule, _clock.NowNs);
                    if (bucket.Key == record.Key)
                    {
                        record.TryRestore(bucket, _clock);
                    }
                }
            }

            if (count == 0)
            {
                break;
            }

            at += (long)count * LimitRecord.Length;
        }

        if (damaged > 0 || at < _length)
        {
            _log.LimitStateDamaged(_path, damaged, _length - at, _table.Count);
            _rewriteAt = 0;
        }
        else if (_length > 0)
        {
            _log.LimitStateRead(_table.Count, _path);
            _rewriteAt = (2 * (long)_table.Count * LimitRecord.Length) + GrowthBytesMin;
        }

        _length = Math.Min(_length, at);
    }

    private int ReadAt(long offset, int bytes)
    {
        var filled = 0;
        while (filled < bytes && RandomAccess.Read(_file.SafeFileHandle, _run.AsSpan(filled, bytes - filled), offset + filled)
            is > 0 and var read)
        {
            filled += read;
        }

        return filled;
    }

    private async Task WriteAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(_every, _time, _stop.Token);
                Flush();
            }
        }
        catch (OperationCanceledException)
        {
            // The end; what is left is written by whoever ends it.
        }
    }

    private void Flush()
    {
        Journal.TakeAll(_changed);
        if (_changed.Count == 0 && (_length < _rewriteAt || _length == 0))
        {
            return;
        }

        try
        {
            if (_length > 0 && _length >= _rewriteAt)
            {
                Rewrite();
            }
            else
            {
                Append();
            }

            if (_isFailing)
            {
                _isFailing = false;
                _log.LimitStateRecovered(_path);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Nothing is lost but time: what was to be written is noted as if it had just changed.
            foreach (var bucket in _changed)
            {
                Journal.Note(bucket);
            }

            Interlocked.Increment(ref _failures);
            if (!_isFailing)
            {
                _isFailing = true;
                _log.LimitStateFailed(_path, exception.Message);
            }
        }

        _changed.Clear();
    }

    private void Append()
    {
        var end = _length;
        _filled = 0;
        if (end == 0)
        {
            AddHead();
        }

        foreach (var bucket in _changed)
        {
            // Whoever has the key now has noted itself.
            if (!bucket.IsGone || _table.Find(bucket.Key) is null or { IsGone: true })
            {
                Add(bucket, _file, ref end);
            }
        }

        WriteRun(_file, ref end);
        RandomAccess.FlushToDisk(_file.SafeFileHandle);
        Volatile.Write(ref _length, end);
        Interlocked.Add(ref _written, _changed.Count);
    }

    /// <summary>Writes all that is alive to a new file, which takes the place of this one.</summary>
    private void Rewrite()
    {
        var path = _path + ".new";
        File.Delete(path);
        var next = OpenFile(path);
        try
        {
            var walk = new Walk(this, next);
            _filled = 0;
            AddHead();
            _table.Visit(0, _table.ChainCount, static (bucket, walk) =>
            {
                if (bucket is DurableBucket durable && !durable.IsGone)
                {
                    walk.Owner.Add(durable, walk.File, ref walk.End);
                }
            }, walk);
            WriteRun(next, ref walk.End);
            RandomAccess.FlushToDisk(next.SafeFileHandle);
            File.Move(path, _path, overwrite: true);
            Volatile.Write(ref _length, walk.End);
        }
        catch
        {
            next.Dispose();

            // Where there is no room for a second file, there may be for going on with the first.
            _rewriteAt = _length + GrowthBytesMin;
            throw;
        }

        SyncFolder();
        _file.Dispose();
        _file = next;
        _rewriteAt = (2 * _length) + GrowthBytesMin;
        Interlocked.Add(ref _written, (_length / LimitRecord.Length) - 1);
    }

    private void AddHead()
    {
        LimitRecord.WriteHead(_run, Secret);
        _filled = LimitRecord.Length;
    }

    private void Add(DurableBucket bucket, FileStream to, ref long end)
    {
        if (_filled == _run.Length)
        {
            WriteRun(to, ref end);
        }

        LimitRecord.Of(bucket, _clock).Write(_run.AsSpan(_filled));
        _filled += LimitRecord.Length;
    }

    private void WriteRun(FileStream to, ref long end)
    {
        RandomAccess.Write(to.SafeFileHandle, _run.AsSpan(0, _filled), end);
        end += _filled;
        _filled = 0;
    }

    // The new name is the folder's; a machine that stops now would else wake up with the old file, which is whole, too.
    private void SyncFolder()
    {
        var descriptor = open(Path.GetDirectoryName(_path)!, 0);
        if (descriptor >= 0)
        {
            _ = fsync(descriptor);
            _ = close(descriptor);
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc")]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    private sealed class Walk(LimitStateFile owner, FileStream file)
    {
        public long End;

        public LimitStateFile Owner => owner;

        public FileStream File => file;
    }
}
