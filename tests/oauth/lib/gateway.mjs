// The published binary, as a process of its own, with a configuration that a check writes.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const START_MS_MAX = 10_000;
export const adminToken = 'admin-for-tests-only';

/** A port on which nothing listens. */
export async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class Gateway {
  #process;
  #folder;
  #admin;
  output = '';

  constructor(binary, port) {
    this.binary = binary;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Starts it; `configure` gets the port of its administrative listener and answers the text of the file. */
  async start(configure) {
    this.#admin = await freePort();
    this.#folder = await mkdtemp(path.join(tmpdir(), 'edge-oauth-'));
    const file = path.join(this.#folder, 'edge.yaml');
    await writeFile(file, configure(this.#admin));
    this.#process = spawn(this.binary, ['run', '--config', file], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ready = new Promise((resolve, reject) => {
      const read = (chunk) => {
        this.output += chunk;
        if (this.output.includes('edge: ready')) resolve();
      };
      this.#process.stdout.on('data', read);
      this.#process.stderr.on('data', read);
      this.#process.once('exit', (code) => reject(new Error(`edge ended with ${code}: ${this.output}`)));
      setTimeout(() => reject(new Error(`edge is not ready: ${this.output}`)), START_MS_MAX).unref();
    });
    await ready;
  }

  /** What /state says of the issuer. */
  async issuer() {
    const answer = await fetch(`http://127.0.0.1:${this.#admin}/state`, { headers: { authorization: `Bearer ${adminToken}` } });
    return (await answer.json()).issuers[0];
  }

  /** Ends it, and answers its exit code. */
  async stop() {
    if (!this.#process) return 0;
    const child = this.#process;
    this.#process = undefined;
    const ended = child.exitCode === null ? new Promise((resolve) => child.once('exit', resolve)) : child.exitCode;
    child.kill('SIGTERM');
    const code = await ended;
    await rm(this.#folder, { recursive: true });
    return code;
  }
}
