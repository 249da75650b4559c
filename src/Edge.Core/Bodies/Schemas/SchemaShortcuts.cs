namespace Edge.Core.Bodies.Schemas;

/// <summary>
/// Finds which of a file's schemas are of the simple forms that nearly all are of, so that a body is held against those in few
/// steps. What they say stays the same, and so does what is reported; of a body that is too complex to judge there are fewer.
/// </summary>
internal static class SchemaShortcuts
{
    /// <summary>Looks at all schemas of a file, which are complete.</summary>
    public static void Find(IReadOnlyCollection<SchemaNode> nodes)
    {
        foreach (var node in nodes)
        {
            node.HasNamesOnly = node.Members is not null && node.PropertyNames is null && node.PatternProperties.Length == 0
                && node.AdditionalProperties is null && node.DependentRequired.Length == 0;
            node.HasValueRules = !node.HasNoValueRules;
            node.IsType = node.Types != SchemaTypes.Any && node.HasNoRules && !node.HasInPlace;
            node.IsLeaf = node.HasNoPartRules && !node.HasInPlace;
            node.IsInPlaceOnly = node.HasInPlace && node.Types == SchemaTypes.Any && node.HasNoRules;
        }

        foreach (var node in nodes)
        {
            foreach (var alternative in node.AnyOf)
            {
                node.AnyOfTypes |= alternative.Same.IsType ? alternative.Same.Types : SchemaTypes.Any;
            }

            node.NotTypes = node.Not is { Same: { IsType: true } not } ? not.Types : SchemaTypes.Any;
            node.IfText = node.If is { } condition ? ConditionOf(condition.Same) : null;
            node.IsCondition = node is { IsInPlaceOnly: true, InPlaceCount: 1, If: not null };
        }

        foreach (var node in nodes)
        {
            node.MemberType = MemberTypeOf(node);
        }

        foreach (var node in nodes)
        {
            node.Variants = VariantsOf(node);
        }
    }

    private static SchemaVariants? VariantsOf(SchemaNode node)
    {
        if (node.AllOf.Length == 0 || node.AllOf.Length != node.InPlaceCount)
        {
            return null;
        }

        var cases = new SchemaVariant[node.AllOf.Length];
        for (var i = 0; i < cases.Length; i++)
        {
            var (one, first) = (node.AllOf[i].Same, node.AllOf[0].Same);
            if (one is not { IsCondition: true, IfText: { } condition, Then.Same.MemberType: { } then, Else: null }
                || !condition.Name.AsSpan().SequenceEqual(first.IfText!.Name))
            {
                return null;
            }

            cases[i] = new SchemaVariant(condition.Texts, !condition.IsRequired, then);
        }

        return new SchemaVariants(node.AllOf[0].Same.IfText!.Name, cases);
    }

    private static SchemaCondition? ConditionOf(SchemaNode node) =>
        OnlyMemberOf(node) is { Node: { } member } only && member.Same.OnlyTexts is { } texts
            ? new SchemaCondition(only.Name, texts, only.Required >= 0)
            : null;

    private static SchemaMemberType? MemberTypeOf(SchemaNode node) =>
        OnlyMemberOf(node) is not { Node.Same: { } member } only ? null
        : member.IsType ? new SchemaMemberType(only.Name, member.Types, AreForbidden: false, only.Required >= 0)
        : member is { IsInPlaceOnly: true, InPlaceCount: 1, NotTypes: not SchemaTypes.Any }
            ? new SchemaMemberType(only.Name, member.NotTypes, AreForbidden: true, only.Required >= 0)
        : null;

    /// <summary>The one member of which a schema says something, if it says nothing else.</summary>
    private static MemberTable.Entry? OnlyMemberOf(SchemaNode node)
    {
        var asksForOne = node is { Types: SchemaTypes.Any, Enum: null, ConstToken: < 0, HasNamesOnly: true, HasInPlace: false }
            && node is { HasStringRules: false, HasArrayRules: false, Bounds: [], MultipleOfToken: < 0 }
            && node is { UnevaluatedProperties: null, UnevaluatedItems: null, MinProperties: 0, MaxProperties: int.MaxValue };
        return asksForOne ? node.Members!.Only : null;
    }
}
