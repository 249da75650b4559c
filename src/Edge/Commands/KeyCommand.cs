using System.CommandLine;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Edge.Core.Configuration.Rules;

namespace Edge.Commands;

/// <summary><c>edge key</c>: a new API key, and what the file needs to know of it.</summary>
internal static class KeyCommand
{
    /// <summary>What every key begins with, so that one that has leaked is found by those who look for such things.</summary>
    public const string Prefix = "edge_";

    /// <summary>Random bytes of a key: far more than can be guessed.</summary>
    public const int RandomBytes = 24;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var name = new Option<string>("--name", "-n")
        {
            Description = "The key's name in the audit log",
            DefaultValueFactory = static _ => "main",
            HelpName = "name",
        };
        var expires = new Option<string?>("--expires", "-e")
        {
            Description = "When it expires: 2027-01-31, or 2027-01-31T12:00:00Z; without it never",
            HelpName = "moment",
        };
        expires.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && !Moments.TryParse(token.Value, out _))
            {
                result.AddError("--expires is a day such as 2027-01-31, or a moment such as 2027-01-31T12:00:00Z.");
            }
        });
        name.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && !IsName(token.Value))
            {
                result.AddError("--name has the characters A-Z a-z 0-9 . _ - only.");
            }
        });
        var command = new Command(
            "key", "Make an API key: print it, this once, and the lines of the file that know it by its hash.") { name, expires };
        command.SetAction(parsed => Print(Make(), parsed.GetValue(name)!, parsed.GetValue(expires)));
        return command;
    }

    /// <summary>A new key.</summary>
    public static string Make() => Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>What the file has of a key.</summary>
    public static string HashOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    private static int Print(string key, string name, string? expires)
    {
        Console.WriteLine(key);
        Console.WriteLine();
        Console.WriteLine("# The key is told this once; the file has its hash, in the consumer's entry of identity.consumers:");
        var end = expires is null ? "" : $", expires: \"{expires}\"";
        Console.WriteLine($"apiKeys: [{{ name: \"{name}\", sha256: \"{HashOf(key)}\"{end} }}]");
        return CommonOptions.Success;
    }

    private static bool IsName(string text) =>
        text.Length is > 0 and <= 100 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
