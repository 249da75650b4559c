using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Tests.Support;

namespace Edge.Tests.Callers;

/// <summary>Answers that wait for what a caller over HTTP/2 lets them send (RFC 9113, section 5.2).</summary>
public sealed class Http2WindowTests : IDisposable
{
    private const int WindowBytes = 65_535;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-window-");

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Bodies, the windows of streams, and what the caller opens at a time.</summary>
    public static MatrixTheoryData<(int[] Bodies, int StreamWindow, int[] Steps), bool> Cases => new(
        [
            ([70_000, 5_000_000], WindowBytes, [WindowBytes]),
            ([200_000, 200_000, 200_000], int.MaxValue, [1, 16_384, 100, 30_000]),
            ([100_000, 1, 65_535, 65_536, 300_000], int.MaxValue, [7, 65_535]),
            ([40_000, 40_000], 10, [5_000, 1]),
            ([100_000, 100_000], 0, [40_000]),
        ],
        [false, true]);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Bodies_that_wait_for_one_window_all_come_whole((int[], int, int[]) way, bool isTls)
    {
        var (bodies, streamWindow, steps) = way;
        await using var door = await OpenAsync(isTls);
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint, isTls);
        await caller.SetStreamWindowAsync(streamWindow);
        for (var i = 0; i < bodies.Length; i++)
        {
            await caller.SendHeadersAsync((2 * i) + 1, Get($"/{bodies[i]}", isTls));
        }

        var came = new int[bodies.Length];
        var streamWindows = Enumerable.Repeat((long)streamWindow, bodies.Length).ToArray();
        var window = (long)WindowBytes;
        var ended = 0;
        var step = 0;
        while (ended < bodies.Length)
        {
            // Whatever the caller lets come has to come before it lets more.
            if (IsExhausted())
            {
                window += await EnlargeAsync(0);
                for (var i = 0; i < bodies.Length; i++)
                {
                    if (streamWindows[i] == 0 && came[i] < bodies[i])
                    {
                        streamWindows[i] += await EnlargeAsync((2 * i) + 1);
                    }
                }

                continue;
            }

            var frame = await caller.ReadAsync();
            Assert.NotNull(frame);
            Assert.True(frame.Type is Http2FrameType.Data or Http2FrameType.Headers, $"{frame.Type}");
            if (frame.Type == Http2FrameType.Data)
            {
                var stream = frame.Stream / 2;
                came[stream] += frame.Payload.Length;
                streamWindows[stream] -= frame.Payload.Length;
                window -= frame.Payload.Length;
                Assert.InRange(streamWindows[stream], 0, long.MaxValue);
                Assert.InRange(window, 0, long.MaxValue);
            }

            ended += frame.Flags & Http2Caller.EndStream;
        }

        Assert.Equal(bodies, came);

        bool IsExhausted()
        {
            var waiting = Enumerable.Range(0, bodies.Length).Where(stream => came[stream] < bodies[stream]).ToArray();
            return waiting.Length > 0 && (window == 0 || waiting.All(stream => streamWindows[stream] == 0));
        }

        async Task<int> EnlargeAsync(int stream)
        {
            var more = steps[step++ % steps.Length];
            await caller.EnlargeAsync(stream, more);
            return more;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_whose_frames_are_wrong_is_told_why_before_it_ends(bool isTls)
    {
        await using var door = await OpenAsync(isTls);
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint, isTls);
        await caller.SendHeadersAsync(1, Get("/10", isTls));
        Assert.Equal("data", await caller.ReadEndAsync(1));

        // An update by nothing is a PROTOCOL_ERROR (RFC 9113, section 6.9).
        await caller.SendAsync(Http2FrameType.WindowUpdate, 0, 0, new byte[4]);
        Assert.Equal("GOAWAY 1", await caller.ReadEndAsync(1));
        Assert.Equal("closed", await caller.ReadEndAsync(1));
    }

    private Task<Door> OpenAsync(bool isTls) => Door.OpenAsync(isTls ? Tls() : "h2c: true", scripts: async static connection =>
    {
        while (await connection.ReadRequestAsync() is { } request)
        {
            await connection.SendAsync(ScriptedUpstream.Ok(new string('x', int.Parse(request.Target.AsSpan(1)))));
        }
    });

    private static byte[] Get(string path, bool isTls) => Http2Caller.Block(
        (":method", "GET"), (":scheme", isTls ? "https" : "http"), (":path", path), (":authority", "a"));

    private string Tls()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=window", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var path = Path.Combine(_folder.FullName, "tls");
        File.WriteAllText(path + ".crt", certificate.ExportCertificatePem());
        File.WriteAllText(path + ".key", key.ExportPkcs8PrivateKeyPem());
        return $"tls: {{ certificate: {path}.crt, key: {path}.key }}";
    }
}
