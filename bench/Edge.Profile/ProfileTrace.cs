using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Parsers.Clr;

namespace Edge.Profile;

/// <summary>A type that a run had, by the runtime's events.</summary>
/// <param name="Module">Handle of the module that defines it.</param>
/// <param name="Token">Its definition there.</param>
/// <param name="IsArray">True for an array, whose elements are the first argument.</param>
/// <param name="Element">Its element type (ECMA-335, II.23.1.16).</param>
/// <param name="Arguments">Handles of its type arguments.</param>
internal sealed record TracedType(long Module, int Token, bool IsArray, byte Element, long[] Arguments);

/// <summary>A method that a run had.</summary>
/// <param name="Type">Handle of the type that it belongs to.</param>
/// <param name="Token">Its definition, in the module of the type.</param>
/// <param name="Arguments">Handles of its type arguments.</param>
internal sealed record TracedMethod(long Type, int Token, long[] Arguments);

/// <summary>What the runtime wrote of one run of instrumented code (a .nettrace file).</summary>
internal sealed class ProfileTrace
{
    private ProfileTrace()
    {
    }

    /// <summary>Path of each module by its handle.</summary>
    public Dictionary<long, string> Modules { get; } = [];

    /// <summary>Types by their handles.</summary>
    public Dictionary<long, TracedType> Types { get; } = [];

    /// <summary>Methods by their handles.</summary>
    public Dictionary<long, TracedMethod> Methods { get; } = [];

    /// <summary>What was counted, by the handle of the method.</summary>
    public Dictionary<long, byte[]> Profiles { get; } = [];

    /// <summary>Reads a file.</summary>
    public static ProfileTrace Read(string path)
    {
        var trace = new ProfileTrace();
        using var events = new EventPipeEventSource(path);
        events.Clr.All += trace.Take;
        events.Process();
        return trace;
    }

    private void Take(TraceEvent next)
    {
        switch (next)
        {
            case ModuleLoadUnloadTraceData module:
                Modules[module.ModuleID] = module.ModuleILPath;
                break;
            case GCBulkTypeTraceData types:
                for (var i = 0; i < types.Count; i++)
                {
                    Take(types.Values(i));
                }

                break;
            case MethodDetailsTraceData method:
                var arguments = new long[method.TypeParameterCount];
                for (var i = 0; i < arguments.Length; i++)
                {
                    arguments[i] = method.TypeParameters(i);
                }

                Methods[method.MethodID] = new TracedMethod(method.TypeID, method.MethodToken, arguments);
                break;
            case JitInstrumentationDataVerboseTraceData profile:
                Profiles[profile.MethodID] = profile.Data;
                break;
        }
    }

    private void Take(GCBulkTypeValues type)
    {
        var arguments = new long[type.TypeParameterCount];
        for (var i = 0; i < arguments.Length; i++)
        {
            arguments[i] = (long)type.TypeParameterID(i);
        }

        Types[(long)type.TypeID] = new TracedType(
            (long)type.ModuleID, type.TypeNameID, (type.Flags & TypeFlags.Array) != 0, type.CorElementType, arguments);
    }
}
