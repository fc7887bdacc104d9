/** frp servers as people have them: what they ask of a client has a setting, and doctor says what they do not like. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { stringify } from 'smol-toml';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../scripts/doctor/checks/check.ts';
import { BareBackend } from '../support/bare-http.ts';
import { docker, eventually, portsFrom, TestDeployment, tryProgram } from '../support/deployment.ts';
import { buildRelease, type FrpProgram } from '../support/frp-release.ts';
import { imageOf } from '../support/topology.ts';

const GATEWAY = '172.17.0.1';
const APPLICATION_PORT = 21_660;
const PLUGIN_PORT = 21_661;
const TOKEN = 'a-token-of-the-server';
const folder = mkdtempSync(join(tmpdir(), 'btcw-frp-servers-'));
const tokenFile = join(folder, 'token');
const accountFile = join(folder, 'account');
const { BTCW_BACKEND_PORT: _, BTCW_FRONTEND_PORT: __, ...ports } = portsFrom(21_650);

const deployment = new TestDeployment('btcw-frp-servers', {
  ...ports,
  BTCW_BACKEND_PORT: '',
  BTCW_FRONTEND_PORT: '',
  BTCW_BACKEND_ADDRESS: `${GATEWAY}:${APPLICATION_PORT}`,
  BTCW_BACKEND_PATHS: '/',
  BTCW_FRP_SERVER_ADDR: '127.0.0.1',
  BTCW_FRP_TOKEN_FILE: tokenFile,
});
/** Without a label: it is not of the deployment. */
const SERVER = 'btcw-t-frp-server';
const remotePort = Number(ports.BTCW_FRP_REMOTE_PORT);
const bindPort = Number(ports.BTCW_FRP_SERVER_PORT);

/** Answers the server's plugin gets, by what it asks about. */
let refusals: Record<string, string> = {};
const asked: { op: string; content: Record<string, unknown> }[] = [];
const application = new BareBackend({});
const plugin: Server = createServer(async (request, response) => {
  const question = (await json(request)) as (typeof asked)[number];
  asked.push(question);
  const reason = refusals[question.op];
  response.setHeader('Content-Type', 'application/json');
  response.end(
    JSON.stringify(reason ? { reject: true, reject_reason: reason } : { reject: false, unchange: true }),
  );
});
const askPlugin = (...ops: string[]) => ({
  httpPlugins: [{ name: 'own', addr: `127.0.0.1:${PLUGIN_PORT}`, path: '/', ops }],
});

/** A server that is not this deployment's, with what it has beside the usual. */
async function serve(own: Record<string, unknown> = {}, address = '127.0.0.1'): Promise<void> {
  const { auth = {}, ...others } = own as { auth?: Record<string, unknown> };
  const config = {
    bindAddr: address,
    bindPort,
    proxyBindAddr: address,
    auth: { token: TOKEN, ...auth },
    ...others,
  };
  writeFileSync(join(folder, 'frps.toml'), stringify(config), { mode: 0o644 });
  await tryProgram('docker', ['rm', '--force', SERVER]);
  const run = ['run', '--detach', '--name', SERVER, '--network', 'host'];
  const mount = ['--volume', `${join(folder, 'frps.toml')}:/frps.toml:ro`];
  await docker(...run, ...mount, imageOf('frps'), 'frps', '-c', '/frps.toml');
}
const restartClient = () => docker('restart', '--time', '1', deployment.container('frpc'));

const page = async (url = deployment.public) => (await fetch(url).catch(() => undefined))?.status;
const opens = (url?: string) =>
  eventually(
    () => page(url),
    (status) => status === 200,
    30_000,
  );
async function deploy(settings: Record<string, string> = {}): Promise<void> {
  const { code, output } = await deployment.run('deploy', [], settings);
  expect(code, output).toBe(0);
}
/**
 * Waits until doctor finds this to fail once the client has been at the server. Until then it can be something else: what frpc said
 * when the server was not there yet, and only says anew when it tries again.
 */
async function expectFailure(id: string, { detail = '', fix = '' }: Partial<Finding>): Promise<void> {
  await restartClient();
  const found = await eventually(
    async () => {
      const { stdout } = await deployment.run('doctor', ['--json']);
      const { findings } = JSON.parse(stdout) as { findings: Finding[] };
      return findings.find((finding) => finding.id === id);
    },
    (finding) => finding?.level === 'failure' && finding.detail.includes(detail) && finding.fix.includes(fix),
    30_000,
  );
  expect(found).toEqual(
    expect.objectContaining({
      level: 'failure',
      detail: expect.stringContaining(detail),
      fix: expect.stringContaining(fix),
    }),
  );
}

beforeAll(async () => {
  // As an editor of Windows saves it.
  writeFileSync(tokenFile, `\uFEFF${TOKEN}\r\n`, { mode: 0o600 });
  writeFileSync(accountFile, 'user = "me"\nmetadatas.token = "of my account"\n', { mode: 0o600 });
  await application.listen(APPLICATION_PORT, GATEWAY);
  await new Promise<void>((resolve) => plugin.listen(PLUGIN_PORT, '127.0.0.1', resolve));
  await deployment.remove();
  await serve();
  await deploy();
});
afterEach(async ({ task }) => {
  refusals = {};
  if (task.result?.state !== 'fail') return;
  await deployment.printLogs();
  console.error((await tryProgram('docker', ['logs', '--tail', '20', SERVER])).output);
});
afterAll(async () => {
  await deployment.remove();
  await tryProgram('docker', ['rm', '--force', SERVER]);
  application.close();
  plugin.close();
  rmSync(folder, { recursive: true });
});

