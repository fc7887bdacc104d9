/**
 * An application of another shape than the reference: another login and token, its token in the first message of its
 * WebSocket, pings of the server's own, topics of its own. Environment: SHOP_USER, SHOP_PASSWORD, SIGNING_KEY;
 * DATABASE_URL is connected to once at the start, and each login needs it.
 */
import { createHmac } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

const { SHOP_USER = 'owner', SHOP_PASSWORD, SIGNING_KEY, DATABASE_URL } = process.env;
const PING_MS = 1_500;
const DEAD_MS = 4_000;

if (!SHOP_PASSWORD || !SIGNING_KEY) {
  console.error('Traceback (most recent call last):\n  File "settings.py", line 1, in <module>');
  console.error('ValidationError: 2 validation errors for Settings\nSHOP_PASSWORD\n  Field required');
  console.error('SIGNING_KEY\n  Field required');
  process.exit(1);
}

/** Whether the database takes a connection; there is none to be asked where no address is given. */
function databaseError(): Promise<string> {
  if (!DATABASE_URL) return Promise.resolve('');
  const { hostname, port } = new URL(DATABASE_URL);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    const end = (text: string) => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(500, () => end('timed out'));
    socket.on('connect', () => end(''));
    socket.on('error', ({ message }) => end(message));
  });
}

const sign = (text: string): string => createHmac('sha256', SIGNING_KEY).update(text).digest('base64url');
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function issue(user: string): string {
  const text = `${encode({ alg: 'HS256' })}.${encode({ sub: user })}`;
  return `${text}.${sign(text)}`;
}

function userOf(token: string): string | undefined {
  const [header, payload = '', signature] = token.split('.');
  if (signature !== sign(`${header}.${payload}`)) return undefined;
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub: string }).sub;
}

const json = (response: ServerResponse, status: number, content: object): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));

const server = createServer(async (request, response) => {
  const path = request.url?.split('?', 1)[0];
  if (path === '/health') return json(response, 200, { ok: true });
  if (path === '/api/docs')
    return void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Docs</h1>');
  if (path === '/api/me') {
    const user = userOf((request.headers.authorization ?? '').replace('Bearer ', ''));
    return user ? json(response, 200, { user }) : json(response, 401, { detail: 'who are you' });
  }
  if (path === '/api/numbers') return json(response, 200, { clients: sockets.clients.size, orders: 3 });
  if (path === '/api/session' && request.method === 'POST') {
    let body = '';
    for await (const part of request) body += part;
    const form = new URLSearchParams(body);
    const error = await databaseError();
    if (error) {
      console.error(`ERROR: login: ${error}`);
      return json(response, 500, { detail: 'Internal Server Error' });
    }
    const isKnown = form.get('email') === SHOP_USER && form.get('secret') === SHOP_PASSWORD;
    return isKnown
      ? json(response, 200, { data: { jwt: issue(SHOP_USER) } })
      : json(response, 401, { detail: 'unknown user' });
  }
  return json(response, 404, { detail: 'Not Found' });
});

const sockets = new WebSocketServer({ server, path: '/api/live' });

function talk(socket: WebSocket): void {
  let lastMs = Date.now();
  const timers: NodeJS.Timeout[] = [];
  const say = (message: object) => socket.send(JSON.stringify(message));
  socket.on('message', (data) => {
    const { op, jwt, channel } = JSON.parse(data.toString());
    lastMs = Date.now();
    if (op === 'hello') {
      const user = userOf(jwt);
      if (!user) return socket.close(4401, 'who are you');
      console.log(`joined: ${user}`);
      timers.push(
        setInterval(() => {
          if (Date.now() - lastMs > DEAD_MS) return socket.close(4000, 'no pong');
          say({ op: 'ping', at: String(Date.now()) });
        }, PING_MS),
      );
    }
    if (op === 'ping') say({ op: 'error', message: `unknown op: ${op}` });
    if (op === 'follow' && channel !== 'alarms') {
      say({ op: 'event', channel, price: 1 });
      timers.push(
        setInterval(() => say({ op: 'event', channel, price: 1 }), channel === 'prices' ? 500 : 1_000),
      );
    }
  });
  socket.on('close', () => timers.forEach(clearInterval));
}
sockets.on('connection', talk);

const failed = await databaseError();
if (failed) console.error(`ERROR: no database: ${failed}`);
server.listen(Number(process.env.PORT ?? 8000), '0.0.0.0', () => console.log('listening'));
process.on('SIGTERM', () => process.exit(0));
