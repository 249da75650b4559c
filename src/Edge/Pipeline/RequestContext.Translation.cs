using Edge.Core.Configuration;
using Edge.Core.Llm.Translation;
using Edge.Hosting;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <content>What there is to say where caller and upstream speak different dialects.</content>
internal sealed partial class RequestContext
{
    private Translation? _translation;

    /// <summary>The dialect that the caller speaks, once the route is known: mostly that of the route's upstream.</summary>
    public Dialect Dialect { get; set; }

    /// <summary>True where the request has to be translated, and can be, to be understood by an upstream.</summary>
    public bool IsTranslatedFor(RouteUpstream upstream) =>
        upstream.Plan.Dialect != Dialect && upstream.Plan.Dialect != Dialect.Http && Dialect != Dialect.Http
        && Route!.Plan.Translate is not null && HttpMethods.IsPost(Method)
        && DialectPath.DialectOf(Target.Path) == Dialect;

    /// <summary>Its translation, once it has been made for an upstream; null: it goes out as it is.</summary>
    public Translation? Translation { get; private set; }

    /// <summary>The request goes to an upstream of another dialect. The memory is the connection's.</summary>
    public Translation BeginTranslation() => Translation = _translation ??= new Translation();

    /// <summary>An answer that an upstream gave before is to be given: translated, where it is of another dialect.</summary>
    public void TranslateAnswerOf(RouteUpstream upstream)
    {
        EndTranslation();
        if (IsTranslatedFor(upstream))
        {
            BeginTranslation().PrepareAnswer(this, upstream.Plan.Dialect);
        }
    }

    /// <summary>The request goes to an upstream of the caller's own dialect.</summary>
    public void EndTranslation()
    {
        Translation?.ReturnMemory();
        Translation = null;
    }
}
