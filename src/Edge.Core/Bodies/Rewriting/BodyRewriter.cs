using System.Runtime.CompilerServices;
using Edge.Core.Http;
using Edge.Core.Memory;

namespace Edge.Core.Bodies.Rewriting;

/// <summary>What became of a body.</summary>
public enum RewriteOutcome
{
    /// <summary>Nothing had to be changed: the old bytes are the right ones.</summary>
    Unchanged,

    /// <summary>There is a new text.</summary>
    Changed,

    /// <summary>The body is not an object.</summary>
    NotAnObject,

    /// <summary>The body is of no form that the rules could transform.</summary>
    NotTransformable,
}

/// <summary>
/// Applies rewriting rules to bodies. Rules see what those before them have done. The new text has the bytes of the old one
/// wherever no rule has changed anything: unknown members, the spelling of numbers, white space and order. Keeps its memory
/// between bodies, and allocates nothing once warm. One for each request under way; not thread-safe.
/// </summary>
/// <remarks>
/// Changes are noted beside the old text, and written once at the end. What the new text asks for is learned from the old one's
/// tokens and those notes, without reading it. A rule that must look into what an earlier one has made has it written and read
/// first; that is seldom, and the result is the same by construction.
/// </remarks>
public sealed partial class BodyRewriter
{
    /// <summary>What each of its buffers keeps: there is one rewriter a thread, and most bodies are no larger.</summary>
    private const int KeptBytes = BlockPool.MessageBytes;

    private static readonly RewriteName StreamName = new("stream");

    private readonly BodyOverlay _overlay = new();
    private readonly HeadBuffer _made = new();
    private readonly HeadBuffer[] _texts = [new(), new()];
    private readonly JsonTape[] _tapes = [new(), new()];
    private JsonTape _body = null!;
    private int _turn;
    private bool _isWritten;

    /// <summary>
    /// The stream was asked to report its usage, and the caller had not: what it says of that is to be hidden from the caller.
    /// </summary>
    public bool AddedIncludeUsage { get; private set; }

    /// <summary>Applies rules to a body.</summary>
    public RewriteOutcome Apply(RewritePlan plan, JsonTape body, IRewriteContext context)
    {
        _body = body;
        _isWritten = false;
        AddedIncludeUsage = false;
        _made.Clear();
        if (body.Tokens[0].Kind != JsonKind.Object)
        {
            return RewriteOutcome.NotAnObject;
        }

        _overlay.Open(body);
        foreach (var (when, rules) in plan.Steps)
        {
            if (when is not null)
            {
                if (_overlay.IsChanged && when.AsksForChanged(_overlay, _body) && !Settle())
                {
                    return RewriteOutcome.NotTransformable;
                }

                if (!when.Holds(_overlay, _body, context))
                {
                    continue;
                }
            }

            foreach (var rule in rules)
            {
                if (!Apply(rule, context))
                {
                    return RewriteOutcome.NotTransformable;
                }
            }
        }

        if (_overlay.IsChanged)
        {
            WriteText();
            return RewriteOutcome.Changed;
        }

        return ReferenceEquals(_body, body) ? RewriteOutcome.Unchanged : RewriteOutcome.Changed;
    }

    /// <summary>
    /// Reads the body as it is to be sent. Only after <see cref="RewriteOutcome.Unchanged"/> and <see
    /// cref="RewriteOutcome.Changed"/>.
    /// </summary>
    /// <param name="body">The one that was given, or the new one, which is valid until rules are applied again.</param>
    /// <returns>False where the body has become too deep, or has too many values.</returns>
    public bool TryRead(out JsonTape body)
    {
        var isRead = Settle();
        body = _body;
        return isRead;
    }

    /// <summary>Finds what policies must know of the body as it is to be sent; when, see <see cref="TryRead"/>.</summary>
    /// <param name="api">The API that is asked.</param>
    /// <param name="facts">What they must know. Its tokens are not to be looked up.</param>
    /// <param name="model">
    /// What <c>model</c> says, if that is a string. Valid until the next call, and until another text of the body is asked for.
    /// </param>
    /// <returns>False, as for <see cref="TryRead"/>.</returns>
    public bool TryMeasure(LlmApi api, out BodyFacts facts, out ReadOnlySpan<byte> model)
    {
        if (!_overlay.IsChanged || !_overlay.TryMeasure(_body, _made.Written.Span, api, out facts))
        {
            if (!Settle())
            {
                facts = default;
                model = default;
                return false;
            }

            facts = BodyFacts.Of(_body, api);
        }

        model = facts.Model >= 0 ? _body.TextOf(facts.Model) : facts.ModelMade.Of(_made.Written.Span);
        return true;
    }

