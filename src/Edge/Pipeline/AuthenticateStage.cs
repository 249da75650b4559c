using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
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
    /// <summary>
    /// Runs once the route is known. Completes synchronously but for a token that was not seen before, and allocates nothing for
    /// a caller that was.
    /// </summary>
    public ValueTask<StageResult> RunAsync(RequestContext context)
    {
        var access = context.Route!.Access;
        if (access.Authenticate is not { } plan)
        {
            return new ValueTask<StageResult>(StageResult.Continue);
        }

        var reading = CredentialReader.Read(context, plan.From, out var credential);
        if (reading == CredentialReading.None && access.Anonymous is { } anonymous)
        {
            context.Caller = anonymous;
            return new ValueTask<StageResult>(StageResult.Continue);
        }

        if (reading == CredentialReading.One && IsToken(credential))
        {
            return CheckToken(context, credential);
        }

        var failure = reading switch
        {
            CredentialReading.One => CheckApiKey(context, credential),
            CredentialReading.None => Failure.CallerCredentialMissing,
            CredentialReading.Ambiguous => Failure.CallerCredentialAmbiguous,
            _ => Failure.CallerCredentialInvalid,
        };
        return new ValueTask<StageResult>(End(context, failure));
    }

    // Of three segments (RFC 7515, section 3.1), or five (RFC 7516); what is no API key either way.
    private static bool IsToken(ReadOnlySpan<char> credential) => credential.Count('.') is 2 or 4;

    private static StageResult End(RequestContext context, Failure failure)
    {
        if (failure == Failure.None)
        {
            return StageResult.Continue;
        }

        context.Challenge = context.Route!.Access.ChallengeFor(failure);
        return StageResult.Failed(failure);
    }

    private ValueTask<StageResult> CheckToken(RequestContext context, ReadOnlySpan<char> token)
    {
        switch (context.Route!.Tokens!.TryRecall(token, time.GetUtcNow().ToUnixTimeMilliseconds(), out var caller))
        {
            case TokenCacheOutcome.Hit:
                context.Caller = caller;
                return new ValueTask<StageResult>(StageResult.Continue);
            case TokenCacheOutcome.Expired:
                return new ValueTask<StageResult>(End(context, Failure.CallerCredentialExpired));
            default:
                return VerifyAsync(context, token.ToString());
        }
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private async ValueTask<StageResult> VerifyAsync(RequestContext context, string token)
    {
        var verdict = await context.Route!.Tokens!.VerifyAsync(token, time);
        context.Caller = verdict.Caller;
        context.FailureDetail = verdict.Detail;
        return End(context, verdict.Failure);
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
