using Edge.Core.Bodies;
using Edge.Core.Llm;
using Edge.Telemetry;
using Microsoft.ML.Tokenizers;

namespace Edge.Estimates;

/// <summary>
/// The vocabularies of models that are public: OpenAI's newer ones have one together, and its older ones another. Each is loaded
/// when such a model is first asked for, on the thread pool: until then there is none. Counting takes a time that is bounded,
/// and as many threads as there are processors. Safe from any thread; not for those that do I/O.
/// </summary>
internal sealed class Vocabularies(ProgramLog log, TimeProvider time)
{
    /// <summary>Tokens that OpenAI adds to a prompt, and to each message of it.</summary>
    private const int TokensPerPrompt = 3;
    private const int TokensPerTurn = 4;

    // By OpenAI's own table of encodings (tiktoken); gpt-35-turbo is what Azure calls it.
    private static readonly string[] NewModels =
        ["gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "chatgpt-4o", "o1", "o3", "o4-mini"];

    private static readonly string[] OldModels =
        ["gpt-4", "gpt-3.5-turbo", "gpt-35-turbo", "text-embedding-ada-002", "text-embedding-3"];

    private readonly Vocabulary _new = new("o200k_base", log);
    private readonly Vocabulary _old = new("cl100k_base", log);
    private int _running;

    /// <summary>Counts the tokens of a prompt.</summary>
    /// <param name="model">The model that is asked.</param>
    /// <param name="body">The body.</param>
    /// <param name="api">The API that is asked.</param>
    /// <param name="tokens">How many there are.</param>
    /// <returns>False: the model's vocabulary is not public or not there yet, or too many are counting.</returns>
    public bool TryCount(string? model, JsonTape body, LlmApi api, out long tokens)
    {
        tokens = 0;
        if (Find(model)?.TryGet() is not { } tokenizer)
        {
            return false;
        }

        try
        {
            if (Interlocked.Increment(ref _running) > Environment.ProcessorCount)
            {
                return false;
            }

            var count = new PromptCount(tokenizer, time);
            PromptTexts.Show(body, api, ref count);
            var isChat = api is LlmApi.ChatCompletions or LlmApi.Responses;
            tokens = count.Tokens + (isChat ? TokensPerPrompt + (TokensPerTurn * count.Turns) : 0);
            return true;
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    /// <summary>Waits until the vocabulary of a model is there; for those who measure.</summary>
    public Task LoadAsync(string model) => Find(model)?.LoadAsync() ?? Task.CompletedTask;

    private Vocabulary? Find(string? model) => model is null ? null
        : IsOneOf(NewModels, model, "-:.") ? _new
        : IsOneOf(OldModels, model, "-:") ? _old
        : null;

    // A fine-tuned model has the vocabulary of its base: ft:gpt-4o-mini:... gpt-5.1 is like gpt-5, but gpt-4.1 is not like gpt-4.
    private static bool IsOneOf(string[] names, string model, string mayFollow)
    {
        var from = model.StartsWith("ft:", StringComparison.Ordinal) ? 3 : 0;
        foreach (var name in names)
        {
            if (model.AsSpan(from).StartsWith(name, StringComparison.Ordinal)
                && (model.Length == from + name.Length || mayFollow.Contains(model[from + name.Length])))
            {
                return true;
            }
        }

        return false;
    }

    private sealed class Vocabulary(string name, ProgramLog log)
    {
        private Task<TiktokenTokenizer?>? _loading;

        public TiktokenTokenizer? TryGet()
        {
            var loading = LoadAsync();
            return loading.IsCompletedSuccessfully ? loading.Result : null;
        }

        public Task<TiktokenTokenizer?> LoadAsync()
        {
            if (Volatile.Read(ref _loading) is { } loading)
            {
                return loading;
            }

            var mine = new Task<TiktokenTokenizer?>(Load);
            var other = Interlocked.CompareExchange(ref _loading, mine, null);
            if (other is null)
            {
                mine.Start(TaskScheduler.Default);
            }

            return other ?? mine;
        }

        private TiktokenTokenizer? Load()
        {
            try
            {
                return TiktokenTokenizer.CreateForEncoding(name);
            }
            catch (Exception exception)
            {
                log.VocabularyFailed(name, exception.Message);
                return null;
            }
        }
    }
}
