namespace Edge.Peers.Load;

/// <summary>
/// How callers speak TLS: version 1.3 with one cipher and no other, so that every peer does the same work whatever it would have
/// chosen. wrk and h2load have no switch for it, so it is said in a file of OpenSSL's own.
/// </summary>
internal static class CallerTls
{
    /// <summary>The cipher, by the name that RFC 8446 gives it: what OpenSSL's clients ask for first.</summary>
    public const string Cipher = "TLS_AES_256_GCM_SHA384";

    private const string FileName = "callers.cnf";

    /// <summary>Writes the file.</summary>
    public static void Write(string folder) => File.WriteAllText(
        PathIn(folder),
        $"""
        openssl_conf = callers
        [callers]
        ssl_conf = ssl
        [ssl]
        system_default = tls
        [tls]
        MinProtocol = TLSv1.3
        Ciphersuites = {Cipher}

        """);

    /// <summary>What makes a program read it.</summary>
    public static KeyValuePair<string, string> Variable(string folder) => new("OPENSSL_CONF", PathIn(folder));

    private static string PathIn(string folder) => Path.Combine(folder, FileName);
}