describe('a server', () => {
  it('is reached with a token that Windows has saved', async () => {
    expect(await opens()).toBe(200);
  });

  it.each([
    [
      'that asks each connection for the token',
      { auth: { additionalScopes: ['HeartBeats', 'NewWorkConns'] } },
    ],
    ['that takes TLS alone', { transport: { tls: { force: true } } }],
  ])('%s is reached without a setting', async (_, config) => {
    await serve(config);
    await restartClient();
    expect(await opens()).toBe(200);
  });

  it.each([
    ['KCP', { kcpBindPort: bindPort }, { BTCW_FRP_PROTOCOL: 'kcp' }],
    ['QUIC', { quicBindPort: bindPort }, { BTCW_FRP_PROTOCOL: 'quic' }],
    ['WebSocket', {}, { BTCW_FRP_PROTOCOL: 'websocket' }],
    ['a connection for each visitor', { transport: { tcpMux: false } }, { BTCW_FRP_TCP_MUX: 'off' }],
  ])('is reached by %s, by a setting', async (_, config, settings) => {
    await serve(config);
    await deploy(settings);
    expect(await opens()).toBe(200);
    const { output } = await deployment.run('doctor', [], settings);
    expect(output).not.toMatch(/✗.*(frp|tunnel)/i);
  });

  it('is reached by IPv6', async () => {
    await serve({}, '::1');
    await deploy({ BTCW_FRP_SERVER_ADDR: '::1' });
    expect(await opens(`http://[::1]:${remotePort}`)).toBe(200);
  });

  it('of a public service gets the account that it asks for', async () => {
    await serve(askPlugin('Login'));
    await deploy({ BTCW_FRP_ACCOUNT_FILE: accountFile });
    expect(await opens()).toBe(200);
    expect(asked.at(-1)?.content).toMatchObject({ user: 'me', metas: { token: 'of my account' } });
    expect((await deployment.run('diff', [], { BTCW_FRP_ACCOUNT_FILE: accountFile })).code).toBe(0);
    const { code, stdout } = await tryProgram('grep', [
      '-rl',
      'of my account',
      `terraform.${deployment.project}.tfstate`,
    ]);
    expect([code, stdout]).toEqual([1, '']);
  });
});

describe('doctor names', () => {
  beforeAll(async () => {
    await serve();
    await deploy();
  });

  it.each([
    ['Login', 'your account ran out'],
    ['NewProxy', 'no port without a plan'],
  ])('what a plugin of the server says to %s', async (op, reason) => {
    await serve(askPlugin(op));
    refusals = { [op]: reason };
    await expectFailure('tunnel', { detail: `"${reason}"` });
  });

  it('what it says to connections after it has accepted the tunnel', async () => {
    await serve(askPlugin('NewWorkConn'));
    refusals = { NewWorkConn: 'out of traffic' };
    await expectFailure('tunnel', { detail: 'no connections through it: "out of traffic"' });
  });

  it('transport.tcpMux = false', async () => {
    await serve({ transport: { tcpMux: false } });
    await expectFailure('frp-tcp-mux', { fix: 'BTCW_FRP_TCP_MUX=off' });
  });

  it('a port that the server does not allow, and one that is taken', async () => {
    await serve({ allowPorts: [{ single: remotePort + 1 }] });
    await expectFailure('frp-remote-port', { detail: 'allowPorts' });
    const other = createServer().listen(remotePort, '127.0.0.1');
    try {
      await serve();
      await expectFailure('frp-remote-port', { detail: 'is taken' });
    } finally {
      other.close();
    }
  });

  it('a token that is refused, also where the server does not say so', async () => {
    await serve({ auth: { token: 'another' } });
    await expectFailure('frp-token', { detail: 'refuses the token' });
    await serve({ auth: { token: 'another' }, detailedErrorsToClient: false });
    await expectFailure('tunnel', { detail: 'does not say why' });
  });
});

describe('frp 0.64.0, as most have it', () => {
  const programs: ChildProcess[] = [];
  const start = async (program: FrpProgram, config: Record<string, unknown>) => {
    writeFileSync(join(folder, `${program}.toml`), stringify(config));
    const file = join(folder, `0.64.0-${program}`);
    const child = spawn(file, ['-c', join(folder, `${program}.toml`)], { stdio: 'ignore' });
    await once(child, 'spawn');
    programs.push(child);
  };
  beforeAll(async () => {
    await buildRelease(folder, '0.64.0');
    await serve();
    // It waits longer and longer before it tries again what was refused.
    await docker('restart', deployment.container('frpc'));
    await deploy();
  });
  afterAll(() => {
    for (const program of programs) program.kill();
  });

  it('as a client reaches our server', async () => {
    const port = remotePort + 20;
    await start('frpc', {
      serverAddr: '127.0.0.1',
      serverPort: bindPort,
      auth: { token: TOKEN },
      proxies: [
        { name: 'other', type: 'tcp', localIP: GATEWAY, localPort: APPLICATION_PORT, remotePort: port },
      ],
    });
    expect(await opens(`http://127.0.0.1:${port}`)).toBe(200);
  });

  it('as a server is reached by our client, and again after a restart', async () => {
    await docker('rm', '--force', SERVER);
    const config = { bindAddr: '127.0.0.1', bindPort, proxyBindAddr: '127.0.0.1', auth: { token: TOKEN } };
    await start('frps', config);
    expect(await opens()).toBe(200);
    programs.at(-1)?.kill();
    await eventually(page, (status) => status === undefined);
    await start('frps', config);
    expect(await opens()).toBe(200);
  });
});
