using System.Globalization;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Telemetry;

namespace Edge.Telemetry;

/// <summary>What is counted of one target of an upstream. Thread-safe.</summary>
internal sealed class TargetMetrics
{
    private readonly SeriesByCode<HistogramSeries> _durations;
    private readonly bool _isSecure;

    /// <summary>The series of a target.</summary>
    public TargetMetrics(HistogramFamily durations, UpstreamPlan upstream, TargetPlan target)
    {
        _isSecure = target.Tls;
        _durations = new SeriesByCode<HistogramSeries>(code =>
        {
            var labels = new HttpLabels(code);
            return durations.Of(
                labels.Method, labels.Scheme, labels.Version, labels.Status, labels.ErrorType, target.Host,
                target.Port.ToString(CultureInfo.InvariantCulture), upstream.Name);
        });
    }

    /// <summary>An attempt at it is over.</summary>
    /// <param name="method">The request's method.</param>
    /// <param name="status">The status of the answer; 0: there was none.</param>
    /// <param name="failure">How it failed.</param>
    /// <param name="elapsedNs">From before the connection was taken to the end of the answer.</param>
    public void Ended(string method, int status, Failure failure, long elapsedNs) =>
        _durations.Of(HttpLabels.Of(method, _isSecure, isHttp2: false, status, failure).Code).Record(elapsedNs);
}
