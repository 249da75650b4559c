using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Planning;
using Edge.Core.Configuration.Reading;

namespace Edge.Core.Configuration;

/// <summary>
/// Reads a configuration: text to nodes, nodes to options, options to a plan. Whatever is wrong is told all at once and never
/// thrown. Stateless; any thread may call it.
/// </summary>
public static class ConfigurationLoader
{
    /// <summary>Most bytes of a configuration file.</summary>
    public const int ConfigurationBytesMax = 64 * 1024 * 1024;

    /// <summary>Reads a file.</summary>
    /// <param name="path">Path of a YAML or JSON file. Errors name it as it is given here.</param>
    /// <param name="source">Gives files and environment variables.</param>
    public static ConfigurationResult Load(string path, IConfigurationSource source)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
            return Failed(path, "this is not the path of a file; name the configuration file");
        var content = source.ReadFile(Path.GetFullPath(path), ConfigurationBytesMax);
        var file = ConfigurationFiles.ToText(content, ConfigurationBytesMax);
        return file.Problem is null ? LoadText(file.Text, path, source) : Failed(path, $"the file {file.Problem}");
    }

    /// <summary>Reads a text as if it stood in a file.</summary>
    /// <param name="text">YAML or JSON.</param>
    /// <param name="path">The file's path: errors name it, and relative paths in the text are taken from its folder.</param>
    /// <param name="source">Gives files and environment variables.</param>
    public static ConfigurationResult LoadText(string text, string path, IConfigurationSource source)
    {
        var diagnostics = new DiagnosticBag(path);
        var files = new ConfigurationFiles(source, Path.GetFullPath(path));
        if (text.Length > ConfigurationBytesMax)
            return Failed(path, $"the text is larger than {Rules.Sizes.Format(ConfigurationBytesMax)}");
        if (YamlReader.Read(text, diagnostics) is not { } root) return new ConfigurationResult(null, diagnostics.ToSorted());
        var binder = new Binder(diagnostics, new Expander(source, files, diagnostics));
        var consumers = new ConsumerCollector();
        var prices = new PriceReader(files, binder.Expander);
        if (EdgeOptions.Shape.TryRead(root, binder, out var options))
        {
            if (options.Value.Prices is { } priceFile) prices.Read(priceFile, diagnostics);
            new Checker(binder, files, consumers).Check(options.Value);
        }

        return diagnostics.IsEmpty
            ? new ConfigurationResult(new PlanBuilder(files, consumers.Build(), prices.Prices).Build(options.Value), [])
            : new ConfigurationResult(null, diagnostics.ToSorted());
    }

    private static ConfigurationResult Failed(string path, string message) =>
        new(null, [new Diagnostic(path, Place.Start.Line, Place.Start.Column, message)]);
}
