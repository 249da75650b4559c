using System.Net.Sockets;
using System.Text.Encodings.Web;
using System.Text.Json;
using Edge.Pipeline;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Edge.Demo;

/// <summary>
/// One request to the mock and its answer. Kestrel keeps it with the connection (or the HTTP/2 stream) and it serves one
/// request after the other; between two of them it holds no pooled memory. It is used by one request's flow at a time; only
/// <see cref="CallerLeft"/> may change from another thread.
/// </summary>
internal sealed class MockExchange
{
    /// <summary>How long an orderly cut waits for the caller to close its side.</summary>
    public const int CutLingerMs = 2_000;

    private static readonly JsonWriterOptions JsonOptions =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly PaceWheel _wheel;
    private readonly MockStats _stats;
    private readonly PaceWaiter _waiter = new();
    private readonly IFeatureCollection _features;
    private CancellationTokenRegistration _abortRegistration;
    private bool _watching;
    private bool _cut;
    private int _left;

    /// <summary>Made once a connection or stream.</summary>
    public MockExchange(IFeatureCollection features, PaceWheel wheel, MockStats stats)
    {
        _features = features;
        _wheel = wheel;
        _stats = stats;
        Request = features.Require<IHttpRequestFeature>();
        Response = features.Require<IHttpResponseFeature>();
        Body = features.Require<IHttpResponseBodyFeature>();
        Json = new Utf8JsonWriter(Buffer, JsonOptions);
    }

    /// <summary>The request's line and headers.</summary>
    public IHttpRequestFeature Request { get; }

    /// <summary>The answer's status and headers.</summary>
    public IHttpResponseFeature Response { get; }

    /// <summary>The answer's body.</summary>
    public IHttpResponseBodyFeature Body { get; }

    /// <summary>Kestrel's other features.</summary>
    public IFeatureCollection Features => _features;

    /// <summary>The request's body, where <see cref="ReadBodyAsync"/> has read it.</summary>
    public PooledBuffer RequestBody { get; } = new();

    /// <summary>What is to be sent next.</summary>
    public PooledBuffer Buffer { get; } = new();

    /// <summary>Writes into <see cref="Buffer"/>; flushed by whoever wrote.</summary>
    public Utf8JsonWriter Json { get; }

    /// <summary>Pace and faults.</summary>
    public MockSettings Settings { get; } = new();

    /// <summary>What is asked, where a model is.</summary>
    public LlmRequest Question { get; } = new();

    /// <summary>What the model says.</summary>
    public MockAnswer Answer { get; } = new();

    /// <summary>Where this provider counts.</summary>
    public MockStats Stats => _stats;

    /// <summary>The clock of every delay, in units of 100 ns.</summary>
    public long Now => _wheel.Now;

    /// <summary>True once the caller is known to have gone. Only known while somebody watches.</summary>
    public bool CallerLeft => Volatile.Read(ref _left) != 0;

    private IHttpRequestLifetimeFeature Lifetime => _features.Require<IHttpRequestLifetimeFeature>();

    /// <summary>The connection's socket where the answer may be written on it: not in HTTP/2, where it is shared.</summary>
    public Socket? Socket
        => Request.Protocol is "HTTP/1.1" or "HTTP/1.0" ? _features.Find<IConnectionSocketFeature>()?.Socket : null;

    /// <summary>Ends the exchange: gives memory back and makes it fit for the next request.</summary>
    public void End()
    {
        if (_watching)
        {
            // Waits for a callback that is running, so that it can't reach into the next request.
            _abortRegistration.Dispose();
            _watching = false;
        }

        if (_left != 0)
        {
            _wheel.Renew(_waiter);
        }

        _left = 0;
        _cut = false;
        RequestBody.Release();
        Buffer.Release();
        Question.Release();
        Answer.Release();
        Settings.Reset();
    }

