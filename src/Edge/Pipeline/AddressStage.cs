using Edge.Core.Http;

namespace Edge.Pipeline;

/// <summary>Keeps out who calls from where the route may not be called from, before a credential is looked at.</summary>
internal static class AddressStage
{
    /// <summary>Runs once the route is known. Allocates nothing, unless a trusted proxy says who calls.</summary>
    public static StageResult Run(RequestContext context) =>
        context.Route!.Addresses is { } rules && !rules.Permit(context.ClientAddress)
            ? StageResult.Failed(Failure.CallerAddressForbidden)
            : StageResult.Continue;
}
