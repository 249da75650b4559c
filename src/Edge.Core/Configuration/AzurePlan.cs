namespace Edge.Core.Configuration;

/// <summary>
/// How Azure's service with OpenAI's models is asked in its dated versions: the model is a deployment, which the path names, and
/// the key stands in <c>api-key</c>.
/// </summary>
/// <param name="ApiVersion">The version, a date, perhaps with <c>-preview</c>.</param>
public sealed record AzurePlan(string ApiVersion)
{
    /// <summary>Longest name of a deployment.</summary>
    public const int DeploymentCharsMax = 64;

    private const string Version = "/v1/";

    /// <summary>True for a name that a deployment can have: letters, digits, hyphens, underscores and dots.</summary>
    public static bool IsDeployment(ReadOnlySpan<char> model)
    {
        foreach (var c in model)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
            {
                return false;
            }
        }

        return model.Length is > 0 and <= DeploymentCharsMax && model is not ("." or "..");
    }

    /// <summary>What is asked of a deployment: what stands behind <c>/v1/</c> in a path.</summary>
    public static ReadOnlySpan<char> OperationOf(ReadOnlySpan<char> path)
    {
        var at = path.IndexOf(Version, StringComparison.Ordinal);
        return (at < 0 ? path : path[(at + Version.Length)..]).Trim('/');
    }
}
