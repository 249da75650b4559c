using System.Runtime.CompilerServices;
using Edge.Core.Http;
using Edge.Core.Memory;

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

    // Those of the entries, side by side: they are looked through for each rule.
    private NameKey[] _keys = [];

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
        Pooled.Trim(ref _keys, KeptEntries);
        Pooled.Reserve(ref _keys, tape.Tokens[0].Count);
        for (var name = 1; name < tape.Tokens[0].Next; name = tape.Tokens[name + 1].Next)
        {
            _keys[Count] = NameKey.Of(tape.TextOf(name));
            ref var entry = ref _entries[Count++];
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
    public bool IsUnchanged(int entry) => _entries[entry].IsUnchanged;

    /// <summary>Token of an entry's value; only where it is unchanged.</summary>
    public int TokenOf(int entry) => _entries[entry].ValueToken;

    /// <summary>The bytes of an entry's value, as the rules have left it; of one that was inserted into, the old ones.</summary>
    public ReadOnlySpan<byte> ValueOf(int entry, JsonTape tape, ReadOnlySpan<byte> made) =>
        _entries[entry].Value.IsEmpty ? tape.Tokens[_entries[entry].ValueToken].Raw(tape.Text) : _entries[entry].Value.Of(made);

    /// <summary>Replaces a value.</summary>
    /// <param name="entry">Whose.</param>
    /// <param name="value">The value, among what was made.</param>
    /// <param name="isSound">It has no name twice, and does not make the body too deep: nobody has to look.</param>
    public void Replace(int entry, Range value, bool isSound)
    {
        _entries[entry].Value = value;
        _entries[entry].IsSound = isSound;
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
    public void Add(RewriteName name, Range value, bool isSound)
    {
        Pooled.Grow(ref _entries, Count + 1);
        Pooled.Grow(ref _keys, Count + 1);
        _keys[Count] = name.Key;
        ref var entry = ref _entries[Count++];
        entry.NameToken = NoToken;
        entry.ValueToken = NoToken;
        entry.Name = name;
        entry.Value = value;
        entry.IsSound = isSound;
        entry.Insertion = default;
        IsChanged = true;
    }

    /// <summary>Gives a member another name.</summary>
    public void Rename(int entry, RewriteName name)
    {
        _keys[entry] = name.Key;
        _entries[entry].Name = name;
        IsChanged = true;
    }

    /// <summary>Removes a member.</summary>
    public void Remove(int entry)
    {
        Count--;
        Array.Copy(_entries, entry + 1, _entries, entry, Count - entry);
        Array.Copy(_keys, entry + 1, _keys, entry, Count - entry);
        IsChanged = true;
    }

    /// <summary>Writes the whole new text.</summary>
    /// <param name="to">Where to; it is empty.</param>
    /// <param name="tape">The old text.</param>
    /// <param name="made">Where the replacements and insertions lie.</param>
    public void WriteTo(HeadBuffer to, JsonTape tape, ReadOnlySpan<byte> made)
    {
        var text = tape.Text;
        var room = to.GetSpan(LengthMax(text.Length + made.Length));
        to.Advance(Write(new ByteCursor(room), text, tape, made));
    }

    /// <summary>Most bytes of the new text: what was there, what was made, and names and commas.</summary>
    private int LengthMax(int length)
    {
        foreach (ref readonly var entry in _entries.AsSpan(0, Count))
        {
            length += 1 + (entry.Name?.CommaJson.Length ?? 0);
        }

        return length;
    }

    private int Write(ByteCursor to, ReadOnlySpan<byte> text, JsonTape tape, ReadOnlySpan<byte> made)
    {

        // What stands between two members that were neighbours is kept; between others there is a comma.
        var (start, end, next) = (0, tape.At(0).Start + 1, 1);
        for (var i = 0; i < Count; i++)
        {
            ref readonly var entry = ref _entries[i];
            if (entry.NameToken == NoToken)
            {
                to.Write(text[start..end]);
                to.Write(entry.Name!.CommaJson.AsSpan(i > 0 ? 0 : 1));
                to.Write(entry.Value.Of(made));
                (start, end, next) = (0, 0, NoToken);
                continue;
            }

            ref readonly var name = ref tape.At(entry.NameToken);
            ref readonly var value = ref tape.At(entry.ValueToken);
            if (entry.NameToken != next)
            {
                to.Write(text[start..end]);
                to.Write(i > 0 ? ","u8 : default);
                start = name.Start;
            }

            if (entry.Name is not null)
            {
                to.Write(text[start..name.Start]);
                to.Write(entry.Name.CommaJson.AsSpan(1));
                start = value.Start;
            }

            if (!entry.IsUnchanged)
            {
                to.Write(text[start..value.Start]);
                WriteValue(ref to, value.Raw(text), entry, made);
                start = value.End;
            }

            (end, next) = (value.End, value.Next);
        }

        if (next == tape.At(0).Next)
        {
            to.Write(text[start..]);
        }
        else
        {
            to.Write(text[start..end]);
            to.Write(text[(tape.At(0).End - 1)..]);
        }

        return to.Length;
    }

    /// <summary>Finds what policies must know of the new text, where the old tokens tell it.</summary>
    /// <param name="tape">The old text.</param>
    /// <param name="made">Where the replacements and insertions lie.</param>
    /// <param name="api">The API that is asked.</param>
    /// <param name="facts">What they must know.</param>
    /// <returns>False: the new text has to be read.</returns>
    public bool TryMeasure(JsonTape tape, ReadOnlySpan<byte> made, LlmApi api, out BodyFacts facts)
    {
        facts = BodyFacts.Begin();
        for (var i = 0; i < Count; i++)
        {
            ref readonly var entry = ref _entries[i];
            var name = entry.Name is null ? tape.TextOf(entry.NameToken) : entry.Name.Text;
            if (entry.IsUnchanged)
            {
                facts.Take(tape, name, entry.ValueToken, api);
            }
            else if (entry.Value.IsEmpty || !facts.TryTake(name, entry.Value, entry.IsSound, made, api))
            {
                return false;
            }
        }

        facts.End(tape, api);
        return true;
    }

    private static void WriteValue(ref ByteCursor to, ReadOnlySpan<byte> old, in Entry entry, ReadOnlySpan<byte> made)
    {
        if (entry.Value.IsEmpty)
        {
            to.Write(old[..1]);
            to.Write(entry.Insertion.Of(made));
            to.Write(old[1..]);
        }
        else
        {
            to.Write(entry.Value.Of(made));
        }
    }

    private int Find(JsonTape tape, ReadOnlySpan<byte> name, NameKey key)
    {
        var at = IndexOf(key, 0);
        while (at >= 0 && !IsNamed(tape, at, name))
        {
            at = IndexOf(key, at + 1);
        }

        return at;
    }

    // A loop of its own, which needs no more than a few registers: most rules are about members that are not there.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int IndexOf(NameKey key, int at)
    {
        var keys = _keys.AsSpan(0, Count);
        for (; (uint)at < (uint)keys.Length; at++)
        {
            if (keys[at] == key)
            {
                return at;
            }
        }

        return -1;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool IsNamed(JsonTape tape, int entry, ReadOnlySpan<byte> name) => _entries[entry] is { Name: { } given }
        ? name.SequenceEqual(given.Text) : tape.IsNamed(_entries[entry].NameToken, name);

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

        /// <summary>See <see cref="Replace"/>; says something of <see cref="Value"/> only.</summary>
        public bool IsSound;

        public readonly bool IsUnchanged => Value.IsEmpty && Insertion.IsEmpty;
    }
}
