/**
 * What the gateway changes of what an application gets and sends: each request is sent to the application itself, through
 * nginx and through the tunnel. What differs has to be a row of docs/gateway.md, and each row has to be found.
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { type Answer, BareBackend, exchange, type Fields, type Request } from '../support/bare-http.ts';
import { eventually, portsFrom, TestDeployment } from '../support/deployment.ts';
import { ANSWERS, PROBES, pathOf, request } from '../support/gateway-probes.ts';
import { closeRawClients, RawClient } from '../support/raw-client.ts';

const PAGE = 'docs/gateway.md';
const GATEWAY = '172.17.0.1';
const APPLICATION = { port: 21_640, url: `http://${GATEWAY}:21640` };
const FRONT = '127.0.0.5';
const UPLOADS = 12;
const UPLOAD_BYTES = 9.5 * 1024 ** 2;

const { BTCW_BACKEND_PORT: _, BTCW_FRONTEND_PORT: __, ...ports } = portsFrom(21_630);
const deployment = new TestDeployment('btcw-gateway', {
  ...ports,
  // The test's own program is there instead.
  BTCW_BACKEND_PORT: '',
  BTCW_FRONTEND_PORT: '',
  BTCW_BACKEND_ADDRESS: `${GATEWAY}:${APPLICATION.port}`,
  BTCW_BACKEND_PATHS: '/',
  BTCW_GUARD: 'off',
  BTCW_TRUSTED_FRONTS: FRONT,
});
const WAYS = { nginx: deployment.local, 'the tunnel': deployment.public };

/** Both ends of an exchange. */
interface Exchange {
  readonly got: Request | undefined;
  readonly answer: Answer | undefined;
}

async function exchanged(url: string, text: string): Promise<Exchange> {
  backend.request = undefined;
  const got = await exchange(url, text);
  return { got: backend.request, answer: got };
}

const MESSAGE = randomBytes(2 * 1024 ** 2);
const LONGEST = 60;
const show = (value: string | undefined): string => {
  if (value === undefined || value === '–') return '–';
  const shown = value.length > LONGEST ? `${value.length} bytes` : value.replaceAll(/\r?\n/g, ' ');
  return `\`${shown.replaceAll('|', '\\|').replaceAll('`', '´')}\``;
};

/** What neighbours on the way say to each other alone (RFC 9110, 7.6.1). */
const OF_ONE_HOP = ['connection', 'keep-alive', 'transfer-encoding'];

/** What an exchange is compared by. */
function aspectsOf({ got, answer }: Exchange): Fields {
  const named = (kind: string, fields: Fields = {}) =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [`${kind} ${name}`, value]));
  const aspects = {
    request: got?.line ?? '–',
    'request body': got?.body ?? '–',
    ...named('request header', got?.headers),
    ...named('request trailer', got?.trailers),
    'interim status': answer?.interim.join(', ') || '–',
    'answer body': answer?.body ?? '–',
    'answer is whole': answer?.whole ? 'yes' : 'no',
    ...named('answer header', answer?.headers),
    ...named('answer trailer', answer?.trailers),
  };
  for (const name of OF_ONE_HOP) delete aspects[`answer header ${name}` as keyof typeof aspects];
  return aspects;
}

/** One difference: its aspect, as it is directly, and through the gateway. */
type Difference = readonly [aspect: string, direct: string, here: string];

function compare(direct: Exchange, here: Exchange): Difference[] {
  const [status, other] = [direct, here].map(({ answer }) => answer?.status ?? 'no answer');
  if (status !== other) return [['status', show(status), show(other)]];
  if (direct.got && !here.got) return [['who answers', 'the application', 'nginx']];
  if (!direct.got) return [];
  const [one, two] = [aspectsOf(direct), aspectsOf(here)];
  return [...new Set([...Object.keys(one), ...Object.keys(two)])]
    .filter((aspect) => one[aspect] !== two[aspect])
    .map((aspect) => [aspect, show(one[aspect]), show(two[aspect])] as const);
}

/** Differences of a way, by what was tried; addresses that are the way's own are named. */
async function differencesOf(
  way: string,
  probes: Readonly<Record<string, string>>,
): Promise<Record<string, Difference[]>> {
  const found: Record<string, Difference[]> = {};
  for (const [name, text] of Object.entries(probes)) {
    const differences = compare(await exchanged(APPLICATION.url, text), await exchanged(way, text));
    found[name] = differences.map(([aspect, direct, here]) => [
      aspect,
      direct,
      here.replace(/`(127\.0\.0\.1|172\.17\.0\.1)`/, 'its address'),
    ]);
  }
  return found;
}

