// The MCP server behind the gateway: the SDK's own, without sessions, and beside it an echo of what arrives. It knows nothing of
// tokens, and remembers if it ever saw one.
import http from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

export class Backend {
  /** Credentials that arrived: there must be none. */
  leaked = [];

  /** Requests that arrived. */
  count = 0;

  #server;

  async start(port) {
    this.#server = http.createServer((request, response) => this.#answer(request, response));
    await new Promise((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request, response) {
    this.count++;
    const { authorization, cookie } = request.headers;
    if (authorization || cookie || /token/.test(request.url)) this.leaked.push([authorization, cookie, request.url]);
    if (request.url !== '/mcp') {
      request.resume();
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ url: request.url, headers: request.headers }));
      return;
    }

    const server = new McpServer({ name: 'checks', version: '1.0.0' });
    server.registerTool('ping', { description: 'Answers pong.' }, () => ({ content: [{ type: 'text', text: 'pong' }] }));
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    response.on('close', () => server.close());
    await server.connect(transport);
    await transport.handleRequest(request, response);
  }
}
