// Floods a gateway that has little memory with large bodies, to a provider that never answers. Prints a line a check and
// "N passed, N failed".
//
//   node memory.mjs GATEWAY ADMIN
import http from 'node:http';

const HOLD_MS = 4_000;
const RECOVER_MS = 25_000;
const [gateway, admin] = process.argv.slice(2);
const MIB = 1024 * 1024;
let passed = 0;
let failed = 0;

function check(holds, what) {
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${what}`);
  if (holds) passed++;
  else failed++;
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function body(model, bytes) {
  return Buffer.from(JSON.stringify({ model, messages: [{ role: 'user', content: 'x'.repeat(bytes) }] }));
}

/** What became of one request: its status and the error's code, `held` where it waited until its caller left, or `broken`. */
function ask(content, holdMs) {
  return new Promise((resolve) => {
    const request = http.request(`${gateway}/v1/chat/completions`, {
      method: 'POST',
      agent: false,
      headers: { 'Content-Type': 'application/json', 'Content-Length': content.length },
    });
    const timer = setTimeout(() => {
      resolve('held');
      request.destroy();
    }, holdMs);
    const end = (word) => {
      clearTimeout(timer);
      resolve(word);
    };
    // Who is answered before the body is sent may find the connection closed while it still sends.
    request.on('error', () => end('broken'));
    request.on('response', (response) => {
      let text = '';
      response.on('data', (piece) => (text += piece));
      response.on('error', () => end(`${response.statusCode} broken`));
      response.on('end', () => end(`${response.statusCode} ${/"code":"(\w+)"/.exec(text)?.[1] ?? ''}`.trim()));
    });
    request.end(content);
  });
}

async function isWell() {
  const response = await fetch(`${admin}/healthz`, { signal: AbortSignal.timeout(5_000) }).catch(() => null);
  return response?.status === 200;
}

async function flood(name, count, bytes, gapMs) {
  const content = body('mock;hang=request', bytes);
  const asked = [];
  for (let i = 0; i < count; i++) {
    asked.push(ask(content, HOLD_MS));
    if (gapMs > 0) await sleep(gapMs);
  }
  const well = await isWell();
  const counts = {};
  for (const word of await Promise.all(asked)) counts[word] = (counts[word] ?? 0) + 1;
  console.log(`  ${name}: ${JSON.stringify(counts)}`);
  check(well, `${name}: health is answered meanwhile`);
  check(counts['503 edge_overloaded'] > 0, `${name}: some are turned away`);
  check(counts.held > 0, `${name}: some are let in`);
  check(
    Object.keys(counts).every((word) => ['503 edge_overloaded', 'held', 'broken'].includes(word)),
    `${name}: nothing else becomes of them`,
  );

  const begun = Date.now();
  let word;
  do {
    await sleep(250);
    word = await ask(body('mock', 10), 5_000);
  } while (word !== '200' && Date.now() - begun < RECOVER_MS);
  check(word === '200', `${name}: ${((Date.now() - begun) / 1000).toFixed(1)} s later requests are let in (${word})`);
}

await flood('200 bodies of 1 MiB, one after the other', 200, MIB, 15);
await flood('80 bodies of 9 MiB at once', 80, 9 * MIB, 0);
await flood('400 bodies of 300 KiB at once', 400, 300 * 1024, 0);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
