using System.Collections.Immutable;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Identity;
using Edge.Core.Llm;

namespace Edge.Pipeline;

/// <summary>Whether the caller may use the route: scopes, tier and claims. A refusal says what is missing.</summary>
internal sealed class AuthorizeStage
{
    /// <summary>Runs once the caller is known. Allocates nothing unless it refuses.</summary>
    public static StageResult Run(RequestContext context)
    {
        if (context.Route!.Access.Authorize is not { AsksForCaller: true } plan)
        {
            return StageResult.Continue;
        }

        var caller = context.Caller!;
        if (!plan.Tiers.IsEmpty && (caller.Tier is null || !plan.Tiers.Contains(caller.Tier)))
        {
            return Refuse(context, Failure.CallerTierForbidden, AboutTier(context, plan, caller));
        }

        if (!caller.Scopes.ContainsAll(plan.Scopes))
        {
            return Refuse(context, Failure.CallerScopeMissing, AboutScopes(plan, caller));
        }

        foreach (var (name, value) in plan.Claims)
        {
            if (!caller.HasClaim(name, value))
            {
                return Refuse(context, Failure.CallerClaimForbidden, null);
            }
        }

        return StageResult.Continue;
    }

    private static StageResult Refuse(RequestContext context, Failure failure, ErrorDetails? details)
    {
        context.Challenge = context.Route!.Access.ChallengeFor(failure);
        context.ErrorDetails = details;
        return StageResult.Failed(failure);
    }

    private static ErrorDetails AboutScopes(AuthorizePlan plan, Caller caller)
    {
        var missing = plan.Scopes.Except(caller.Scopes).Text;
        return new ErrorDetails(
            $"This route needs scopes that the credential does not have: {missing}.",
            [KeyValuePair.Create("required_scopes", plan.Scopes.Text), KeyValuePair.Create("missing_scopes", missing)]);
    }

    private static ErrorDetails AboutTier(RequestContext context, AuthorizePlan plan, Caller caller)
    {
        var members = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        members.Add(KeyValuePair.Create("current_tier", caller.Tier ?? "none"));
        members.Add(KeyValuePair.Create("required_tiers", string.Join(' ', plan.Tiers)));
        foreach (var tier in context.Snapshot.Plan.Tiers)
        {
            if (tier.Name == caller.Tier && tier.UpgradeUrl is { } url)
            {
                members.Add(KeyValuePair.Create("upgrade_url", url));
            }
        }

        var one = plan.Tiers.Length == 1 ? "the tier" : "one of the tiers";
        return new ErrorDetails(
            $"This route needs {one} {string.Join(", ", plan.Tiers)}; the caller's is {caller.Tier ?? "none"}.",
            members.ToImmutable());
    }
}
