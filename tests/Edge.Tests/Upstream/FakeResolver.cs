using System.Net;
using System.Threading.Channels;
using Edge.Upstream;

namespace Edge.Tests.Upstream;

/// <summary>A name service that does what the test says, question by question.</summary>
internal sealed class FakeResolver : IHostResolver
{
    private readonly Channel<TaskCompletionSource<IPAddress[]>> _questions =
        Channel.CreateUnbounded<TaskCompletionSource<IPAddress[]>>();

    private IPAddress[]? _always;

    /// <summary>How often it was asked.</summary>
    public int Count { get; private set; }

    /// <summary>A name service that always gives the same answer at once.</summary>
    public static FakeResolver Answering(params string[] addresses)
    {
        var resolver = new FakeResolver();
        resolver.Answer(addresses);
        return resolver;
    }

    /// <summary>From now on gives this answer at once.</summary>
    public void Answer(params string[] addresses) => _always = Array.ConvertAll(addresses, IPAddress.Parse);

    /// <summary>From now on waits for the test to answer each question.</summary>
    public void Hang() => _always = null;

    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken ct)
    {
        Count++;
        if (_always is not null)
        {
            return Task.FromResult(_always);
        }

        var question = new TaskCompletionSource<IPAddress[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        _questions.Writer.TryWrite(question);
        return question.Task;
    }

    /// <summary>The next question, once it is asked.</summary>
    public async Task<TaskCompletionSource<IPAddress[]>> NextAsync() =>
        await _questions.Reader.ReadAsync(TestContext.Current.CancellationToken);
}
