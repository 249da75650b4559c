using Edge.Peers.Load;

namespace Edge.Peers.Running;

/// <summary>
/// What the measurements of a run have in common: how long they are, and a folder for their files, removed at the end.
/// </summary>
internal sealed class Session : IDisposable
{
    /// <summary>Makes the folder, and in it the certificate.</summary>
    public Session()
    {
        // Workers that gave up root's rights must be able to read what is in it.
        Folder = Directory.CreateTempSubdirectory("edge-peers-").FullName;
        File.SetUnixFileMode(Folder, (UnixFileMode)0b111_101_101);
        Certificates.Write(Folder);
        CallerTls.Write(Folder);
    }

    /// <summary>Where files may be written.</summary>
    public string Folder { get; }

    /// <summary>Seconds of one measurement at saturation.</summary>
    public required int Seconds { get; init; }

    /// <summary>Milliseconds of one measurement with the generators.</summary>
    public required int MeasureMs { get; init; }

    /// <summary>Milliseconds before a generator's measurement counts.</summary>
    public required int WarmupMs { get; init; }

    /// <summary>Half of what the slowest of the peers carries, for each work that is measured at half load.</summary>
    public Dictionary<Work, int> HalfRates { get; } = [];

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
