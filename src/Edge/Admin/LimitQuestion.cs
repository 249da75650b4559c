using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text;
using Edge.Core.Configuration;
using Edge.Core.Identity;
using Edge.Core.Limits;
using Edge.Hosting;
using Edge.Pipeline;
using Microsoft.AspNetCore.WebUtilities;

namespace Edge.Admin;

/// <summary>
/// What is asked of <c>/limits</c>: which key of which limit, and for a change how much, by whom and why. Made of a query that
/// may come from anybody who has the token; whatever in it is not understood is an error.
/// </summary>
internal sealed class LimitQuestion
{
    /// <summary>Most chars of a query.</summary>
    public const int QueryCharsMax = 4096;

    /// <summary>Most chars of <see cref="By"/> and of <see cref="Reason"/>.</summary>
    public const int TextCharsMax = 200;

    private const string Route = "route";
    private const string Limit = "limit";
    private const string Amount = "amount";
    private const string ByName = "by";
    private const string ReasonName = "reason";
    private const string Source = "source";
    private const int MicrosPerDollar = 1_000_000;

    private readonly List<(string Name, string Value)> _given = [];
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    private LimitQuestion()
    {
    }

    /// <summary>The route's name.</summary>
    public string RouteName { get; private set; } = "";

    /// <summary>The limit.</summary>
    public RouteLimit Item { get; private set; } = null!;

    /// <summary>The text of the key, from which it is hashed.</summary>
    public LimitKeyText KeyText { get; } = new();

    /// <summary>The key as it was asked for.</summary>
    public string KeyName { get; private set; } = "";

    /// <summary>Units to give back; where it is a reset, all.</summary>
    public long Units { get; private set; } = long.MaxValue;

    /// <summary>Who asks, as told.</summary>
    public string? By { get; private set; }

    /// <summary>Why, as told.</summary>
    public string? Reason { get; private set; }

    /// <summary>Understands a query.</summary>
    /// <param name="query">The query, with its question mark.</param>
    /// <param name="snapshot">The configuration in force.</param>
    /// <param name="isChange">Who and why have to be told.</param>
    /// <param name="hasAmount">How much has to be told.</param>
    /// <param name="question">What is asked.</param>
    /// <param name="error">What is wrong, in a sentence.</param>
    public static bool TryParse(
        string query, GatewaySnapshot snapshot, bool isChange, bool hasAmount,
        [NotNullWhen(true)] out LimitQuestion? question, [NotNullWhen(false)] out string? error)
    {
        var made = new LimitQuestion();
        error = made.Read(query) ?? made.Find(snapshot) ?? made.ReadKey() ?? (isChange ? made.ReadChange(hasAmount) : null)
            ?? made.Leftover();
        question = error is null ? made : null;
        return error is null;
    }

