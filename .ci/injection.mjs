// Callers and providers who would write into the logs, for .ci/steps/38-log-injection.sh.
//   serve UPSTREAM COLLECTOR FOLDER   a provider whose answers are hostile, and a collector that keeps what it is sent
//   attack GATEWAY SEED COUNT         that many requests with hostile headers; prints how many were answered
//   judge FORMAT FOLDER COUNT         whether logs, audit and what the collector has are whole, and nobody's but the gateway's
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { connect, createServer } from 'node:net';

const [mode, ...rest] = process.argv.slice(2);
const EVIL = [
  '{"status":999,"forged":1}', 'edge: ready, 9 routes, 9 upstreams',
  '10.9.9.9 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 1', '\x01', '\x08', '\x1b[2K\x1b[1A', '\x7f', '\x85',
  '\x9b31m', '\t', '"', '\\', "'", '{', '}', ',', '%0a', '%0d%0a', '%s', '{0}', '\xe2\x80\xa8', '\xe2\x80\xae', '\xff\xfe',
  '\xed\xa0\x80',
];

// A small generator (mulberry32): a run can be had again by its seed.
function dice(seed) {
  let a = seed >>> 0;
  return n => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

function serve(upstream, collector, folder) {
  const faults = [
    'HTTP/1.1 500 \x1b[31m\nedge: ready\r\nContent-Length: 0\r\n\r\n', 'HTTP/9.9 \x1b[2K edge: drained\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok', '\r\nedge: ready\r\n',
    'HTTP/1.1 200 OK\r\nX: a\nedge: ready\r\n\r\n',
  ];
  createServer(socket => {
    socket.on('error', () => {});
    socket.on('data', data => {
      const head = data.toString('latin1');
      appendFileSync(`${folder}/upstream.jsonl`, JSON.stringify({
        parents: [...head.matchAll(/^traceparent: (.*)\r$/gim)].map(match => match[1]),
        state: /^tracestate: (.*)\r$/im.exec(head)?.[1], keeps: head.includes('keeps-state'),
      }) + '\n');
      const fault = /\/fault-(\d)/.exec(head);
      const answer = fault ? faults[Number(fault[1])] : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';
      socket.end(Buffer.from(answer, 'latin1'));
    });
  }).listen(Number(upstream), '127.0.0.1');
  createHttp(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    if (request.url.includes('logs')) appendFileSync(`${folder}/otlp.base64`, Buffer.concat(parts).toString('base64') + '\n');
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  }).listen(Number(collector), '127.0.0.1');
}

function ask(port, text) {
  return new Promise(resolve => {
    let answer = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(Buffer.from(text, 'latin1')));
    socket.setTimeout(10_000, () => socket.destroy());
    socket.on('data', data => { answer += data.toString('latin1'); });
    socket.on('error', () => {});
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)));
  });
}

