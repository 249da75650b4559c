using System.Numerics;

namespace Edge.Core.Bodies.Schemas;

/// <content>Objects and arrays.</content>
public sealed partial class SchemaValidator
{
    /// <summary>Items of a list up to which they are compared pair by pair.</summary>
    private const int PairedItemsMax = 8;

    /// <summary>Where the number of a dependency begins in the detail of its violation.</summary>
    private const int DependencyShift = 16;

    private bool ApplyToObject(SchemaNode node, int token, int marks)
    {
        if (!node.HasObjectRules)
        {
            return true;
        }

        var valid = true;
        var count = _body.At(token).Count;
        if (count < node.MinProperties)
        {
            valid = Fail(SchemaRule.MinProperties, node, token);
        }

        if (count > node.MaxProperties)
        {
            valid = Fail(SchemaRule.MaxProperties, node, token);
        }

        var end = _body.At(token).Next;
        if (node.HasNamesOnly && marks < 0)
        {
            return ApplyToNamed(node, token, end) && valid;
        }

        var met = 0UL;
        var index = 0;
        for (var name = token + 1; name < end; name = _body.At(name + 1).Next)
        {
            valid &= ApplyToMember(node, name, index++, marks, ref met);
            if (!valid && _muted > 0)
            {
                return false;
            }
        }

        valid &= HasRequired(node, token, met);
        for (var i = 0; i < node.DependentRequired.Length; i++)
        {
            valid &= HasDependents(node, token, i);
        }

        return valid;
    }

    // As most schemas of objects are: something is said about some names, and nothing about others.
    private bool ApplyToNamed(SchemaNode node, int token, int end)
    {
        var valid = true;
        var met = 0UL;
        var members = node.Members!;
        for (var name = token + 1; name < end; name = _body.At(name + 1).Next)
        {
            if (members.Find(_body.TextOf(name)) is not { } member)
            {
                continue;
            }

            met |= (uint)member.Required < 64 ? 1UL << member.Required : 0;
            if (member.Node is { } said && !Apply(said, name + 1, -1))
            {
                valid = false;
                if (_muted > 0)
                {
                    return false;
                }
            }
        }

        return HasRequired(node, token, met) && valid;
    }

    private bool ApplyToMember(SchemaNode node, int name, int index, int marks, ref ulong met)
    {
        var valid = node.PropertyNames is null || Apply(node.PropertyNames, name, -1);
        var isKnown = false;
        if (node.Members?.Find(_body.TextOf(name)) is { } member)
        {
            met |= (uint)member.Required < 64 ? 1UL << member.Required : 0;
            if (member.Node is not null)
            {
                isKnown = true;
                valid &= Apply(member.Node, name + 1, -1);
            }
        }

        foreach (var (pattern, schema) in node.PatternProperties)
        {
            if (pattern.IsMatch(_body.TextOf(name)))
            {
                isKnown = true;
                valid &= Apply(schema, name + 1, -1);
            }
        }

        if (!isKnown && node.AdditionalProperties is { } additional)
        {
            isKnown = true;
            valid &= additional.Always == false
                ? Fail(SchemaRule.AdditionalProperties, node, name) : Apply(additional, name + 1, -1);
        }

        if (isKnown)
        {
            Mark(marks, index);
        }

        return valid;
    }

    private bool HasRequired(SchemaNode node, int token, ulong met)
    {
        var valid = true;
        for (var i = 0; i < node.Required.Length; i++)
        {
            var isThere = i < 64 ? ((met >> i) & 1) != 0 : _body.Find(token, node.Required[i]) >= 0;
            if (!isThere)
            {
                valid = Fail(SchemaRule.Required, node, token, i);
            }
        }

        return valid;
    }

    private bool HasDependents(SchemaNode node, int token, int dependency)
    {
        var (name, needs) = node.DependentRequired[dependency];
        var valid = true;
        if (_body.Find(token, name) < 0)
        {
            return valid;
        }

        for (var i = 0; i < needs.Length; i++)
        {
            if (_body.Find(token, needs[i]) < 0)
            {
                valid = Fail(SchemaRule.DependentRequired, node, token, (dependency << DependencyShift) | i);
            }
        }

        return valid;
    }

    private bool ApplyToUnevaluatedMembers(SchemaNode node, int token, int marks)
    {
        var valid = true;
        var unevaluated = node.UnevaluatedProperties!;
        var end = _body.At(token).Next;
        var index = 0;
        for (var name = token + 1; name < end; name = _body.At(name + 1).Next, index++)
        {
            if (!IsMarked(marks, index))
            {
                valid &= unevaluated.Always == false
                    ? Fail(SchemaRule.UnevaluatedProperties, node, name) : Apply(unevaluated, name + 1, -1);
                Mark(marks, index);
            }
        }

        return valid;
    }

