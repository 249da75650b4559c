using System.IO.Compression;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Edge.Profile;

/// <summary>
/// Writes what traces have counted in the form that the native compiler reads (.mibc): a module whose code is the data. For each
/// assembly it has a method that loads, for each method, the method's token and behind it the elements of its profile as numbers
/// and tokens.
/// </summary>
internal sealed class ProfileWriter
{
    private const string Dictionary = "AssemblyDictionary";
    private const string DataStart = "InstrumentationDataStart";
    private const string DataEnd = "InstrumentationDataEnd";
    private const string ModuleName = "edge.mibc";
    private const int StackMax = 8;

    // Compilers take a number of which the upper byte is zero for something that has been seen and has no name.
    private const long NamelessMask = 0xFFFF;

    private readonly MetadataBuilder _metadata = new();
    private readonly MetadataCopier _copier;
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Nothing yet.</summary>
    public ProfileWriter() => _copier = new MetadataCopier(_metadata);

    /// <summary>Methods that it has.</summary>
    public int Count => _entries.Count;

    /// <summary>
    /// Adds what a run has counted: of methods that several have run, the counts of that which ran it most, and none of methods
    /// whose counts are under <paramref name="countMin"/> in all. The core library is left out: what is inlined from it because
    /// requests need it would be so in code that runs once, too, and the binary would be 0.1 MB larger.
    /// </summary>
    public void Add(ProfileTrace trace, long countMin)
    {
        using var names = new TraceNames(trace, _metadata, _copier);
        foreach (var (method, data) in trace.Profiles)
        {
            var elements = ProfileElement.Read(data);
            var count = CountOf(elements);
            if (count < countMin || names.AssemblyOf(method) == MetadataCopier.CoreLibrary)
            {
                continue;
            }

            var key = names.KeyOf(method);
            if (!_entries.TryGetValue(key, out var entry) || entry.Count < count)
            {
                _entries[key] = new Entry(count, names.AssemblyOf(method), names.Method(method), Values(elements, names));
            }
        }
    }

    /// <summary>Writes all of it, in a compressed file.</summary>
    public void Save(string path)
    {
        var code = new BlobBuilder();
        var bodies = new MethodBodyStreamEncoder(code);
        var assemblies = new SortedDictionary<string, List<Entry>>(StringComparer.Ordinal);
        foreach (var (_, entry) in _entries.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            if (!assemblies.TryGetValue(entry.Assembly, out var entries))
            {
                assemblies.Add(entry.Assembly, entries = []);
            }

            entries.Add(entry);
        }

        var dictionary = new InstructionEncoder(new BlobBuilder());
        foreach (var (assembly, entries) in assemblies)
        {
            var il = new InstructionEncoder(new BlobBuilder());
            entries.ForEach(entry => Write(il, entry));
            dictionary.LoadString(_metadata.GetOrAddUserString(assembly + ";"));
            Load(dictionary, AddMethod(bodies, "Assemblies_" + assembly, il));
            dictionary.OpCode(ILOpCode.Pop);
        }

        AddMethod(bodies, Dictionary, dictionary);
        AddModule();
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        var file = archive.CreateEntry(Path.GetFileName(path) + ".dll", CompressionLevel.SmallestSize);
        file.LastWriteTime = DateTimeOffset.UnixEpoch.AddYears(10);
        using var stream = file.Open();
        var bytes = new BlobBuilder();
        new ManagedPEBuilder(PEHeaderBuilder.CreateLibraryHeader(), new MetadataRootBuilder(_metadata), code).Serialize(bytes);
        bytes.WriteContentTo(stream);
    }

    private static long CountOf(List<ProfileElement> elements)
    {
        var count = 0L;
        foreach (var element in elements)
        {
            count += element.IsCounter ? element.Values.Sum() : 0;
        }

        return count;
    }

    private static List<(long Number, EntityHandle Token)> Values(List<ProfileElement> elements, TraceNames names)
    {
        var values = new List<(long, EntityHandle)>();
        foreach (var element in elements)
        {
            values.Add((ProfileElement.HasAll, default));
            values.Add((element.Offset, default));
            values.Add((element.Kind, default));
            values.Add((element.Values.Length, default));
            values.Add((element.Other, default));
            foreach (var value in element.Values)
            {
                values.Add(element.IsCounter || value == 0 ? (value, default) : NameOf(value, element.IsOfTypes, names));
            }
        }

        return values;
    }

    private static (long Number, EntityHandle Token) NameOf(long handle, bool isType, TraceNames names)
    {
        try
        {
            return (0, isType ? names.Type(handle) : names.Method(handle));
        }
        catch (InvalidDataException)
        {
            return ((handle & NamelessMask) | 1, default);
        }
    }

    private static void Load(InstructionEncoder il, EntityHandle token)
    {
        il.OpCode(ILOpCode.Ldtoken);
        il.Token(token);
    }

    private void Write(InstructionEncoder il, Entry entry)
    {
        Load(il, entry.Method);
        il.LoadString(_metadata.GetOrAddUserString(DataStart));
        foreach (var (number, token) in entry.Values)
        {
            if (!token.IsNil)
            {
                Load(il, token);
            }
            else if (number is >= int.MinValue and <= int.MaxValue)
            {
                il.LoadConstantI4((int)number);
            }
            else
            {
                il.LoadConstantI8(number);
            }
        }

        il.LoadString(_metadata.GetOrAddUserString(DataEnd));
        il.OpCode(ILOpCode.Pop);
    }

    private MethodDefinitionHandle AddMethod(MethodBodyStreamEncoder bodies, string name, InstructionEncoder il)
    {
        var signature = new BlobBuilder();
        new BlobEncoder(signature).MethodSignature().Parameters(0, returned => returned.Void(), _ => { });
        return _metadata.AddMethodDefinition(
            MethodAttributes.Public | MethodAttributes.Static, MethodImplAttributes.IL, _metadata.GetOrAddString(name),
            _metadata.GetOrAddBlob(signature), bodies.AddMethodBody(il, StackMax), default);
    }

    private void AddModule()
    {
        var name = _metadata.GetOrAddString(ModuleName);
        var version = _metadata.GetOrAddGuid(Guid.Parse("6e51b6f0-54c1-4a0e-9d7e-0f0a6a1f7c11"));
        _metadata.AddModule(0, name, version, default, default);
        _metadata.AddAssembly(name, new Version(0, 0, 0, 0), default, default, default, default);
        _metadata.AddTypeDefinition(
            default, default, _metadata.GetOrAddString("<Module>"), default, MetadataTokens.FieldDefinitionHandle(1),
            MetadataTokens.MethodDefinitionHandle(1));
    }

    private sealed record Entry(
        long Count, string Assembly, EntityHandle Method, List<(long Number, EntityHandle Token)> Values);
}
