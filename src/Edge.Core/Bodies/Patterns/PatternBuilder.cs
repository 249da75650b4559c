using System.Runtime.InteropServices;

namespace Edge.Core.Bodies.Patterns;

/// <summary>
/// Turns a nondeterministic machine into the table of a <see cref="Pattern"/> (subset construction). Where the machine asks what
/// stands before and after a place, the answer is part of the state, or given with the next byte. Used once.
/// </summary>
internal sealed class PatternBuilder
{
    /// <summary>Most steps of the construction, so that a configuration is loaded in a time that is known.</summary>
    private const int WorkMax = 20_000_000;

    private readonly PatternProgram _program;
    private readonly byte[] _classes = new byte[256];
    private readonly List<byte> _samples = [];
    private readonly Dictionary<string, ushort> _numbers = [];
    private readonly List<(int[] States, Before Before)> _sets = [];
    private readonly List<ushort[]> _rows = [];
    private readonly List<bool> _atEnd = [];
    private readonly int[] _marks;
    private readonly bool _asksForWords;
    private int _mark;
    private int _work;

    /// <summary>Prepares for a machine.</summary>
    public PatternBuilder(PatternProgram program)
    {
        _program = program;
        _marks = new int[program.States.Count];
        foreach (var state in program.States)
        {
            _asksForWords |= state.Step is PatternStep.WordBoundary or PatternStep.NoWordBoundary;
        }

        FindClasses();
    }

    private enum Before
    {
        Start,
        Word,
        Other,
    }

    private enum After
    {
        Word,
        Other,

        /// <summary>A byte that goes on with a character, which therefore has no edge here.</summary>
        InCharacter,
        End,
    }

    /// <summary>Builds the table.</summary>
    public Pattern Build()
    {
        // The first two states stand for an outcome; their rows are never read.
        for (var i = 0; i < 2; i++)
        {
            _sets.Add(([], Before.Other));
            _rows.Add([]);
            _atEnd.Add(i == Pattern.Accepted);
        }

        var start = NumberOf([_program.Start], Before.Start);
        for (var state = 2; state < _sets.Count; state++)
        {
            _rows.Add(BuildRow(_sets[state].States, _sets[state].Before));
            _atEnd.Add(Close(_sets[state].States, _sets[state].Before, After.End, out _));
        }

        RejectEarly();
        var table = new ushort[_sets.Count * _samples.Count];
        for (var state = 2; state < _sets.Count; state++)
        {
            _rows[state].CopyTo(table, state * _samples.Count);
        }

        return new Pattern(_classes, _samples.Count, table, [.. _atEnd], start);
    }

    private static After KindOf(int value)
    {
        var isWord = value == '_' || (value < 0x80 && char.IsAsciiLetterOrDigit((char)value));
        return isWord ? After.Word : (value & 0xC0) == 0x80 ? After.InCharacter : After.Other;
    }

    // Bytes that no state tells apart share a column.
    private void FindClasses()
    {
        Span<bool> starts = stackalloc bool[257];
        foreach (var state in _program.States)
        {
            if (state.Step == PatternStep.Byte && state.First <= state.Last)
            {
                starts[state.First] = true;
                starts[state.Last + 1] = true;
            }
        }

        for (var value = 0; value < 256; value++)
        {
            if (value == 0 || starts[value] || (_asksForWords && KindOf(value) != KindOf(value - 1)))
            {
                _samples.Add((byte)value);
            }

            _classes[value] = (byte)(_samples.Count - 1);
        }
    }

