using System.Security.Cryptography;
using System.Text;
using Edge.Core.Http;
using Edge.Core.Identity;

namespace Edge.Pipeline;

/// <summary>
/// Finds out who calls, on routes that ask: takes the credential from where the route says, and checks it. It is never forwarded
/// (see <see cref="UpstreamRequestWriter"/>), whatever comes of it here.
/// </summary>
internal sealed class AuthenticateStage(TimeProvider time)
{
    /// <summary>Runs once the route is known. Allocates nothing for a caller that was seen before.</summary>
    public StageResult Run(RequestContext context)
    {
        var access = context.Route!.Access;
        if (access.Authenticate is not { } plan)
        {
            return StageResult.Continue;
        }

        var reading = CredentialReader.Read(context, plan.From, out var credential);
        if (reading == CredentialReading.None && access.Anonymous is { } anonymous)
        {
            context.Caller = anonymous;
            return StageResult.Continue;
        }

        var failure = reading switch
        {
            CredentialReading.One when IsShut(context) => Failure.CallerFailedTooOften,
            CredentialReading.One => CheckApiKey(context, credential),
            CredentialReading.None => Failure.CallerCredentialMissing,
            CredentialReading.Ambiguous => Failure.CallerCredentialAmbiguous,
            _ => Failure.CallerCredentialInvalid,
        };
        if (failure == Failure.None)
        {
            return StageResult.Continue;
        }

        // One that was good once is no guess, and none at all is how many clients begin.
        if (failure == Failure.CallerCredentialInvalid)
        {
            context.Snapshot.FailureLimiter?.RecordFailure(context.ClientAddress);
        }

        context.Challenge = access.ChallengeFor(failure);
        return StageResult.Failed(failure);
    }

    /// <summary>
    /// True where so many credentials from the caller's address were wrong that no other is looked at for now: before any work is
    /// done on it, and without telling a right guess from a wrong one.
    /// </summary>
    private static bool IsShut(RequestContext context)
    {
        context.RetryAfterSeconds = context.Snapshot.FailureLimiter?.RetryAfterSeconds(context.ClientAddress) ?? 0;
        return context.RetryAfterSeconds > 0;
    }

    private Failure CheckApiKey(RequestContext context, ReadOnlySpan<char> key)
    {
        if (!context.Route!.Access.Authenticate!.Consumers)
        {
            return Failure.CallerCredentialInvalid;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        HashOf(key, hash);
        var consumers = context.Snapshot.Plan.Identity.Consumers;
        var outcome = consumers.FindApiKey(hash, time.GetUtcNow().ToUnixTimeSeconds(), out var caller);
        switch (outcome)
        {
            case ApiKeyOutcome.Found:
                context.Caller = caller;
                return Failure.None;
            case ApiKeyOutcome.Expired:
                return Failure.CallerCredentialExpired;
            default:
                return Failure.CallerCredentialInvalid;
        }
    }

    private static void HashOf(ReadOnlySpan<char> ascii, Span<byte> hash)
    {
        const int onStackMax = 1024;
        Span<byte> bytes = ascii.Length <= onStackMax ? stackalloc byte[onStackMax] : new byte[ascii.Length];
        var length = Encoding.ASCII.GetBytes(ascii, bytes);
        SHA256.HashData(bytes[..length], hash);
    }
}
