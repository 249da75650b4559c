using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Edge.Core.Bodies;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Limits;
using Edge.Core.Memory;

namespace Edge.Core.Caching;

/// <summary>
/// What a cached answer is found by: the scope of the caller, without which no key begins, and the request as it goes upstream.
/// Every part is written with its length before it, so that no text can pass for two; of the body its meaning counts
/// (<see cref="CanonicalJson"/>). It owns its buffer. For one request after another; not thread-safe.
/// </summary>
public sealed partial class CacheKey
{
    /// <summary>Longest key: what is longer is not cached.</summary>
    public const int KeyBytesMax = 64 * 1024;

    private const byte Version = 1;

    private const byte WithoutBody = 0xFF;

    /// <summary>Texts before the path, or before the method that is before it.</summary>
    private const int PathAt = 5;

    private const byte PlainForm = 0;

    private const byte StreamForm = 1;

    /// <summary>What asks for the usage of a stream, as a key has it.</summary>
    private static readonly byte[] UsageWanted = MakeUsageWanted();

    private readonly HeadBuffer _bytes = new(BlockPool.TinyBytes);
    private readonly HeadBuffer _form = new();
    private int _formAt;
    private int _resourceStart;
    private int _resourceEnd;
    private KeyHasher? _publicHasher;
    private ulong _publicOwner;
    private int _mainLength;
    private readonly CanonicalJson _json = new();

    /// <summary>True where the key says everything and is not too long.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>The key. Valid until the next <see cref="Begin"/> or <see cref="ReturnMemory"/>.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.Written.Span;

    /// <summary>Its hash.</summary>
    public KeyHash Hash { get; private set; }

    /// <summary>A number for the scope alone.</summary>
    public ulong Owner { get; private set; }

    /// <summary>Begins a key.</summary>
    /// <param name="scope">Whose answers the caller may be given.</param>
    /// <param name="hasher">Makes the hashes.</param>
    public void Begin(CacheScope scope, KeyHasher hasher)
    {
        if (!scope.IsMade)
        {
            throw new ArgumentException("A key is made for a scope.", nameof(scope));
        }

        IsWhole = false;
        _json.MarkedToken = -1;
        _bytes.Clear();
        Add(Version);
        Add((byte)scope.Kind);
        Add(scope.Source);
        Add(scope.Name);
        Add(scope.Value);
        Owner = scope.Kind == CacheScopeKind.Public ? PublicOwner(hasher) : hasher.Hash(Bytes).High;
        _resourceStart = _resourceEnd = _bytes.Length;
        _mainLength = 0;
    }

    /// <summary>What has been added since <see cref="Begin"/> is the resource; what follows tells its answers apart.</summary>
    public void EndResource() => _resourceEnd = _bytes.Length;

    /// <summary>A number for the resource, whoever asks for it. Before <see cref="ReturnMemory"/>.</summary>
    public ulong Resource(KeyHasher hasher) => hasher.Hash(Bytes[_resourceStart.._resourceEnd]).High;

