using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Edge.Profile;

/// <summary>Names in one module what others define: assemblies, types and signatures, each once.</summary>
internal sealed class MetadataCopier(MetadataBuilder to)
{
    /// <summary>The assembly that defines what signatures have codes for.</summary>
    public const string CoreLibrary = "System.Private.CoreLib";

    // What stands for all reference types in code that they share; compilers look for it in an assembly that is none.
    private const string SharedType = "__Canon";
    private const string SharedAssembly = "System.Private.Canon";

    private static readonly Version AnyVersion = new(0, 0, 0, 0);
    private readonly Dictionary<string, AssemblyReferenceHandle> _assemblies = new(StringComparer.Ordinal);
    private readonly Dictionary<(EntityHandle Scope, string Namespace, string Name), TypeReferenceHandle> _types = [];

    /// <summary>A type by its definition.</summary>
    public EntityHandle Reference(MetadataReader from, TypeDefinitionHandle handle)
    {
        var type = from.GetTypeDefinition(handle);
        var space = from.GetString(type.Namespace);
        var name = from.GetString(type.Name);
        var outer = type.GetDeclaringType();
        if (!outer.IsNil)
        {
            return Add(Reference(from, outer), space, name);
        }

        var isShared = space == nameof(System) && name == SharedType;
        return Add(Assembly(isShared ? SharedAssembly : NameOf(from)), space, name);
    }

    /// <summary>A type by what a signature names it with.</summary>
    public EntityHandle Reference(MetadataReader from, EntityHandle handle)
    {
        if (handle.Kind == HandleKind.TypeDefinition)
        {
            return Reference(from, (TypeDefinitionHandle)handle);
        }

        if (handle.Kind != HandleKind.TypeReference)
        {
            throw new InvalidDataException($"A signature names a {handle.Kind}.");
        }

        var type = from.GetTypeReference((TypeReferenceHandle)handle);
        EntityHandle scope = type.ResolutionScope.Kind == HandleKind.AssemblyReference
            ? Assembly(from.GetString(from.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name))
            : Reference(from, type.ResolutionScope);
        return Add(scope, from.GetString(type.Namespace), from.GetString(type.Name));
    }

    /// <summary>The code of a type that signatures have a code for (ECMA-335, II.23.1.16), or null.</summary>
    public static SignatureTypeCode? PrimitiveCode(MetadataReader from, TypeDefinitionHandle handle)
    {
        var type = from.GetTypeDefinition(handle);
        if (!type.GetDeclaringType().IsNil || from.GetString(type.Namespace) != nameof(System) || NameOf(from) != CoreLibrary)
        {
            return null;
        }

        // The codes have the names of the types; those of arrays, pointers and the like are no types' own.
        return Enum.TryParse<SignatureTypeCode>(from.GetString(type.Name), out var code)
            && code is <= SignatureTypeCode.String
                or SignatureTypeCode.IntPtr or SignatureTypeCode.UIntPtr or SignatureTypeCode.Object
                ? code
                : null;
    }

    /// <summary>True for structs and enumerations.</summary>
    public static bool IsValueType(MetadataReader from, TypeDefinitionHandle handle)
    {
        var type = from.GetTypeDefinition(handle);
        var (space, name) = type.BaseType.Kind switch
        {
            _ when type.BaseType.IsNil => ("", ""),
            HandleKind.TypeReference => Names(from, from.GetTypeReference((TypeReferenceHandle)type.BaseType)),
            HandleKind.TypeDefinition => Names(from, from.GetTypeDefinition((TypeDefinitionHandle)type.BaseType)),
            _ => ("", ""),
        };
        return space == nameof(System)
            && (name == nameof(Enum) || (name == nameof(ValueType) && from.GetString(type.Name) != nameof(Enum)));
    }

    /// <summary>The name of the assembly that a reader reads.</summary>
    public static string NameOf(MetadataReader from) => from.GetString(from.GetAssemblyDefinition().Name);

    private static (string Namespace, string Name) Names(MetadataReader from, TypeReference type) =>
        (from.GetString(type.Namespace), from.GetString(type.Name));

    private static (string Namespace, string Name) Names(MetadataReader from, TypeDefinition type) =>
        (from.GetString(type.Namespace), from.GetString(type.Name));

    private AssemblyReferenceHandle Assembly(string name)
    {
        if (!_assemblies.TryGetValue(name, out var handle))
        {
            handle = to.AddAssemblyReference(to.GetOrAddString(name), AnyVersion, default, default, default, default);
            _assemblies.Add(name, handle);
        }

        return handle;
    }

    private TypeReferenceHandle Add(EntityHandle scope, string space, string name)
    {
        if (!_types.TryGetValue((scope, space, name), out var handle))
        {
            handle = to.AddTypeReference(scope, to.GetOrAddString(space), to.GetOrAddString(name));
            _types.Add((scope, space, name), handle);
        }

        return handle;
    }
}
