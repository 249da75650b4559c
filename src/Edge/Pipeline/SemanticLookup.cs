using System.Runtime.InteropServices;
using Edge.Core.Caching;
using Edge.Core.Http;
using Edge.Core.Limits;
using Edge.Core.Llm;
using Edge.Core.Resilience;
using Edge.Hosting;
using Edge.Threading;
using Edge.Upstream;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>
/// Asks for the vector of a request's question, and remembers it with the answer. The one who makes vectors is sent the question
/// and nothing else of the request, and no credential but its own. Every failure means that there is no vector. One for each
/// <see cref="CacheExchange"/>, used by one request after another.
/// </summary>
/// <param name="sweeper">The clock of its exchange.</param>
internal sealed class SemanticLookup(UpstreamSweeper sweeper)
{
    private readonly UpstreamExchange _exchange = new(sweeper);
    private readonly HeadBuffer _answer = new();
    private readonly HeadBuffer _vector = new();
    private RouteSemantic _route = null!;
    private KeyHash _partition;
    private bool _hasVector;

    /// <summary>Tokens that the vector took; 0: none, or nobody says.</summary>
    public long Tokens { get; private set; }

    /// <summary>What that costs, in millionths of a dollar; null: nobody knows.</summary>
    public long? MicroDollars { get; private set; }

    private Span<float> Vector => MemoryMarshal.Cast<byte, float>(MemoryMarshal.AsMemory(_vector.Written).Span);

    /// <summary>Asks for the vector of the question in a key.</summary>
    /// <param name="context">The request.</param>
    /// <param name="route">Who is asked.</param>
    /// <param name="key">The request's key.</param>
    /// <param name="hasher">Makes hashes of keys.</param>
    /// <returns>True where there is one.</returns>
    public async PooledValueTask<bool> AskAsync(RequestContext context, RouteSemantic route, CacheKey key, KeyHasher hasher)
    {
        _route = route;
        _hasVector = false;
        Tokens = 0;
        MicroDollars = null;
        _partition = key.Partition(hasher);
        var beganTimestamp = sweeper.Time.GetTimestamp();
        Failure failure;
        try
        {
            failure = await CallAsync(context, key, beganTimestamp);
            if (failure == Failure.None)
            {
                // Reading numbers, and comparing them with those of all questions, is nothing for a thread that does I/O.
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                _hasVector = TryRead(context);
            }
        }
        catch (Exception)
        {
            // A bug, or memory that is not to be had: the caller must not suffer from either. It is counted as what it is.
            failure = Failure.EdgeInternal;
        }

        var counters = route.Counters;
        counters.Duration.Record(ElapsedNs(beganTimestamp));
        counters.Tokens.Add(Tokens);
        counters.Cost.Add(MicroDollars ?? 0);
        _answer.ReturnMemory();
        if (!_hasVector)
        {
            (failure == Failure.None ? counters.Invalid : counters.Failures).Increment();
        }

        return _hasVector;
    }

    /// <summary>Finds the nearest of all questions that may have the same answer.</summary>
    public bool TryFindNearest(out VectorMatch match) => _route.Index.TryFind(_partition, Vector, float.MinValue, out match);

    /// <summary>The request's own answer is kept from now on: it may answer others.</summary>
    /// <param name="key">The hash of its key.</param>
    public void Remember(KeyHash key)
    {
        if (!_hasVector)
        {
            return;
        }

        try
        {
            _route.Index.Add(_partition, Vector, key);
        }
        catch (OutOfMemoryException)
        {
            // The first one takes the memory for all, and there is none: the answer is kept, and answers its own question.
        }
    }

    /// <summary>Gives the memory back: the request is over.</summary>
    public void ReturnMemory()
    {
        _hasVector = false;
        _vector.ReturnMemory();
        _answer.ReturnMemory();
    }

    private bool TryRead(RequestContext context)
    {
        _vector.Clear();
        var bytes = _route.Plan.Dimensions * sizeof(float);
        _vector.GetSpan(bytes);
        _vector.Advance(bytes);
        var engine = BodyEngine.Borrow(context);
        try
        {
            if (!engine.Tape.Read(_answer.Written) || !EmbeddingAnswer.TryRead(engine.Tape, Vector, out var tokens))
            {
                return false;
            }

            Tokens = tokens;
            MicroDollars = tokens > 0 ? _route.Price?.Of(tokens, 0) : null;
            return VectorIndex.TryNormalize(Vector);
        }
        finally
        {
            engine.Return();
        }
    }