const EVERY = 'a page';

/** @returns rows of the table: what every exchange differs by once, and of the others what they have beside that */
function rowsOf(found: Readonly<Record<string, readonly Difference[]>>): string[] {
  const row = (name: string, difference: Difference) => `| ${[name, ...difference].join(' | ')} |`;
  const common = new Set(found[EVERY]?.map(String));
  return Object.entries(found).flatMap(([name, differences]) =>
    differences
      .filter((difference) => name === EVERY || !common.has(String(difference)))
      .map((difference) => row(name === EVERY ? 'every request' : name.replaceAll('|', '\\|'), difference)),
  );
}

/** The rows of the page without their last column, which says why. */
const documented = (): string[] =>
  (readFileSync(PAGE, 'utf8').split(/<!-- \/?differences -->\n/)[1] ?? '')
    .split('\n')
    .filter(Boolean)
    .slice(2)
    .map((line) => line.replace(/[^|]*\|$/, ''));

/** Requests that came, and what was sent of each until then. */
const streams = { begun: 0, uploaded: [] as number[], next: () => {} };
const backend = new BareBackend(
  Object.fromEntries(Object.entries(ANSWERS).map(([name, act]) => [pathOf(name), act])),
  {
    '/events': (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write('data: first\n\n');
      streams.next = () => response.end('data: last\n\n');
    },
    '/uploads': async (incoming: IncomingMessage, response: ServerResponse) => {
      streams.begun += 1;
      let bytes = 0;
      for await (const chunk of incoming) bytes += chunk.length;
      streams.uploaded.push(bytes);
      response.end('taken');
    },
  },
);
const sockets = new WebSocketServer({
  server: backend.server,
  perMessageDeflate: true,
  handleProtocols: (offered) => (offered.has('own.v2') ? 'own.v2' : false),
  verifyClient: ({ req }, done) => done(req.url !== '/refused', 418, 'No', { 'X-Own': '1' }),
});
sockets.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => {
    if (String(data) === 'close') socket.close(4001, 'as you wish');
    else socket.send(data, { binary: isBinary });
  });
  socket.on('close', (code, reason) => {
    closes.push(`${code} ${reason}`);
  });
});
const closes: string[] = [];

