using System.Buffers;
using System.Text.Json;
using Edge.Core.Llm;
using Edge.Telemetry;

namespace Edge.Estimates;

/// <summary>
/// Keeps what was learned in a file: read once, written when there is something new, and at the end; always whole, beside the old
/// one and then in its place. What cannot be read or written is told, and never stops anything. One thread at a time.
/// </summary>
internal sealed class CalibrationFile(TokenCalibration calibration, ProgramLog log, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Largest file that is read: more than all models that are told apart.</summary>
    public const int BytesMax = 1024 * 1024;

    /// <summary>Time between two writings.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private Task? _saving;
    private string? _path;
    private long _saved;
    private bool _isFailing;
    private bool _isDisposed;

    /// <summary>Goes by a configuration from now on.</summary>
    public void Apply(string? path)
    {
        lock (_gate)
        {
            var isNew = path is not null && path != _path;
            _path = path;
            if (isNew && calibration.Changes == 0)
            {
                Read(path!);
            }

            if (path is not null)
            {
                _saving ??= SaveRegularlyAsync();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await _stop.CancelAsync();
        if (_saving is not null)
        {
            await _saving;
        }

        _stop.Dispose();
    }

    private async Task SaveRegularlyAsync()
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                Save();
            }
        }
        catch (OperationCanceledException)
        {
            Save();
        }
    }

    private void Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var text = new byte[Math.Min(file.Length, BytesMax + 1)];
            file.ReadExactly(text);
            if (text.Length > BytesMax || !calibration.TryRead(text))
            {
                log.EstimatesForeign(path);
            }
        }
        catch (FileNotFoundException)
        {
            // The first time.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            log.EstimatesNotRead(path, exception.Message);
        }
    }

    private void Save()
    {
        lock (_gate)
        {
            var changes = calibration.Changes;
            if (_path is not { } path || changes == _saved)
            {
                return;
            }

            try
            {
                var text = new ArrayBufferWriter<byte>();
                using (var json = new Utf8JsonWriter(text, new JsonWriterOptions { Indented = true }))
                {
                    calibration.Write(json);
                }

                var beside = path + ".new";
                File.WriteAllBytes(beside, text.WrittenSpan);
                File.Move(beside, path, overwrite: true);
                _saved = changes;
                _isFailing = false;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                if (!_isFailing)
                {
                    _isFailing = true;
                    log.EstimatesNotWritten(path, exception.Message);
                }
            }
        }
    }
}
