using System.Security.Cryptography;
using System.Text;
using Edge.Core.Configuration;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Demo;

/// <summary>Every request to the mock comes here, on Kestrel's I/O threads: it finds the endpoint and the faults to obey.</summary>
internal sealed class MockApplication : IHttpApplication<MockExchange>
{
    /// <summary>Most bytes of a request to a model.</summary>
    public const int JsonBodyBytesMax = 32 * 1024 * 1024;

    private const string JsonType = "application/json";

    private readonly PaceWheel _wheel;
    private readonly MockStats _stats;
    private readonly byte[]? _key;

    /// <summary>An application for one listener.</summary>
    public MockApplication(PaceWheel wheel, MockStats stats, Secret? key)
    {
        _wheel = wheel;
        _stats = stats;
        _key = key is null ? null : Encoding.UTF8.GetBytes(key.Reveal());
    }

    /// <inheritdoc/>
    public MockExchange CreateContext(IFeatureCollection contextFeatures)
    {
        if (contextFeatures is not IHostContextContainer<MockExchange> container)
        {
            return new MockExchange(contextFeatures, _wheel, _stats);
        }

        return container.HostContext ??= new MockExchange(contextFeatures, _wheel, _stats);
    }

    /// <inheritdoc/>
    public void DisposeContext(MockExchange context, Exception? exception) => context.End();

    /// <inheritdoc/>
    public async Task ProcessRequestAsync(MockExchange context)
    {
        try
        {
            await AnswerAsync(context);
        }
        catch (Exception e) when (e is OperationCanceledException or ConnectionAbortedException or ConnectionResetException)
        {
            // The caller left while we read or wrote. There is nobody to tell.
        }
    }

    private async ValueTask AnswerAsync(MockExchange exchange)
    {
        var request = exchange.Request;
        var endpoint = MockEndpoints.Find(request.Path, out var rest);
        var argument = rest.IsEmpty ? "" : rest.ToString();
        _stats.Request(endpoint);
        var dialect = DialectOf(exchange, endpoint);
        if (endpoint == MockEndpoint.Unknown)
        {
            var unknown = new MockProblem(404, $"Unknown request URL: {request.Method} {request.Path}.", null, "unknown_url");
            await RefuseAsync(exchange, dialect, unknown);
            return;
        }

        if (MockEndpoints.Allow(endpoint) is { } allow && !IsAllowed(allow, request.Method))
        {
            exchange.Response.Headers.Allow = allow;
            var wrong = new MockProblem(405, $"Not allowed to {request.Method} on {request.Path}.", null, "method_not_supported");
            await RefuseAsync(exchange, dialect, wrong);
            return;
        }

        if (IsModelEndpoint(endpoint))
        {
            await AnswerAsModelAsync(exchange, endpoint, dialect, argument);
            return;
        }

        var problem = exchange.Settings.ReadHeaders(request.Headers);
        if (!problem.IsNone)
        {
            await RefuseAsync(exchange, dialect, problem);
            return;
        }

        if (!await MisbehaveAsync(exchange, dialect))
        {
            await PlainEndpoints.AnswerAsync(exchange, endpoint, argument);
        }
    }

    private async ValueTask AnswerAsModelAsync(MockExchange exchange, MockEndpoint endpoint, Dialect dialect, string argument)
    {
        if (!HasKey(exchange))
        {
            await RefuseAsync(exchange, dialect, new MockProblem(401, "Incorrect API key provided.", null, "invalid_api_key"));
            return;
        }

        var problem = endpoint == MockEndpoint.Models
            ? exchange.Settings.ReadHeaders(exchange.Request.Headers)
            : await ReadQuestionAsync(exchange, endpoint);
        if (!problem.IsNone)
        {
            await RefuseAsync(exchange, dialect, problem);
            return;
        }

        if (await MisbehaveAsync(exchange, dialect))
        {
            return;
        }

        problem = endpoint switch
        {
            MockEndpoint.Models => WriteModels(exchange, dialect, argument),
            MockEndpoint.Embeddings => Embeddings.Write(exchange),
            _ => default,
        };
        if (!problem.IsNone)
        {
            await RefuseAsync(exchange, dialect, problem);
            return;
        }

        if (endpoint is MockEndpoint.Chat or MockEndpoint.Responses or MockEndpoint.Messages)
        {
            exchange.Answer.Build(exchange.Question, exchange.RequestBody.Span, exchange.Settings);
            SetRequestId(exchange, dialect);

            // A stream may live for minutes, and thousands of them at once: it keeps nothing that it does not need.
            exchange.RequestBody.Release();
            if (exchange.Question.Stream)
            {
                IEventScript script = endpoint switch
                {
                    MockEndpoint.Chat => new ChatCompletions(exchange),
                    MockEndpoint.Responses => new Responses(exchange),
                    _ => new Messages(exchange),
                };
                exchange.Question.Release();
                await EventStream.RunAsync(exchange, script, dialect);
                return;
            }
        }

        WriteWhole(exchange, endpoint);
        await exchange.SendBufferAsync(200, JsonType);
    }