beforeAll(async () => {
  await backend.listen(APPLICATION.port, GATEWAY);
  await deployment.remove();
  const { code, output } = await deployment.run('deploy');
  expect(code, output).toBe(0);
});
afterEach(async ({ task }) => {
  closeRawClients();
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(async () => {
  await deployment.remove();
  sockets.close();
  backend.close();
});

describe.each(Object.entries(WAYS))('through %s', (_, way) => {
  it('what differs is what the page says', async () => {
    expect(rowsOf(await differencesOf(way, PROBES))).toEqual(documented());
  });

  it('each part of an answer comes when the application sends it', async () => {
    const client = new RawClient(way, request('GET /events'));
    const received = (text: string) =>
      eventually(
        async () => client.received,
        (got) => got.includes(text),
      );
    expect(await received('data: first')).toContain('data: first');
    expect(client.received).not.toContain('data: last');
    streams.next();
    expect(await received('data: last')).toContain('data: last');
  });

  it('an upload reaches the application when all of it is there, as the page says', async () => {
    const begun = async (url: string) => {
      streams.begun = 0;
      const client = new RawClient(
        url,
        request('POST /uploads', ['Content-Length: 40000'], 'a'.repeat(20_000)),
      );
      const early = await eventually(
        async () => streams.begun,
        (count) => count > 0,
        1_000,
      );
      client.socket.write('a'.repeat(20_000));
      expect(
        await eventually(
          async () => client.status,
          (status) => status !== undefined,
        ),
      ).toBe(200);
      return early;
    };
    expect(await begun(APPLICATION.url)).toBe(1);
    expect(await begun(way)).toBe(0);
  });

  it(`${UPLOADS} uploads of 9.5 MB at once arrive`, async () => {
    streams.uploaded = [];
    const body = Buffer.alloc(UPLOAD_BYTES);
    const upload = () => fetch(`${way}/uploads`, { method: 'POST', body });
    const answers = await Promise.all(Array.from({ length: UPLOADS }, upload));
    expect(answers.map(({ status }) => status)).toEqual(Array(UPLOADS).fill(200));
    expect(streams.uploaded).toEqual(Array(UPLOADS).fill(UPLOAD_BYTES));
  });

  it('a client that ends its side before the answer gets none, as the page says', async () => {
    const text = request('GET /');
    expect((await exchange(APPLICATION.url, text, { end: true }))?.status).toBe('200 OK');
    expect(await exchange(way, text, { end: true })).toBeUndefined();
  });

  it('a request to upgrade to anything but a WebSocket is a request like others', async () => {
    const headers = ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'];
    const { got, answer: answered } = await exchanged(way, request('GET /', headers));
    expect(answered).toMatchObject({ status: '200 OK', body: 'well' });
    expect(got?.headers).not.toHaveProperty('upgrade');
  });

  it('a WebSocket is what it is directly', async () => {
    const direct = await conversation(APPLICATION.url);
    expect(direct).toMatchObject({
      protocol: 'own.v2',
      refusal: [418, '1'],
      closes: ['4001 as you wish', '4002 bye'],
    });
    expect(direct.extensions).toContain('permessage-deflate');
    expect(await conversation(way)).toEqual(direct);
  });
});

/** All that an application may do with a WebSocket. */
async function conversation(url: string) {
  const address = url.replace('http', 'ws');
  closes.length = 0;
  const open = async (path: string) => {
    const socket = new WebSocket(`${address}${path}`, ['own.v1', 'own.v2']);
    await once(socket, 'open');
    return socket;
  };
  const refused = new WebSocket(`${address}/refused`);
  const [, response] = (await once(refused, 'unexpected-response')) as [unknown, IncomingMessage];
  const refusal = [response.statusCode, response.headers['x-own']];
  refused.on('error', () => {}).terminate();

  const socket = await open('/');
  const { protocol, extensions } = socket;
  const echoed: string[] = [];
  const say = async (send: () => void) => {
    send();
    const [data, isBinary] = (await once(socket, 'message')) as [Buffer, boolean];
    echoed.push(`${isBinary} ${createHash('sha256').update(data).digest('hex')}`);
  };
  await say(() => socket.send('你好'));
  await say(() => socket.send(MESSAGE));
  await say(() => {
    for (const part of ['one ', 'two ']) socket.send(part, { fin: false });
    socket.send('three');
  });
  await say(() => socket.send(''));
  socket.ping('own');
  const [pong] = (await once(socket, 'pong')) as [Buffer];
  socket.send('close');
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];

  const other = await open('/a?b=c');
  other.close(4002, 'bye');
  await once(other, 'close');
  await eventually(
    async () => closes.length,
    (count) => count === 2,
  );
  return {
    refusal,
    protocol,
    extensions,
    echoed,
    pong: String(pong),
    closed: `${code} ${reason}`,
    closes: [...closes].sort(),
  };
}

describe('a proxy in front', () => {
  const SAID = ['X-Forwarded-For: 198.51.100.9, 203.0.113.7', 'X-Forwarded-Proto: https'];
  const heard = async (from: string, headers: readonly string[]) => {
    await exchange(deployment.public, request('GET /', headers), { from });
    const {
      'x-real-ip': ip,
      'x-forwarded-for': chain,
      'x-forwarded-proto': scheme,
    } = backend.request?.headers ?? {};
    return [ip, chain, scheme];
  };

  it('that is trusted says who the visitor is, and that it came by HTTPS', async () => {
    expect(await heard(FRONT, SAID)).toEqual(['203.0.113.7', '203.0.113.7', 'https']);
    expect(await deployment.logs('nginx')).toMatch(/^203\.0\.113\.7 - /m);
    expect(await heard(FRONT, ['X-Forwarded-For: 2001:db8::7'])).toEqual([
      '2001:db8::7',
      '2001:db8::7',
      'http',
    ]);
  });

  it.each([['X-Forwarded-For: unknown'], ['X-Forwarded-For: 203.0.113.7, a b'], ['X-Forwarded-Proto: ftp']])(
    'that is trusted counts as the visitor where it says %s',
    async (header) => {
      expect(await heard(FRONT, [header])).toEqual([FRONT, FRONT, 'http']);
    },
  );

  it('that is not named is a visitor, whatever it says', async () => {
    expect(await heard('127.0.0.6', SAID)).toEqual(['127.0.0.6', '127.0.0.6', 'http']);
  });
});
