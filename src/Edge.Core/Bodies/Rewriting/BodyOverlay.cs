using Edge.Core.Http;

namespace Edge.Core.Bodies.Rewriting;

/// <summary>
/// The members of a body as they are to be: places in the old text, and what rules have made of them. What is written from it
/// are slices of the old text and insertions. Owned by a <see cref="BodyRewriter"/>.
/// </summary>
internal sealed class BodyOverlay
{
    private const int KeptEntries = 64;

    /// <summary>No name has this number: the first token is the object.</summary>
    private const int NoToken = 0;

    private Entry[] _entries = [];

    /// <summary>Members.</summary>
    public int Count { get; private set; }

    /// <summary>Something differs from the old text.</summary>
    public bool IsChanged { get; private set; }

    /// <summary>Takes the members of an object as they are.</summary>
    public void Open(JsonTape tape)
    {
        Count = 0;
        IsChanged = false;
        Pooled.Trim(ref _entries, KeptEntries);
        Pooled.Reserve(ref _entries, tape.Tokens[0].Count);
        for (var name = 1; name < tape.Tokens[0].Next; name = tape.Tokens[name + 1].Next)
        {
            ref var entry = ref _entries[Count++];
            entry.Key = NameKey.Of(tape.TextOf(name));
            entry.NameToken = name;
            entry.ValueToken = name + 1;
            entry.Name = null;
            entry.Value = default;
            entry.Insertion = default;
        }
    }

    /// <summary>The entry of a name, or -1.</summary>
    public int Find(JsonTape tape, ReadOnlySpan<byte> name) => Find(tape, name, NameKey.Of(name));

    /// <summary>The entry of a name, or -1.</summary>
    public int Find(JsonTape tape, RewriteName name) => Find(tape, name.Text, name.Key);

    /// <summary>Whether an entry's value is that of the old text.</summary>
    public bool IsUnchanged(int entry) => _entries[entry].Value.IsEmpty && _entries[entry].Insertion.IsEmpty;

    /// <summary>Token of an entry's value; only where it is unchanged.</summary>
    public int TokenOf(int entry) => _entries[entry].ValueToken;

    /// <summary>The bytes of an entry's value, as the rules have left it; of one that was inserted into, the old ones.</summary>
    public ReadOnlySpan<byte> ValueOf(int entry, JsonTape tape, ReadOnlySpan<byte> made) =>
        _entries[entry].Value.IsEmpty ? tape.Tokens[_entries[entry].ValueToken].Raw(tape.Text) : _entries[entry].Value.Of(made);

    /// <summary>Replaces a value.</summary>
    /// <param name="entry">Whose.</param>
    /// <param name="value">The value, among what was made.</param>
    /// <param name="scalar">Its token, of a text that is nothing but it, where that is known; else the default.</param>
    public void Replace(int entry, Range value, JsonToken scalar = default)
    {
        _entries[entry].Value = value;
        _entries[entry].Scalar = scalar;
        _entries[entry].Insertion = default;
        IsChanged = true;
    }

    /// <summary>Puts something into a value of the old text, behind its first byte.</summary>
    public void Insert(int entry, Range insertion)
    {
        _entries[entry].Insertion = insertion;
        IsChanged = true;
    }

    /// <summary>Appends a member; see <see cref="Replace"/>.</summary>
    public void Add(RewriteName name, Range value, JsonToken scalar)
    {
        Pooled.Grow(ref _entries, Count + 1);
        ref var entry = ref _entries[Count++];
        entry.Key = name.Key;
        entry.NameToken = NoToken;
        entry.ValueToken = NoToken;
        entry.Name = name;
        entry.Value = value;
        entry.Scalar = scalar;
        entry.Insertion = default;
        IsChanged = true;
    }

    /// <summary>Gives a member another name.</summary>
    public void Rename(int entry, RewriteName name)
    {
        _entries[entry].Key = name.Key;
        _entries[entry].Name = name;
        IsChanged = true;
    }

    /// <summary>Removes a member.</summary>
    public void Remove(int entry)
    {
        Count--;
        Array.Copy(_entries, entry + 1, _entries, entry, Count - entry);
        IsChanged = true;
    }

    /// <summary>Writes the whole new text, and makes its tape.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="tape">The old text.</param>
    /// <param name="made">Where the replacements and insertions lie.</param>
    /// <param name="next">Becomes the tape of the new text.</param>
    /// <returns>False: the new text is too deep, or has too many values.</returns>
    public bool WriteTo(HeadBuffer to, JsonTape tape, ReadOnlySpan<byte> made, JsonTape next)
    {
        var tokens = tape.Tokens;
        var writer = new SpliceWriter(to, tape, made, next);

        // What stands between two members that were neighbours is kept; between others there is a comma.
        var run = new SpliceRun(0, tokens[0].Start + 1, 1, 1);
        for (var i = 0; i < Count; i++)
        {
            ref readonly var entry = ref _entries[i];
            if (entry.NameToken == NoToken)
            {
                writer.Take(run);
                writer.Write(entry.Name!, hasComma: i > 0);
                writer.Write(entry.Value, entry.Scalar);
                run = new SpliceRun(0, 0, NoToken, NoToken);
                continue;
            }

            ref readonly var name = ref tokens[entry.NameToken];
            ref readonly var value = ref tokens[entry.ValueToken];
            if (entry.NameToken != run.Next)
            {
                writer.Take(run);
                to.Write(i > 0 ? ","u8 : default);
                run = new SpliceRun(name.Start, name.Start, entry.NameToken, entry.NameToken);
            }

            if (entry.Name is not null)
            {
                writer.Take(run with { End = name.Start, Next = entry.NameToken });
                writer.Write(entry.Name, hasComma: false);
                run = new SpliceRun(value.Start, value.Start, entry.ValueToken, entry.ValueToken);
            }

            if (!IsUnchanged(i))
            {
                writer.Take(run with { End = value.Start, Next = entry.ValueToken });
                writer.Write(entry.Value, entry.Scalar, entry.Insertion, entry.ValueToken);
                run = new SpliceRun(value.End, value.End, value.Next, value.Next);
            }

            run = run with { End = value.End, Next = value.Next };
        }

        return writer.End(run, Count);
    }

    private int Find(JsonTape tape, ReadOnlySpan<byte> name, NameKey key)
    {
        var entries = _entries.AsSpan(0, Count);
        for (var i = 0; i < entries.Length; i++)
        {
            ref readonly var entry = ref entries[i];
            if (entry.Key == key
                && (entry.Name is null ? tape.IsNamed(entry.NameToken, name) : name.SequenceEqual(entry.Name.Text)))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>A run of made bytes.</summary>
    internal readonly record struct Range(int Start, int Length)
    {
        /// <summary>Nothing was made.</summary>
        public bool IsEmpty => Length == 0;

        /// <summary>The bytes.</summary>
        public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> made) => made.Slice(Start, Length);
    }

    private struct Entry
    {
        public NameKey Key;
        public int NameToken;
        public int ValueToken;
        public RewriteName? Name;
        public Range Value;

        /// <summary>The token of <see cref="Value"/>; without one it says nothing.</summary>
        public JsonToken Scalar;

        public Range Insertion;
    }
}
