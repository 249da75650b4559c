using System.Collections.Immutable;
using System.Globalization;
using Edge.Core.Bodies;
using Edge.Core.Bodies.Schemas;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Hosting;

namespace Edge.Pipeline;

/// <summary>What callers are told of bodies that are refused. Made only then.</summary>
internal static class BodyErrors
{
    /// <summary>Most chars of a caller's own text that a message repeats.</summary>
    public const int QuotedCharsMax = 100;

    /// <summary>Parameters and headers that are missing; null where all are there.</summary>
    public static ErrorDetails? AboutParameters(RequestContext context, RouteBody route)
    {
        ImmutableArray<SchemaError>.Builder? errors = null;
        foreach (var name in route.Query)
        {
            if (!HasParameter(context.Target.Query, name))
            {
                errors ??= ImmutableArray.CreateBuilder<SchemaError>();
                errors.Add(new SchemaError("/query/" + name, "required", "this query parameter", "none", 0));
            }
        }

        foreach (var name in route.Headers)
        {
            if (!context.RequestHeaders.ContainsKey(name))
            {
                errors ??= ImmutableArray.CreateBuilder<SchemaError>();
                errors.Add(new SchemaError("/headers/" + name, "required", "this header", "none", 0));
            }
        }

        return errors is null ? null : AboutErrors(errors.ToImmutable(), hasMore: false);
    }

    /// <summary>Why a text is not JSON, and where.</summary>
    public static ErrorDetails AboutJson(JsonTape tape)
    {
        var what = tape.Fault switch
        {
            JsonFault.Empty => "it is empty",
            JsonFault.ByteOrderMark => "it begins with a byte order mark",
            JsonFault.Unfinished => "it ends in the middle of a value",
            JsonFault.TrailingBytes => "there is something behind the value",
            JsonFault.BadNumber => "a number is misspelled",
            JsonFault.NumberOutOfRange => "a number is out of range",
            JsonFault.ControlCharacter => "a string has a control character",
            JsonFault.BadEscape => "a string has an unknown escape",
            JsonFault.LoneSurrogate => "a string has half of a surrogate pair",
            JsonFault.InvalidUtf8 => "it is not UTF-8",
            JsonFault.DuplicateMember => "an object has two members of the same name",
            JsonFault.TooDeep => "it is nested too deep",
            JsonFault.TooManyTokens => "it has too many values",
            _ => "a byte cannot stand there",
        };
        return new ErrorDetails(
            string.Create(CultureInfo.InvariantCulture, $"The request body is not valid JSON: {what}, at byte {tape.FaultAt}."),
            [])
        {
            Numbers = [KeyValuePair.Create("position", (long)tape.FaultAt)],
        };
    }

    /// <summary>The rules that a body breaks.</summary>
    public static ErrorDetails AboutSchema(SchemaValidator validator)
    {
        var errors = ImmutableArray.CreateBuilder<SchemaError>(validator.ErrorCount);
        for (var i = 0; i < validator.ErrorCount; i++)
        {
            errors.Add(validator.ErrorAt(i));
        }

        return errors.Count == 0
            ? new ErrorDetails("The request body is too complex for the schema of this route.", [])
            : AboutErrors(errors.ToImmutable(), validator.HasMoreErrors);
    }

    /// <summary>Why a tier does not allow the model of a request; null where it does.</summary>
    public static ErrorDetails? AboutModel(
        RequestContext context, TierPolicy policy, in BodyFacts facts, ReadOnlySpan<byte> model)
    {
        if (facts.HasModelText)
        {
            return policy.Includes(model) ? null : AboutModel(policy, context.Facts.Model!);
        }

        // What is no text names no model here, whatever a provider might take it for.
        return facts.HasModel && !policy.Plan.Models.IsEmpty ? AboutModel(policy, "?") : null;
    }

    /// <summary>Why a tier does not allow a request of that many tokens; null where it does.</summary>
    public static ErrorDetails? AboutTokens(RequestContext context, TierPolicy policy) =>
        policy.Plan.RequestTokensMax is { } most && context.Facts.EstimatedTokens > most
            ? AboutTokens(policy, context.Facts.EstimatedTokens, most) : null;

    private static ErrorDetails AboutModel(TierPolicy policy, string model)
    {
        var plan = policy.Plan;
        var shown = model.Length > QuotedCharsMax ? string.Concat(model.AsSpan(0, QuotedCharsMax), "...") : model;
        return new ErrorDetails(
            $"The model '{shown}' is not part of the tier '{plan.Name}', which has {string.Join(", ", plan.Models)}.",
            Tier(policy))
        {
            Param = "/model",
            Lists = [KeyValuePair.Create("allowed_models", plan.Models)],
        };
    }

    private static ErrorDetails AboutTokens(TierPolicy policy, long estimate, long most) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"The request has an estimated {estimate} tokens with its answer; the tier '{policy.Plan.Name}' allows {most}."),
        Tier(policy))
    {
        Numbers = [KeyValuePair.Create("estimated_tokens", estimate), KeyValuePair.Create("limit", most)],
    };

    private static ImmutableArray<KeyValuePair<string, string>> Tier(TierPolicy policy) =>
        policy.Plan.UpgradeUrl is { } url
            ? [KeyValuePair.Create("current_tier", policy.Plan.Name), KeyValuePair.Create("upgrade_url", url)]
            : [KeyValuePair.Create("current_tier", policy.Plan.Name)];

    private static ErrorDetails AboutErrors(ImmutableArray<SchemaError> errors, bool hasMore)
    {
        var more = errors.Length - 1;
        var message = more == 0
            ? $"{errors[0]}."
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{errors[0]}; and {more}{(hasMore ? " or more" : "")} other error{(more == 1 ? "" : "s")}.");
        return new ErrorDetails("The request is not valid: " + message, []) { Param = errors[0].Pointer, Errors = errors };
    }

    private static bool HasParameter(ReadOnlySpan<char> query, string name)
    {
        var rest = query.IsEmpty ? query : query[1..];
        while (QueryText.TryNext(ref rest, out var parameter))
        {
            if (QueryText.IsNamed(parameter, name))
            {
                return true;
            }
        }

        return false;
    }
}
