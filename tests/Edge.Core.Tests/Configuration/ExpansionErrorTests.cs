namespace Edge.Core.Tests.Configuration;

/// <summary>What is said of wrong secrets, variables and files, with its place.</summary>
public sealed class ExpansionErrorTests
{
    [Theory]
    [InlineData(
        "credential: \"\"",
        "6:17: the value is empty; give a secret or leave the key out")]
    [InlineData(
        "credential: \"a\\x0ab\"",
        "6:17: the value holds a line break, a control character or a character beyond ASCII, which no header can carry")]
    [InlineData(
        "credential: \"sk-é\"",
        "6:17: the value holds a line break, a control character or a character beyond ASCII, which no header can carry")]
    [InlineData(
        "credential: \" sk\"",
        "6:17: the value begins or ends with a space, which no header can carry")]
    [InlineData(
        "credential:",
        "6:16: there is no value here; write a secret")]
    [InlineData(
        "credential: \"${SECRET}é\"",
        "6:17: the expanded value holds a line break, a control character or a character beyond ASCII, which no " +
        "header can carry")]
    [InlineData(
        "credential: ${MISSING}",
        "6:17: environment variable 'MISSING' is not set; set it, or write a default: ${MISSING:-default}")]
    [InlineData(
        "credential: ${MISSING}${ALSO}",
        "6:17: environment variable 'MISSING' is not set; set it, or write a default: ${MISSING:-default}\n" +
        "6:17: environment variable 'ALSO' is not set; set it, or write a default: ${ALSO:-default}")]
    [InlineData(
        "credential: ${file:/missing}",
        "6:17: file '/missing' does not exist")]
    [InlineData(
        "credential: ${file:dir}",
        "6:17: file 'dir' is a directory")]
    [InlineData(
        "credential: ${file:/denied}",
        "6:17: file '/denied' may not be read by this user; look at its permissions")]
    [InlineData(
        "credential: ${file:/broken}",
        "6:17: file '/broken' cannot be read")]
    [InlineData(
        "credential: ${file:/big}",
        "6:17: file '/big' is larger than 64KiB")]
    [InlineData(
        "credential: ${file:/latin}",
        "6:17: file '/latin' is not UTF-8 text")]
    [InlineData(
        "credential: ${file:}",
        "6:17: file '' has no name")]
    [InlineData(
        "credential: ${SECRET",
        "6:17: a '$' must begin ${NAME}, ${NAME:-default} or ${file:path}; write '$$' for a dollar")]
    [InlineData(
        "credential: $SECRET",
        "6:17: a '$' must begin ${NAME}, ${NAME:-default} or ${file:path}; write '$$' for a dollar")]
    [InlineData(
        "credential: 100$",
        "6:17: a '$' must begin ${NAME}, ${NAME:-default} or ${file:path}; write '$$' for a dollar")]
    [InlineData(
        "credential: ${}",
        "6:17: between '${' and '}' there must be a variable's name (letters, digits and '_') or file:path")]
    [InlineData(
        "credential: ${A-B}",
        "6:17: between '${' and '}' there must be a variable's name (letters, digits and '_') or file:path")]
    [InlineData(
        "credential: ${1A}",
        "6:17: between '${' and '}' there must be a variable's name (letters, digits and '_') or file:path")]
    public void A_wrong_credential_is_told(string written, string errors) =>
        Assert.Equal(errors, Samples.Errors(Samples.WithUpstreamKey(written)));
}
