using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Edge.Pipeline;

/// <summary>The head of the answer.</summary>
internal sealed partial class RequestContext
{
    // Kestrel's, over HTTP/1, where the connection is measured itself (see SlowReceivers).
    private readonly IHttpMinResponseDataRateFeature? _pace;
    private ResponseFields? _fields;

    /// <summary>The fields of the answer's head; begun anew where nobody has.</summary>
    public ResponseFields Fields => _fields ?? BeginFields(mayBeLines: false);

    /// <summary>Begins the head of an answer.</summary>
    /// <param name="mayBeLines">
    /// Of the head, which has Via, nobody changes anything behind the route's rules, and the answer is started by
    /// <see cref="StartAnswerAsync"/>: then its fields need not be headers.
    /// </param>
    public ResponseFields BeginFields(bool mayBeLines)
    {
        _fields ??= ResponseFields.Rent();
        _fields.Begin(ResponseHeaders, mayBeLines && MayHaveLines ? Route!.Fields : null);
        return _fields;
    }

    /// <summary>Writes the head into the connection's buffer; it leaves with the first flush.</summary>
    public Task StartAnswerAsync()
    {
        if (_fields is not { } fields)
        {
            return ResponseBody.StartAsync();
        }

        _fields = null;
        var starting = fields.StartAsync(ResponseBody);
        fields.Return();
        return starting;
    }

    // HTTP/2 writes its heads in another way. Explanations change what others have said.
    private bool MayHaveLines => Stages is null && Translation is null && !Snapshot.TimesAsked && !Route!.Plan.ServerTiming
        && !IsHttp2;

    // Of a listener without TLS there is none to begin with.
    private static IHttpMinResponseDataRateFeature? PaceOf(IFeatureCollection features) =>
        features.Find<IHttpMinResponseDataRateFeature>() is { MinDataRate: not null } pace ? pace : null;

    private void EndFields()
    {
        _fields?.Return();
        _fields = null;
    }
}
