/** What nginx takes at once, and how it says no to more. test/long/limits.test.ts has the same with the defaults. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type WebSocket from 'ws';
import { oldWorkersOf } from '../../scripts/docker/old-workers.ts';
import type { Finding } from '../../scripts/doctor/checks/check.ts';
import { RELOAD_COMMAND } from '../../stacks/topology/nginx.ts';
import { OLD_WORKERS } from '../../stacks/topology/nginx-capacity.ts';
import { docker, echo, eventually, portsFrom, TestDeployment, tryProgram } from '../support/deployment.ts';
import {
  closeRawClients,
  drip,
  postRequest,
  RawClient,
  tally,
  webSocketRequest,
} from '../support/raw-client.ts';

const CONNECTIONS = 100;
const BODIES = 25;
/** Half of what fits into /tmp: the rest is for the tunnel. */
const UPLOADS = 12;
const UPLOAD_BYTES = 10 * 1024 * 1024;
/** What the backend makes of a body that is no login: it says so, or closes the connection while it still comes. */
const HANDED_OVER = [415, 502];

const deployment = new TestDeployment('btcw-limits', {
  ...portsFrom(28_510),
  BTCW_MAX_CONNECTIONS: String(CONNECTIONS),
});

beforeAll(async () => {
  await deployment.remove();
  const { code, output } = await deployment.run('deploy');
  expect(code, output).toBe(0);
});
afterEach(async ({ task }) => {
  closeRawClients();
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(() => deployment.remove());

const open = (count: number, text: string): RawClient[] =>
  Array.from({ length: count }, () => new RawClient(deployment.local, text));
const settled = (of: readonly RawClient[], expected: Record<string, number>) =>
  eventually(
    async () => tally(of),
    (counts) => Object.entries(expected).every(([outcome, count]) => counts[outcome] === count),
  );
const answered = (client: RawClient) =>
  eventually(
    async () => client.status,
    (status) => status !== undefined,
  );

describe('connections', () => {
  it('are served up to the limit, and 503 is the answer to each of the rest', async () => {
    const sockets = open(CONNECTIONS + 20, webSocketRequest(await deployment.token()));
    const expected = { 101: CONNECTIONS, 503: 20 };
    expect(await settled(sockets, expected)).toEqual(expected);
  });

  it('are closed after a hundred requests', async () => {
    const [client] = open(1, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(101));
    await client?.closed;
    expect(client?.received.match(/^HTTP\/1\.1 200/gm)).toHaveLength(100);
  });
});

describe('request bodies', () => {
  let socket: WebSocket;
  beforeAll(async () => {
    socket = await deployment.socket(deployment.local, await deployment.token());
  });
  afterAll(() => socket.terminate());

  it('that come slowly take a quarter of the connections, and end within 20 s however many bytes still come', async () => {
    const slow = open(BODIES + 15, postRequest(1000));
    for (const client of slow) drip(client, 1_000);
    const expected = { open: BODIES, 503: 15 };
    expect(await settled(slow, expected)).toEqual(expected);
    expect((await fetch(deployment.local)).status).toBe(200);
    expect(await echo(socket)).toBe(true);
    const times = await Promise.all(slow.filter(({ status }) => status !== 503).map(({ closed }) => closed));
    expect(times).toHaveLength(BODIES);
    expect(Math.min(...times)).toBeGreaterThan(9_000);
    expect(Math.max(...times)).toBeLessThan(20_000);
    expect(await echo(socket)).toBe(true);
    expect(await deployment.logs('nginx')).toContain('"POST /api/v1/auth/token HTTP/1.1" 408');
  });

  it('that are large and come steadily arrive, though they take longer than that', async () => {
    const seconds = 24;
    const chunk = Buffer.alloc(64 * 1024);
    const [client] = open(1, postRequest(seconds * chunk.length));
    for (let second = 0; second < seconds; second += 1) {
      client?.socket.write(chunk);
      await sleep(1_000);
    }
    expect(HANDED_OVER).toContain(client && (await answered(client)));
  });

  it('have room in /tmp, and 503 is the answer to those that would not', async () => {
    const uploads = open(UPLOADS + 10, postRequest(UPLOAD_BYTES));
    const expected = { open: UPLOADS, 503: 10 };
    expect(await settled(uploads, expected)).toEqual(expected);
    const taken = uploads.filter(({ status }) => status === undefined);
    for (const { socket: upload } of taken) upload.write(Buffer.alloc(UPLOAD_BYTES - 1));
    const files = await eventually(
      () => docker('exec', deployment.container('nginx'), 'du', '-sm', '/tmp/client_body'),
      (size) => Number.parseInt(size, 10) >= (UPLOADS * UPLOAD_BYTES) / 1024 ** 2 - 1,
    );
    expect(Number.parseInt(files, 10)).toBeGreaterThan(115);
    for (const { socket: upload } of taken) upload.write('x');
    await Promise.all(taken.map(answered));
    for (const { status } of taken) expect(HANDED_OVER).toContain(status);
    expect(await deployment.logs('nginx')).not.toContain('No space left');
    const { OOMKilled, Pid } = (await deployment.inspect('nginx')).State;
    expect(OOMKilled).toBe(false);
    expect(Pid).toBeGreaterThan(0);
    expect(await echo(socket)).toBe(true);
  });
});

describe('reloads', () => {
  const nginx = deployment.container('nginx');
  const reload = (...command: string[]) => docker('exec', nginx, ...command);
  const sockets: WebSocket[] = [];
  const alive = () => Promise.all(sockets.map((socket) => echo(socket)));
  afterAll(() => {
    for (const socket of sockets) socket.terminate();
  });

  it(`leave at most ${OLD_WORKERS} old workers to their sockets, and end the oldest before`, async () => {
    const token = await deployment.token();
    const workers = () => oldWorkersOf(nginx);
    for (let count = 1; count <= OLD_WORKERS + 2; count += 1) {
      sockets.push(await deployment.socket(deployment.local, token));
      await reload(...RELOAD_COMMAND);
      const expected = Math.min(count, OLD_WORKERS);
      expect(await eventually(workers, (found) => found === expected)).toBe(expected);
    }
    expect(await alive()).toEqual([false, false, ...Array(OLD_WORKERS).fill(true)]);
    // The ended ones count no more: as many as the limit are served beside those that are held.
    const fresh = open(CONNECTIONS, webSocketRequest(token));
    await Promise.all(fresh.map(answered));
    expect(tally(fresh)).toEqual({ 101: CONNECTIONS });
    const { stdout } = await deployment.run('status', ['--json']);
    expect(JSON.parse(stdout).oldWorkers).toBe(OLD_WORKERS);
  });

  it('that were made in another way are seen by doctor, whose fix ends the oldest', async () => {
    sockets.push(await deployment.socket(deployment.local, await deployment.token()));
    await reload('nginx', '-s', 'reload');
    const finding = async () => {
      const { stdout } = await deployment.run('doctor', ['--json']);
      const { findings } = JSON.parse(stdout) as { findings: Finding[] };
      return findings.find(({ id }) => id === 'nginx-reloads');
    };
    const found = await finding();
    expect(found).toMatchObject({ level: 'warning', detail: expect.stringContaining('9 old workers') });
    const { code, output } = await tryProgram('sh', ['-c', found?.fix ?? '']);
    expect(code, output).toBe(0);
    expect(await eventually(finding, (after) => after?.level === 'ok')).toMatchObject({ level: 'ok' });
    expect((await alive()).at(-1)).toBe(true);
  });
});
