namespace Edge.Demo;

/// <summary>Cuts an answer's text into the tokens of its events.</summary>
internal struct AnswerCursor
{
    private int _offset;

    /// <summary>True once everything is taken.</summary>
    public readonly bool AtEnd(MockAnswer answer) => _offset == answer.Text.Length;

    /// <summary>Takes the next event's share.</summary>
    public ReadOnlySpan<byte> Take(MockExchange exchange, out int tokens)
    {
        var rest = exchange.Answer.Text[_offset..];
        var share = rest[..TokenRule.Bytes(rest, exchange.Settings.TokensPerEvent * TokenRule.CodePointsPerToken)];
        _offset += share.Length;
        tokens = TokenRule.Tokens(share);
        return share;
    }
}
