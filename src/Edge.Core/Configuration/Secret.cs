namespace Edge.Core.Configuration;

/// <summary>
/// A value that must never be written to a log, an error or a dump. It prints as <c>***</c>; only <see cref="Reveal"/> tells it.
/// </summary>
public sealed class Secret : IEquatable<Secret>
{
    private readonly string _value;

    /// <summary>Keeps a secret.</summary>
    public Secret(string value) => _value = value;

    /// <summary>The value itself, for the one place that must send or compare it.</summary>
    public string Reveal() => _value;

    /// <summary>Always <c>***</c>.</summary>
    public override string ToString() => "***";

    /// <summary>Equality of configuration values. For a caller's credential use a comparison in constant time.</summary>
    public bool Equals(Secret? other) => other is not null && _value == other._value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Secret);

    /// <inheritdoc/>
    public override int GetHashCode() => _value.GetHashCode(StringComparison.Ordinal);
}
