// A real authorisation server: oidc-provider on loopback, with discovery, dynamic registration, PKCE, resource indicators (RFC
// 8707) and access tokens as JWTs (RFC 9068). Its signing keys can be rotated, and it can be stopped and started again.
import http from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

export const scopes = ['mcp.read', 'mcp.write'];
export const loader = { client_id: 'loader', client_secret: 'a-secret-for-tests-only' };

export class AuthorizationServer {
  /** Requests for the keys so far. */
  keyFetches = 0;

  /** Seconds that an access token lives. */
  tokenSeconds = 600;

  #port;
  #keys = [];
  #number = 0;
  #handle;
  #server;

  constructor(port) {
    this.#port = port;
    this.issuer = `http://127.0.0.1:${port}`;
  }

  /** The id of the key that signs now. */
  get kid() {
    return this.#keys[0].kid;
  }

  async start() {
    if (this.#keys.length === 0) await this.rotate();
    this.#server = http.createServer((request, response) => {
      if (request.url === '/jwks') this.keyFetches++;
      this.#handle(request, response);
    });
    await new Promise((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** A new key signs from now on; the one before it stays in the set, those before that one go. */
  async rotate(alg = 'RS256') {
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    const kid = `key-${++this.#number}`;
    this.#keys = [{ ...(await exportJWK(privateKey)), kid, alg, use: 'sig' }, ...this.#keys.slice(0, 1)];
    this.#handle = this.#provider(alg).callback();
  }

  /** A token of the client credentials grant. */
  async token(resource, scope = scopes.join(' ')) {
    const answer = await fetch(`${this.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${loader.client_id}:${loader.client_secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource, scope }),
    });
    const body = await answer.json();
    if (!answer.ok) throw new Error(JSON.stringify(body));
    return body.access_token;
  }

  #provider(alg) {
    return new Provider(this.issuer, {
      jwks: { keys: this.#keys },
      clients: [{ ...loader, grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }],
      cookies: { keys: ['only for tests'] },
      scopes: ['openid', ...scopes],
      findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
      pkce: { required: () => true },
      responseTypes: ['code'],
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: true },
        registration: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_, resource) => ({
            audience: resource,
            scope: scopes.join(' '),
            accessTokenFormat: 'jwt',
            accessTokenTTL: this.tokenSeconds,
            jwt: { sign: { alg } },
          }),
        },
      },
    });
  }
}
