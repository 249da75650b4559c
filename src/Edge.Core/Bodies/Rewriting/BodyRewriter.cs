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
/// Changes are noted beside the old text, and written once at the end. A rule that must look into what an earlier one has made
/// has it written and read first; that is seldom, and the result is the same by construction.
/// </remarks>
public sealed class BodyRewriter
{
    /// <summary>What each of its three buffers keeps: it is one for each thread, and a body that is no larger is the rule.</summary>
    private const int KeptBytes = BlockPool.MessageBytes;

    private static readonly RewriteName StreamName = new("stream");

    private readonly BodyOverlay _overlay = new();
    private readonly HeadBuffer _made = new();
    private readonly HeadBuffer[] _texts = [new(), new()];
    private readonly JsonTape[] _tapes = [new(), new()];
    private JsonTape _body = null!;
    private int _turn;

    /// <summary>
    /// The body as it is to be sent: the one that was given, or the new one, which is valid until the next call. Only after
    /// <see cref="RewriteOutcome.Unchanged"/> and <see cref="RewriteOutcome.Changed"/>.
    /// </summary>
    public JsonTape Body => _body;

    /// <summary>
    /// The stream was asked to report its usage, and the caller had not: what it says of that is to be hidden from the caller.
    /// </summary>
    public bool AddedIncludeUsage { get; private set; }

    /// <summary>Applies rules to a body.</summary>
    public RewriteOutcome Apply(RewritePlan plan, JsonTape body, IRewriteContext context)
    {
        _body = body;
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

        return !WriteChanges() ? RewriteOutcome.NotTransformable
            : ReferenceEquals(_body, body) ? RewriteOutcome.Unchanged : RewriteOutcome.Changed;
    }

    /// <summary>
    /// Hands over the new text, without a copy; only after <see cref="RewriteOutcome.Changed"/>. <see cref="Body"/> stays valid
    /// as long as the text is not touched there.
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

    /// <summary>Makes what has been noted the body, for further rules. False: see <see cref="WriteChanges"/>.</summary>
    private bool Settle()
    {
        if (!_overlay.IsChanged)
        {
            return true;
        }

        if (!WriteChanges())
        {
            return false;
        }

        _overlay.Open(_body);
        return true;
    }

    /// <summary>Makes what has been noted the body. False where it has become too deep, or has too many values.</summary>
    private bool WriteChanges()
    {
        if (!_overlay.IsChanged)
        {
            return true;
        }

        _turn ^= 1;
        var text = _texts[_turn];
        text.Clear();
        var next = _tapes[_turn];
        if (!_overlay.WriteTo(text, _body, _made.Written.Span, next))
        {
            return false;
        }

        _made.Clear();
        _body = next;
        return true;
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

        Put(rule.Name, entry, start, template.Scalar);
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
            if (Wildcard.IsMatch(rule.Aliases[i].Pattern, text))
            {
                text = rule.Aliases[i].Text;
                found = i;
            }
        }

        if (found >= 0)
        {
            var start = _made.Length;
            _made.Write(rule.Aliases[found].Json);
            Put(rule.Name, entry, start, rule.Aliases[found].Scalar);
        }

        return true;
    }

    private void Put(RewriteName name, int entry, int start, JsonToken scalar = default)
    {
        var value = new BodyOverlay.Range(start, _made.Length - start);
        if (entry < 0)
        {
            _overlay.Add(name, value, scalar);
        }
        else if (!_overlay.IsUnchanged(entry)
            || !value.Of(_made.Written.Span).SequenceEqual(_body.At(_overlay.TokenOf(entry)).Raw(_body.Text)))
        {
            _overlay.Replace(entry, value, scalar);
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

        var bound = rule.Least is not null && JsonNumber.Compare(value, rule.Least) < 0 ? rule.Least
            : rule.Most is not null && JsonNumber.Compare(value, rule.Most) > 0 ? rule.Most : null;
        if (bound is not null)
        {
            var start = _made.Length;
            _made.Write(bound);
            Put(rule.Name, entry, start);
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

    private bool ApplyMobile()
    {
        if (_overlay.Find(_body, "messages"u8) >= 0)
        {
            return true;
        }

        if (!Settle() || _overlay.Find(_body, "message"u8) is not (>= 0 and var message)
            || _body.Tokens[_overlay.TokenOf(message)].Kind != JsonKind.String)
        {
            return false;
        }

        var start = _made.Length;
        _made.Write("[{\"role\":\"user\",\"content\":"u8);
        _made.Write(_body.Tokens[_overlay.TokenOf(message)].Raw(_body.Text));
        _made.Write("}]"u8);
        _overlay.Replace(message, new BodyOverlay.Range(start, _made.Length - start));
        _overlay.Rename(message, MobileNames.Messages);
        return ApplyMobileUser();
    }

    private bool ApplyMobileUser()
    {
        if (_overlay.Find(_body, "userId"u8) is not (>= 0 and var user))
        {
            return true;
        }

        ref readonly var value = ref _body.Tokens[_overlay.TokenOf(user)];
        if (value.Kind is not (JsonKind.String or JsonKind.Number or JsonKind.Null))
        {
            return false;
        }

        if (value.Kind == JsonKind.Null || _overlay.Find(_body, "user"u8) >= 0)
        {
            _overlay.Remove(user);
            return true;
        }

        if (value.Kind == JsonKind.Number)
        {
            // The provider knows users by strings only.
            var start = _made.Length;
            _made.Write("\""u8);
            _made.Write(value.Raw(_body.Text));
            _made.Write("\""u8);
            _overlay.Replace(user, new BodyOverlay.Range(start, _made.Length - start));
        }

        _overlay.Rename(user, MobileNames.User);
        return true;
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

        Put(rule.Name, entry, start);
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

    private static class MobileNames
    {
        public static readonly RewriteName Messages = new("messages");
        public static readonly RewriteName User = new("user");
    }
}
