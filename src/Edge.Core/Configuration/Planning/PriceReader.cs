using System.Linq;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Llm;

namespace Edge.Core.Configuration.Planning;

/// <summary>Reads the file of prices, and tells what is wrong in it.</summary>
internal sealed class PriceReader(ConfigurationFiles files, Expander expander)
{
    /// <summary>The prices, where nothing is wrong with them and there are any.</summary>
    public PriceTable? Prices { get; private set; }

    /// <summary>Reads the file.</summary>
    public void Read(Located<string> path, DiagnosticBag diagnostics)
    {
        var file = files.Read(path.Value, PriceFileOptions.BytesMax);
        if (file.Problem is { } problem)
        {
            diagnostics.Add(path.Place, $"{(path.Hidden ? "the file" : $"file {path.Text()}")} {problem}");
            return;
        }

        var own = diagnostics.ForFile(path.Hidden ? "the file of prices" : path.Value);
        var binder = new Binder(own, expander.TellingTo(own));
        if (YamlReader.Read(file.Text, own) is { } root && PriceFileOptions.Shape.TryRead(root, binder, out var options)
            && own.IsEmpty)
        {
            var unknown = options.Value.Unknown?.Value;
            Prices = new PriceTable(
                options.Value.Models.Items().Select(m => KeyValuePair.Create(m.Name.Value, Price(m.Value.Value))),
                unknown is null or { IsRefused: true } ? null : Price(unknown));
        }
    }

    private static ModelPrice Price(PriceOptions price)
    {
        var input = price.Input.Get();
        return new ModelPrice(input, price.CachedInput?.Value ?? input, price.CacheWrite?.Value ?? input, price.Output.Get());
    }
}
