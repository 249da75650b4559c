using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using BenchmarkDotNet.Attributes;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Hosting;
using Edge.Pipeline;
using Edge.Telemetry;
using Edge.Upstream;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Benchmarks;

/// <summary>
/// What telling of a request costs it: all of the Record stage, metrics counted and a line of JSON made and handed over, without
/// and with one trace of a hundred kept; and what the stages' times cost where nobody asks for them.
/// </summary>
[MemoryDiagnoser]
public class RecordBenchmarks
{
    private readonly Scene _plain = new("");
    private readonly Scene _logged = new("accessLog: { to: /dev/null }");
    private readonly Scene _traced = new("otlp: { endpoint: \"http://127.0.0.1:1\", interval: 1h }, traces: { sample: 0.01 }");
    private readonly Scene _timed = new("accessLog: { to: /dev/null, stages: times }");

    [Benchmark]
    public void RecordMetrics() => _plain.Record();

    [Benchmark]
    public void RecordMetricsAndAccessLog() => _logged.Record();

    [Benchmark]
    public void RecordMetricsAndOnePercentTraces() => _traced.Record();

    [Benchmark]
    public bool MarkStagesThatNobodyAsksFor() => _plain.MarkStages();

    [Benchmark]
    public bool MarkStages() => _timed.MarkStages();

    /// <summary>A gateway, and a request of its one route that has just been answered.</summary>
    private sealed class Scene
    {
        private readonly Gateway _gateway;
        private readonly RecordStage _record;
        private readonly RequestContext _context;
        private readonly RequestTarget _target;

        internal Scene(string telemetry)
        {
            var text = $$"""
                listeners: [{ address: 127.0.0.1:0 }]
                telemetry: { {{telemetry}} }
                upstreams:
                  origin: { targets: ["http://127.0.0.1:1"], credential: none }
                routes:
                  - { name: chat, match: { path: "/v1/*" }, upstream: origin }
                """;
            var plan = ConfigurationLoader.LoadText(text, "bench.yaml", SystemConfigurationSource.Instance).Plan!;
            var log = new ProgramLog(TextWriter.Null);
            _gateway = Gateway.StartAsync(plan, log, new SystemHostResolver(), TimeProvider.System, CancellationToken.None)
                .GetAwaiter().GetResult();
            _record = new RecordStage(_gateway, log, TimeProvider.System);
            _context = new RequestContext(Features(), new UpstreamSweeper(TimeProvider.System));
            _ = RequestTarget.TryParse("/v1/chat/completions", out _target);
            _context.Request.Method = "POST";
            _context.Request.Protocol = "HTTP/1.1";
            _context.Request.Scheme = "http";
            _context.Begin(_gateway.Snapshot, 0);
        }

        internal void Record()
        {
            _record.Begin(_context);
            _context.Target = _target;
            _context.Route = _gateway.Snapshot.Routes[0];
            _context.ResponseBytes = 1024;
            _record.End(_context, StageResult.Responded);
        }

        internal bool MarkStages()
        {
            _context.Begin(_gateway.Snapshot, TimeProvider.System.GetTimestamp());
            var result = StageResult.Continue;
            for (var stage = Stage.Admit; stage <= Stage.Forward; stage++)
            {
                result = _context.Ended(stage, result);
            }

            return result.IsContinue;
        }

        private static FeatureCollection Features()
        {
            var features = new FeatureCollection();
            var response = new StreamResponseBodyFeature(Stream.Null);
            features.Set<IHttpRequestFeature>(new HttpRequestFeature());
            features.Set<IHttpResponseFeature>(new HttpResponseFeature());
            features.Set<IHttpResponseBodyFeature>(response);
            features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature());
            features.Set<IHttpConnectionFeature>(new HttpConnectionFeature { RemoteIpAddress = IPAddress.Loopback });
            var body = new Body();
            features.Set<IHttpRequestBodyDetectionFeature>(body);
            features.Set<IRequestBodyPipeFeature>(body);
            features.Set<IHttpMaxRequestBodySizeFeature>(body);
            return features;
        }

        private sealed class Body : IHttpRequestBodyDetectionFeature, IRequestBodyPipeFeature, IHttpMaxRequestBodySizeFeature
        {
            public bool CanHaveBody => false;

            public PipeReader Reader => PipeReader.Create(ReadOnlySequence<byte>.Empty);

            public bool IsReadOnly => false;

            public long? MaxRequestBodySize { get; set; } = 1024 * 1024;
        }
    }
}