    /// <summary>Adds a text: route, method, target, the value of a header.</summary>
    public void Add(ReadOnlySpan<char> text)
    {
        // As they are: of two texts that differ, no encoding makes one.
        var bytes = MemoryMarshal.AsBytes(text);
        var place = _bytes.GetSpan(sizeof(int) + bytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(place, text.Length);
        bytes.CopyTo(place[sizeof(int)..]);
        _bytes.Advance(sizeof(int) + bytes.Length);
    }

    /// <summary>Adds how many texts follow.</summary>
    public void AddCount(int count)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.GetSpan(sizeof(int)), count);
        _bytes.Advance(sizeof(int));
    }

    /// <summary>Adds the body, which ends the key.</summary>
    /// <param name="body">The body as it goes upstream.</param>
    /// <param name="hasher">Makes the hashes.</param>
    /// <returns>False where the key is too long: the request is not to be cached.</returns>
    public bool TryEnd(JsonTape body, KeyHasher hasher)
    {
        IsWhole = _bytes.Length <= KeyBytesMax && _json.TryWrite(body, _bytes, KeyBytesMax);
        if (IsWhole)
        {
            Hash = hasher.Hash(Bytes);
        }

        return IsWhole;
    }

    /// <summary>
    /// The same, where answers that come whole and answers that come as streams are made of each other: the form is told apart
    /// from all else, so that <see cref="BeginSibling"/> can ask for the other one.
    /// </summary>
    /// <param name="body">The body as it goes upstream.</param>
    /// <param name="isStream">It asks for a stream.</param>
    /// <param name="hasher">Makes the hashes.</param>
    /// <returns>False where the key is too long: the request is not to be cached.</returns>
    public bool TryEnd(JsonTape body, bool isStream, KeyHasher hasher)
    {
        IsWhole = _bytes.Length <= KeyBytesMax && _json.TryWriteWithoutStream(body, _bytes, KeyBytesMax);
        _formAt = _bytes.Length;
        Add(isStream ? StreamForm : PlainForm);
        var options = isStream ? body.Find(0, "stream_options"u8) : -1;
        IsWhole = IsWhole && (options < 0 || body.Tokens[options].Kind == JsonKind.Null
            || _json.TryWrite(body, options, _bytes, KeyBytesMax));
        if (IsWhole)
        {
            Hash = hasher.Hash(Bytes);
        }

        return IsWhole;
    }

    /// <summary>
    /// Makes it the key of the same question that asks for the answer in the other form, until <see cref="EndSibling"/>.
    /// </summary>
    /// <param name="isStream">It asks for a stream.</param>
    /// <param name="tellsUsage">A stream of which an answer can be made is one that was asked to tell its usage.</param>
    /// <param name="hasher">Makes the hashes.</param>
    /// <returns>Its hash.</returns>
    public KeyHash BeginSibling(bool isStream, bool tellsUsage, KeyHasher hasher)
    {
        _form.Clear();
        _form.Write(Bytes[_formAt..]);
        _bytes.Truncate(_formAt);
        Add(isStream ? PlainForm : StreamForm);
        if (!isStream && tellsUsage)
        {
            _bytes.Write(UsageWanted);
        }

        return hasher.Hash(Bytes);
    }

    /// <summary>It is its own key again.</summary>
    public void EndSibling()
    {
        _bytes.Truncate(_formAt);
        _bytes.Write(_form.Written.Span);
        _form.ReturnMemory();
    }

    /// <summary>Ends the key of a request without a body, or one that <see cref="BeginSelection"/> has opened again.</summary>
    /// <param name="hasher">Makes the hashes.</param>
    /// <returns>False where the key is too long: the request is not to be cached.</returns>
    public bool TryEnd(KeyHasher hasher)
    {
        Add(WithoutBody);
        IsWhole = _bytes.Length <= KeyBytesMax;
        if (IsWhole)
        {
            Hash = hasher.Hash(Bytes);
            if (_mainLength == 0)
            {
                _mainLength = _bytes.Length;
                MainHash = Hash;
            }
        }

        return IsWhole;
    }

    /// <summary>
    /// Opens a key without a body again, to add what tells the variants of its resource apart. What was added so before is
    /// forgotten. It is whole as it is, too.
    /// </summary>
    public void BeginSelection()
    {
        _bytes.Truncate(_mainLength);
        Hash = MainHash;
        IsWhole = true;
    }

    /// <summary>The path in a key, as it goes upstream; empty where it has none.</summary>
    public static ReadOnlySpan<char> PathOf(ReadOnlySpan<byte> key)
    {
        // Behind version and kind of scope: source, name and value of that, route, service, and the method where there is a body.
        key = key.Length > 2 ? key[2..] : default;
        for (var i = 0; i <= PathAt + 1 && key.Length >= sizeof(int); i++)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(key) * (long)sizeof(char);
            if (length < 0 || length > key.Length - sizeof(int))
            {
                break;
            }

            var text = MemoryMarshal.Cast<byte, char>(key.Slice(sizeof(int), (int)length));
            if (i >= PathAt && text is ['/', ..])
            {
                return text;
            }

            key = key[(sizeof(int) + (int)length)..];
        }

        return default;
    }

    /// <summary>The key without what tells variants apart.</summary>
    public ReadOnlySpan<byte> MainBytes => Bytes[.._mainLength];

    /// <summary>Its hash.</summary>
    public KeyHash MainHash { get; private set; }

    /// <summary>Gives the buffer back.</summary>
    public void ReturnMemory()
    {
        IsWhole = false;
        _bytes.ReturnMemory();
        _json.ReturnMemory();
    }

    // All that is public has the same one.
    private ulong PublicOwner(KeyHasher hasher)
    {
        if (_publicHasher != hasher)
        {
            _publicOwner = hasher.Hash(Bytes).High;
            _publicHasher = hasher;
        }

        return _publicOwner;
    }

    private static byte[] MakeUsageWanted()
    {
        var tape = new JsonTape();
        var buffer = new HeadBuffer();
        tape.Read("{\"include_usage\":true}"u8.ToArray());
        new CanonicalJson().TryWrite(tape, buffer, KeyBytesMax);
        var bytes = buffer.Written.ToArray();
        buffer.ReturnMemory();
        return bytes;
    }

    private void Add(byte value)
    {
        _bytes.GetSpan(1)[0] = value;
        _bytes.Advance(1);
    }
}
