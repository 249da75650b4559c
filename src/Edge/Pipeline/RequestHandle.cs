namespace Edge.Pipeline;

/// <summary>
/// What the server carries for a request: the context, in a structure of its own type. With a class there, the server's generic
/// code for each request would be the one that all classes share, which looks its types up while it runs.
/// </summary>
/// <param name="Context">The context; null only before there is one.</param>
internal readonly record struct RequestHandle(RequestContext? Context);