    private bool ApplyToArray(SchemaNode node, int token, int marks)
    {
        if (!node.HasArrayRules)
        {
            return true;
        }

        var valid = true;
        var count = _body.At(token).Count;
        if (count < node.MinItems)
        {
            valid = Fail(SchemaRule.MinItems, node, token);
        }

        if (count > node.MaxItems)
        {
            valid = Fail(SchemaRule.MaxItems, node, token);
        }

        var at = token + 1;
        for (var i = 0; i < count && (i < node.PrefixItems.Length || node.Items is not null); i++)
        {
            valid &= Apply(i < node.PrefixItems.Length ? node.PrefixItems[i] : node.Items!, at, -1);
            if (!valid && _muted > 0)
            {
                return false;
            }

            Mark(marks, i);
            at = _body.At(at).Next;
        }

        if (node.UniqueItems && count > 1)
        {
            valid &= HasDistinctItems(node, token, count);
        }

        return (node.Contains is null || Contains(node, token, marks)) && valid;
    }

    private bool Contains(SchemaNode node, int token, int marks)
    {
        var found = 0;
        var index = 0;
        _muted++;
        for (var at = token + 1; at < _body.At(token).Next; at = _body.At(at).Next, index++)
        {
            if (Apply(node.Contains!, at, -1))
            {
                found++;
                Mark(marks, index);
            }
        }

        _muted--;
        if (found < node.MinContains)
        {
            return Fail(SchemaRule.Contains, node, token, found);
        }

        return found <= node.MaxContains || Fail(SchemaRule.MaxContains, node, token, found);
    }

    private bool ApplyToUnevaluatedItems(SchemaNode node, int token, int marks)
    {
        var valid = true;
        var unevaluated = node.UnevaluatedItems!;
        var index = 0;
        for (var at = token + 1; at < _body.At(token).Next; at = _body.At(at).Next, index++)
        {
            if (!IsMarked(marks, index))
            {
                valid &= unevaluated.Always == false
                    ? Fail(SchemaRule.UnevaluatedItems, node, at) : Apply(unevaluated, at, -1);
                Mark(marks, index);
            }
        }

        return valid;
    }

    private bool HasDistinctItems(SchemaNode node, int token, int count)
    {
        if (count > PairedItemsMax)
        {
            return HasDistinctItemsHashed(node, token, count);
        }

        var end = _body.At(token).Next;
        for (var left = token + 1; left < end; left = _body.At(left).Next)
        {
            for (var right = _body.At(left).Next; right < end; right = _body.At(right).Next)
            {
                if (ItemsEqual(left, right))
                {
                    return Fail(SchemaRule.UniqueItems, node, token, right);
                }
            }
        }

        return true;
    }

    // A table of tokens and one of their hashes, in one array.
    private bool HasDistinctItemsHashed(SchemaNode node, int token, int count)
    {
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)count * 2);
        Pooled.Reserve(ref _hashes, size * 2);
        _hashes.AsSpan(0, size).Clear();
        for (var at = token + 1; at < _body.At(token).Next; at = _body.At(at).Next)
        {
            var hash = JsonEquality.Hash(_body, at);
            var slot = hash & (size - 1);
            for (; _hashes[slot] != 0; slot = (slot + 1) & (size - 1))
            {
                if (_hashes[size + slot] == hash && ItemsEqual(_hashes[slot], at))
                {
                    return Fail(SchemaRule.UniqueItems, node, token, at);
                }
            }

            _hashes[slot] = at;
            _hashes[size + slot] = hash;
        }

        return true;
    }

    private bool ItemsEqual(int left, int right)
    {
        var equal = JsonEquality.Equal(_body, left, _body, right, ref _budget);
        _exhausted |= _budget < 0;
        return equal;
    }

    private int WordsOf(int token) => (_body.At(token).Count + 63) / 64;

    private int RentMarks(int token)
    {
        var words = WordsOf(token);
        var start = _marksEnd;
        Pooled.Grow(ref _marks, start + words);
        _marks.AsSpan(start, words).Clear();
        _marksEnd = start + words;
        return start;
    }

    private void MergeMarks(int from, int to, int token)
    {
        for (var i = 0; to >= 0 && i < WordsOf(token); i++)
        {
            _marks[to + i] |= _marks[from + i];
        }
    }

    private void Mark(int marks, int index)
    {
        if (marks >= 0)
        {
            _marks[marks + (index >> 6)] |= 1UL << (index & 63);
        }
    }

    private bool IsMarked(int marks, int index) => ((_marks[marks + (index >> 6)] >> (index & 63)) & 1) != 0;
}
