/** Who visits: each address has limits of its own, the owner gets in on this host, and nobody speaks for another. */
import { createServer, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { docker, eventually, portsFrom, TestDeployment } from '../support/deployment.ts';
import { closeRawClients, RawClient, tally, webSocketRequest } from '../support/raw-client.ts';

const GATEWAY = '172.17.0.1';
const CONNECTIONS = 60;
const OF_ONE_CLIENT = 10;
const LOGINS = 5;

const deployment = new TestDeployment('btcw-visitors', {
  ...portsFrom(21620),
  // The test's own program is there instead.
  BTCW_FRONTEND_PORT: '',
  // Its limits at an embedded server would come first: these have to hold where the server has none.
  BTCW_GUARD: 'off',
  BTCW_MAX_CONNECTIONS: String(CONNECTIONS),
  BTCW_MAX_CLIENT_CONNECTIONS: String(OF_ONE_CLIENT),
  BTCW_MAX_CLIENT_LOGINS: String(LOGINS),
  BTCW_FRONTEND_ADDRESS: `${GATEWAY}:13999`,
});
/** Answers with the headers that reach an application. */
let application: Server;

beforeAll(async () => {
  application = createServer((request, response) => response.end(JSON.stringify(request.headers)));
  await new Promise<void>((resolve) => application.listen(13_999, GATEWAY, resolve));
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
  application.close();
});

const send = (url: string, text: string, from?: string): RawClient => new RawClient(url, text, from);
const answer = async (url: string, text: string, from?: string): Promise<RawClient> => {
  const client = send(url, text, from);
  await client.closed;
  return client;
};

const PAGE = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
const page = async (url: string, from?: string) => (await answer(url, PAGE, from)).status;

const login = (password: string) => {
  const body = `username=admin&password=${encodeURIComponent(password)}`;
  const headers = [
    'Host: localhost',
    'Connection: close',
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
  ];
  return `POST /api/v1/auth/token HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${body}`;
};

/** WebSockets through the tunnel, which stay open. */
async function open(count: number, from: string, token: string): Promise<Record<string, number>> {
  const opened = Array.from({ length: count }, () => send(deployment.public, webSocketRequest(token), from));
  return eventually(
    async () => tally(opened),
    (counts) => !counts.open,
  );
}

describe('connections', () => {
  it('of one visitor are limited, and nobody else notices', async () => {
    const token = await deployment.token();
    expect(await open(OF_ONE_CLIENT + 5, '127.0.0.2', token)).toEqual({ 101: OF_ONE_CLIENT, 503: 5 });
    expect(await page(deployment.public, '127.0.0.2')).toBe(503);
    expect(await page(deployment.public, '127.0.0.3')).toBe(200);
    expect(await page(deployment.local)).toBe(200);
    expect(await deployment.logs('nginx')).toMatch(/^127\.0\.0\.2 - .*"GET \/api\/v1\/ws HTTP\/1\.1" 503/m);
  });

  it('through the tunnel may all be taken: the owner gets in on this host', async () => {
    const token = await deployment.token();
    for (let visitor = 2; visitor < 2 + CONNECTIONS / OF_ONE_CLIENT; visitor += 1) {
      expect(await open(OF_ONE_CLIENT, `127.0.0.${visitor}`, token)).toEqual({ 101: OF_ONE_CLIENT });
    }
    expect(await page(deployment.public, '127.0.0.99')).toBe(503);
    expect(await page(deployment.local)).toBe(200);
    expect((await answer(deployment.local, login(deployment.password))).status).toBe(200);
    const socket = await deployment.socket(deployment.local, token);
    socket.terminate();
  });
});

describe('logins', () => {
  it('of one visitor are limited before they reach the backend, and nobody else notices', async () => {
    const tries = Array.from({ length: 40 }, () => answer(deployment.public, login('wrong'), '127.0.0.21'));
    const statuses = (await Promise.all(tries)).map(({ status }) => status);
    // One, and as many more as may come at once; the clock goes on meanwhile.
    const handedOn = statuses.filter((status) => status === 401).length;
    expect(handedOn).toBeGreaterThan(LOGINS);
    expect(handedOn).toBeLessThan(LOGINS + 4);
    expect(statuses.filter((status) => status === 429 || status === 503)).toHaveLength(40 - handedOn);
    expect(statuses).toContain(429);
    const right = login(deployment.password);
    expect((await answer(deployment.public, right, '127.0.0.22')).status).toBe(200);
    expect((await answer(deployment.local, right)).status).toBe(200);
  });

  it('are counted by the backend for the address that they come from', async () => {
    const forged = login('wrong').replace(
      'Host:',
      'X-Forwarded-For: 203.0.113.7\r\nX-Real-IP: 203.0.113.7\r\nHost:',
    );
    expect((await answer(deployment.public, forged, '127.0.0.23')).status).toBe(401);
    expect((await answer(deployment.local, forged)).status).toBe(401);
    const logs = await deployment.logs('backend');
    expect(logs).toContain('Login failed from 127.0.0.23');
    expect(logs).toContain(`Login failed from ${GATEWAY}`);
    expect(logs).not.toContain('203.0.113.7');
  });
});

describe('what a client says of itself', () => {
  const FORGED = [
    'X-Forwarded-For: 203.0.113.7',
    'X-Real-IP: 203.0.113.7',
    'Forwarded: for=203.0.113.7;host=evil.example;proto=https',
    ...['Host: evil.example', 'Port: 444', 'Prefix: /evil', 'Server: evil', 'Proto: https'].map(
      (header) => `X-Forwarded-${header}`,
    ),
  ];
  const headersOf = ({ received }: RawClient) => JSON.parse(received.slice(received.indexOf('\r\n\r\n')));

  it.each([
    ['the tunnel', () => deployment.public, '127.0.0.31'],
    ['the port on this host', () => deployment.local, GATEWAY],
  ])('does not reach the application through %s', async (_, url, address) => {
    const request = PAGE.replace('\r\n\r\n', `\r\n${FORGED.join('\r\n')}\r\n\r\n`);
    const got = await answer(url(), request, address === GATEWAY ? undefined : address);
    expect(headersOf(got)).toEqual({
      host: 'localhost',
      connection: 'close',
      'x-real-ip': address,
      'x-forwarded-for': address,
      'x-forwarded-proto': 'http',
    });
  });

  it.each([
    ['the tunnel', () => deployment.public],
    ['the port on this host', () => deployment.local],
  ])('may leave out the host in HTTP/1.0, through %s', async (_, url) => {
    const got = await answer(url(), 'GET / HTTP/1.0\r\n\r\n');
    expect(got.status).toBe(200);
    expect(headersOf(got).host).toBe('localhost');
  });

  it('is believed of no container: a PROXY header from one has no effect', async () => {
    const { Image, NetworkSettings } = await deployment.inspect('nginx');
    const forged = `PROXY TCP4 203.0.113.7 127.0.0.1 5 6\\r\\n${PAGE.replaceAll('\r\n', '\\r\\n')}`;
    const script = `exec 3<>/dev/tcp/${NetworkSettings.IPAddress}/8506; printf '${forged}' >&3; cat <&3`;
    const got = await docker('run', '--rm', '--entrypoint', 'bash', Image, '-c', script);
    expect(got).toContain('HTTP/1.1 200');
    expect(got).not.toContain('203.0.113.7');
    expect(await deployment.logs('nginx')).not.toContain('203.0.113.7');
  });
});

describe('without the PROXY protocol', () => {
  const OFF = { BTCW_FRP_PROXY_PROTOCOL: 'off' };
  beforeAll(async () => {
    const { code, output } = await deployment.run('deploy', [], OFF);
    expect(code, output).toBe(0);
  });

  it('frpc.toml has the lines of the hand-made set-up, and all visitors have one address', async () => {
    const toml = await docker('exec', deployment.container('frpc'), 'cat', '/etc/frp/frpc.toml');
    expect(toml.slice(toml.indexOf('[[proxies]]')).trim().split('\n')).toEqual([
      '[[proxies]]',
      'name = "freq-service"',
      'type = "tcp"',
      'localIP = "127.0.0.1"',
      `localPort = ${new URL(deployment.local).port}`,
      `remotePort = ${new URL(deployment.public).port}`,
    ]);
    expect(await page(deployment.public, '127.0.0.41')).toBe(200);
    expect(await deployment.logs('nginx')).not.toContain('127.0.0.41');
    expect((await deployment.run('diff', [], OFF)).output).toContain('No changes');
  });

  it('and back, visitors are known again', async () => {
    const { code, output } = await deployment.run('deploy');
    expect(code, output).toBe(0);
    expect(await page(deployment.public, '127.0.0.42')).toBe(200);
    expect(await deployment.logs('nginx')).toMatch(/^127\.0\.0\.42 - .*" 200/m);
  });
});
