// WebSockets through the gateway, by the client of Node (undici).
//
//   node --experimental-websocket run.mjs COMMAND URL KEY PREFIX PROTOCOL [COUNT]
//
//   echo   messages of all sizes come back; without the key nobody gets in
//   wait   connects, prints "open", waits for the end and prints its code
//   many   so many at once, each with a message; prints "open", and waits for the end of all
//
// The key is sent as a page has to send it: among the protocols, behind the prefix. Prints a line a check and
// "N passed, N failed".
import crypto from 'node:crypto';

const SIZES = [0, 1, 125, 126, 65_535, 65_536, 1_000_000];
const PATIENCE_MS = 15_000;

const [command, url, key, prefix, protocol, count] = process.argv.slice(2);
let passed = 0;
let failed = 0;

if (command === 'echo') await echo();
else if (command === 'many') await many(Number(count));
else await wait();

function check(name, isRight) {
  console.log(`${isRight ? 'ok  ' : 'FAIL'} ${name}`);
  isRight ? passed++ : failed++;
}

// What happens first: one of these events, or nothing in time.
function next(socket, ...names) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ type: 'nothing' }), PATIENCE_MS);
    for (const name of names) {
      socket.addEventListener(name, (event) => (clearTimeout(timer), resolve(event)), { once: true });
    }
  });
}

async function open(credential) {
  const socket = new WebSocket(url, [protocol, prefix + credential]);
  socket.binaryType = 'arraybuffer';
  return { socket, event: await next(socket, 'open', 'error') };
}

async function echo() {
  const { socket, event } = await open(key);
  check(`it opens, as ${protocol}`, event.type === 'open' && socket.protocol === protocol);
  if (event.type !== 'open') return end();
  for (const size of SIZES) {
    const message = crypto.randomBytes(size);
    const answer = next(socket, 'message', 'close');
    socket.send(message);
    const { data } = await answer;
    check(`${size} bytes come back`, data !== undefined && Buffer.compare(Buffer.from(data), message) === 0);
  }

  const closed = next(socket, 'close');
  socket.close(1000, 'bye');
  const { code, wasClean } = await closed;
  check('it closes in order', code === 1000 && wasClean);
  const wrong = await open('wrong');
  check('a wrong key does not open', wrong.event.type === 'error');
  end();
}

async function many(total) {
  const sockets = await Promise.all(Array.from({ length: total }, () => open(key)));
  const opened = sockets.filter(({ event }) => event.type === 'open');
  check(`${total} open at once`, opened.length === total);
  const answers = await Promise.all(opened.map(async ({ socket }, i) => {
    const text = `message ${i}`;
    const answer = next(socket, 'message', 'close');
    socket.send(text);
    return (await answer).data === text;
  }));
  check('each gets its own message', answers.every(Boolean));
  console.log('open');
  const codes = await Promise.all(opened.map(async ({ socket }) => (await next(socket, 'close')).code));
  check('each is told 1001', codes.every((code) => code === 1001));
  end();
}

async function wait() {
  const { socket, event } = await open(key);
  console.log(event.type);
  const { code } = await next(socket, 'close');
  console.log(`closed ${code}`);
}

function end() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
