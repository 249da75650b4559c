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
            _entries[Count++] = new Entry { NameToken = name, ValueToken = name + 1 };
        }
    }

    /// <summary>The entry of a name, or -1.</summary>
    public int Find(JsonTape tape, ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < Count; i++)
        {
            ref readonly var entry = ref _entries[i];
            if (entry.Name is null ? tape.IsNamed(entry.NameToken, name) : name.SequenceEqual(entry.Name.Text))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Whether an entry's value is that of the old text.</summary>
    public bool IsUnchanged(int entry) => _entries[entry].Value.IsEmpty && _entries[entry].Insertion.IsEmpty;

    /// <summary>Token of an entry's value; only where it is unchanged.</summary>
    public int TokenOf(int entry) => _entries[entry].ValueToken;

    /// <summary>The bytes of an entry's value, as the rules have left it; of one that was inserted into, the old ones.</summary>
    public ReadOnlySpan<byte> ValueOf(int entry, JsonTape tape, ReadOnlySpan<byte> made) =>
        _entries[entry].Value.IsEmpty ? tape.Tokens[_entries[entry].ValueToken].Raw(tape.Text) : _entries[entry].Value.Of(made);

    /// <summary>Replaces a value.</summary>
    public void Replace(int entry, Range value)
    {
        _entries[entry].Value = value;
        _entries[entry].Insertion = default;
        IsChanged = true;
    }

    /// <summary>Puts something into a value of the old text, behind its first byte.</summary>
    public void Insert(int entry, Range insertion)
    {
        _entries[entry].Insertion = insertion;
        IsChanged = true;
    }

    /// <summary>Appends a member.</summary>
    public void Add(RewriteName name, Range value)
    {
        Pooled.Grow(ref _entries, Count + 1);
        _entries[Count++] = new Entry { NameToken = NoToken, ValueToken = NoToken, Name = name, Value = value };
        IsChanged = true;
    }

    /// <summary>Gives a member another name.</summary>
    public void Rename(int entry, RewriteName name)
    {
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
    public bool WriteTo(HeadBuffer to, JsonTape tape, ReadOnlyMemory<byte> made, JsonTape next)
    {
        var text = tape.Text;
        var tokens = tape.Tokens;
        var end = tokens[0].Start + 1;
        to.Write(text[..end]);
        next.BeginSplice();
        var isSpliced = true;

        // What stands between two members that were neighbours is kept; between others there is a comma.
        var neighbour = 1;
        for (var i = 0; i < Count; i++)
        {
            ref readonly var entry = ref _entries[i];
            if (entry.NameToken != NoToken && entry.NameToken == neighbour)
            {
                to.Write(text[end..tokens[neighbour].Start]);
            }
            else if (i > 0)
            {
                to.Write(","u8);
            }

            if (entry.Name is null)
            {
                ref readonly var name = ref tokens[entry.NameToken];
                isSpliced = isSpliced && next.Splice(tape, entry.NameToken, to.Length);
                to.Write(text[name.Start..tokens[entry.ValueToken].Start]);
            }
            else
            {
                var quoted = to.Length + entry.Name.Json.Length - 1;
                isSpliced = isSpliced && next.SpliceName(to.Length, quoted, entry.Name.Chars, entry.Name.IsEscaped);
                to.Write(entry.Name.Json);
            }

            isSpliced = WriteValue(to, entry, tape, made, next, isSpliced);
            end = entry.NameToken == NoToken ? end : tokens[entry.ValueToken].End;
            neighbour = entry.NameToken == NoToken ? NoToken : tokens[entry.ValueToken].Next;
        }

        to.Write(text[(neighbour == tokens[0].Next ? end : tokens[0].End - 1)..]);
        return isSpliced
            ? next.EndSplice(to.Written, tokens[0].Start, to.Length - (text.Length - tokens[0].End), Count)
            : next.Read(to.Written);
    }

    // False where the new text has to be read: a value that was opened for an insertion is neither the old one nor made.
    private static bool WriteValue(
        HeadBuffer to, in Entry entry, JsonTape tape, ReadOnlyMemory<byte> made, JsonTape next, bool isSpliced)
    {
        if (!entry.Value.IsEmpty)
        {
            var value = made.Slice(entry.Value.Start, entry.Value.Length);
            isSpliced = isSpliced && next.SpliceRead(value, to.Length);
            to.Write(value.Span);
            return isSpliced;
        }

        var old = tape.Tokens[entry.ValueToken].Raw(tape.Text);
        if (!entry.Insertion.IsEmpty)
        {
            to.Write(old[..1]);
            to.Write(entry.Insertion.Of(made.Span));
            to.Write(old[1..]);
            return false;
        }

        isSpliced = isSpliced && next.Splice(tape, entry.ValueToken, to.Length);
        to.Write(old);
        return isSpliced;
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
        public int NameToken;
        public int ValueToken;
        public RewriteName? Name;
        public Range Value;
        public Range Insertion;
    }
}
