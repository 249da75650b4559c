using System.Globalization;
using Edge.Profile;

// Edge.Profile OUT COUNT TRACE...: what runs of instrumented code have counted, as the native compiler reads it. Methods whose
// counts are under COUNT in all are left out.
if (args.Length < 3)
{
    Console.Error.WriteLine("usage: Edge.Profile OUT COUNT TRACE...");
    return 1;
}

var writer = new ProfileWriter();
foreach (var path in args[2..])
{
    var trace = ProfileTrace.Read(path);
    writer.Add(trace, long.Parse(args[1], CultureInfo.InvariantCulture));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {trace.Profiles.Count} methods"));
}

File.Delete(args[0]);
writer.Save(args[0]);
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture, $"{args[0]}: {writer.Count} methods, {new FileInfo(args[0]).Length} bytes"));
return writer.Count == 0 ? 1 : 0;
