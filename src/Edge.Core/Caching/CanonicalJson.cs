using System.Buffers.Binary;
using Edge.Core.Bodies;
using Edge.Core.Http;

namespace Edge.Core.Caching;

/// <summary>
/// Writes what a JSON text means, so that two texts give the same bytes exactly where they say the same: whatever the order of
/// members, white space, escapes and the spelling of numbers. Every value has its kind and its length before it. It is no JSON:
/// nobody reads it but who compares. Owns its memory; not thread-safe.
/// </summary>
public sealed class CanonicalJson
{
    private const int FirstMembers = 16;
    private const int KeptMembers = 256;

    private readonly HeadBuffer _sorted = new();
    private Member[] _members = [];
    private int _memberCount;
    private bool _leavesOutStream;

    /// <summary>A string of the text that is written; -1: none.</summary>
    public int MarkedToken { get; set; } = -1;

    /// <summary>Where it was written: its length, and it.</summary>
    public int MarkedStart { get; private set; }

    /// <summary>Bytes of both.</summary>
    public int MarkedLength { get; private set; }

    /// <summary>Appends the meaning of a text.</summary>
    /// <param name="text">The text, which has been read.</param>
    /// <param name="to">Where to.</param>
    /// <param name="lengthMax">Most bytes that there may be in the end.</param>
    /// <returns>False where there are more: what was appended is to be forgotten.</returns>
    public bool TryWrite(JsonTape text, HeadBuffer to, int lengthMax) => TryWrite(text, 0, to, lengthMax);

    /// <summary>Appends the meaning of one value of a text.</summary>
    /// <inheritdoc cref="TryWrite(JsonTape, HeadBuffer, int)"/>
    public bool TryWrite(JsonTape text, int token, HeadBuffer to, int lengthMax)
    {
        _memberCount = 0;
        _leavesOutStream = false;
        return Write(text, token, to, lengthMax);
    }

    /// <summary>
    /// Appends the meaning of a text but for its members <c>stream</c> and <c>stream_options</c>, which say how an answer is
    /// to come and not which.
    /// </summary>
    /// <inheritdoc cref="TryWrite(JsonTape, HeadBuffer, int)"/>
    public bool TryWriteWithoutStream(JsonTape text, HeadBuffer to, int lengthMax)
    {
        _memberCount = 0;
        _leavesOutStream = true;
        return Write(text, 0, to, lengthMax);
    }

    /// <summary>Gives back what only a large text needed.</summary>
    public void ReturnMemory()
    {
        _sorted.ReturnMemory();
        if (_members.Length > KeptMembers)
        {
            _members = [];
        }
    }

    // As deep as the tape lets containers be.
    private bool Write(JsonTape text, int token, HeadBuffer to, int lengthMax)
    {
        ref readonly var it = ref text.Tokens[token];
        var span = to.GetSpan(1);
        span[0] = (byte)it.Kind;
        to.Advance(1);
        switch (it.Kind)
        {
            case JsonKind.Number:
                WriteNumber(it.Raw(text.Text), to);
                break;
            case JsonKind.String:
                var before = to.Length;
                WriteText(text.TextOf(token), to);
                if (token == MarkedToken)
                {
                    (MarkedStart, MarkedLength) = (before, to.Length - before);
                }

                break;
            case JsonKind.Array:
                WriteCount(it.Count, to);
                for (var at = token + 1; at < it.Next; at = text.Tokens[at].Next)
                {
                    if (!Write(text, at, to, lengthMax))
                    {
                        return false;
                    }
                }

                break;
            case JsonKind.Object:
                return WriteObject(text, token, to, lengthMax);
            default:
                break;
        }

        return to.Length <= lengthMax;
    }

