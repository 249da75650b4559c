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
        _entries[Count++] = new Entry
        {
            Key = name.Key,
            NameToken = NoToken,
            ValueToken = NoToken,
            Name = name,
            Value = value,
        };
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
        var text = tape.Text;
        var tokens = tape.Tokens;
        next.BeginSplice();
        var isSpliced = true;

        // What stands between two members that were neighbours is kept; between others there is a comma.
        var run = new Run { End = tokens[0].Start + 1, First = 1, Next = 1 };
        for (var i = 0; i < Count; i++)
        {
            ref readonly var entry = ref _entries[i];
            if (entry.NameToken == NoToken)
            {
                isSpliced = Take(ref run, to, tape, next, isSpliced);
                isSpliced = WriteName(to, entry.Name!, i > 0, next, isSpliced);
                isSpliced = WriteValue(to, entry, tape, made, next, isSpliced);
                run = new Run { First = NoToken, Next = NoToken };
                continue;
            }

            ref readonly var name = ref tokens[entry.NameToken];
            ref readonly var value = ref tokens[entry.ValueToken];
            if (entry.NameToken != run.Next)
            {
                isSpliced = Take(ref run, to, tape, next, isSpliced);
                to.Write(i > 0 ? ","u8 : default);
                run = new Run { Start = name.Start, First = entry.NameToken };
            }

            if (entry.Name is not null)
            {
                run.End = name.Start;
                run.Next = entry.NameToken;
                isSpliced = Take(ref run, to, tape, next, isSpliced);
                isSpliced = WriteName(to, entry.Name, hasComma: false, next, isSpliced);
                run = new Run { Start = value.Start, First = entry.ValueToken };
            }

            if (!IsUnchanged(i))
            {
                run.End = value.Start;
                run.Next = entry.ValueToken;
                isSpliced = Take(ref run, to, tape, next, isSpliced);
                isSpliced = WriteValue(to, entry, tape, made, next, isSpliced);
                run = new Run { Start = value.End, First = value.Next };
            }

            run.End = value.End;
            run.Next = value.Next;
        }

        if (run.Next == tokens[0].Next)
        {
            run.End = text.Length;
            isSpliced = Take(ref run, to, tape, next, isSpliced);
        }
        else
        {
            isSpliced = Take(ref run, to, tape, next, isSpliced);
            to.Write(text[(tokens[0].End - 1)..]);
        }

        return isSpliced
            ? next.EndSplice(to.Written, tokens[0].Start, to.Length - (text.Length - tokens[0].End), Count)
            : next.Read(to.Written);
    }

    /// <summary>Takes over a run of the old text, with its tokens. False where the new text has to be read.</summary>
    private static bool Take(ref Run run, HeadBuffer to, JsonTape tape, JsonTape next, bool isSpliced)
    {
        isSpliced = isSpliced && next.Splice(tape, run.First, run.Next, to.Length - run.Start);
        to.Write(tape.Text[run.Start..run.End]);
        return isSpliced;
    }

    private static bool WriteName(HeadBuffer to, RewriteName name, bool hasComma, JsonTape next, bool isSpliced)
    {
        var json = name.CommaJson.AsSpan(hasComma ? 0 : 1);
        to.Write(json);
        var colon = to.Length - 1;
        return isSpliced && next.SpliceName(colon - name.QuotedLength, colon, name.Chars, name.IsEscaped);
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

    // False where the new text has to be read: a value that was opened for an insertion is neither the old one nor made.
    private static bool WriteValue(
        HeadBuffer to, in Entry entry, JsonTape tape, ReadOnlySpan<byte> made, JsonTape next, bool isSpliced)
    {
        if (!entry.Value.IsEmpty)
        {
            var value = entry.Value.Of(made);
            isSpliced = isSpliced && next.SpliceRead(value, to.Length);
            to.Write(value);
            return isSpliced;
        }

        var old = tape.Tokens[entry.ValueToken].Raw(tape.Text);
        to.Write(old[..1]);
        to.Write(entry.Insertion.Of(made));
        to.Write(old[1..]);
        return false;
    }

    /// <summary>A run of made bytes.</summary>
    internal readonly record struct Range(int Start, int Length)
    {
        /// <summary>Nothing was made.</summary>
        public bool IsEmpty => Length == 0;

        /// <summary>The bytes.</summary>
        public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> made) => made.Slice(Start, Length);
    }

    /// <summary>A part of the old text that is to be taken over, and its tokens.</summary>
    private struct Run
    {
        public int Start;
        public int End;

        /// <summary>The first token of it that is not taken yet.</summary>
        public int First;

        /// <summary>The token behind it.</summary>
        public int Next;
    }

    private struct Entry
    {
        public NameKey Key;
        public int NameToken;
        public int ValueToken;
        public RewriteName? Name;
        public Range Value;
        public Range Insertion;
    }
}
