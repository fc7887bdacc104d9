/** A project's compose file, its .env and its sources beside it, through the real commands. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { docker, portsFrom, TestDeployment } from '../support/deployment.ts';
import { imageOf } from '../support/topology.ts';

const PASSWORD = 'p@ss w0rd "$x\' 中文';
const folder = mkdtempSync(join(tmpdir(), 'btcw-compose-'));
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const deployment = new TestDeployment('btcw-c-app', {
  ...portsFrom(21000),
  BTCW_COMPOSE_FILE: join(folder, 'compose.yaml'),
});

/** Answers with what it was given, and with what it finds. */
const SERVER = `
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { lookup } from 'node:dns/promises';
const read = (file) => { try { return readFileSync(file, 'utf8'); } catch (error) { return error.code; } };
createServer(async (request, response) => {
  response.end(JSON.stringify({
    name: process.env.NAME, url: process.env.DATABASE_URL, arguments: process.argv.slice(2),
    secret: read('/run/secrets/token'), migrated: read('/data/migrated'), path: request.url,
    store: await lookup('store.internal').then(() => 'found', ({ code }) => code),
  }));
}).listen(8000);
`;

const compose = (port = '8000') => `
name: test-app
x-node: &node
  image: \${NODE_IMAGE}
  user: "0:0"
  entrypoint: [node]
  restart: unless-stopped
  mem_limit: 64m
  networks: { inner: {} }

services:
  backend:
    <<: *node
    command: /srv/server.mjs --password \${DB_PASSWORD}
    environment:
      NAME: backend
      DATABASE_URL: postgres://app:\${DB_PASSWORD}@store:5432/app
    ports: ["${port}:8000"]
    volumes:
      - ./server.mjs:/srv/server.mjs:ro
      - app_data:/data:ro
    secrets: [token]
    healthcheck:
      test: ["CMD-SHELL", "test -n \\"$$DATABASE_URL\\" && curl -fsS -o /dev/null http://127.0.0.1:8000/"]
      interval: 2s
    depends_on:
      migrate: { condition: service_completed_successfully }
    x-btcw: { routes: [/api, /docs] }

  frontend:
    <<: *node
    command: [/srv/server.mjs]
    environment: [NAME=frontend]
    expose: [8000]
    volumes: ["./server.mjs:/srv/server.mjs:ro"]
    depends_on: [backend, nginx]

  migrate:
    <<: *node
    command: [-e, "require('fs').appendFileSync('/data/migrated', 'once,')"]
    restart: "no"
    volumes: ["app_data:/data"]
    depends_on: [store]

  store:
    <<: *node
    command: [-e, "require('net').createServer().listen(5432)"]
    networks: { inner: { aliases: [store.internal] } }
    healthcheck: { disable: true }

  nginx:
    image: nginx:alpine
    ports: ["80:80"]
    volumes: ["./nginx.conf:/etc/nginx/nginx.conf:ro"]

volumes: { app_data: }
networks: { inner: }
secrets: { token: { file: ./token.txt } }
`;

const ask = async (path: string) => (await fetch(`${deployment.local}${path}`)).json();

beforeAll(async () => {
  await deployment.remove();
  write('compose.yaml', compose());
  write('server.mjs', SERVER);
  write('token.txt', 'a token');
  write('nginx.conf', 'location /metrics { }');
  // As Compose reads it: in double quotes a backslash escapes.
  write(
    '.env',
    `NODE_IMAGE=${imageOf('backend')}\nDB_PASSWORD="${PASSWORD.replaceAll(/["\\$]/g, '\\$&')}"\n`,
  );
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(async () => {
  await deployment.remove();
  rmSync(folder, { recursive: true });
});

it('is refused with file, line and key before anything changes', async () => {
  write('compose.yaml', compose('8000-8001').replace('expose: [8000]', 'privileged: true'));
  const { code, output } = await deployment.run('deploy');
  expect(code).toBe(1);
  const lines = output.split('\n').filter((line) => line.includes('compose.yaml:'));
  expect(lines.map((line) => line.replace(/^.*compose\.yaml/, 'compose.yaml'))).toEqual([
    'compose.yaml:18: services.backend.ports[0]: "8000-8001:8000" is a range of ports: write a line for each port.',
    'compose.yaml:34: services.frontend.privileged: is not supported: it would give the service access to the host.',
  ]);
  expect(await deployment.remains()).toEqual([]);
});

it('is deployed, and what is changed on the way is told', async () => {
  write('compose.yaml', compose());
  const { code, output } = await deployment.run('deploy');
  expect(output).toContain('btcw-c-app-backend: healthy');
  // Its database is asked, too.
  expect(code, output).toBe(0);
  expect(output).toContain('! nginx: is left out, as this package has its own reverse proxy');
  expect(output).toContain('has paths of its own: /metrics.');
  expect(output).toContain('! backend: port 21001 of this host leads to it, not 8000 (BTCW_BACKEND_PORT)');
  const [data, docs, page] = await Promise.all([ask('/api/v1'), ask('/docs'), ask('/anything')]);
  expect(data).toEqual({
    name: 'backend',
    url: `postgres://app:${PASSWORD}@store:5432/app`,
    arguments: ['--password', PASSWORD],
    secret: 'a token',
    migrated: 'once,',
    path: '/api/v1',
    store: 'found',
  });
  expect(docs).toMatchObject({ name: 'backend', path: '/docs' });
  expect(page).toMatchObject({ name: 'frontend', secret: 'ENOENT', migrated: 'ENOENT', path: '/anything' });
});

it('keeps its secrets from plan, state and docker inspect', async () => {
  const shown = [
    JSON.stringify(await deployment.inspect('backend')),
    readFileSync(`terraform.${deployment.project}.tfstate`, 'utf8'),
    readFileSync(`cdktf.out/stacks/${deployment.project}/cdk.tf.json`, 'utf8'),
  ];
  for (const text of shown) expect(text).not.toMatch(/p@ss|a token/);
});

it('publishes nothing on all addresses, and has its own network', async () => {
  const ports = await docker('ps', '--filter', 'name=btcw-c-app', '--format', '{{.Ports}}');
  expect(ports).not.toMatch(/0\.0\.0\.0:(?!21000)|\[::\]/);
  const { NetworkSettings } = await deployment.inspect('store');
  expect(Object.keys(NetworkSettings.Networks)).toEqual(['btcw-c-app-services']);
});

it('is unchanged right after', async () => {
  const { code, output } = await deployment.run('diff');
  expect(output).toContain('No changes');
  expect(code).toBe(0);
});
