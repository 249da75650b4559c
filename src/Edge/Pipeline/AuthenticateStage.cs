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
    /// <summary>Runs once the route is known. Completes synchronously, and allocates nothing for a caller that was seen before.</summary>
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
            CredentialReading.One => CheckApiKey(context, credential),
            CredentialReading.None => Failure.CallerCredentialMissing,
            CredentialReading.Ambiguous => Failure.CallerCredentialAmbiguous,
            _ => Failure.CallerCredentialInvalid,
        };
        if (failure == Failure.None)
        {
            return StageResult.Continue;
        }

        context.Challenge = access.ChallengeFor(failure);
        return StageResult.Failed(failure);
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
