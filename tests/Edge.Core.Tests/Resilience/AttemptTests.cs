using Edge.Core.Http;
using Edge.Core.Resilience;

namespace Edge.Core.Tests.Resilience;

/// <summary>What follows an attempt that failed: by cause, by time, and by what may be done twice.</summary>
public sealed class AttemptTests
{
    [Theory]
    [InlineData("connect", Failure.UpstreamConnectionRefused, true)]
    [InlineData("connect", Failure.UpstreamDnsTimeout, true)]
    [InlineData("connect", Failure.UpstreamConnectTimeout, true)]
    [InlineData("connect", Failure.UpstreamFirstByteTimeout, false)]
    [InlineData("timeout", Failure.UpstreamFirstByteTimeout, true)]
    [InlineData("timeout", Failure.UpstreamConnectTimeout, false)]
    [InlineData("timeout", Failure.UpstreamTotalTimeout, false)]
    [InlineData("reset", Failure.UpstreamClosed, true)]
    [InlineData("reset", Failure.UpstreamBodyIncomplete, false)]
    [InlineData("reset", Failure.UpstreamHeadInvalid, false)]
    [InlineData("unavailable", Failure.UpstreamCircuitOpen, true)]
    [InlineData("unavailable", Failure.UpstreamUnavailable, true)]
    [InlineData("unavailable", Failure.UpstreamRateLimited, true)]
    [InlineData("unavailable", Failure.EdgeConnectionLimit, true)]
    [InlineData("unavailable", Failure.EdgeResources, false)]
    [InlineData("5xx", Failure.UpstreamClosed, false)]
    [InlineData("connect", Failure.CallerGone, false)]
    [InlineData("connect", Failure.EdgeInternal, false)]
    public void A_failure_is_of_a_cause(string word, Failure failure, bool isIncluded) =>
        Assert.Equal(isIncluded, new AttemptCauses(word).Include(AttemptEnd.Failed(failure)));

    [Theory]
    [InlineData("5xx", 499, false)]
    [InlineData("5xx", 500, true)]
    [InlineData("5xx", 599, true)]
    [InlineData("5xx", 600, false)]
    [InlineData("4xx", 399, false)]
    [InlineData("4xx", 400, true)]
    [InlineData("4xx", 499, true)]
    [InlineData("4xx", 500, false)]
    [InlineData("529", 528, false)]
    [InlineData("529", 529, true)]
    [InlineData("529", 530, false)]
    [InlineData("429", 200, false)]
    [InlineData("429", 999, false)]
    public void A_status_is_of_a_cause(string word, int status, bool isIncluded) =>
        Assert.Equal(isIncluded, new AttemptCauses(word).Include(AttemptEnd.Answered(status)));

    [Theory]
    [InlineData("")]
    [InlineData("200")]
    [InlineData("3xx")]
    [InlineData("600")]
    [InlineData("5x")]
    [InlineData("50x")]
    [InlineData("5x0")]
    [InlineData("5000")]
    [InlineData("Connect")]
    public void Other_words_are_no_causes(string word)
    {
        Assert.False(AttemptCauses.IsWord(word));
        Assert.Throws<ArgumentException>(() => new AttemptCauses(word));
    }

    [Fact]
    public void Causes_of_the_same_words_are_equal()
    {
        Assert.Equal(new AttemptCauses("connect", "5xx"), new AttemptCauses("connect", "5xx"));
        Assert.NotEqual(new AttemptCauses("connect"), new AttemptCauses("connect", "5xx"));
    }

    [Theory]
    [InlineData(Failure.UpstreamConnectionRefused, 0, false, false, false, true)]
    [InlineData(Failure.UpstreamCircuitOpen, 0, false, false, false, true)]
    [InlineData(Failure.None, 503, true, true, false, true)]
    [InlineData(Failure.None, 503, true, false, true, true)]
    [InlineData(Failure.None, 503, true, false, false, false)]
    [InlineData(Failure.None, 503, false, true, true, false)]
    [InlineData(Failure.UpstreamFirstByteTimeout, 0, true, true, false, true)]
    [InlineData(Failure.UpstreamFirstByteTimeout, 0, true, false, true, false)]
    [InlineData(Failure.UpstreamFirstByteTimeout, 0, false, true, true, false)]
    [InlineData(Failure.UpstreamClosed, 0, true, true, false, true)]
    [InlineData(Failure.UpstreamClosed, 0, true, false, true, false)]
    [InlineData(Failure.UpstreamHeadInvalid, 0, true, true, true, false)]
    [InlineData(Failure.None, 200, true, true, true, false)]
    public void What_may_have_been_done_is_not_done_again(
        Failure failure, int status, bool canResend, bool isIdempotent, bool isLlm, bool may)
    {
        var end = failure == Failure.None ? AttemptEnd.Answered(status) : AttemptEnd.Failed(failure);
        Assert.Equal(may, RepeatRules.MayRetry(end, canResend, isIdempotent, isLlm));
    }

    [Theory]
    [InlineData(Failure.UpstreamFirstByteTimeout, true, false, true, true)]
    [InlineData(Failure.UpstreamClosed, true, false, true, true)]
    [InlineData(Failure.UpstreamFirstByteTimeout, true, false, false, false)]
    [InlineData(Failure.UpstreamFirstByteTimeout, false, false, true, false)]
    public void Another_provider_may_be_asked_what_the_first_one_left_unanswered(
        Failure failure, bool canResend, bool isIdempotent, bool isLlm, bool may) =>
        Assert.Equal(may, RepeatRules.MayFallBack(AttemptEnd.Failed(failure), canResend, isIdempotent, isLlm));

    [Theory]
    [InlineData("GET", true)]
    [InlineData("HEAD", true)]
    [InlineData("PUT", true)]
    [InlineData("DELETE", true)]
    [InlineData("OPTIONS", true)]
    [InlineData("POST", false)]
    [InlineData("PATCH", false)]
    [InlineData("get", false)]
    [InlineData("PURGE", false)]
    public void A_method_says_whether_it_may_be_done_twice(string method, bool isIdempotent) =>
        Assert.Equal(isIdempotent, RepeatRules.IsIdempotent(method));

    [Theory]
    [InlineData(1, 1.0, 100)]
    [InlineData(1, 0.5, 50)]
    [InlineData(1, 0.0, 0)]
    [InlineData(2, 1.0, 200)]
    [InlineData(4, 1.0, 800)]
    [InlineData(5, 1.0, 1000)]
    [InlineData(1000, 1.0, 1000)]
    public void The_time_before_a_retry_doubles_up_to_its_bound(int retry, double chance, int milliseconds) =>
        Assert.Equal(
            TimeSpan.FromMilliseconds(milliseconds),
            RetryBackoff.Before(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), retry, chance));
}
