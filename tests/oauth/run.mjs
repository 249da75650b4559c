// An MCP client walks from 401 to a token at a real authorisation server and back in, through Edge; and the server's signing key
// is rotated while load runs.
//
//   npm ci                              once; Node 22 or newer; nothing else is needed
//   node run.mjs --edge PATH            the published binary
//
//   MCP client ──► Edge ──► MCP server (which never sees a token)
//        └──────► oidc-provider ◄── Edge fetches its keys
//
// Prints a line a check and, last, "N passed, N failed"; exits with 1 if one failed.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import { parseArgs } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { AuthorizationServer } from './lib/authorization-server.mjs';
import { authorize } from './lib/browser.mjs';
import { adminToken, freePort, Gateway } from './lib/gateway.mjs';
import { Backend } from './lib/mcp-server.mjs';

const { values: options } = parseArgs({ options: { edge: { type: 'string' } } });
if (!options.edge) {
  console.error('usage: node run.mjs --edge PATH');
  process.exit(2);
}

const CHECK_MS_MAX = 60_000;
const LOAD_MS = 10_000;
const LOAD_PER_SECOND = 300;
const ROTATIONS = 3;
const redirectUri = 'http://127.0.0.1:1/callback';

const server = new AuthorizationServer(await freePort());
const backend = new Backend();
const backendPort = await freePort();
const gatewayPort = await freePort();
let gateway = new Gateway(options.edge, gatewayPort);
const resource = `${gateway.url}/mcp`;

const configure = (adminPort) => `
listeners:
  - address: 127.0.0.1:${gatewayPort}
admin: { address: 127.0.0.1:${adminPort}, token: ${adminToken} }
identity:
  failureLimit: none
  issuers:
    as: { issuer: "${server.issuer}", algorithms: [RS256, ES256], typ: at+jwt, clockSkew: 1ms }
upstreams:
  mcp: { targets: ["http://127.0.0.1:${backendPort}"] }
routes:
  - name: mcp
    match: { path: /mcp }
    authenticate: { with: [as], resource: { identifier: "${resource}", name: Checks } }
    authorize: { scopes: [mcp.read] }
    upstream: mcp
  - name: write
    match: { path: /mcp/write }
    authenticate: { with: [as], resource: { identifier: "${resource}" } }
    authorize: { scopes: [mcp.read, mcp.write] }
    upstream: mcp
  - name: other
    match: { path: /other }
    authenticate: { with: [as], resource: { identifier: "${gateway.url}/other" } }
    upstream: mcp
`;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let passed = 0;
let failed = 0;

