using System.Globalization;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>An upstream's <c>azure</c> as written.</summary>
internal sealed class AzureOptions
{
    private const string DatePattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(-preview)?$";

    private static readonly ScalarShape<string> Version = new(
        "a version of the API", new ScalarSchema(ScalarType.Text) { Pattern = DatePattern },
        text => IsVersion(text) ? text : new Problem("is not a version of the API; write a date such as 2024-10-21"));

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<AzureOptions> Shape = new(
        "azure", "Azure settings", "How Azure OpenAI is asked in its dated versions.",
        new Key<AzureOptions, string>(
            "apiVersion", Version, (o, v) => o.ApiVersion = v,
            "Its `api-version`: a date, perhaps with `-preview`.", isRequired: true));

    /// <summary>The version.</summary>
    public Located<string>? ApiVersion { get; set; }

    private static bool IsVersion(string text)
    {
        const string Preview = "-preview";
        var date = text.EndsWith(Preview, StringComparison.Ordinal) ? text[..^Preview.Length] : text;
        return DateOnly.TryParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
    }
}
