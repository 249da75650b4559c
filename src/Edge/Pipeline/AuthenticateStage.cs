using System.Security.Cryptography;
using System.Text;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Identity;
using Edge.Threading;

namespace Edge.Pipeline;

/// <summary>
/// Finds out who calls, on routes that ask: takes the credential from where the route says, and checks it. It is never forwarded
/// (see <see cref="UpstreamRequestWriter"/>), whatever comes of it here.
/// </summary>
internal sealed class AuthenticateStage(TimeProvider time)
{
    // A token begins with an object in base64url, whose brace makes this of its first six bits whatever follows.
    private const char TokenStart = 'e';

    /// <summary>
    /// Runs once the route is known. Completes synchronously but for a token that was not seen before, and allocates nothing for
    /// a caller that was.
    /// </summary>
    public PooledValueTask<StageResult> RunAsync(RequestContext context)
    {
        var access = context.Route!.Access;
        if (access.Authenticate is not { } plan)
        {
            return new PooledValueTask<StageResult>(StageResult.Continue);
        }

        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (TryRecallOfConnection(context, plan, nowMs))
        {
            return new PooledValueTask<StageResult>(StageResult.Continue);
        }

        var reading = CredentialReader.Read(context, plan.From, out var credential);
        if (reading == CredentialReading.None && access.Anonymous is { } anonymous)
        {
            context.Caller = anonymous;
            return new PooledValueTask<StageResult>(StageResult.Continue);
        }

        if (reading == CredentialReading.One && credential[0] == TokenStart)
        {
            // One that is remembered was a token; what is none is not remembered.
            switch (context.Route!.Tokens!.TryRecall(credential, nowMs, out var found))
            {
                case TokenCacheOutcome.Hit:
                    context.Caller = found!.Value;
                    context.Remember(CredentialReader.OnlyText(context, plan.From), found);
                    return new PooledValueTask<StageResult>(StageResult.Continue);
                case TokenCacheOutcome.Expired:
                    return new PooledValueTask<StageResult>(Refuse(
                        context, Failure.CallerCredentialExpired, JwtRejections.Code(JwtRejection.Expired)));
                case TokenCacheOutcome.Miss when IsToken(credential):
                    return IsShut(context)
                        ? new PooledValueTask<StageResult>(RefuseFrequent(context))
                        : VerifyAsync(context, credential.ToString());
            }
        }

        return new PooledValueTask<StageResult>(reading switch
        {
            CredentialReading.One when IsShut(context) => RefuseFrequent(context),
            CredentialReading.One => CheckApiKey(context, credential),
            CredentialReading.None => Refuse(context, Failure.CallerCredentialMissing, "credential_missing"),
            CredentialReading.Ambiguous => Refuse(context, Failure.CallerCredentialAmbiguous, "credential_ambiguous"),
            _ => Refuse(context, Failure.CallerCredentialInvalid, "credential_malformed"),
        });
    }

    /// <summary>
    /// Takes the caller whose token was recalled last on this connection, where the request brings the very same text: the server
    /// keeps a header's text where the next request has the same bytes. Nothing is read, hashed or compared then.
    /// </summary>
    private static bool TryRecallOfConnection(RequestContext context, AuthenticatePlan plan, long nowMs)
    {
        if (context.Remembered is not { } token
            || !ReferenceEquals(CredentialReader.OnlyText(context, plan.From), context.RememberedText)
            || !context.Route!.Tokens!.Holds(token, nowMs))
        {
            return false;
        }

        context.Caller = token.Value;
        return true;
    }

    // Of three segments (RFC 7515, section 3.1), or five (RFC 7516). An API key may have dots if it does not look like that.
    private static bool IsToken(ReadOnlySpan<char> credential) => credential.Count('.') is 2 or 4;

    private static StageResult Accept(RequestContext context, Caller caller)
    {
        context.Caller = caller;
        return StageResult.Continue;
    }

    private static StageResult Refuse(RequestContext context, Failure failure, string reason)
    {
        // One that was good once is no guess, and none at all is how many clients begin.
        if (failure == Failure.CallerCredentialInvalid)
        {
            context.Snapshot.FailureLimiter?.RecordFailure(context.ClientAddress);
        }

        context.RefusalReason = reason;
        context.Challenge = context.Route!.Access.ChallengeFor(failure);
        return StageResult.Failed(failure);
    }

    /// <summary>
    /// True where so many credentials from the caller's address were wrong that no other is looked at for now: before any work is
    /// done on it, and without telling a right guess from a wrong one. A token that is remembered is no guess.
    /// </summary>
    private static bool IsShut(RequestContext context)
    {
        context.RetryAfterSeconds = context.Snapshot.FailureLimiter?.RetryAfterSeconds(context.ClientAddress) ?? 0;
        return context.RetryAfterSeconds > 0;
    }

    private static StageResult RefuseFrequent(RequestContext context) =>
        Refuse(context, Failure.CallerFailedTooOften, "failed_too_often");

    private async PooledValueTask<StageResult> VerifyAsync(RequestContext context, string token)
    {
        var verdict = await context.Route!.Tokens!.VerifyAsync(token, time);
        if (verdict.Caller is { } caller)
        {
            return Accept(context, caller);
        }

        var refusal = Refuse(context, verdict.Failure, verdict.Reason!);
        context.FailureDetail = verdict.Reason;
        if (verdict.Rejection != JwtRejection.None)
        {
            context.Challenge = context.Route!.Access.ChallengeFor(verdict.Rejection);
        }

        return refusal;
    }

    private StageResult CheckApiKey(RequestContext context, ReadOnlySpan<char> key)
    {
        if (!context.Route!.Access.Authenticate!.Consumers)
        {
            return Refuse(context, Failure.CallerCredentialInvalid, "api_key_not_taken");
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        HashOf(key, hash);
        var consumers = context.Snapshot.Plan.Identity.Consumers;
        var outcome = consumers.FindApiKey(hash, time.GetUtcNow().ToUnixTimeSeconds(), out var caller);
        return outcome switch
        {
            ApiKeyOutcome.Found => Accept(context, caller!),
            ApiKeyOutcome.Expired => Refuse(context, Failure.CallerCredentialExpired, "api_key_expired"),
            ApiKeyOutcome.NotYetValid => Refuse(context, Failure.CallerCredentialInvalid, "api_key_not_yet_valid"),
            _ => Refuse(context, Failure.CallerCredentialInvalid, "api_key_unknown"),
        };
    }

    private static void HashOf(ReadOnlySpan<char> ascii, Span<byte> hash)
    {
        const int onStackMax = 1024;
        Span<byte> bytes = ascii.Length <= onStackMax ? stackalloc byte[onStackMax] : new byte[ascii.Length];
        var length = Encoding.ASCII.GetBytes(ascii, bytes);
        SHA256.HashData(bytes[..length], hash);
    }
}
