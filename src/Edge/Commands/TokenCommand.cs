using System.CommandLine;
using Edge.Core.Configuration.Rules;
using Edge.Core.Identity;

namespace Edge.Commands;

/// <summary><c>edge token</c>: a test token, signed with a secret that the file gives a consumer.</summary>
internal static class TokenCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var config = CommonOptions.Config();
        var consumer = new Option<string>("--consumer", "-u")
        {
            Description = "Name of the consumer, one of identity.consumers with a jwt entry",
            Required = true,
            HelpName = "name",
        };
        var expires = new Option<string>("--expires", "-e")
        {
            Description = "How long it is valid, such as 30s, 15m or 1h30m",
            DefaultValueFactory = static _ => "1h",
            HelpName = "duration",
        };
        var scopes = new Option<string[]>("--scope", "-s")
        {
            Description = "A scope, which the consumer has to have; may be given again. Without any: all that it has",
            HelpName = "scope",
        };
        var claims = new Option<string[]>("--claim")
        {
            Description = "A claim with its text; may be given again",
            HelpName = "name=text",
        };
        expires.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && !Durations.TryParse(token.Value, out _))
            {
                result.AddError("--expires is a duration such as 30s, 15m or 1h30m.");
            }
        });
        claims.Validators.Add(static result =>
        {
            foreach (var token in result.Tokens)
            {
                if (token.Value.IndexOf('=', StringComparison.Ordinal) <= 0)
                {
                    result.AddError("--claim is a name and a text, such as dept=sales.");
                }
            }
        });
        var command = new Command(
            "token", "Sign a test token with a consumer's secret from the configuration.")
        {
            config, consumer, expires, scopes, claims,
        };
        command.SetAction(parsed => Print(
            parsed.GetValue(config)!, parsed.GetValue(consumer)!, parsed.GetValue(expires)!, parsed.GetValue(scopes) ?? [],
            parsed.GetValue(claims) ?? []));
        return command;
    }

    private static int Print(string path, string name, string expires, string[] scopes, string[] claims)
    {
        if (CommonOptions.Load(path) is not { } plan)
        {
            return CommonOptions.Failure;
        }

        if (!plan.Identity.Consumers.TryFindSecretOf(name, out var kid, out var secret))
        {
            Console.Error.WriteLine($"edge: no consumer '{name}' with a secret; identity.consumers.{name} needs a jwt entry");
            return CommonOptions.Failure;
        }

        var content = new TokenContent
        {
            Subject = name,
            Lifetime = Durations.TryParse(expires, out var lifetime) ? lifetime : TimeSpan.Zero,
            Scopes = Scopes.Of(scopes),
            Claims = Array.ConvertAll(claims, static claim =>
            {
                var end = claim.IndexOf('=', StringComparison.Ordinal);
                return KeyValuePair.Create(claim[..end], claim[(end + 1)..]);
            }),
        };
        Console.WriteLine(TokenWriter.Sign(secret.Algorithm, secret.Secret, kid, content, TimeProvider.System));
        return CommonOptions.Success;
    }
}