    private static void WriteWhole(MockExchange exchange, MockEndpoint endpoint)
    {
        switch (endpoint)
        {
            case MockEndpoint.Chat:
                ChatCompletions.WriteWhole(exchange);
                break;
            case MockEndpoint.Responses:
                Responses.WriteWhole(exchange);
                break;
            case MockEndpoint.Messages:
                Messages.WriteWhole(exchange);
                break;
            case MockEndpoint.CountTokens:
                Messages.WriteCount(exchange);
                break;
        }
    }

    private static async ValueTask<MockProblem> ReadQuestionAsync(MockExchange exchange, MockEndpoint endpoint)
    {
        if (!await exchange.ReadBodyAsync(JsonBodyBytesMax))
        {
            return new MockProblem(413, $"The request's body is longer than {JsonBodyBytesMax} bytes.");
        }

        var question = exchange.Question;
        exchange.Answer.Identify(exchange.RequestBody.Span);
        var problem = endpoint == MockEndpoint.Embeddings
            ? question.ReadModelOnly(exchange.RequestBody.Span)
            : question.Read(exchange.RequestBody.Span);
        if (!problem.IsNone)
        {
            return problem;
        }

        if (question.Model.Length == 0)
        {
            return MockProblem.Bad("You must provide a 'model' parameter.", "model");
        }

        if (!question.HasMessages && endpoint != MockEndpoint.Embeddings)
        {
            var member = endpoint == MockEndpoint.Responses ? "input" : "messages";
            return MockProblem.Bad($"Missing required parameter: '{member}'.", member, "missing_required_parameter");
        }

        if (endpoint == MockEndpoint.Messages && question.OutputTokensMax is null)
        {
            return MockProblem.Bad("max_tokens: Field required", "max_tokens");
        }

        problem = exchange.Settings.ReadModel(question.Model);
        return problem.IsNone ? exchange.Settings.ReadHeaders(exchange.Request.Headers) : problem;
    }

    /// <summary>Obeys the settings that come before any answer.</summary>
    /// <returns>True where that was all.</returns>
    private static async ValueTask<bool> MisbehaveAsync(MockExchange exchange, Dialect dialect)
    {
        var settings = exchange.Settings;
        if (settings.IsPlain)
        {
            return false;
        }

        if (settings.Hang == MockHang.Request)
        {
            await exchange.HangAsync();
            return true;
        }

        if (!await exchange.DelayAsync(settings.HeadDelayMs))
        {
            return true;
        }

        if (settings.Raw is { } name && exchange.Socket is not null)
        {
            await RawAnswers.SendAsync(exchange, name);
            return true;
        }

        if (settings.Status == 0)
        {
            return false;
        }

        if (settings.RetryAfterSeconds is { } || settings.Status is 429 or 503)
        {
            exchange.Response.Headers.RetryAfter = (settings.RetryAfterSeconds ?? 1).ToString(null, null);
        }

        await RefuseAsync(exchange, dialect, new MockProblem(settings.Status, "The mock provider fails, as it was asked to."));
        return true;
    }

    private static ValueTask RefuseAsync(MockExchange exchange, Dialect dialect, MockProblem problem)
    {
        SetRequestId(exchange, dialect);
        exchange.Buffer.Clear();
        exchange.Json.Reset();
        problem.Write(exchange.Json, dialect, exchange.Answer.RequestId);
        return exchange.SendBufferAsync(problem.Status, JsonType);
    }

    private static MockProblem WriteModels(MockExchange exchange, Dialect dialect, string name)
    {
        var json = exchange.Json;
        json.Reset();
        if (name.Length == 0)
        {
            MockModels.WriteList(json, dialect);
            return default;
        }

        var problem = exchange.Settings.ReadModel(name);
        if (problem.IsNone)
        {
            exchange.Settings.Reset();
            MockModels.WriteOne(json, dialect, name);
            json.Flush();
        }

        return problem;
    }

    private static void SetRequestId(MockExchange exchange, Dialect dialect)
    {
        var id = exchange.Answer.RequestId;
        if (dialect == Dialect.Anthropic)
        {
            exchange.Response.Headers["request-id"] = id;
        }
        else
        {
            exchange.Response.Headers["x-request-id"] = id;
        }
    }

    private bool HasKey(MockExchange exchange)
    {
        if (_key is null)
        {
            return true;
        }

        var given = exchange.Request.Headers["x-api-key"].ToString();
        if (given.Length == 0)
        {
            given = exchange.Request.Headers.Authorization.ToString();
            given = given.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? given["Bearer ".Length..] : "";
        }

        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), _key);
    }

    private static Dialect DialectOf(MockExchange exchange, MockEndpoint endpoint) => endpoint switch
    {
        MockEndpoint.Messages or MockEndpoint.CountTokens => Dialect.Anthropic,
        MockEndpoint.Models or MockEndpoint.Unknown when exchange.Request.Headers.ContainsKey("anthropic-version")
            => Dialect.Anthropic,
        _ => Dialect.OpenAI,
    };

    private static bool IsModelEndpoint(MockEndpoint endpoint) => endpoint is MockEndpoint.Chat or MockEndpoint.Responses
        or MockEndpoint.Embeddings or MockEndpoint.Models or MockEndpoint.Messages or MockEndpoint.CountTokens;

    private static bool IsAllowed(string allow, string method)
        => allow == "POST" ? method == "POST" : method is "GET" or "HEAD";
}
