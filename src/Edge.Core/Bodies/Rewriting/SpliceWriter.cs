using System.Runtime.CompilerServices;
using Edge.Core.Http;

namespace Edge.Core.Bodies.Rewriting;

/// <summary>A part of an old text that is taken over.</summary>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="End">Offset behind its last byte.</param>
/// <param name="First">Its first token.</param>
/// <param name="Next">The token behind its last one.</param>
internal readonly record struct SpliceRun(int Start, int End, int First, int Next);

/// <summary>
/// Puts a new text together from parts of an old one and from what was made, and its tape with it. What is put in behind the
/// first byte of a value makes that neither the old one nor a made one: then the new text is read at the end.
/// </summary>
/// <remarks>Its methods are not inlined: all in one had no register left, and took longer.</remarks>
internal ref struct SpliceWriter
{
    private readonly HeadBuffer _to;
    private readonly JsonTape _tape;
    private readonly JsonTape _next;
    private readonly ReadOnlySpan<byte> _made;
    private bool _isSpliced;

    /// <summary>Begins.</summary>
    /// <param name="to">Where the text goes; it is empty.</param>
    /// <param name="tape">The old text.</param>
    /// <param name="made">What was made.</param>
    /// <param name="next">Becomes the tape of the new text.</param>
    public SpliceWriter(HeadBuffer to, JsonTape tape, ReadOnlySpan<byte> made, JsonTape next)
    {
        _to = to;
        _tape = tape;
        _next = next;
        _made = made;
        _isSpliced = true;
        to.GetSpan(tape.Text.Length + made.Length);
        next.BeginSplice();
    }

    /// <summary>Takes over a part of the old text.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Take(SpliceRun run)
    {
        if (run.Start < run.End)
        {
            _isSpliced = _isSpliced && _next.Splice(_tape, run.First, run.Next, _to.Length - run.Start);
            _to.Write(_tape.Text[run.Start..run.End]);
        }
    }

    /// <summary>Writes a name and a colon.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Write(RewriteName name, bool hasComma)
    {
        _to.Write(name.CommaJson.AsSpan(hasComma ? 0 : 1));
        var colon = _to.Length - 1;
        _isSpliced = _isSpliced && _next.SpliceName(colon - name.QuotedLength, colon, name.Chars, name.IsEscaped);
    }

    /// <summary>Writes a value that was made.</summary>
    /// <param name="value">The value.</param>
    /// <param name="scalar">Its token, where it is known; else the default.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Write(BodyOverlay.Range value, JsonToken scalar)
    {
        var text = value.Of(_made);
        _isSpliced = _isSpliced
            && (scalar.End > 0 ? _next.Splice(scalar, _to.Length) : _next.SpliceRead(text, _to.Length));
        _to.Write(text);
    }

    /// <summary>Writes a value that was made, or else an old one with something put in.</summary>
    public void Write(BodyOverlay.Range value, JsonToken scalar, BodyOverlay.Range insertion, int oldToken)
    {
        if (!value.IsEmpty)
        {
            Write(value, scalar);
            return;
        }

        var old = _tape.At(oldToken).Raw(_tape.Text);
        _to.Write(old[..1]);
        _to.Write(insertion.Of(_made));
        _to.Write(old[1..]);
        _isSpliced = false;
    }

    /// <summary>Writes the end.</summary>
    /// <param name="run">The last part that is taken over.</param>
    /// <param name="members">How many members the new object has.</param>
    /// <returns>False: the new text is too deep, or has too many values.</returns>
    public bool End(SpliceRun run, int members)
    {
        ref readonly var old = ref _tape.At(0);
        var length = _tape.Text.Length;
        if (run.Next == old.Next)
        {
            Take(run with { End = length });
        }
        else
        {
            Take(run);
            _to.Write(_tape.Text[(old.End - 1)..]);
        }

        return _isSpliced
            ? _next.EndSplice(_to.Written, old.Start, _to.Length - (length - old.End), members)
            : _next.Read(_to.Written);
    }
}