    private bool WriteObject(JsonTape text, int token, HeadBuffer to, int lengthMax)
    {
        var end = text.Tokens[token].Next;
        var leavesOut = _leavesOutStream && token == 0;
        WriteCount(
            text.Tokens[token].Count
            - (leavesOut && text.Find(0, "stream"u8) >= 0 ? 1 : 0) - (leavesOut && text.Find(0, "stream_options"u8) >= 0 ? 1 : 0),
            to);
        var start = to.Length;
        var first = _memberCount;
        for (var at = token + 1; at < end; at = text.Tokens[at + 1].Next)
        {
            if (leavesOut && (text.IsNamed(at, "stream"u8) || text.IsNamed(at, "stream_options"u8)))
            {
                continue;
            }

            var from = to.Length;
            WriteText(text.TextOf(at), to);
            if (to.Length > lengthMax || !Write(text, at + 1, to, lengthMax))
            {
                return false;
            }

            Add(new Member(from, to.Length - from));
        }

        Sort(_members.AsSpan(first, _memberCount - first), start, to);
        _memberCount = first;
        return true;
    }

    private void Sort(Span<Member> members, int start, HeadBuffer to)
    {
        var text = to.Written.Span;
        var isSorted = true;
        for (var i = 1; i < members.Length && isSorted; i++)
        {
            isSorted = Compare(text, members[i - 1], members[i]) < 0;
        }

        if (isSorted)
        {
            return;
        }

        for (var i = (members.Length / 2) - 1; i >= 0; i--)
        {
            Sink(text, members, i);
        }

        for (var left = members.Length - 1; left > 0; left--)
        {
            (members[0], members[left]) = (members[left], members[0]);
            Sink(text, members[..left], 0);
        }

        _sorted.Clear();
        var marked = MarkedStart;
        foreach (var member in members)
        {
            if (MarkedToken >= 0 && marked >= member.Start && marked < member.Start + member.Length)
            {
                MarkedStart = start + _sorted.Length + marked - member.Start;
            }

            _sorted.Write(text.Slice(member.Start, member.Length));
        }

        to.Truncate(start);
        to.Write(_sorted.Written.Span);
    }

    /// <summary>Heap sort: a body of ten thousand members in the worst order costs no more than one in any other.</summary>
    private static void Sink(ReadOnlySpan<byte> text, Span<Member> heap, int at)
    {
        while (true)
        {
            var child = (2 * at) + 1;
            if (child >= heap.Length)
            {
                return;
            }

            if (child + 1 < heap.Length && Compare(text, heap[child], heap[child + 1]) < 0)
            {
                child++;
            }

            if (Compare(text, heap[at], heap[child]) >= 0)
            {
                return;
            }

            (heap[at], heap[child]) = (heap[child], heap[at]);
            at = child;
        }
    }

    // By length and bytes of the names, which come first and of which no two are the same.
    private static int Compare(ReadOnlySpan<byte> text, Member left, Member right) =>
        text.Slice(left.Start, left.Length).SequenceCompareTo(text.Slice(right.Start, right.Length));

    private void Add(Member member)
    {
        if (_memberCount == _members.Length)
        {
            Array.Resize(ref _members, Math.Max(FirstMembers, _members.Length * 2));
        }

        _members[_memberCount++] = member;
    }

    private static void WriteNumber(ReadOnlySpan<byte> spelled, HeadBuffer to)
    {
        var number = JsonNumber.Parse(spelled);
        to.GetSpan(1)[0] = number.IsNegative ? (byte)1 : (byte)0;
        to.Advance(1);
        WriteCount(number.Magnitude, to);
        var room = to.GetSpan(sizeof(int) + spelled.Length);
        var count = number.CopyDigits(room[sizeof(int)..]);
        BinaryPrimitives.WriteInt32LittleEndian(room, count);
        to.Advance(sizeof(int) + count);
    }

    private static void WriteText(ReadOnlySpan<byte> text, HeadBuffer to)
    {
        WriteCount(text.Length, to);
        to.Write(text);
    }

    private static void WriteCount(int count, HeadBuffer to)
    {
        BinaryPrimitives.WriteInt32LittleEndian(to.GetSpan(sizeof(int)), count);
        to.Advance(sizeof(int));
    }

    /// <summary>Where a member was written.</summary>
    private readonly record struct Member(int Start, int Length);
}