    /// <summary>
    /// Hands over the new text, without a copy; only after <see cref="RewriteOutcome.Changed"/>. What <see cref="TryRead"/> has
    /// read stays valid as long as the text is not touched there.
    /// </summary>
    /// <param name="to">Has the text then. What it had is lost.</param>
    public void TakeText(HeadBuffer to) => _texts[_turn].Exchange(to);

    /// <summary>Gives back what only a large body needed. The rewriter may be used again.</summary>
    public void ReturnMemory()
    {
        _made.Clear(KeptBytes);
        for (var i = 0; i < _tapes.Length; i++)
        {
            _tapes[i].Reset();
            _texts[i].Clear(KeptBytes);
        }
    }

    private bool Apply(RewriteRule rule, IRewriteContext context)
    {
        switch (rule.Kind)
        {
            case RewriteKind.Mobile:
                return ApplyMobile();
            case RewriteKind.SystemMessage:
                return ApplySystemMessage(rule, context);
            case RewriteKind.IncludeUsage:
                return ApplyIncludeUsage(rule);
            case RewriteKind.Map:
                return ApplyMap(rule.Value!, context);
            case RewriteKind.Default:
            case RewriteKind.Set:
                return ApplyValue(rule, context);
            case RewriteKind.Clamp:
                return ApplyClamp(rule);
            case RewriteKind.Alias:
                return ApplyAlias(rule);
            case RewriteKind.Remove:
                if (_overlay.Find(_body, rule.Name) is var removed and >= 0)
                {
                    _overlay.Remove(removed);
                }

                return true;
            default:
                ApplyRename(rule.Name, rule.NewName);
                return true;
        }
    }

    /// <summary>Makes what has been noted the body. False where it has become too deep, or has too many values.</summary>
    private bool Settle()
    {
        if (!_overlay.IsChanged)
        {
            return true;
        }

        if (!_isWritten)
        {
            WriteText();
        }

        _body = _tapes[_turn];
        _made.Clear();
        _isWritten = false;
        if (!_body.Read(_texts[_turn].Written))
        {
            return false;
        }

        _overlay.Open(_body);
        return true;
    }

    private void WriteText()
    {
        _turn ^= 1;
        var text = _texts[_turn];
        text.Clear();
        _overlay.WriteTo(text, _body, _made.Written.Span);
        _isWritten = true;
    }

    private bool ApplyMap(RewriteTemplate template, IRewriteContext context)
    {
        if (!Settle())
        {
            return false;
        }

        _turn ^= 1;
        var text = _texts[_turn];
        text.Clear();
        _made.Clear();
        if (!template.TryWrite(text, _overlay, _body, context))
        {
            return false;
        }

        _body = _tapes[_turn];
        if (!_body.Read(text.Written))
        {
            return false;
        }

        _overlay.Open(_body);
        return true;
    }

    private bool ApplyValue(RewriteRule rule, IRewriteContext context)
    {
        var template = rule.Value;
        if (rule.ByTier is not null && (context.Tier is not { } tier || !rule.ByTier.TryGetValue(tier, out template)))
        {
            return true;
        }

        var entry = _overlay.Find(_body, rule.Name);
        if (entry >= 0 && rule.Kind == RewriteKind.Default)
        {
            return true;
        }

        if (template!.AsksFor(_overlay, _body))
        {
            if (!Settle())
            {
                return false;
            }

            entry = _overlay.Find(_body, rule.Name);
        }

        var start = _made.Length;
        if (!template.TryWrite(_made, _overlay, _body, context))
        {
            return true;
        }

        Put(rule.Name, entry, start, template.IsSound);
        return true;
    }

