namespace Edge.Tests.Support;

/// <summary>A request as an upstream received it, parsed by the letter of RFC 9112.</summary>
/// <param name="Method">The method.</param>
/// <param name="Target">The request target as it stood there.</param>
/// <param name="Headers">The header fields.</param>
/// <param name="Body">The body: read, or still to be read, by how the script asked for it.</param>
/// <param name="Connection">Which connection it came on, counted from 0.</param>
/// <param name="Head">The bytes of its head.</param>
internal sealed record RawRequest(
    string Method, string Target, RawHeaders Headers, RawBody Body, int Connection, byte[] Head)
{
    /// <summary>The body as UTF-8 text, as far as it has been read.</summary>
    public string Text => Body.Text;
}