    /// <summary>So many units, as people count them.</summary>
    public string Say(long units) => Item.Rule.Unit switch
    {
        LimitUnit.MicroDollars => string.Create(CultureInfo.InvariantCulture, $"{units / (decimal)MicrosPerDollar:0.######} usd"),
        LimitUnit.Requests => string.Create(CultureInfo.InvariantCulture, $"{units} requests"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{units} tokens"),
    };

    private string? Read(string query)
    {
        if (query.Length > QueryCharsMax)
        {
            return string.Create(CultureInfo.InvariantCulture, $"the query has more than {QueryCharsMax} characters");
        }

        foreach (var pair in new QueryStringEnumerable(query))
        {
            var name = pair.DecodeName().ToString();
            var value = pair.DecodeValue().ToString();
            if (HasControls(name) || HasControls(value))
            {
                return "the query has control characters";
            }

            if (!name.StartsWith("header:", StringComparison.Ordinal) && _given.Exists(given => given.Name == name))
            {
                return $"'{Short(name)}' is given twice";
            }

            _given.Add((name, value));
        }

        return null;
    }

    private string? Find(GatewaySnapshot snapshot)
    {
        if (Take(Route) is not { } name)
        {
            return "say which route: route=NAME";
        }

        GatewayRoute? route = null;
        foreach (var one in snapshot.Routes)
        {
            route = one.Plan.Name == name ? one : route;
        }

        if (route is null)
        {
            return $"there is no route '{Short(name)}'";
        }

        RouteName = name;
        var limits = route.Limits is { } all ? (RouteLimit[])[.. all.Requests, .. all.Spending] : [];
        var names = string.Join(", ", Array.ConvertAll(limits, static limit => limit.Rule.Name));
        if (Take(Limit) is not { } limitName)
        {
            return limits.Length == 0 ? "this route has no limits" : $"say which limit: limit=NAME; there are {names}";
        }

        var found = Array.Find(limits, limit => limit.Rule.Name == limitName);
        if (found is null)
        {
            return $"there is no limit '{Short(limitName)}' on this route; there are: {names}";
        }

        Item = found;
        return null;
    }

    private string? ReadKey()
    {
        var name = new StringBuilder();
        foreach (var part in Item.Per)
        {
            if (ReadPart(part) is { } error)
            {
                return error;
            }
        }

        foreach (var (given, value) in _given)
        {
            if (_used.Contains(given) && given is not (Route or Limit))
            {
                name.Append(name.Length == 0 ? "" : " ").Append(given).Append('=').Append(value);
            }
        }

        KeyName = name.Length == 0 ? "all" : name.ToString();
        return null;
    }

    private string? ReadPart(LimitKeyPart part)
    {
        switch (part.Kind)
        {
            case LimitKeyKind.Consumer:
                return ReadConsumer();
            case LimitKeyKind.ApiKey:
                return ReadConsumer() ?? ReadText("apiKey");
            case LimitKeyKind.Tier:
                return ReadText("tier");
            case LimitKeyKind.Claim:
                return ReadText("claim:" + part.Name);
            case LimitKeyKind.Route:
                KeyText.Append(RouteName);
                return null;
            case LimitKeyKind.Ip:
                return ReadAddress();
            default:
                return ReadHeader("header:" + part.Name);
        }
    }

    /// <summary>An empty value stands for callers who have none.</summary>
    private string? ReadText(string name)
    {
        if (Take(name) is not { } value)
        {
            return $"this limit has a count for each {name}: add {name}=VALUE, or {name}= for those without";
        }

        KeyText.Append(value.Length == 0 ? null : value);
        return null;
    }

    private string? ReadConsumer()
    {
        if (Take("consumer") is not { } id)
        {
            return "this limit has a count for each consumer: add consumer=ID, and source=ISSUER where an issuer vouches for " +
                "it; or consumer= for anonymous callers";
        }

        var source = Take(Source);
        KeyText.Append(id.Length == 0 ? "" : source ?? Caller.ConsumersSource);
        KeyText.Append(id.Length == 0 ? null : id);
        return null;
    }

    private string? ReadAddress()
    {
        if (Take("ip") is not { } text)
        {
            return "this limit has a count for each address: add ip=ADDRESS";
        }

        if (!IPAddress.TryParse(text, out var address))
        {
            return $"'{Short(text)}' is not an address";
        }

        LimitStage.Append(KeyText, address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
        return null;
    }

    private string? ReadHeader(string name)
    {
        var values = new List<string>();
        var any = false;
        foreach (var (given, value) in _given)
        {
            if (given.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                any = true;
                _used.Add(given);
                if (value.Length > 0)
                {
                    values.Add(value);
                }
            }
        }

        KeyText.Append(values.Count);
        values.ForEach(KeyText.Append);
        return any ? null : $"this limit has a count for each {name}: add {name}=VALUE, or {name}= for requests without";
    }

    private string? ReadChange(bool hasAmount)
    {
        if (Item.Rule.Kind == LimitKind.Concurrent)
        {
            return "this limit counts what runs now, which nobody can take back";
        }

        if (hasAmount && ReadAmount() is { } error)
        {
            return error;
        }

        By = Take(ByName);
        Reason = Take(ReasonName);
        return By is not { Length: > 0 and <= TextCharsMax } || Reason is not { Length: > 0 and <= TextCharsMax }
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"say who does this and why, for the audit log: by=NAME and reason=TEXT, {TextCharsMax} characters each at most")
            : null;
    }

    private string? ReadAmount()
    {
        var isMoney = Item.Rule.Unit == LimitUnit.MicroDollars;
        var style = isMoney ? NumberStyles.AllowDecimalPoint : NumberStyles.None;
        if (Take(Amount) is not { Length: <= 20 } text
            || !decimal.TryParse(text, style, CultureInfo.InvariantCulture, out var amount)
            || amount <= 0 || amount > LimitRule.UnitsMax)
        {
            return isMoney
                ? "say how many dollars: amount=12.50"
                : "say how much: amount=N, a whole number from 1 to 1000000000000";
        }

        Units = (long)Math.Ceiling(isMoney ? amount * MicrosPerDollar : amount);
        return null;
    }

    private string? Leftover()
    {
        foreach (var (name, _) in _given)
        {
            if (!_used.Contains(name))
            {
                return $"'{Short(name)}' means nothing here";
            }
        }

        return null;
    }

    private string? Take(string name)
    {
        foreach (var (given, value) in _given)
        {
            if (given == name)
            {
                _used.Add(name);
                return value;
            }
        }

        return null;
    }

    private static bool HasControls(string text)
    {
        foreach (var c in text)
        {
            if (char.IsControl(c) || char.IsSurrogate(c))
            {
                return true;
            }
        }

        return false;
    }

    private static string Short(string text) => text.Length <= 64 ? text : text[..64] + "...";
}