    /// <summary>Reads the whole body into <see cref="RequestBody"/>.</summary>
    /// <returns>False where it is longer than the limit.</returns>
    public async ValueTask<bool> ReadBodyAsync(int bytesMax)
    {
        var reader = _features.Require<IRequestBodyPipeFeature>().Reader;
        while (true)
        {
            var read = await reader.ReadAsync();
            if (RequestBody.Length + read.Buffer.Length > bytesMax)
            {
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                return false;
            }

            foreach (var segment in read.Buffer)
            {
                RequestBody.Append(segment.Span);
            }

            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return true;
            }
        }
    }

    /// <summary>Answers with what <see cref="Buffer"/> holds.</summary>
    public ValueTask SendBufferAsync(int status, string contentType)
    {
        Response.StatusCode = status;
        var headers = Response.Headers;
        headers.ContentType = contentType;
        headers.ContentLength = Buffer.Length;
        return Settings.IsPlain ? WriteAllAsync() : SendBufferByRuleAsync();
    }

    /// <summary>Begins to notice when the caller leaves.</summary>
    public void WatchCaller()
    {
        if (!_watching)
        {
            _watching = true;
            _abortRegistration = Lifetime.RequestAborted.UnsafeRegister(
                static state => ((MockExchange)state!).NoticeCallerLeft(), this);
        }
    }

    /// <summary>Waits for a moment of <see cref="Now"/>.</summary>
    /// <returns>False where the caller left instead.</returns>
    public ValueTask<bool> WaitUntilAsync(long due)
    {
        WatchCaller();
        return _wheel.WaitUntilAsync(_waiter, due);
    }

    /// <summary>Waits for a time in milliseconds; not at all for 0.</summary>
    /// <returns>False where the caller left instead.</returns>
    public ValueTask<bool> DelayAsync(int milliseconds)
        => milliseconds == 0
            ? new ValueTask<bool>(true)
            : WaitUntilAsync(Now + (milliseconds * TimeSpan.TicksPerMillisecond));

    /// <summary>Does nothing until the caller has gone.</summary>
    public async ValueTask HangAsync()
    {
        WatchCaller();
        await _wheel.WaitForCancellationAsync(_waiter);
    }

    /// <summary>A caller may read as slowly as it likes: Kestrel's minimum rate would end a test of back-pressure.</summary>
    public void AllowSlowCaller()
    {
        if (_features.Find<IHttpMinResponseDataRateFeature>() is { } response)
        {
            response.MinDataRate = null;
        }

        if (_features.Find<IHttpMinRequestBodyDataRateFeature>() is { } request)
        {
            request.MinDataRate = null;
        }
    }

    /// <summary>Ends the connection (or the HTTP/2 stream) without ending the answer.</summary>
    /// <param name="byReset">True: by a reset. False: by an orderly end of the connection, after what was sent.</param>
    public async ValueTask CutAsync(bool byReset)
    {
        _cut = true;
        if (!byReset && Socket is { } socket)
        {
            try
            {
                socket.Shutdown(SocketShutdown.Send);
                await DelayAsync(CutLingerMs);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The caller was faster: there is nothing left to end.
            }
        }

        Lifetime.Abort();
    }

    /// <summary>Notes that the caller has gone, and ends whatever is waited for. Safe from any thread.</summary>
    public void NoticeCallerLeft()
    {
        // A failed write and Kestrel's own notice may come at the same time.
        if (Interlocked.Exchange(ref _left, 1) == 0 && !_cut)
        {
            _stats.CallerLeft();
        }

        _wheel.Cancel(_waiter);
    }

    /// <summary>Marks the caller's leaving as our own doing, which is not to be counted.</summary>
    public void ExpectCallerToLeave() => _cut = true;

    private async ValueTask WriteAllAsync()
    {
        var result = await Body.Writer.WriteAsync(Buffer.Memory);
        if (result.IsCompleted)
        {
            NoticeCallerLeft();
        }
    }

    private async ValueTask SendBufferByRuleAsync()
    {
        if (Settings.FirstDelayMs != 0 || Settings.Hang == MockHang.Head || Settings.HangAfter == 0)
        {
            await Body.Writer.FlushAsync();
            if (Settings.Hang == MockHang.Head || Settings.HangAfter == 0)
            {
                await HangAsync();
                return;
            }

            if (!await DelayAsync(Settings.FirstDelayMs))
            {
                return;
            }
        }

        // A body in one piece has one event: whichever number was named, the fault comes in its middle.
        if ((Settings.CutAfter ?? Settings.CutInside ?? Settings.HangAfter) is null)
        {
            await WriteAllAsync();
            return;
        }

        await Body.Writer.WriteAsync(Buffer.Memory[..(Buffer.Length / 2)]);
        await (Settings.HangAfter is null ? CutAsync(Settings.CutByReset) : HangAsync());
    }
}
