// Callers of two tiers, and an upstream that serves 8 requests at once and has all others wait, however long.
//
//   node run.mjs serve PORT                                       the upstream
//   node run.mjs ask --gateway URL --admin URL --token T          the callers; prints a line a check and "N passed, N failed"
//
// Arrivals are made when they are due, whatever became of those before (an open model), and times run from then.
import http from 'node:http';
import { parseArgs } from 'node:util';

const SERVERS = 8;
const SERVICE_MS = 40;
const CAPACITY = (SERVERS * 1000) / SERVICE_MS;
const GOLD_RATE = 0.2 * CAPACITY;
const FREE_RATE = 1.8 * CAPACITY;
const CALM_MS = 3_000;
const STORM_MS = 9_000;
const SETTLE_MS = 2_000;

const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: { gateway: { type: 'string' }, admin: { type: 'string' }, token: { type: 'string' } },
});
if (positionals[0] === 'serve') serve(Number(positionals[1]));
else await ask();

function serve(port) {
  const waiting = [];
  let busy = 0;
  const next = () => {
    while (busy < SERVERS && waiting.length > 0) {
      const response = waiting.shift();
      busy++;
      setTimeout(() => {
        busy--;
        response.end('{}');
        next();
      }, SERVICE_MS * (0.5 + Math.random()));
    }
  };
  http
    .createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      request.resume();
      waiting.push(response);
      next();
    })
    .listen(port, '127.0.0.1');
}

async function ask() {
  const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
  const results = [];
  const open = new Set();

  const call = (tier, due) => {
    const done = new Promise((resolve) => {
      const request = http.get(options.gateway, { agent, headers: { authorization: `Bearer ${tier}-key` } }, (response) => {
        response.resume();
        response.on('end', () => {
          const retryAfter = response.headers['retry-after'];
          results.push({ tier, due, status: response.statusCode, ms: performance.now() - due, retryAfter });
          resolve();
        });
      });
      request.on('error', (error) => {
        results.push({ tier, due, status: 0, ms: 0, error });
        resolve();
      });
    });
    open.add(done);
    done.then(() => open.delete(done));
  };

  const begin = performance.now();
  const arrive = async (tier, rate, from, until) => {
    for (let due = begin + from; due < begin + until; due += -Math.log(1 - Math.random()) * (1000 / rate)) {
      const wait = due - performance.now();
      if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
      call(tier, due);
    }
  };

  await Promise.all([arrive('gold', GOLD_RATE, 0, CALM_MS + STORM_MS), arrive('free', FREE_RATE, CALM_MS, CALM_MS + STORM_MS)]);
  await Promise.all(open);

  // The first two seconds of the storm are what the limit needs to find its place.
  const between = (tier, from, until) =>
    results.filter((r) => r.tier === tier && r.due >= begin + from && r.due < begin + until);
  const calm = between('gold', 500, CALM_MS);
  const gold = between('gold', CALM_MS + SETTLE_MS, CALM_MS + STORM_MS);
  const free = between('free', CALM_MS + SETTLE_MS, CALM_MS + STORM_MS);
  const quantile = (list, share) => {
    const times = list.filter((r) => r.status === 200).map((r) => r.ms).sort((a, b) => a - b);
    return times[Math.min(Math.floor(times.length * share), times.length - 1)];
  };
  const served = (list) => list.filter((r) => r.status === 200).length;
  const shed = free.filter((r) => r.status === 503);
  const use = ((served(gold) + served(free)) * 1000) / (STORM_MS - SETTLE_MS) / CAPACITY;
  const state = await (
    await fetch(`${options.admin}/state`, { headers: { authorization: `Bearer ${options.token}` } })
  ).json();
  const overload = state.upstreams[0].overload;
  const times = (list) => `p50 ${quantile(list, 0.5).toFixed(0)} ms, p99 ${quantile(list, 0.99).toFixed(0)} ms`;
  const lost = gold.length - served(gold);
  console.log(`gold alone: ${times(calm)}; beside free: ${times(gold)}, ${lost} of ${gold.length} not served`);
  console.log(`free: ${shed.length} of ${free.length} turned away, served ${times(free)}; use of the upstream ${use.toFixed(2)}`);
  console.log(`state: ${JSON.stringify(overload)}`);

  let failed = 0;
  let passed = 0;
  const check = (name, holds) => {
    console.log(`${holds ? 'ok   ' : 'FAIL '} ${name}`);
    if (holds) passed++;
    else failed++;
  };
  check('gold is served, all but one in a hundred', lost <= gold.length / 100);
  check('gold takes at most four times as long as alone, p99', quantile(gold, 0.99) <= 4 * quantile(calm, 0.99));
  check('free is turned away', shed.length > free.length / 4);
  check('who is turned away is told when to come back', shed.every((r) => r.retryAfter === '1'));
  check('everybody gets an answer', results.every((r) => r.status === 200 || r.status === 503));
  check('the upstream is kept busy', use > 0.75);
  const allShed = results.filter((r) => r.tier === 'free' && r.status === 503).length;
  check('the state has all that was turned away', overload.shed.free === allShed);
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed ? 1 : 0);
}
