using Edge.Load;

// load/run: scenarios of load on a gateway. See docs/load.md.
return await LoadCommand.InvokeAsync(args);
