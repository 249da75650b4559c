using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Edge.Profile;

/// <summary>Names the types and methods of a trace in a module that is being written. It owns the files that it reads.</summary>
internal sealed class TraceNames(ProfileTrace trace, MetadataBuilder to, MetadataCopier copier) : IDisposable
{
    private const int RowMask = 0xFFFFFF;
    private const byte MethodArguments = 0x0A;

    private readonly Dictionary<long, PEReader> _files = [];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _files.Values)
        {
            file.Dispose();
        }
    }

    /// <summary>The name of the assembly that defines a method.</summary>
    public string AssemblyOf(long method) => MetadataCopier.NameOf(ReaderOf(TypeOf(trace.Methods[method].Type).Module));

    /// <summary>What tells a method from all others, in any run.</summary>
    public string KeyOf(long method)
    {
        var traced = trace.Methods[method];
        return $"{KeyOfType(traced.Type)}.{traced.Token}<{string.Join(',', Array.ConvertAll(traced.Arguments, KeyOfType))}>";
    }

    /// <summary>A method.</summary>
    /// <exception cref="InvalidDataException">The trace does not say which, or it can't be named.</exception>
    public EntityHandle Method(long handle)
    {
        if (!trace.Methods.TryGetValue(handle, out var method))
        {
            throw new InvalidDataException("A method is not named.");
        }

        var reader = ReaderOf(TypeOf(method.Type).Module);
        var definition = reader.GetMethodDefinition(MetadataTokens.MethodDefinitionHandle(method.Token & RowMask));
        var signature = new BlobBuilder();
        new SignatureCopier(reader, reader.GetBlobReader(definition.Signature), signature, copier).CopyMethod();
        var member = to.AddMemberReference(
            Type(method.Type), to.GetOrAddString(reader.GetString(definition.Name)), to.GetOrAddBlob(signature));
        if (method.Arguments.Length == 0)
        {
            return member;
        }

        var arguments = new BlobBuilder();
        arguments.WriteByte(MethodArguments);
        WriteAll(arguments, method.Arguments);
        return to.AddMethodSpecification(member, to.GetOrAddBlob(arguments));
    }

    /// <summary>A type.</summary>
    /// <exception cref="InvalidDataException">The trace does not say which, or it can't be named.</exception>
    public EntityHandle Type(long handle)
    {
        var type = TypeOf(handle);
        if (type is { IsArray: false, Arguments.Length: 0 } && !IsPointer(type))
        {
            return copier.Reference(ReaderOf(type.Module), Definition(type));
        }

        var blob = new BlobBuilder();
        Write(blob, handle);
        return to.AddTypeSpecification(to.GetOrAddBlob(blob));
    }

    private static bool IsPointer(TracedType type) =>
        (SignatureTypeCode)type.Element is SignatureTypeCode.Pointer or SignatureTypeCode.ByReference;

    private static TypeDefinitionHandle Definition(TracedType type) => MetadataTokens.TypeDefinitionHandle(type.Token & RowMask);

    private void Write(BlobBuilder blob, long handle)
    {
        var type = TypeOf(handle);
        if (type.IsArray || IsPointer(type))
        {
            if (type.IsArray && (SignatureTypeCode)type.Element != SignatureTypeCode.SZArray)
            {
                throw new InvalidDataException("An array of several dimensions is not supported.");
            }

            blob.WriteByte(type.Element);
            Write(blob, type.Arguments[0]);
            return;
        }

        var reader = ReaderOf(type.Module);
        var definition = Definition(type);
        if (MetadataCopier.PrimitiveCode(reader, definition) is { } code)
        {
            blob.WriteByte((byte)code);
            return;
        }

        if (type.Arguments.Length > 0)
        {
            blob.WriteByte((byte)SignatureTypeCode.GenericTypeInstance);
        }

        var isValue = MetadataCopier.IsValueType(reader, definition);
        blob.WriteByte((byte)(isValue ? SignatureTypeKind.ValueType : SignatureTypeKind.Class));
        blob.WriteCompressedInteger(CodedIndex.TypeDefOrRef(copier.Reference(reader, definition)));
        if (type.Arguments.Length > 0)
        {
            WriteAll(blob, type.Arguments);
        }
    }

    private void WriteAll(BlobBuilder blob, long[] types)
    {
        blob.WriteCompressedInteger(types.Length);
        foreach (var type in types)
        {
            Write(blob, type);
        }
    }

    private TracedType TypeOf(long handle) => trace.Types.TryGetValue(handle, out var type)
        ? type
        : throw new InvalidDataException("A type is not named.");

    private string KeyOfType(long handle)
    {
        var type = TypeOf(handle);
        return $"{Path.GetFileName(trace.Modules[type.Module])}:{type.Token}<"
            + $"{string.Join(',', Array.ConvertAll(type.Arguments, KeyOfType))}>{(type.IsArray ? "[]" : "")}";
    }

    private MetadataReader ReaderOf(long module)
    {
        if (!_files.TryGetValue(module, out var file))
        {
            file = new PEReader(File.OpenRead(trace.Modules[module]));
            _files.Add(module, file);
        }

        return file.GetMetadataReader();
    }
}
