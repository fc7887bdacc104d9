// Delivery of broadcasts to many subscribed clients on 127.0.0.1, as JSON. The server and the clients run in two
// processes, so on one core each; figures hold for the machine they are taken on.
//   node bench/fanout.mjs [CLIENTS=2000] [SECONDS=12]
import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';

const TOPICS = ['monitoring', 'strategies', 'signals', 'capacity'];
const CONNECT_AT_ONCE = 100;
const clientCount = Number(process.argv[2] ?? 2_000);
const seconds = Number(process.argv[3] ?? 12);
const home = mkdtempSync(join(tmpdir(), 'btcw-bench-'));
const secret = randomBytes(32).toString('hex');

function token() {
  const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 600;
  const body = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub: 'admin', iat: exp - 600, exp })}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

async function startServer() {
  writeFileSync(join(home, 'password'), randomBytes(8).toString('hex'));
  writeFileSync(join(home, 'secret'), secret);
  const env = {
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: home,
    ADMIN_PASSWORD_FILE: join(home, 'password'),
    JWT_SECRET_FILE: join(home, 'secret'),
  };
  const bundle = join(import.meta.dirname, '../dist/server.mjs');
  const server = spawn(process.execPath, [bundle], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  while (!/listens on [\d.]+:\d+/.test(output)) output += (await once(server.stdout, 'data'))[0];
  server.stdout.resume();
  return { server, port: Number(/listens on [\d.]+:(\d+)/.exec(output)[1]) };
}

const delaysMs = [];
let measuring = false;

/** A message's timestamp is set just before it is serialised, and both processes share the clock. */
function onMessage(data) {
  const now = Date.now();
  if (!measuring) return;
  const timestamp = /^\{"type":"data".{1,80}?"timestamp":"([^"]+)"/.exec(data.subarray(0, 160).toString());
  if (timestamp) delaysMs.push(now - Date.parse(timestamp[1]));
}

async function connect(url) {
  const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
  socket.on('message', onMessage);
  await once(socket, 'open');
  for (const topic of TOPICS) socket.send(JSON.stringify({ type: 'subscribe', topic }));
  return socket;
}

const quantile = (q) => delaysMs[Math.min(delaysMs.length - 1, Math.floor(delaysMs.length * q))];
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const residentBytes = (pid) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;

const { server, port } = await startServer();
setTimeout(() => server.kill('SIGKILL'), 60_000).unref();
const idleBytes = residentBytes(server.pid);
const url = `ws://127.0.0.1:${port}/api/v1/ws?token=${token()}`;
const clients = [];
const connectBegan = performance.now();
while (clients.length < clientCount) {
  const count = Math.min(CONNECT_AT_ONCE, clientCount - clients.length);
  clients.push(...(await Promise.all(Array.from({ length: count }, () => connect(url)))));
}
const connectMs = performance.now() - connectBegan;

await pause(1_000);
measuring = true;
await pause(seconds * 1000);
measuring = false;
const stats = await (await fetch(`http://127.0.0.1:${port}/api/v1/ws/stats`)).json();
const grownBytes = residentBytes(server.pid) - idleBytes;
delaysMs.sort((a, b) => a - b);
console.log(
  JSON.stringify({
    clients: clientCount,
    connect_ms: Math.round(connectMs),
    seconds,
    deliveries: delaysMs.length,
    p50_ms: quantile(0.5),
    p99_ms: quantile(0.99),
    max_ms: delaysMs.at(-1),
    dropped: stats.dropped,
    bytes_per_connection: Math.round(grownBytes / clientCount),
    cores: availableParallelism(),
  }),
);
for (const client of clients) client.terminate();
server.kill('SIGTERM');
await once(server, 'close');
rmSync(home, { recursive: true, force: true });
