using System.Collections.Concurrent;

namespace Edge.Telemetry;

/// <summary>
/// The names of models that metrics tell apart: those for which an answer has come, up to <see cref="NamesMax"/>. All others are
/// <c>other</c>, so callers who ask for models that do not exist make no series. Thread-safe.
/// </summary>
internal sealed class ModelNames
{
    /// <summary>Most names.</summary>
    public const int NamesMax = 100;

    /// <summary>What the others are called.</summary>
    public const string Other = "other";

    private readonly ConcurrentDictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>The name of a model in metrics.</summary>
    /// <param name="model">As it was asked for upstream; null: none was named.</param>
    /// <param name="isAnswered">The provider has answered without an error.</param>
    public string Of(string? model, bool isAnswered)
    {
        if (model is null)
        {
            return "";
        }

        if (_names.TryGetValue(model, out var name))
        {
            return name;
        }

        // Two at once may go over the limit by a few.
        return isAnswered && _names.Count < NamesMax ? _names.GetOrAdd(model, model) : Other;
    }
}
