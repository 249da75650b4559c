using System.Collections.Concurrent;
using System.Text;
using Edge.Core.Identity;
using Edge.Issuers;

namespace Edge.Tests.Issuers;

/// <summary>An issuer's documents as a test says, and every question that was asked for them.</summary>
internal sealed class FakeDocuments : IDocumentSource
{
    private readonly ConcurrentQueue<string> _asked = new();
    private readonly ConcurrentDictionary<string, FetchedDocument> _documents = new(StringComparer.Ordinal);
    private volatile TaskCompletionSource? _held;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The URLs that were asked for, in order.</summary>
    public IReadOnlyList<string> Asked => [.. _asked];

    /// <summary>Answers a URL with a text from now on.</summary>
    public void Put(string url, string text, TimeSpan? maxAge = null) =>
        _documents[url] = new FetchedDocument(FetchFault.None, Encoding.UTF8.GetBytes(text), maxAge, null);

    /// <summary>Answers a URL with a failure from now on.</summary>
    public void Fail(string url, FetchFault fault) => _documents[url] = FetchedDocument.Failed(fault, fault.ToString());

    /// <summary>Leaves questions without an answer until <see cref="Release"/>; it is what was put when they came.</summary>
    public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Answers those that are held, and later ones at once.</summary>
    public void Release()
    {
        var held = _held;
        _held = null;
        held?.SetResult();
    }

    /// <summary>Waits until so many questions were asked in all.</summary>
    public async Task WaitForAskedAsync(int count)
    {
        while (true)
        {
            var changed = Volatile.Read(ref _changed).Task;
            if (_asked.Count >= count)
            {
                return;
            }

            await changed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }
    }

    public async Task<FetchedDocument> GetAsync(IssuerUrl url, CancellationToken ct)
    {
        var answer = _documents.TryGetValue(url.Text, out var document)
            ? document
            : FetchedDocument.Failed(FetchFault.Status, "status 404");
        _asked.Enqueue(url.Text);
        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))
            .SetResult();
        if (_held is { } held)
        {
            await held.Task.WaitAsync(ct);
        }

        return answer;
    }
}
