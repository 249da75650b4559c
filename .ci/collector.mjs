// A collector of OTLP that is no good: node .ci/collector.mjs PORT MODE, where MODE is a status to answer with, garbage (bytes
// that are no HTTP), silent (the connection is closed without an answer) or frozen (nothing is ever answered).
import { createServer } from 'node:net';

const [port, mode] = process.argv.slice(2);
createServer(socket => {
  socket.on('error', () => {});
  socket.on('data', () => {
    if (mode === 'garbage') socket.end(Buffer.from([0, 255, 13, 10, 13, 10, 7, 7, 7]));
    else if (mode === 'silent') socket.end();
    else if (mode !== 'frozen') socket.end(`HTTP/1.1 ${mode} Bad\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  });
}).listen(Number(port), '127.0.0.1');
