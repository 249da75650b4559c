namespace Edge.Core.Bodies.Rewriting;

/// <content>The mobile format.</content>
public sealed partial class BodyRewriter
{
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
        _overlay.Replace(message, new BodyOverlay.Range(start, _made.Length - start), isSound: true);
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
            _overlay.Replace(user, new BodyOverlay.Range(start, _made.Length - start), isSound: true);
        }

        _overlay.Rename(user, MobileNames.User);
        return true;
    }

    private static class MobileNames
    {
        public static readonly RewriteName Messages = new("messages");
        public static readonly RewriteName User = new("user");
    }
}
