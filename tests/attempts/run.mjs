// Two upstreams, of which one is killed and started again under load, and callers of whose requests none may be lost.
//
//   node run.mjs serve PORT FILE           an upstream: answers each request after a moment, and notes it in a file
//   node run.mjs ask URL PORT PORT FOLDER  the callers, who start and kill the upstreams; their files go into the folder
//
// The callers ask for 8 s, 500 times a second (arrivals are made when they are due, whatever became of those before), POST and
// GET in turn. The first upstream is killed after 2 s and 5 s, by SIGKILL, and started again a second later. Each request has a
// number. What a caller got is compared with what the upstreams have noted. Prints a line a check and "N passed, N failed".
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';

const RATE = 500;
const LOAD_MS = 8_000;
const KILLS_MS = [2_000, 5_000];
const DOWN_MS = 1_000;
const ANSWER_MS = 20;
const REQUESTS_MIN = 500;
const CALLER_TIMEOUT_MS = 15_000;

const [command, ...rest] = process.argv.slice(2);
if (command === 'serve') serve(Number(rest[0]), rest[1]);
else await ask(rest[0], Number(rest[1]), Number(rest[2]), rest[3]);

function serve(port, log) {
  const file = fs.openSync(log, 'a');
  http
    .createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const id = request.headers['x-id'];
        const body = Buffer.concat(chunks).toString();
        fs.writeSync(file, `${id} ${request.method} ${body}\n`);
        setTimeout(() => response.end(`answer ${id}`), Math.random() * ANSWER_MS);
      });
    })
    .listen(port, '127.0.0.1');
}

async function ask(gateway, first, second, folder) {
  const logs = [`${folder}/first.txt`, `${folder}/second.txt`];
  let one = await start(first, logs[0]);
  const two = await start(second, logs[1]);
  const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
  const results = [];
  const pending = [];
  const began = performance.now();
  const kills = [...KILLS_MS];
  let restartAt = Infinity;
  let restarting = Promise.resolve();
  try {
    for (let id = 0; performance.now() - began < LOAD_MS; ) {
      const now = performance.now() - began;
      for (; id < (now * RATE) / 1000; id++) pending.push(call(gateway, agent, id).then((result) => results.push(result)));
      if (kills.length > 0 && now > kills[0]) {
        kills.shift();
        one.kill('SIGKILL');
        restartAt = now + DOWN_MS;
      }
      if (now > restartAt) {
        restartAt = Infinity;
        restarting = start(first, logs[0]).then((child) => (one = child));
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await Promise.all(pending);
  } finally {
    await restarting;
    one.kill('SIGKILL');
    two.kill('SIGKILL');
    agent.destroy();
  }
  report(results, logs);
}

async function start(port, log) {
  const child = spawn(process.execPath, [process.argv[1], 'serve', String(port), log], { stdio: 'inherit' });
  for (let i = 0; i < 500; i++) {
    const isUp = await new Promise((resolve) => {
      http.get({ port, host: '127.0.0.1', headers: { 'x-id': 'up' } }, (response) => {
        response.resume();
        response.on('end', () => resolve(true));
      }).on('error', () => resolve(false));
    });
    if (isUp) return child;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  child.kill('SIGKILL');
  throw new Error(`nothing listens on ${port}`);
}

function call(gateway, agent, id) {
  const method = id % 2 === 0 ? 'POST' : 'GET';
  return new Promise((resolve) => {
    const result = { id, method, status: 0, text: '', attempts: 1 };
    const request = http.request(
      gateway, { agent, method, headers: { 'x-id': id }, timeout: CALLER_TIMEOUT_MS },
      (response) => {
        result.status = response.statusCode;
        result.attempts = Number(response.headers['x-edge-attempts'] ?? 1);
        response.on('data', (chunk) => (result.text += chunk));
        response.on('end', () => resolve(result));
        response.on('error', () => resolve({ ...result, broken: true }));
      });
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', (error) => resolve({ ...result, error: error.message }));
    request.end(method === 'POST' ? `body of ${id}` : undefined);
  });
}

function report(results, logs) {
  let passed = 0;
  let failed = 0;
  const check = (name, isTrue, detail) => {
    console.log(`${isTrue ? 'ok  ' : 'FAIL'} ${name}: ${detail}`);
    if (isTrue) passed++;
    else failed++;
  };
  const seen = new Map();
  let garbled = 0;
  for (const log of logs) {
    for (const line of fs.readFileSync(log, 'utf8').split('\n')) {
      const [id, method, ...body] = line.split(' ');
      if (id === '' || id === 'up') continue;
      seen.set(Number(id), (seen.get(Number(id)) ?? 0) + 1);
      if (body.join(' ') !== (method === 'POST' ? `body of ${id}` : '')) garbled++;
    }
  }

  // An answer that had begun when its upstream died may be broken, and must be seen to be.
  const broken = results.filter((r) => r.broken);
  const lost = results.filter((r) => !r.broken && !(r.status === 200 && r.text === `answer ${r.id}`));
  const again = results.filter((r) => r.attempts > 1);
  const unseen = results.filter((r) => r.status === 200 && !seen.has(r.id));
  const twice = [...seen.values()].filter((count) => count > 1).length;
  const known = [...seen.keys()].filter((id) => id < results.length).length;
  check('there was load', results.length > REQUESTS_MIN, `${results.length} requests`);
  check('no request that had not begun to be answered is lost', lost.length === 0,
    `${lost.length} lost ${JSON.stringify(lost.slice(0, 3))}, ${broken.length} broken after they had begun`);
  check('at most a few were broken', broken.length <= 5, `${broken.length}`);
  check('the upstreams have seen all that was answered', unseen.length === 0 && known === seen.size, `${seen.size} seen`);
  check('every body arrived whole', garbled === 0, `${garbled} garbled`);
  check('the kills were felt', again.length > 0, `${again.length} took more than one attempt`);
  check('only what a dead upstream had received was received twice', twice <= again.length, `${twice} received twice`);
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
