namespace Edge.Peers.Running;

/// <summary>The templates of configs/, beside the program.</summary>
internal static class Configs
{
    /// <summary>Whether there is one of this name.</summary>
    public static bool Has(string name) => File.Exists(Find(name));

    /// <summary>Its path; a whole path stays as it is.</summary>
    public static string Find(string name) => Path.Combine(AppContext.BaseDirectory, "configs", name);
}
