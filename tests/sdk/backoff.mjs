// What the official SDKs, unchanged and with their own retries, make of a gateway's limits: they wait as long as they are told
// and then succeed, and where a quota or a budget is spent they ask once. Requests are counted at the gateway.
//
//   node backoff.mjs --gateway URL --admin URL --token T
//
// The gateway has routes below /rate, /quota, /budget, /large and /overload of each SDK's name (.ci/steps/21-sdk-backoff.sh).
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

const { values: options } = parseArgs({
  options: { gateway: { type: 'string' }, admin: { type: 'string' }, token: { type: 'string' } },
});
const RETRY_AFTER_MS = 3000;
const messages = [{ role: 'user', content: 'hello' }];

const sdks = {
  openai: (route) => {
    const client = new OpenAI({ baseURL: `${options.gateway}/openai/${route}/v1`, apiKey: 'any' });
    return (max = 16) => client.chat.completions.create({ model: 'mock', max_tokens: max, messages });
  },
  anthropic: (route) => {
    const client = new Anthropic({ baseURL: `${options.gateway}/anthropic/${route}`, apiKey: 'any' });
    return (max = 16) => client.messages.create({ model: 'mock', max_tokens: max, messages });
  },
};

async function begun() {
  const response = await fetch(`${options.admin}/state`, { headers: { authorization: `Bearer ${options.token}` } });
  return (await response.json()).requests.begun;
}

/** Runs it, and tells how many requests the gateway has seen of it, how long it took, and what it failed with. */
async function watch(body) {
  const before = await begun();
  const start = performance.now();
  let error;
  try {
    await body();
  } catch (thrown) {
    error = thrown;
  }
  return { requests: (await begun()) - before, ms: performance.now() - start, error };
}

let passed = 0;
let failed = 0;

async function check(name, body) {
  try {
    await body();
    passed++;
    console.log(`ok    ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}\n      ${String(error?.stack ?? error).replaceAll('\n', '\n      ')}`);
  }
}

for (const [name, make] of Object.entries(sdks)) {
  await check(`${name}: waits as long as Retry-After says, and succeeds with the second request`, async () => {
    const ask = make('rate');
    assert.equal((await watch(ask)).requests, 1);
    const { requests, ms, error } = await watch(ask);
    assert.equal(error, undefined);
    assert.equal(requests, 2);
    // The seconds are rounded up, and the first request was a moment ago.
    assert.ok(ms > RETRY_AFTER_MS - 100 && ms < RETRY_AFTER_MS + 2000, `${ms} ms`);
  });

  await check(`${name}: asks once when a quota is spent`, async () => {
    const ask = make('quota');
    assert.equal((await watch(ask)).error, undefined);
    const { requests, ms, error } = await watch(ask);
    assert.equal(error?.status, 429);
    assert.equal(requests, 1);
    assert.ok(ms < 2000, `${ms} ms`);
  });

  await check(`${name}: asks once when a budget is spent`, async () => {
    const ask = make('budget');
    assert.equal((await watch(ask)).error, undefined);
    const { requests, error } = await watch(() => ask(90));
    assert.equal(error?.status, 429);
    assert.equal(requests, 1);
  });

  await check(`${name}: asks once for more than a limit has at all`, async () => {
    const { requests, error } = await watch(() => make('large')(1000));
    assert.equal(error?.status, 429);
    assert.equal(requests, 1);
  });

  await check(`${name}: comes back after an overload`, async () => {
    // One place and no line: the second is turned away while the first waits, and comes back after a second.
    const ask = make('overload');
    const { requests, error } = await watch(() => Promise.all([ask(), ask()]));
    assert.equal(error, undefined);
    assert.ok(requests >= 3 && requests <= 4, `${requests} requests`);
  });
}

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
