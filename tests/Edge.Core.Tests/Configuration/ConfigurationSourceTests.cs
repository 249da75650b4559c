using Edge.Core.Configuration;

namespace Edge.Core.Tests.Configuration;

/// <summary>Reading through the real file system, in a folder of the test's own.</summary>
public sealed class ConfigurationSourceTests : IDisposable
{
    private static readonly SystemConfigurationSource System = SystemConfigurationSource.Instance;
    private readonly string _folder = Directory.CreateTempSubdirectory("edge-configuration-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_file_is_loaded_with_the_files_beside_it()
    {
        var path = Path.Combine(_folder, "edge.yaml");
        File.WriteAllText(path, Samples.WithUpstreamKey("credential: ${file:key}"));
        File.WriteAllText(Path.Combine(_folder, "key"), "sk-1\n");
        var result = ConfigurationLoader.Load(path, System);
        Assert.Equal("sk-1", result.Plan?.Upstreams[0].Credential?.Reveal());
        Assert.Equal([path, Path.Combine(_folder, "key")], result.Plan!.Files);
    }

    [Fact]
    public void A_file_that_is_not_there_is_an_error_that_names_it()
    {
        var path = Path.Combine(_folder, "none", "edge.yaml");
        Assert.Equal([$"{path}:1:1: the file does not exist"], Errors(path));
        Assert.Equal([$"{_folder}:1:1: the file is a directory"], Errors(_folder));
        Assert.Equal([":1:1: this is not the path of a file; name the configuration file"], Errors(""));
        Assert.Equal(["a\0b:1:1: this is not the path of a file; name the configuration file"], Errors("a\0b"));
        Assert.EndsWith("cannot be read", Errors(new string('x', 5_000))[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_text_is_an_error()
    {
        var path = Path.Combine(_folder, "edge.yaml");
        File.WriteAllBytes(path, [0xff, 0xfe, (byte)'a', 0]);
        Assert.Equal([$"{path}:1:1: the file is not UTF-8 text"], Errors(path));
        File.WriteAllText(path, "a: b\nc: \0\n");
        Assert.Equal([$"{path}:2:4: there is a NUL character here; is this a text file?"], Errors(path));
        File.WriteAllText(path, "");
        Assert.Equal([$"{path}:1:1: the file is empty; it needs at least listeners, upstreams and routes"], Errors(path));
    }

    [Fact]
    public void A_file_may_have_as_many_bytes_as_were_asked_for_and_no_more()
    {
        var path = Path.Combine(_folder, "x");
        File.WriteAllText(path, "12345");
        var content = System.ReadFile(path, 5);
        Assert.Equal(FileOutcome.Read, content.Outcome);
        Assert.Equal("12345"u8.ToArray(), content.Bytes.ToArray());
        Assert.Equal(FileOutcome.TooLarge, System.ReadFile(path, 4).Outcome);
        Assert.Equal(FileOutcome.TooLarge, System.ReadFile("/dev/zero", 100_000).Outcome);
    }

    [Fact]
    public void Variables_are_those_of_the_process()
    {
        Assert.Equal(Environment.GetEnvironmentVariable("PATH"), System.GetVariable("PATH"));
        Assert.Null(System.GetVariable("EDGE_TEST_NO_SUCH_VARIABLE"));
    }

    private static List<string> Errors(string path) =>
        [.. ConfigurationLoader.Load(path, System).Diagnostics.Select(d => d.ToString())];
}