    private ushort[] BuildRow(int[] states, Before before)
    {
        // Where nobody asks what follows, the answer is the same whatever follows.
        var matches = new bool[3];
        var taking = new List<int>[3];
        for (var after = After.Word; after <= After.InCharacter; after++)
        {
            var isKnown = after > After.Word && !_asksForWords;
            matches[(int)after] = isKnown ? matches[0] : Close(states, before, after, out taking[(int)after]);
            taking[(int)after] = isKnown ? taking[0] : taking[(int)after];
        }

        var row = new ushort[_samples.Count];
        var targets = new HashSet<int>();
        for (var column = 0; column < row.Length; column++)
        {
            var sample = _samples[column];
            var after = KindOf(sample);
            if (matches[(int)after])
            {
                row[column] = Pattern.Accepted;
                continue;
            }

            targets.Clear();
            targets.Add(_program.Start);
            foreach (var number in taking[(int)after])
            {
                var state = _program.States[number];
                if (state.First <= sample && sample <= state.Last)
                {
                    targets.Add(state.Next);
                }
            }

            Work(targets.Count);
            var sorted = new int[targets.Count];
            targets.CopyTo(sorted);
            Array.Sort(sorted);
            row[column] = NumberOf(sorted, after == After.Word && _asksForWords ? Before.Word : Before.Other);
        }

        return row;
    }

    private ushort NumberOf(int[] states, Before before)
    {
        var key = string.Concat(MemoryMarshal.Cast<int, char>(states), [(char)before]);
        if (_numbers.TryGetValue(key, out var number))
        {
            return number;
        }

        if (_sets.Count == Pattern.StatesMax)
        {
            throw new PatternException($"the pattern is too large: its machine has more than {Pattern.StatesMax} states");
        }

        number = (ushort)_sets.Count;
        _numbers.Add(key, number);
        _sets.Add((states, before));
        return number;
    }

    /// <summary>Follows all that takes no byte. Gives the states that take one, and whether the pattern has matched.</summary>
    private bool Close(int[] states, Before before, After after, out List<int> taking)
    {
        taking = [];
        _mark++;
        var pending = new Stack<int>(states);
        var matches = false;
        var atBoundary = (before == Before.Word) != (after == After.Word);
        while (pending.TryPop(out var number))
        {
            if (_marks[number] == _mark)
            {
                continue;
            }

            Work(1);
            _marks[number] = _mark;
            var state = _program.States[number];
            switch (state.Step)
            {
                case PatternStep.Byte:
                    taking.Add(number);
                    break;
                case PatternStep.Split:
                    pending.Push(state.Next);
                    pending.Push(state.Other);
                    break;
                case PatternStep.Match:
                    matches = true;
                    break;
                default:
                    if (Holds(state.Step, before, after, atBoundary))
                    {
                        pending.Push(state.Next);
                    }

                    break;
            }
        }

        return matches;
    }

    private static bool Holds(PatternStep step, Before before, After after, bool atBoundary) => step switch
    {
        PatternStep.Start => before == Before.Start,
        PatternStep.End => after == After.End,
        PatternStep.WordBoundary => atBoundary,
        _ => !atBoundary && after != After.InCharacter,
    };

    // States from which nothing leads to a match any more become the one that ends the search.
    private void RejectEarly()
    {
        var lives = new bool[_sets.Count];
        lives[Pattern.Accepted] = true;
        var changed = true;
        while (changed)
        {
            changed = false;
            for (var state = _sets.Count - 1; state >= 2; state--)
            {
                if (!lives[state] && (_atEnd[state] || LeadsToLife(_rows[state], lives)))
                {
                    lives[state] = true;
                    changed = true;
                }
            }
        }

        for (var state = 2; state < _sets.Count; state++)
        {
            var row = _rows[state];
            for (var column = 0; column < row.Length; column++)
            {
                row[column] = lives[row[column]] ? row[column] : (ushort)Pattern.Rejected;
            }
        }
    }

    private static bool LeadsToLife(ushort[] row, bool[] lives)
    {
        foreach (var target in row)
        {
            if (lives[target])
            {
                return true;
            }
        }

        return false;
    }

    private void Work(int steps)
    {
        _work += steps;
        if (_work > WorkMax)
        {
            throw new PatternException("the pattern is too large: its machine takes too long to build");
        }
    }
}