async function check(name, body) {
  let timer;
  try {
    const timeout = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not done within ${CHECK_MS_MAX} ms`)), CHECK_MS_MAX);
    });
    const said = await Promise.race([body(), timeout]);
    passed++;
    console.log(`ok    ${name}${said ? ` (${said})` : ''}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}\n      ${String(error?.stack ?? error).replaceAll('\n', '\n      ')}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until something holds; no check goes on without it. */
async function until(what, holds) {
  const end = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not so within 20 s: ${what}`);
    await sleep(20);
  }
}

const call = (path, token) => fetch(gateway.url + path, { headers: token ? { authorization: `Bearer ${token}` } : {} });

/** The parameters of a Bearer challenge (RFC 6750, section 3). */
function challenge(answer) {
  const text = answer.headers.get('www-authenticate');
  assert.match(text, /^Bearer /);
  return Object.fromEntries([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
}

/** The walk by hand, each step from what the one before it said. Answers the tokens. */
async function walk(path, scope) {
  const refused = await call(path);
  assert.equal(refused.status, 401);
  const asked = challenge(refused);
  const metadata = await (await fetch(asked.resource_metadata)).json();
  const issuer = metadata.authorization_servers[0];
  const about = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json();
  assert.equal(about.issuer, issuer);
  assert.ok(about.code_challenge_methods_supported.includes('S256'));
  const client = await (await fetch(about.registration_endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [redirectUri], token_endpoint_auth_method: 'none', client_name: 'by hand' }),
  })).json();
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL(about.authorization_endpoint);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: redirectUri,
    scope: scope ?? asked.scope,
    resource: metadata.resource,
    state: 'state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const back = await authorize(url, redirectUri);
  assert.equal(back.searchParams.get('state'), 'state');
  assert.equal(back.searchParams.get('iss'), issuer);
  const exchange = (code_verifier) => fetch(about.token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: back.searchParams.get('code'),
      client_id: client.client_id,
      redirect_uri: redirectUri,
      resource: metadata.resource,
      code_verifier,
    }),
  });
  const answer = await exchange(verifier);
  const tokens = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(tokens));
  return tokens;
}

/** What an application gives the MCP SDK: where it keeps what it learns, and the browser. */
class Application {
  redirectUrl = redirectUri;
  clientMetadata = { client_name: 'by the SDK', redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' };
  #known = {};

  clientInformation() { return this.#known.client; }
  saveClientInformation(client) { this.#known.client = client; }
  tokens() { return this.#known.tokens; }
  saveTokens(tokens) { this.#known.tokens = tokens; }
  saveCodeVerifier(verifier) { this.#known.verifier = verifier; }
  codeVerifier() { return this.#known.verifier; }

  async redirectToAuthorization(url) {
    this.code = (await authorize(url, redirectUri)).searchParams.get('code');
  }
}

async function runLoad() {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const state = { token: await server.token(resource), done: 0, wrong: [], running: 0, byKey: {} };
  const one = (token) => new Promise((resolve) => {
    const request = http.get(`${gateway.url}/mcp/write`, { agent, headers: { authorization: `Bearer ${token}` } }, (answer) => {
      if (answer.statusCode !== 200) state.wrong.push(`${answer.statusCode} ${answer.headers['www-authenticate'] ?? ''}`);
      answer.resume();
      answer.once('end', resolve);
    });
    request.once('error', (error) => {
      state.wrong.push(String(error));
      resolve();
    });
  });
  const begin = Date.now();
  const rotations = Array.from({ length: ROTATIONS }, (_, i) => ((i + 1) * LOAD_MS) / (ROTATIONS + 1));
  const running = new Set();
  let sent = 0;
  let rotating;
  while (Date.now() - begin < LOAD_MS) {
    const now = Date.now() - begin;
    if (rotations.length > 0 && now >= rotations[0]) {
      rotations.shift();
      rotating = server.rotate().then(async () => {
        state.token = await server.token(resource);
      });
    }

    for (const due = Math.floor((now * LOAD_PER_SECOND) / 1000); sent < due; sent++) {
      const kid = decodeProtectedHeader(state.token).kid;
      state.byKey[kid] = (state.byKey[kid] ?? 0) + 1;
      const request = one(state.token).then(() => running.delete(request));
      running.add(request);
    }

    await sleep(5);
  }

  await rotating;
  await Promise.all(running);
  agent.destroy();
  return { ...state, sent };
}

/** A gateway that has asked the issuer for nothing but what it needs to begin with. */
async function restart() {
  assert.equal(await gateway.stop(), 0);
  gateway = new Gateway(options.edge, gatewayPort);
  await gateway.start(configure);
  await until('ready', async () => (await gateway.issuer()).status === 'ready');
}

async function main() {
  await backend.start(backendPort);
  await gateway.start(configure);

  // Any well-formed token of the issuer will do: there are no keys to verify it with.
  const { privateKey: strange } = await generateKeyPair('RS256');
  const forge = (claims, header) => new SignJWT({ scope: 'mcp.read mcp.write', client_id: 'x', ...claims })
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'key-1', ...header })
    .setIssuer(server.issuer).setSubject('x').setAudience(resource).setIssuedAt().setExpirationTime('5m').sign(strange);

  await check('before the issuer is there, a token is answered with 503 and Retry-After, not with 401', async () => {
    const answer = await call('/mcp', await forge({}));
    assert.equal(answer.status, 503);
    assert.match(answer.headers.get('retry-after'), /^\d+$/);
    assert.equal((await gateway.issuer()).status, 'waiting');
  });

  await check('and without a token with 401 all the same', async () => assert.equal((await call('/mcp')).status, 401));

  await server.start();
  await check('the keys are there soon after the issuer is', () =>
    until('ready', async () => (await gateway.issuer()).status === 'ready'));

  await check('the 401 names the metadata and the scope', async () => {
    const { resource_metadata, scope, error } = challenge(await call('/mcp'));
    assert.equal(resource_metadata, `${gateway.url}/.well-known/oauth-protected-resource/mcp`);
    assert.equal(scope, 'mcp.read');
    assert.equal(error, undefined);
  });

  await check('the metadata says what RFC 9728 asks, and a page of any origin may read it', async () => {
    const answer = await fetch(`${gateway.url}/.well-known/oauth-protected-resource/mcp`);
    assert.equal(answer.headers.get('access-control-allow-origin'), '*');
    assert.deepEqual(await answer.json(), {
      resource,
      authorization_servers: [server.issuer],
      scopes_supported: ['mcp.read', 'mcp.write'],
      bearer_methods_supported: ['header'],
      resource_name: 'Checks',
    });
  });

  let read;
  await check('by hand: 401, metadata, registration, code with PKCE, token for this resource, 200', async () => {
    read = (await walk('/mcp')).access_token;
    const claims = decodeJwt(read);
    assert.deepEqual([claims.aud, claims.scope], [resource, 'mcp.read']);
    const answer = await fetch(resource, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${read}`,
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }),
    });
    assert.equal(answer.status, 200);
    assert.match(await answer.text(), /"ping"/);
  });

  await check('a token without the scope is answered with 403, insufficient_scope and what it takes', async () => {
    const answer = await call('/mcp/write', read);
    assert.equal(answer.status, 403);
    const { error, scope, resource_metadata } = challenge(answer);
    assert.deepEqual([error, scope], ['insufficient_scope', 'mcp.read mcp.write']);
    assert.equal(resource_metadata, `${gateway.url}/.well-known/oauth-protected-resource/mcp`);
  });

  await check('step-up: with the scopes that the 403 named, it passes', async () => {
    const { scope } = challenge(await call('/mcp/write', read));
    assert.equal((await call('/mcp/write', (await walk('/mcp/write', scope)).access_token)).status, 200);
  });

  await check('a token for another resource is refused here, and one for here elsewhere', async () => {
    const other = await server.token(`${gateway.url}/other`);
    assert.equal((await call('/other', other)).status, 200);
    assert.equal(challenge(await call('/mcp', other)).error, 'invalid_token');
    assert.equal((await call('/mcp', other)).status, 401);
    assert.equal((await call('/mcp', read)).status !== 401, true);
    assert.equal((await call('/other', read)).status, 401);
  });

  await check('a token that has expired is refused, also one that was taken before', async () => {
    server.tokenSeconds = 2;
    const token = await server.token(resource);
    server.tokenSeconds = 600;
    assert.equal((await call('/mcp/write', token)).status, 200);
    await until('expired', async () => (await call('/mcp/write', token)).status === 401);
    assert.ok(Date.now() / 1000 >= decodeJwt(token).exp);
    assert.equal(challenge(await call('/mcp/write', token)).error, 'invalid_token');
  });

  await check('a token that somebody else signed under the right key’s name is refused', async () => {
    assert.equal((await call('/mcp', await forge({}))).status, 401);
    assert.equal((await call('/mcp', await forge({ iss: 'http://127.0.0.1:1' }))).status, 401);
  });

  await check('the official MCP client finds its way in by itself, and calls a tool', async () => {
    const application = new Application();
    const transport = new StreamableHTTPClientTransport(new URL(resource), { authProvider: application });
    const client = new Client({ name: 'checks', version: '1.0.0' });
    await assert.rejects(client.connect(transport), UnauthorizedError);
    await transport.finishAuth(application.code);
    await client.connect(new StreamableHTTPClientTransport(new URL(resource), { authProvider: application }));
    const { content } = await client.callTool({ name: 'ping', arguments: {} });
    assert.deepEqual(content, [{ type: 'text', text: 'pong' }]);
    assert.equal(decodeJwt(application.tokens().access_token).aud, resource);
    await client.close();
  });

  await restart();
  await check('a new key’s first token is taken at once, the old key’s tokens until the key is gone', async () => {
    const old = await server.token(resource);
    await server.rotate('ES256');
    const fresh = await server.token(resource);
    assert.equal(decodeProtectedHeader(fresh).alg, 'ES256');
    assert.equal((await call('/mcp/write', fresh)).status, 200);
    assert.equal((await call('/mcp/write', old)).status, 200);
    await server.rotate();
    assert.equal((await call('/mcp/write', await server.token(resource))).status, 200);
    assert.equal((await call('/mcp/write', old)).status, 401);
    assert.equal((await call('/mcp/write', fresh)).status, 200);
  });

  await restart();
  await check('2,000 tokens with made-up keys are refused, and the issuer is hardly asked', async () => {
    const before = server.keyFetches;
    const good = await server.token(resource);
    const tokens = await Promise.all(Array.from({ length: 2_000 }, async (_, i) => forge({}, { kid: `made-up-${i}` })));
    const begin = Date.now();
    for (let i = 0; i < tokens.length; i += 100) {
      const answers = await Promise.all(tokens.slice(i, i + 100).map(async (token) => (await call('/mcp', token)).status));
      assert.deepEqual(new Set(answers), new Set([401]));
      assert.equal((await call('/mcp/write', good)).status, 200);
    }

    const asked = server.keyFetches - before;
    assert.ok(asked >= 1 && asked <= 10, `${asked} fetches`);
    return `${Date.now() - begin} ms, ${asked} fetches`;
  });

  await check('while the issuer is down, known tokens pass and unknown keys are answered with 503', async () => {
    const good = await server.token(resource);
    await restart();
    assert.equal((await call('/mcp/write', good)).status, 200);
    await server.stop();
    assert.equal((await call('/mcp', await forge({}, { kid: 'nobody-knows' }))).status, 503);
    assert.equal((await gateway.issuer()).status, 'stale');
    assert.equal((await call('/mcp/write', good)).status, 200);
    await server.start();
    await until('ready again', async () => (await gateway.issuer()).status === 'ready');
  });

  const load = `${ROTATIONS} rotations within ${LOAD_MS / 1000} s at ${LOAD_PER_SECOND} requests a second`;
  await check(`${load}: none fails`, async () => {
    await restart();
    const before = server.keyFetches;
    const ran = await runLoad();
    assert.deepEqual(ran.wrong, []);
    assert.equal(Object.keys(ran.byKey).length, ROTATIONS + 1);
    assert.ok(ran.sent >= (LOAD_MS / 1000) * LOAD_PER_SECOND * 0.9, `${ran.sent} sent`);
    assert.equal(server.keyFetches - before, ROTATIONS);
    return `${ran.sent} requests, keys ${JSON.stringify(ran.byKey)}`;
  });

  await check('no token and no cookie ever reached the MCP server', async () => {
    assert.deepEqual(backend.leaked, []);
    return `${backend.count} requests`;
  });

  await check('SIGTERM ends the gateway with 0', async () => assert.equal(await gateway.stop(), 0));
}

try {
  await main();
} catch (error) {
  failed++;
  console.log(`FAIL  ${error?.stack ?? error}`);
} finally {
  if (failed > 0) console.log(gateway.output.split('\n').slice(-40).join('\n'));
  await gateway.stop();
  await backend.stop().catch(() => {});
  await server.stop().catch(() => {});
}

console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
