/** Backend and frontend as programs on this host, as people run them while they develop. */
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestDeployment } from '../support/deployment.ts';

const PROGRAMS = { backend: 21120, frontend: 21121 };
const GATEWAY = '172.17.0.1';
const deployment = new TestDeployment('btcw-t-host', {
  BTCW_NGINX_PORT: '21111',
  BTCW_FRP_SERVER_PORT: '21114',
  BTCW_FRP_REMOTE_PORT: '21115',
});
/** The containers' ports are fixed by no setting here. */
const { BTCW_BACKEND_PORT: _, BTCW_FRONTEND_PORT: __, ...own } = deployment.settings;
const settings = {
  ...own,
  BTCW_BACKEND_ADDRESS: `${GATEWAY}:${PROGRAMS.backend}`,
  BTCW_FRONTEND_ADDRESS: `${GATEWAY}:${PROGRAMS.frontend}`,
  BTCW_BACKEND_PATHS: '/api,/docs',
};
const run = (...args: string[]) => deployment.runProgram('node', ['scripts/run.mjs', ...args], settings);

const servers: Server[] = [];
async function start(name: string, port: number, address: string): Promise<void> {
  const server = createServer((request, response) => response.end(`${name} ${request.url}`));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
}

beforeAll(() => deployment.remove());
afterAll(async () => {
  for (const server of servers) server.close();
  await deployment.remove();
});

it('fails when they listen on 127.0.0.1 only, or not at all, and nothing is changed', async () => {
  await start('backend', PROGRAMS.backend, '127.0.0.1');
  const { code, output } = await run('deploy');
  expect(code).toBe(1);
  expect(output).toMatch(/BTCW_BACKEND_ADDRESS: .* listens on 127\.0\.0\.1 only/);
  expect(output).toMatch(/BTCW_FRONTEND_ADDRESS: .* nothing listens/);
  expect(await deployment.remains()).toEqual([]);
});

it('are reached through nginx and the tunnel, each by its paths, and need no container', async () => {
  await start('backend', PROGRAMS.backend, GATEWAY);
  await start('frontend', PROGRAMS.frontend, GATEWAY);
  const { code, output } = await run('deploy');
  expect(code, output).toBe(0);
  const answers = async (base: string) =>
    await Promise.all(
      ['/api/x', '/docs', '/docsx', '/'].map(async (path) => (await fetch(base + path)).text()),
    );
  const expected = ['backend /api/x', 'backend /docs', 'frontend /docsx', 'frontend /'];
  expect(await answers(deployment.local)).toEqual(expected);
  expect(await answers(deployment.public)).toEqual(expected);
  const containers = (await deployment.remains()).filter((name) => !name.endsWith('-config'));
  expect(containers).not.toContain('btcw-t-host-backend');
  expect(containers).not.toContain('btcw-t-host-frontend');
});

it('are well to diff, verify, doctor and status', async () => {
  expect((await run('diff')).output).toContain('No changes');
  const verified = await run('verify');
  expect(verified.code, verified.output).toBe(0);
  const { findings } = JSON.parse((await run('doctor', '--json')).stdout);
  const about = findings.filter(({ level, hop }: { level: string; hop: string }) => {
    return level === 'failure' && ['nginx', 'backend', 'frontend'].includes(hop);
  });
  expect(about).toEqual([]);
  expect((await run('status')).code).toBe(0);
});

it('are named by doctor when one of them ends', async () => {
  await Promise.all(
    servers.map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
  const { findings } = JSON.parse((await run('doctor', '--json')).stdout);
  const found = findings.find(({ id }: { id: string }) => id === 'backend-at-gateway');
  expect(found).toMatchObject({ level: 'failure', fix: expect.stringContaining('uvicorn --host') });
});