async function attack(port, seed, count) {
  const roll = dice(Number(seed));
  const maybe = () => roll(3) ? 'plain' : evil();
  const evil = () => Array.from({ length: 1 + roll(6) }, () => [...EVIL, 'a'.repeat(roll(40))][roll(EVIL.length + 1)]).join('');
  const parents = [
    '00-zz-00-01', '00-' + '0'.repeat(32) + '-' + '0'.repeat(16) + '-01', 'ff-' + 'a'.repeat(32) + '-' + 'b'.repeat(16) + '-01',
    '00-' + 'A'.repeat(32) + '-' + 'b'.repeat(16) + '-01', '00-' + 'a'.repeat(32) + '-' + 'b'.repeat(16) + '-01-x', '', ' ',
    '00-' + 'a'.repeat(5000),
  ];
  const statuses = {};
  for (let i = 0; i < Number(count); i++) {
    const good = roll(4) === 0;
    const parent = good ? `00-${'a'.repeat(32)}-${'b'.repeat(16)}-0${roll(2)}` : roll(2) ? parents[roll(parents.length)] : evil();
    const path = roll(3) ? `/v1/x-${i}` : `/v1/fault-${roll(5)}`;
    const query = roll(8) ? encodeURIComponent(evil()) : evil().replace(/[\x00-\x20\x7f-\xff]/g, '+');
    const fields = {
      Host: 'a', 'User-Agent': maybe(), Referer: maybe(), 'X-Request-Id': maybe(), traceparent: parent,
      tracestate: good ? 'keeps-state=1' : maybe(), Authorization: `Bearer ${roll(40) ? 'app-key' : evil()}`,
      'X-Forwarded-For': maybe(), Connection: 'close',
    };
    const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const text = `GET ${path}?key=secret-${i}&${query} HTTP/1.1\r\n${head}\r\n`;
    const status = await ask(port, text);
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
  console.log(JSON.stringify(statuses));
}

// Messages of protobuf, by the numbers of their fields: only what the records of logs have.
function* fields(bytes) {
  let at = 0;
  const number = () => {
    for (let value = 0, weight = 1; ; weight *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * weight;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = number();
    if ((tag & 7) === 0) yield [tag >> 3, number()];
    else if ((tag & 7) === 1) yield [tag >> 3, bytes.subarray(at, at += 8)];
    else { const length = number(); yield [tag >> 3, bytes.subarray(at, at += length)]; }
  }
}

const inner = (messages, field) =>
  messages.flatMap(message => [...fields(message)].filter(one => one[0] === field).map(one => one[1]));

function judge(format, folder, count) {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const lines = name => decoder.decode(readFileSync(`${folder}/${name}`)).split('\n').slice(0, -1);
  const wrong = [];
  const hold = (good, what) => { if (!good && wrong.length < 5) wrong.push(what); };
  const special = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
  const access = lines('access.log');
  hold(access.length <= Number(count) && access.length > Number(count) / 2, `${access.length} lines of ${count} requests`);
  for (const line of access) {
    hold(!special.test(line) && !line.includes('secret'), line);
    if (format === 'json') {
      const told = JSON.parse(line);
      hold(told.path.startsWith('/v1/') || (told.path === '' && told.status === 400), line);
      hold(told.status < 600 && told.forged === undefined && told.client === '127.0.0.1', line);
    } else {
      hold(/^127\.0\.0\.1 - \S+ \[[^\]]+\] "GET (\/v1\/[^" ]*)? HTTP\/1\.1" \d{3} \d+( "[^"]*" "[^"]*")?$/.test(line), line);
    }
  }
  for (const line of lines('audit.log')) {
    hold(!special.test(line) && typeof JSON.parse(line).time === 'string', line);
  }
  const said = lines('gateway.log');
  hold(said.some(line => line.startsWith('edge: route all: ')), 'no failure was told');
  for (const line of said) {
    hold(!special.test(line) && /^edge: (listening on|ready, 1 routes|route all: |draining|drained)/.test(line), line);
  }
  const records = inner(inner(inner(lines('otlp.base64').map(line => Buffer.from(line, 'base64')), 1), 2), 2);
  const bodies = inner(inner(records, 5), 1).map(body => decoder.decode(body));
  hold(access.every(line => bodies.includes(line)), 'the collector lacks a line of the access log');
  hold(said.filter(line => line.includes('route all')).every(line => bodies.includes(line)), 'or of the program');
  hold(bodies.every(body => !special.test(body)), 'a record has more than a line');
  for (const line of lines('upstream.jsonl')) {
    const { parents, state, keeps } = JSON.parse(line);
    hold(parents.length === 1 && /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]$/.test(parents[0]), line);
    hold((state !== undefined) === keeps, line);
  }
  for (const what of wrong) console.log(JSON.stringify(what));
  process.exit(wrong.length > 0 ? 1 : 0);
}

if (mode === 'serve') serve(...rest);
else if (mode === 'attack') await attack(...rest);
else judge(...rest);