    private bool ApplyAlias(RewriteRule rule)
    {
        if (!FindSettled(rule.Name, out var entry))
        {
            return false;
        }

        if (entry < 0 || _body.At(_overlay.TokenOf(entry)).Kind != JsonKind.String)
        {
            return true;
        }

        var text = _body.TextOf(_overlay.TokenOf(entry));
        var found = -1;
        for (var i = 0; i < rule.Aliases.Length; i++)
        {
            if (rule.Aliases[i].Pattern.IsMatch(text))
            {
                text = rule.Aliases[i].Text;
                found = i;
            }
        }

        if (found >= 0)
        {
            var start = _made.Length;
            _made.Write(rule.Aliases[found].Json);
            Put(rule.Name, entry, start, isSound: true);
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Put(RewriteName name, int entry, int start, bool isSound)
    {
        var value = new BodyOverlay.Range(start, _made.Length - start);
        if (entry < 0)
        {
            _overlay.Add(name, value, isSound);
        }
        else if (!_overlay.IsUnchanged(entry)
            || !value.Of(_made.Written.Span).SequenceEqual(_body.At(_overlay.TokenOf(entry)).Raw(_body.Text)))
        {
            _overlay.Replace(entry, value, isSound);
        }
    }

    private bool ApplyClamp(RewriteRule rule)
    {
        // What a rule before has made is a number if it begins like one: it is a whole value by construction.
        var entry = _overlay.Find(_body, rule.Name);
        var value = entry < 0 ? default : _overlay.ValueOf(entry, _body, _made.Written.Span);
        if (value.IsEmpty || value[0] is not ((byte)'-' or (>= (byte)'0' and <= (byte)'9')))
        {
            return true;
        }

        var bound = rule.Least is not null && rule.Least.Compare(value) < 0 ? rule.Least
            : rule.Most is not null && rule.Most.Compare(value) > 0 ? rule.Most : null;
        if (bound is not null)
        {
            var start = _made.Length;
            _made.Write(bound.Json);
            Put(rule.Name, entry, start, isSound: true);
        }

        return true;
    }

    private void ApplyRename(RewriteName name, RewriteName newName)
    {
        if (name.Text.AsSpan().SequenceEqual(newName.Text) || _overlay.Find(_body, name) < 0)
        {
            return;
        }

        if (_overlay.Find(_body, newName) is var other and >= 0)
        {
            _overlay.Remove(other);
        }

        _overlay.Rename(_overlay.Find(_body, name), newName);
    }

    private bool ApplySystemMessage(RewriteRule rule, IRewriteContext context)
    {
        if (!FindSettled(rule.Name, out var entry) || (rule.Value!.AsksFor(_overlay, _body) && !Settle()))
        {
            return false;
        }

        entry = entry < 0 ? entry : _overlay.Find(_body, rule.Name);
        if (entry < 0 || _body.At(_overlay.TokenOf(entry)).Kind != JsonKind.Array
            || HasSystemMessage(_overlay.TokenOf(entry)))
        {
            return true;
        }

        var start = _made.Length;
        _made.Write("{\"role\":\"system\",\"content\":"u8);
        if (rule.Value!.TryWrite(_made, _overlay, _body, context))
        {
            _made.Write(_body.At(_overlay.TokenOf(entry)).Count > 0 ? "},"u8 : "}"u8);
            _overlay.Insert(entry, new BodyOverlay.Range(start, _made.Length - start));
        }

        return true;
    }

    private bool HasSystemMessage(int messages)
    {
        for (var at = messages + 1; at < _body.Tokens[messages].Next; at = _body.Tokens[at].Next)
        {
            var role = _body.Find(at, "role"u8);
            if (role >= 0 && _body.Tokens[role].Kind == JsonKind.String
                && (_body.IsNamed(role, "system"u8) || _body.IsNamed(role, "developer"u8)))
            {
                return true;
            }
        }

        return false;
    }

    private bool ApplyIncludeUsage(RewriteRule rule)
    {
        if (!FindSettled(StreamName, out var stream))
        {
            return false;
        }

        if (stream < 0 || _body.At(_overlay.TokenOf(stream)).Kind != JsonKind.True)
        {
            return true;
        }

        if (!FindSettled(rule.Name, out var entry))
        {
            return false;
        }

        var token = entry < 0 ? -1 : _overlay.TokenOf(entry);
        var wish = token < 0 ? -1 : _body.Find(token, "include_usage"u8);
        if (wish >= 0 && _body.Tokens[wish].Kind == JsonKind.True)
        {
            return true;
        }

        // A value that is no object is the provider's to refuse.
        if (token >= 0 && _body.Tokens[token].Kind is not (JsonKind.Object or JsonKind.Null))
        {
            return true;
        }

        var start = _made.Length;
        var old = token >= 0 && _body.Tokens[token].Kind == JsonKind.Object ? _body.Tokens[token].Raw(_body.Text) : "{}"u8;
        if (wish >= 0)
        {
            var at = _body.Tokens[wish].Start - _body.Tokens[token].Start;
            _made.Write(old[..at]);
            _made.Write("true"u8);
            _made.Write(old[(at + _body.Tokens[wish].End - _body.Tokens[wish].Start)..]);
        }
        else
        {
            _made.Write("{\"include_usage\":true"u8);
            _made.Write(old.Length > 2 && _body.Tokens[token].Count > 0 ? ","u8 : default);
            _made.Write(old[1..]);
        }

        // As deep as what was there, and with its names.
        Put(rule.Name, entry, start, isSound: true);
        AddedIncludeUsage = true;
        return true;
    }

    private bool FindSettled(RewriteName name, out int entry)
    {
        entry = _overlay.Find(_body, name);
        if (entry < 0 || _overlay.IsUnchanged(entry))
        {
            return true;
        }

        var settled = Settle();
        entry = settled ? _overlay.Find(_body, name) : -1;
        return settled;
    }
}