    private async PooledValueTask<Failure> CallAsync(RequestContext context, CacheKey key, long beganTimestamp)
    {
        var dueMs = _exchange.DueIn(_route.Plan.Timeout);
        var tried = default(TargetSet);
        var picked = _route.Cluster.Pick(_exchange.Pick, new TargetQuery(0, 0, OnlyUntried: true), ref tried);
        if (picked != Failure.None)
        {
            return picked;
        }

        var pool = _exchange.Pick.Pool;
        var failure = Failure.EdgeInternal;
        var status = 0;
        try
        {
            Write(context, key, pool);
            failure = await SendAsync(pool, dueMs, mayReuse: true);
            if (failure == Failure.UpstreamClosed && _exchange is { IsReused: true, AnyReceived: false })
            {
                // It was closed as it was taken, which says nothing of the one who makes vectors.
                await _exchange.CloseAsync();
                Write(context, key, pool);
                failure = await SendAsync(pool, dueMs, mayReuse: false);
            }

            if (failure == Failure.None)
            {
                status = _exchange.Head.StatusCode;
                _exchange.Pick.Answered(_exchange);
                failure = await ReadAsync(dueMs);
            }
        }
        finally
        {
            pool.Metrics?.Ended(HttpMethods.Post, status, failure, ElapsedNs(beganTimestamp));
            _exchange.Pick.End(failure);
            if (failure != Failure.None)
            {
                _exchange.Distrust();
            }

            await _exchange.CloseAsync();
            _exchange.Request.ReturnMemory();
        }

        return failure;
    }

    private void Write(RequestContext context, CacheKey key, UpstreamPool pool)
    {
        var body = _answer;
        body.Clear();
        EmbeddingRequest.Write(body, _route.Plan.Model, key.Question);
        var request = _exchange.Request;
        request.Clear();
        request.Write("POST "u8);
        request.WriteLatin1(pool.Target.BasePath);
        request.Write(EmbeddingRequest.Path);
        request.Write(" HTTP/1.1\r\nHost: "u8);
        request.WriteLatin1(pool.Target.Authority);
        request.Write("\r\nContent-Length: "u8);
        request.WriteDecimal(body.Length);
        request.Write("\r\n"u8);
        _route.RequestLines.Write(request, context.TemplateValues);
        request.Write(_exchange.Pick.CredentialLine);
        request.Write("\r\n"u8);
        request.Write(body.Written.Span);
        body.Clear();
    }

    private async PooledValueTask<Failure> SendAsync(UpstreamPool pool, long dueMs, bool mayReuse)
    {
        var connection = mayReuse ? pool.TakeIdle() : null;
        if (connection is null)
        {
            using var tooLate = new CancellationTokenSource(_route.Plan.Timeout, sweeper.Time);
            var connected = await pool.ConnectAsync(tooLate.Token);
            if (connected.Connection is null)
            {
                return connected.Failure;
            }

            connection = connected.Connection;
        }

        _exchange.Open(pool, connection, _route.Cluster.Plan.Timeouts, requestIsHead: false, dueMs);
        var sent = await _exchange.SendAsync(isWhole: true);
        var received = await _exchange.ReceiveHeadAsync();
        return received == Failure.None || sent == Failure.None ? received : sent;
    }

    private async PooledValueTask<Failure> ReadAsync(long dueMs)
    {
        var head = _exchange.Head;
        if (head.StatusCode != StatusCodes.Status200OK || head.HasContentCoding(_exchange.HeadBytes)
            || head.ContentLength > EmbeddingAnswer.BytesMax)
        {
            return Failure.UpstreamBodyInvalid;
        }

        _exchange.BeginBody();
        while (true)
        {
            switch (_exchange.TryReadBody(out var run))
            {
                case BodyStatus.Data when run.Length <= EmbeddingAnswer.BytesMax - _answer.Length:
                    _answer.Write(run.Span);
                    break;
                case BodyStatus.End:
                    return Failure.None;
                case BodyStatus.NeedMore:
                    if (await ReceiveAsync(dueMs) is not Failure.None and var failure)
                    {
                        return failure;
                    }

                    break;
                default:
                    return Failure.UpstreamBodyInvalid;
            }
        }
    }

    private async PooledValueTask<Failure> ReceiveAsync(long dueMs)
    {
        var receiving = _exchange.ReceiveMoreAsync();
        _exchange.AwaitMoreUntil(dueMs);
        try
        {
            return _exchange.EndReceive(await receiving);
        }
        catch (Exception exception) when (UpstreamConnection.IsConnectionError(exception))
        {
            return _exchange.FailureOfReceive(exception, Failure.UpstreamBodyIncomplete);
        }
    }

    private long ElapsedNs(long sinceTimestamp) => (long)sweeper.Time.GetElapsedTime(sinceTimestamp).TotalNanoseconds;
}
