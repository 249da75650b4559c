namespace Edge.Core.Bodies.Schemas;

/// <content>Schemas that apply to the same value.</content>
public sealed partial class SchemaValidator
{
    private bool ApplyInPlace(SchemaNode node, int token, int marks)
    {
        var valid = true;
        if (node.Reference is not null)
        {
            valid = Apply(node.Reference, token, marks);
        }

        if (node.DynamicReference is not null)
        {
            valid &= Apply(Dynamic(node), token, marks);
        }

        foreach (var all in node.AllOf)
        {
            if (!valid && _muted > 0)
            {
                return false;
            }

            valid &= all.Same.IsCondition && _schema.DynamicAnchors is null
                ? ApplyCondition(all.Same, token, marks)
                : Apply(all, token, marks);
        }

        if (node.AnyOf.Length > 0 && (marks >= 0 || !IsOf(node.AnyOfTypes, token)))
        {
            valid &= ApplyAlternatives(node, node.AnyOf, SchemaRule.AnyOf, token, marks);
        }

        if (node.OneOf.Length > 0)
        {
            valid &= ApplyAlternatives(node, node.OneOf, SchemaRule.OneOf, token, marks);
        }

        if (node.Not is not null
            && (node.NotTypes != SchemaTypes.Any ? IsOf(node.NotTypes, token) : Test(node.Not, token, -1)))
        {
            valid = Fail(SchemaRule.Not, node, token);
        }

        if (node.If is not null)
        {
            valid &= ApplyCondition(node, token, marks);
        }

        foreach (var (name, dependent) in node.DependentSchemas)
        {
            if (_body.Find(token, name) >= 0)
            {
                valid &= Apply(dependent, token, marks);
            }
        }

        return valid;
    }

    /// <summary>Whether a value is of one of some types; not if there are none.</summary>
    private bool IsOf(SchemaTypes types, int token) =>
        types != SchemaTypes.Any && HasType(types, token, _body.At(token).Kind);

    private bool ApplyCondition(SchemaNode node, int token, int marks)
    {
        _budget--;
        return (Holds(node, token, marks) ? node.Then : node.Else) is not { } consequence
            || (marks < 0 && consequence.Same.MemberType is { } member && IsOf(member, token))
            || Apply(consequence, token, marks);
    }

    /// <summary>Whether a value has a member of a type, if it can have members; what is wrong else is not listed.</summary>
    private bool IsOf(SchemaMemberType member, int token)
    {
        if (_body.At(token).Kind != JsonKind.Object)
        {
            return true;
        }

        var value = _body.Find(token, member.Name);
        return value < 0 ? !member.IsRequired
            : HasType(member.Types, value, _body.At(value).Kind) != member.AreForbidden;
    }

    /// <summary>
    /// Whether an object is as is asked of its kind; what is no object is. With what is wrong it is for the schemas themselves to
    /// find out.
    /// </summary>
    private bool IsOneOf(SchemaVariants variants, int token)
    {
        _budget -= variants.Cases.Length;
        if (_body.At(token).Kind != JsonKind.Object)
        {
            return true;
        }

        var member = _body.Find(token, variants.Name);
        foreach (var one in variants.Cases)
        {
            if ((member < 0 ? one.IsMetWithout : IsAnyOf(one.Texts, member)) && !IsOf(one.Then, token))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether <c>if</c> holds.</summary>
    private bool Holds(SchemaNode node, int token, int marks)
    {
        if (node.IfText is not { } condition || marks >= 0)
        {
            return Test(node.If!, token, marks);
        }

        // What it says of objects holds of everything else.
        if (_body.At(token).Kind != JsonKind.Object)
        {
            return true;
        }

        var member = _body.Find(token, condition.Name);
        return member < 0 ? !condition.IsRequired : IsAnyOf(condition.Texts, member);
    }

    /// <summary>Whether a schema holds; what it says is wrong is not listed.</summary>
    private bool Test(SchemaNode node, int token, int marks)
    {
        _muted++;
        var holds = ApplyBranch(node, token, marks);
        _muted--;
        return holds;
    }

    /// <summary>Applies a schema whose marks count only if it holds.</summary>
    private bool ApplyBranch(SchemaNode node, int token, int marks)
    {
        if (marks < 0)
        {
            return Apply(node, token, -1);
        }

        var end = _marksEnd;
        var own = RentMarks(token);
        var holds = Apply(node, token, own);
        if (holds)
        {
            MergeMarks(own, marks, token);
        }

        _marksEnd = end;
        return holds;
    }

    // What the alternatives find wrong is listed only if one of them was surely meant: the only one that is about such a value.
    private bool ApplyAlternatives(SchemaNode node, SchemaNode[] alternatives, SchemaRule rule, int token, int marks)
    {
        var start = ErrorCount;
        var hadMore = HasMoreErrors;
        var holding = 0;
        var meant = 0;
        foreach (var alternative in alternatives)
        {
            var own = ErrorCount;
            if (ApplyBranch(alternative, token, marks))
            {
                holding++;
                if (rule == SchemaRule.AnyOf && marks < 0)
                {
                    break;
                }
            }
            else if (_muted == 0 && IsAbout(own, token))
            {
                meant++;
                continue;
            }

            ErrorCount = own;
        }

        if (holding == 1 || (holding > 1 && rule == SchemaRule.AnyOf))
        {
            ErrorCount = start;
            HasMoreErrors = hadMore;
            return true;
        }

        if (holding == 0 && meant == 1)
        {
            return false;
        }

        ErrorCount = start;
        HasMoreErrors = hadMore;
        return Fail(rule, node, token, holding);
    }

    /// <summary>Whether the errors from one on leave it possible that their schema was meant for the value.</summary>
    private bool IsAbout(int from, int token)
    {
        for (var i = from; i < ErrorCount; i++)
        {
            ref readonly var error = ref _errors[i];
            var isDecisive = error.Token == token
                ? error.Rule is SchemaRule.Type or SchemaRule.Enum or SchemaRule.Const
                : (error.Rule == SchemaRule.Const || (error.Rule == SchemaRule.Enum && error.Node.Enum!.Length == 1))
                    && IsMember(token, error.Token);
            if (isDecisive)
            {
                return false;
            }
        }

        return ErrorCount > from;
    }

    private bool IsMember(int parent, int token)
    {
        if (_body.At(parent).Kind != JsonKind.Object)
        {
            return false;
        }

        for (var name = parent + 1; name < token; name = _body.At(name + 1).Next)
        {
            if (name + 1 == token)
            {
                return true;
            }
        }

        return false;
    }
}
