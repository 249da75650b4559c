namespace Edge.Core.Bodies.Patterns;

/// <summary>What a state of a <see cref="PatternProgram"/> does.</summary>
internal enum PatternStep
{
    /// <summary>Takes a byte of a range.</summary>
    Byte,

    /// <summary>Goes on in two ways.</summary>
    Split,

    /// <summary>Goes on at the start of the text only.</summary>
    Start,

    /// <summary>Goes on at the end of the text only.</summary>
    End,

    /// <summary>Goes on at the edge of a word only.</summary>
    WordBoundary,

    /// <summary>Goes on elsewhere than at the edge of a word only.</summary>
    NoWordBoundary,

    /// <summary>The pattern has matched.</summary>
    Match,
}

/// <summary>One state: what it does, for which bytes, and where it leads.</summary>
internal readonly record struct PatternState(PatternStep Step, byte First, byte Last, int Next, int Other);

/// <summary>
/// A pattern as a nondeterministic machine over the bytes of UTF-8 (Thompson's construction). It is an intermediate form: built
/// backwards, each part knowing what follows it.
/// </summary>
internal sealed class PatternProgram
{
    /// <summary>Most states.</summary>
    public const int StatesMax = 50_000;

    private readonly List<PatternState> _states = [];

    private PatternProgram()
    {
    }

    /// <summary>The states.</summary>
    public IReadOnlyList<PatternState> States => _states;

    /// <summary>Number of the first state.</summary>
    public int Start { get; private set; }

    /// <summary>Translates a parsed pattern.</summary>
    /// <exception cref="PatternException">It needs too many states.</exception>
    public static PatternProgram Of(PatternNode node)
    {
        var program = new PatternProgram();
        program.Start = program.Build(node, program.Add(new PatternState(PatternStep.Match, 0, 0, -1, -1)));
        return program;
    }

    private int Add(PatternState state)
    {
        if (_states.Count == StatesMax)
        {
            throw new PatternException($"the pattern is too large: it needs more than {StatesMax} states");
        }

        _states.Add(state);
        return _states.Count - 1;
    }

    private int Build(PatternNode node, int next)
    {
        switch (node.Kind)
        {
            case PatternNodeKind.Empty:
                return next;
            case PatternNodeKind.Set:
                return BuildSet(node.Set!, next);
            case PatternNodeKind.Sequence:
                for (var i = node.Parts.Count - 1; i >= 0; i--)
                {
                    next = Build(node.Parts[i], next);
                }

                return next;
            case PatternNodeKind.Choice:
                var choice = Build(node.Parts[^1], next);
                for (var i = node.Parts.Count - 2; i >= 0; i--)
                {
                    choice = Add(new PatternState(PatternStep.Split, 0, 0, Build(node.Parts[i], next), choice));
                }

                return choice;
            case PatternNodeKind.Repeat:
                return BuildRepeat(node, next);
            default:
                return Add(new PatternState(StepOf(node.Kind), 0, 0, next, -1));
        }
    }

    private int BuildRepeat(PatternNode node, int next)
    {
        var part = node.Parts[0];
        var at = next;
        if (node.Most < 0)
        {
            // The loop's state is known before what it repeats is built.
            at = Add(default);
            var body = Build(part, at);
            _states[at] = new PatternState(PatternStep.Split, 0, 0, body, next);
        }

        for (var i = node.Least; i < node.Most; i++)
        {
            at = Add(new PatternState(PatternStep.Split, 0, 0, Build(part, at), next));
        }

        for (var i = 0; i < node.Least; i++)
        {
            at = Build(part, at);
        }

        return at;
    }

    private static PatternStep StepOf(PatternNodeKind kind) => kind switch
    {
        PatternNodeKind.Start => PatternStep.Start,
        PatternNodeKind.End => PatternStep.End,
        PatternNodeKind.WordBoundary => PatternStep.WordBoundary,
        _ => PatternStep.NoWordBoundary,
    };

    private int BuildSet(CharacterSet set, int next)
    {
        // Ends of sequences that are the same are shared: \p{L} has 600 ranges, and few ends.
        var shared = new Dictionary<(byte, byte, int), int>();
        var choice = -1;
        foreach (var (first, last) in set.Ranges)
        {
            AddRange(first, last, next, shared, ref choice);
        }

        // A set without members never matches: a range of bytes that none is in.
        return choice >= 0 ? choice : Add(new PatternState(PatternStep.Byte, 1, 0, next, -1));
    }

    // Parts a range until all of its characters have the same number of bytes, and each of these bytes is a range of its own.
    private void AddRange(int first, int last, int next, Dictionary<(byte, byte, int), int> shared, ref int choice)
    {
        ReadOnlySpan<int> limits = [0x7F, 0x7FF, 0xD7FF, 0xDFFF, 0xFFFF];
        foreach (var limit in limits)
        {
            if (first <= limit && limit < last)
            {
                AddRange(first, limit, next, shared, ref choice);
                AddRange(limit + 1, last, next, shared, ref choice);
                return;
            }
        }

        if (first is >= 0xD800 and <= 0xDFFF)
        {
            return;
        }

        for (var bits = 6; first > 0x7F && bits <= 18; bits += 6)
        {
            var low = (1 << bits) - 1;
            if ((first & ~low) == (last & ~low))
            {
                break;
            }

            if ((first & low) != 0)
            {
                AddRange(first, first | low, next, shared, ref choice);
                AddRange((first | low) + 1, last, next, shared, ref choice);
                return;
            }

            if ((last & low) != low)
            {
                AddRange(first, (last & ~low) - 1, next, shared, ref choice);
                AddRange(last & ~low, last, next, shared, ref choice);
                return;
            }
        }

        var start = AddBytes(first, last, next, shared);
        choice = choice < 0 ? start : Add(new PatternState(PatternStep.Split, 0, 0, start, choice));
    }

    private int AddBytes(int first, int last, int next, Dictionary<(byte, byte, int), int> shared)
    {
        Span<byte> low = stackalloc byte[4];
        Span<byte> high = stackalloc byte[4];
        var length = new System.Text.Rune(first).EncodeToUtf8(low);
        new System.Text.Rune(last).EncodeToUtf8(high);
        for (var i = length - 1; i >= 0; i--)
        {
            var key = (low[i], high[i], next);
            if (!shared.TryGetValue(key, out var state))
            {
                state = Add(new PatternState(PatternStep.Byte, low[i], high[i], next, -1));
                shared.Add(key, state);
            }

            next = state;
        }

        return next;
    }
}
