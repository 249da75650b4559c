using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Edge.Core.Memory;

namespace Edge.Core.Bodies;

/// <summary>
/// Reads a JSON text (RFC 8259) once, from its first byte to its last, and keeps where each value lies: a flat array of
/// <see cref="JsonToken"/>, no tree and no copies of what the text says. What validation, rules, estimates and rewriting need is
/// then found without reading the bytes again.
/// </summary>
/// <remarks>
/// Stricter than the grammar where two readers could differ: a repeated member name, a lone surrogate, a number that no binary64
/// holds, and a byte order mark are faults, at any depth. One for each request under way; keep it and use it again. It owns
/// its arrays, and between <see cref="Read(ReadOnlySequence{byte})"/> and <see cref="Reset"/> the caller lends it the text. Not
/// thread-safe. Allocates nothing once warm.
/// </remarks>
public sealed partial class JsonTape
{
    /// <summary>Most containers around a value.</summary>
    public const int DepthMax = 128;

    /// <summary>Most values and names of a text: 16 MiB of tokens.</summary>
    public const int TokensMax = 1 << 20;

    /// <summary>Most bytes of a number. The longest double, spelled out, has about 770.</summary>
    public const int NumberBytesMax = 1024;

    /// <summary>Tokens that are kept between two texts.</summary>
    private const int KeptTokens = 512;

    private readonly int[] _open = new int[DepthMax];
    private readonly JsonToken[] _kept = new JsonToken[KeptTokens];
    private JsonToken[] _tokens;
    private int[] _names = [];
    private byte[] _decoded = [];
    private byte[]? _joined;
    private byte[] _bytes = [];
    private int _textStart;
    private int _textLength;
    private int _count;

    /// <summary>Makes one, with room for the tokens of most texts.</summary>
    public JsonTape() => _tokens = _kept;

    /// <summary>The fault that ended the last reading.</summary>
    public JsonFault Fault { get; private set; }

    /// <summary>Offset of the byte at which the fault shows.</summary>
    public int FaultAt { get; private set; }

    /// <summary>The text, in one piece.</summary>
    public ReadOnlyMemory<byte> Memory => new(_bytes, _textStart, _textLength);

    /// <summary>The text, in one piece.</summary>
    public ReadOnlySpan<byte> Text => new(_bytes, _textStart, _textLength);

    /// <summary>The tokens of the text; the first is the whole value. Empty unless the last reading succeeded.</summary>
    public ReadOnlySpan<JsonToken> Tokens => _tokens.AsSpan(0, _count);

    /// <summary>One of the tokens.</summary>
    internal ref readonly JsonToken At(int token) => ref _tokens[token];

    /// <summary>
    /// Reads a text. One in several segments is first joined in a rented array, because values are then slices of one run.
    /// </summary>
    /// <returns>True where it is JSON; else <see cref="Fault"/> says why not.</returns>
    public bool Read(ReadOnlySequence<byte> text)
    {
        if (text.IsSingleSegment)
        {
            return Read(text.First);
        }

        if (text.Length > Array.MaxLength)
        {
            Reset();
            return Fail(JsonFault.TooManyTokens, 0);
        }

        var length = (int)text.Length;
        var joined = BlockPool.Rent(length);
        text.CopyTo(joined);
        Reset();
        _joined = joined;
        Lend(joined.AsMemory(0, length));
        return ReadText();
    }

    /// <inheritdoc cref="Read(ReadOnlySequence{byte})"/>
    public bool Read(ReadOnlyMemory<byte> text)
    {
        Reset();
        Lend(text);
        return ReadText();
    }

    /// <summary>Forgets the text, and gives back what only a large one needed.</summary>
    public void Reset()
    {
        _bytes = [];
        _textStart = 0;
        _textLength = 0;
        _count = 0;
        Fault = JsonFault.None;
        FaultAt = 0;
        ReturnJoined();
        if (_tokens != _kept)
        {
            ArrayPool<JsonToken>.Shared.Return(_tokens);
            _tokens = _kept;
        }

        Pooled.Trim(ref _names, KeptTokens);
        Pooled.Trim(ref _decoded, KeptTokens);
    }

    /// <summary>
    /// What a string says: the bytes between its quotes, or those that its escapes stand for. Valid until the next call.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public ReadOnlySpan<byte> TextOf(int token)
    {
        // With the rare case elsewhere there is nothing to be kept over a call.
        ref readonly var it = ref _tokens[token];
        return it.IsEscaped
            ? DecodedTextOf(token)
            : new ReadOnlySpan<byte>(_bytes, _textStart + it.Start + 1, it.End - it.Start - 2);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ReadOnlySpan<byte> DecodedTextOf(int token) => JsonText.Decode(_tokens[token].Inner(Text), ref _decoded);

    /// <summary>What a string says, as a string of its own: for what is read once.</summary>
    public string StringAt(int token) => System.Text.Encoding.UTF8.GetString(TextOf(token));

    /// <summary>The value of an object's member, by its name.</summary>
    /// <param name="parent">Token of the object.</param>
    /// <param name="name">The name, not escaped.</param>
    /// <returns>Token of the value, or -1. Takes time with the number of members.</returns>
    public int Find(int parent, ReadOnlySpan<byte> name)
    {
        var tokens = Tokens;
        if (tokens[parent].Kind != JsonKind.Object)
        {
            return -1;
        }

        var end = tokens[parent].Next;
        for (var at = parent + 1; at < end; at = tokens[at + 1].Next)
        {
            if (IsNamed(at, name))
            {
                return at + 1;
            }
        }

        return -1;
    }

    /// <summary>Whether a string says exactly that.</summary>
    public bool IsNamed(int token, ReadOnlySpan<byte> text)
    {
        // Most strings that are not what is looked for are of another length.
        ref readonly var it = ref _tokens[token];
        return it.IsEscaped ? TextOf(token).SequenceEqual(text)
            : it.End - it.Start - 2 == text.Length && it.Inner(Text).SequenceEqual(text);
    }

    /// <summary>Takes the text. Kept as an array: to ask memory for its bytes is dear, and it is asked for every name.</summary>
    private void Lend(ReadOnlyMemory<byte> text)
    {
        if (!MemoryMarshal.TryGetArray(text, out var array))
        {
            ReturnJoined();
            _joined = BlockPool.Rent(text.Length);
            text.CopyTo(_joined);
            array = new ArraySegment<byte>(_joined, 0, text.Length);
        }

        _bytes = array.Array!;
        _textStart = array.Offset;
        _textLength = array.Count;
    }

    private void ReturnJoined()
    {
        if (_joined is not null)
        {
            BlockPool.Return(_joined);
            _joined = null;
        }
    }

    private bool Fail(JsonFault fault, int at)
    {
        Fault = fault;
        FaultAt = at;
        _count = 0;
        return false;
    }

    private int FailAt(JsonFault fault, int at)
    {
        Fail(fault, at);
        return Failed;
    }

    private bool TryGrow(int at)
    {
        if (_count >= TokensMax)
        {
            return Fail(JsonFault.TooManyTokens, at);
        }

        var larger = ArrayPool<JsonToken>.Shared.Rent(_tokens.Length * 2);
        _tokens.AsSpan(0, _count).CopyTo(larger);
        if (_tokens != _kept)
        {
            ArrayPool<JsonToken>.Shared.Return(_tokens);
        }

        _tokens = larger;
        return true;
    }
}
