/** Breaks each thing for real, expects exactly that check to fail, runs the command that doctor names, expects no finding. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { docker, echo, eventually, TestDeployment, tryProgram } from '../support/deployment.ts';
import { doctorOf, ids, wrong } from '../support/doctor.ts';

const deployment = new TestDeployment('btcw-doctor');
const PORT = {
  nginx: Number(deployment.settings.BTCW_NGINX_PORT),
  backend: Number(deployment.settings.BTCW_BACKEND_PORT),
  frontend: Number(deployment.settings.BTCW_FRONTEND_PORT),
  server: Number(deployment.settings.BTCW_FRP_SERVER_PORT),
  remote: Number(deployment.settings.BTCW_FRP_REMOTE_PORT),
};
/** Warnings that this host's engine gives with a healthy deployment, too. */
const HOST_WARNINGS = ['disk-soon'];
const folder = mkdtempSync(join(tmpdir(), 'btcw-doctor-'));
const name = (component: string) => deployment.container(component);

const { doctor, expectWrong, expectHealthy, applyFix, expectFixed } = doctorOf(deployment, HOST_WARNINGS);

/** Breaks are undone even where a test fails. */
const undo: (() => unknown)[] = [];
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await deployment.printLogs();
  for (const one of undo.splice(0).reverse()) await one();
  // One failure must not fail the tests after it.
  if (task.result?.state === 'fail') await deployment.run('rebuild');
});

/** Runs a shell in a container's image with its configuration volume at /volume. */
async function inVolume(component: string, script: string): Promise<void> {
  const { Image } = await deployment.inspect(component);
  const mount = `${name(component)}-config:/volume`;
  const args = ['--network', 'none', '--user', '0:0', '--volume', mount, '--entrypoint', 'sh', Image];
  await docker('run', '--rm', ...args, '-c', script);
}

/** A program of the test's own on a port of loopback. */
async function listener(port: number) {
  const child = spawn(
    process.execPath,
    ['-e', `require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('up'))`],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  undo.push(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

const iptables = async (...args: string[]) => expect((await tryProgram('iptables', args)).code).toBe(0);
/** @param rule with -A in place of what inserts it */
async function firewallRule(table: string, chain: string, ...rule: string[]): Promise<void> {
  await iptables('-t', table, '-I', chain, ...rule);
  undo.push(() => tryProgram('iptables', ['-t', table, '-D', chain, ...rule]));
}

const labels = (component: string) => [
  '--label',
  `btc-watcher.project=${deployment.project}`,
  '--label',
  `btc-watcher.component=${component}`,
];
const LOG_OPTIONS = ['--log-opt', 'max-size=10m', '--log-opt', 'max-file=3'];

/** A container by hand in place of the deployment's own; a deploy puts that back. */
async function inPlaceOf(component: string, ...args: string[]): Promise<void> {
  await docker('rm', '--force', name(component));
  undo.push(() => deployment.run('deploy'));
  await docker('run', '--detach', '--name', name(component), ...labels(component), ...args);
}

beforeAll(async () => {
  await deployment.remove();
  const { code, output } = await deployment.run('deploy');
  expect(code, output).toBe(0);
});
afterAll(async () => {
  await deployment.remove();
  rmSync(folder, { recursive: true });
});

describe('doctor', () => {
  it('finds nothing in a healthy deployment', async () => {
    await expectHealthy();
  });

  it('prints causes with their commands, and counts what passed', async () => {
    await docker('stop', '--time', '1', name('frontend'));
    undo.push(() => docker('start', name('frontend')));
    const { code, output } = await deployment.run('doctor');
    expect(code).toBe(1);
    expect(output).toContain(`✗ ${name('frontend')} has exited (code 0)`);
    expect(output).toContain(`Fix: docker start ${name('frontend')}`);
    expect(output).toMatch(/\d+ of \d+ checks passed, \d+ skipped/);
    expect((await deployment.run('doctor', ['--verbose'])).output).toContain(
      'skipped: caused by "frontend is running',
    );
  });

  it('fails when the engine is away, and blames nothing else', async () => {
    const { code, failures } = await doctor([], { DOCKER_HOST: 'unix:///nowhere/docker.sock' });
    expect([code, ids(failures)]).toEqual([1, ['docker']]);
  });

  it('fails when nothing is deployed, and says so once', async () => {
    const { code, failures, warnings } = await doctor([], { BTCW_PROJECT: 'btcw-nothing' });
    expect([code, ids(failures), warnings]).toEqual([1, ['deployed'], []]);
    expect(failures[0]?.detail).toBe('nothing of btcw-nothing is deployed on this engine');
  });

  it.each([
    ['gateway', 'BTCW_GATEWAY', '(not set)', '172.31.250.1'],
    ['port', 'BTCW_NGINX_PORT', String(PORT.nginx), String(PORT.nginx + 50)],
  ])(
    'fails when .env has another %s than is deployed, and blames nothing else',
    async (_what, name, from, to) => {
      if (name === 'BTCW_NGINX_PORT') await listener(Number(to));
      const { failures } = await doctor([], { [name]: to });
      expect(failures).toMatchObject([
        {
          id: 'settings',
          detail: `.env differs from what is deployed: ${name}: ${from} → ${to}`,
          fix: 'npm run deploy',
        },
      ]);
    },
  );

  it('warns when .env has another setting than is deployed, and nothing is wrong with it', async () => {
    const { code, failures, warnings } = await doctor([], { BTCW_LOG_KEEP_DAYS: '9' });
    expect([code, failures, ids(warnings)]).toEqual([0, [], ['settings']]);
  });

  it('fails when the clock of this host is off', async () => {
    const shift = 'const now = Date.now; Date.now = () => now() + 3600000;';
    const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(shift)}`;
    const { failures } = await doctor([], { NODE_OPTIONS });
    expect(ids(failures)).toEqual(['clock']);
    expect(failures[0]?.detail).toMatch(/60 min ahead/);
  });
});

describe('containers', () => {
  it.each(['backend', 'nginx', 'frpc', 'frps'])('fails when %s is stopped', async (component) => {
    await docker('stop', '--time', '1', name(component));
    undo.push(() => docker('start', name(component)));
    await expectFixed([`container-${component}`]);
  });

  it.each(['backend', 'frontend'])('fails when %s is paused', async (component) => {
    await docker('pause', name(component));
    undo.push(() => tryProgram('docker', ['unpause', name(component)]));
    const { failures } = await expectFixed([`container-${component}`]);
    expect(failures[0]?.detail).toContain('is paused');
  });

  it('fails when one is gone', async () => {
    await docker('rm', '--force', name('nginx'));
    await expectFixed(['container-nginx']);
  });

  it('fails when one is in a restart loop, with its last log line', async () => {
    await inVolume('frps', 'echo "nonsense = [" > /volume/frps.toml');
    await tryProgram('docker', ['restart', name('frps')]);
    const looping = await eventually(doctor, (one) =>
      /restart loop \(exit code/.test(one.failures[0]?.detail ?? ''),
    );
    expect(wrong(looping)).toEqual(['container-frps']);
    expect(looping.failures[0]?.detail).toMatch(
      /is in a restart loop \(exit code 1, .*last log line: toml: line 1, /,
    );
    await applyFix(looping.failures[0]);
    await expectHealthy();
  });

  it('warns when a log has no bound', async () => {
    const { Image } = await deployment.inspect('frontend');
    const publish = ['127.0.0.1', '172.17.0.1'].flatMap((ip) => ['--publish', `${ip}:${PORT.frontend}:3000`]);
    await inPlaceOf('frontend', ...publish, '--tmpfs', '/tmp', Image);
    await expectFixed(['log-size-frontend']);
  });

  it('warns when a log is over its bound', async () => {
    const { LogPath } = await deployment.inspect('frontend');
    const line = { log: `${'x'.repeat(1000)}\n`, stream: 'stdout', time: new Date().toISOString() };
    appendFileSync(LogPath, `${JSON.stringify(line)}\n`.repeat(35_000));
    const { warnings } = await expectFixed(['log-size-frontend']);
    expect(warnings[0]?.detail).toMatch(/^log is \d\d\.\d MiB, limit 30 MiB$/);
  });

  it('fails when the program in one hangs, with what its health check says', async () => {
    undo.push(await deployment.freeze('backend'));
    const health = async () => (await deployment.inspect('backend')).State.Health.Status;
    expect(await eventually(health, (one) => one === 'unhealthy', 60_000)).toBe('unhealthy');
    const { failures } = await expectFixed(['container-backend']);
    expect(failures[0]?.detail).toMatch(/is running, but unhealthy: curl: \(28\) .* timed out/);
  });

  it('fails when one runs out of memory', async () => {
    await docker('stop', '--time', '1', name('backend'));
    // Less than Node.js itself takes.
    await docker('update', '--memory', '16m', '--memory-swap', '16m', name('backend'));
    await tryProgram('docker', ['start', name('backend')]);
    const looping = await eventually(
      doctor,
      (one) => /out of memory/.test(one.failures[0]?.detail ?? ''),
      40_000,
    );
    expect(wrong(looping), JSON.stringify(looping.failures, null, 2)).toEqual(['container-backend']);
    await applyFix(looping.failures[0]);
    await expectHealthy();
  });
});

describe('ports', () => {
  it.each([
    ['nginx', 'port-nginx', PORT.nginx],
    ['backend', 'port-backend', PORT.backend],
    ['frps', 'port-frps', PORT.server],
  ] as const)("fails when another program has %s's port, and names it", async (component, id, port) => {
    await docker('stop', '--time', '1', name(component));
    const { pid } = await listener(port);
    const { failures } = await expectFixed([id]);
    expect(failures[0]?.detail).toBe(`node (process ${pid}) is listening on 127.0.0.1:${port}`);
  });

  it('fails when another container has it, and names that', async () => {
    await docker('stop', '--time', '1', name('frontend'));
    const { Image } = await deployment.inspect('frontend');
    const other = 'btcw-doctor-neighbour';
    const publish = `127.0.0.1:${PORT.frontend}:3000`;
    await docker(
      'run',
      '--detach',
      '--name',
      other,
      ...labels('other'),
      '--publish',
      publish,
      '--tmpfs',
      '/tmp',
      Image,
    );
    undo.push(() => tryProgram('docker', ['rm', '--force', other]));
    const { failures } = await expectFixed(['port-frontend']);
    expect(failures[0]?.detail).toContain(`container ${other} publishes`);
  });

  it('fails when the remote port is taken on the host of the embedded server', async () => {
    await docker('stop', '--time', '1', name('frpc'));
    const { pid } = await listener(PORT.remote);
    await docker('start', name('frpc'));
    const { failures } = await expectWrong(['port-remote']);
    expect(failures[0]?.detail).toContain(`(process ${pid})`);
    await applyFix(failures[0]);
    await docker('restart', '--time', '1', name('frpc'));
    await expectHealthy();
  });

  it('fails when docker-proxy has too few descriptors', async () => {
    const flags = ['-proto', 'tcp', '-host-ip', '127.0.0.9', '-host-port', String(PORT.nginx)];
    const target = ['-container-ip', '127.0.0.1', '-container-port', String(PORT.nginx)];
    const limited = 'ulimit -n 1000; exec 3>/dev/null; exec docker-proxy "$@"';
    const proxy = spawn('bash', ['-c', limited, 'bash', ...flags, ...target], { stdio: 'ignore' });
    undo.push(() => proxy.kill('SIGKILL'));
    const { failures } = await expectWrong(['docker-proxy']);
    expect(failures[0]?.fix).toContain('BTCW_MAX_CONNECTIONS=150');
    proxy.kill('SIGKILL');
    await expectHealthy();
  });
});

describe("nginx's configuration, edited by hand", () => {
  const sed = (expression: string) => inVolume('nginx', `sed -i "${expression}" /volume/nginx.conf`);

  it.each([
    [
      'a read timeout below the heartbeat',
      's/proxy_read_timeout 3600s/proxy_read_timeout 5s/',
      'nginx-timeouts',
    ],
    ['no Upgrade header', '/proxy_set_header Upgrade/d', 'nginx-upgrade'],
    ['Connection "upgrade" for all', 's/Connection .connection_upgrade/Connection upgrade/', 'nginx-upgrade'],
    ['buffering', 's/proxy_buffering off/proxy_buffering on/', 'nginx-buffering'],
    [
      'another upstream',
      `s/server 172.17.0.1:${PORT.backend}/server 172.17.0.1:${PORT.backend + 1}/`,
      'nginx-upstreams',
    ],
  ])('fails when there is %s', async (_what, expression, id) => {
    await sed(expression);
    await expectFixed([id]);
  });

  it('fails when the map is gone, with the words of nginx', async () => {
    await sed('/map .http_upgrade/,/}/d');
    const { failures } = await expectFixed(['nginx-config']);
    expect(failures[0]?.detail).toContain('unknown "connection_upgrade" variable');
  });

  it('is fixed without a socket being dropped', async () => {
    const socket = await deployment.socket(deployment.local, await deployment.token());
    undo.push(() => socket.terminate());
    await sed('s/proxy_buffering off/proxy_buffering on/');
    await expectFixed(['nginx-buffering']);
    expect(await echo(socket)).toBe(true);
  });
});

describe('backend and frontend behind nginx', () => {
  it.each(['backend', 'frontend'] as const)(
    'fails when a firewall keeps containers from the %s, and the rule it names is the one',
    async (app) => {
      const to = ['-d', '172.17.0.1', '-p', 'tcp', '--dport', String(PORT[app])];
      await firewallRule('raw', 'PREROUTING', '-i', 'docker0', ...to, '-j', 'DROP');
      await expectFixed([`firewall-${app}`]);
    },
  );

  it('fails when the backend is not published at the gateway (502)', async () => {
    const { Image, HostConfig } = await deployment.inspect('backend');
    const volumes =
      HostConfig.Mounts?.map((one: { Source: string; Target: string }) => [
        '--volume',
        `${one.Source}:${one.Target}`,
      ]) ?? [];
    const binds = HostConfig.Binds?.map((one: string) => ['--volume', one]) ?? [];
    const user = ['--user', '10001:10001', '--tmpfs', '/tmp'];
    const publish = ['--publish', `127.0.0.1:${PORT.backend}:8000`];
    await inPlaceOf(
      'backend',
      ...user,
      ...publish,
      ...volumes.flat(),
      ...binds.flat(),
      ...LOG_OPTIONS,
      Image,
    );
    await expectFixed(['backend-at-gateway']);
  });

  it('fails when topics are subscribed and nothing comes', async () => {
    const mute = join(folder, 'mute.mjs');
    // Accepts everything and never says a word: what a backend whose publisher has died looks like.
    writeFileSync(
      mute,
      `import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
const server = createServer((request, response) => response.end('{"access_token":"a.e30.c"}'));
server.on('upgrade', (request, socket) => {
  const key = request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
  const accept = createHash('sha1').update(key).digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: ' + accept + '\\r\\n\\r\\n');
  socket.on('error', () => {});
});
server.listen(8000);
`,
    );
    const { Image } = await deployment.inspect('backend');
    const publish = ['127.0.0.1', '172.17.0.1'].flatMap((ip) => ['--publish', `${ip}:${PORT.backend}:8000`]);
    const program = ['--volume', `${mute}:/mute.mjs:ro`, '--entrypoint', 'node', '--init'];
    await inPlaceOf('backend', ...publish, ...program, ...LOG_OPTIONS, Image, '/mute.mjs');
    const { failures } = await expectWrong(['silent']);
    expect(failures[0]?.detail).toContain('nor is a ping answered');
    const startedMs = Date.now();
    await doctor();
    // Not the half minute that a WebSocket waits for the goodbye of the other end.
    expect(Date.now() - startedMs).toBeLessThan(30_000);
  });

  it('fails when Vite refuses foreign hosts', async () => {
    const dev = { BTCW_FRONTEND_MODE: 'dev' };
    expect((await deployment.run('images', ['frontend'], dev)).code).toBe(0);
    const images = await docker('image', 'ls', '--quiet', 'btc-watcher/frontend-dev');
    const publish = ['127.0.0.1', '172.17.0.1'].flatMap((ip) => ['--publish', `${ip}:${PORT.frontend}:3000`]);
    const mounts = ['node_modules', 'assets/frontend'].flatMap((path) => [
      '--volume',
      `${process.cwd()}/${path}:/app/${path}:ro`,
    ]);
    const refusing = ['--env', 'VITE_ALLOWED_HOSTS=', '--tmpfs', '/tmp:rw,size=256m', ...LOG_OPTIONS];
    await inPlaceOf('frontend', ...publish, ...mounts, ...refusing, images.split('\n')[0] ?? '');
    const { failures } = await expectWrong(['vite-hosts'], { deadlineMs: 60_000 });
    await applyFix(failures[0]);
    await expectHealthy();
  });

  it('fails when nginx has as many sockets as it takes (503), and the fix drops none of them', async () => {
    const few = { BTCW_MAX_CONNECTIONS: '5' };
    undo.push(() => deployment.run('deploy'));
    expect((await deployment.run('deploy', [], few)).code).toBe(0);
    const token = await deployment.token();
    const opening = Array.from({ length: 5 }, () => deployment.socket(deployment.local, token));
    const sockets = await Promise.all(opening);
    undo.push(() => sockets.map((socket) => socket.terminate()));
    const { failures, settings } = await expectFixed(['connections'], { settings: few });
    expect(failures[0]?.detail).toBe(
      'nginx answers 503: all 5 connections that BTCW_MAX_CONNECTIONS allows are open',
    );
    expect(settings).toEqual({ BTCW_MAX_CONNECTIONS: '10' });
    expect(await Promise.all(sockets.map((socket) => echo(socket)))).toEqual(Array(5).fill(true));
  });
});

describe('tokens', () => {
  const signed = (secret: string | Buffer, agoSec: number, forSec: number) => {
    const nowSec = Math.floor(Date.now() / 1000);
    return new SignJWT({ sub: 'admin' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt(nowSec - agoSec)
      .setExpirationTime(nowSec - agoSec + forSec)
      .sign(Buffer.from(secret));
  };
  const secret = () => deployment.sessionKey();

  it('fails when one has expired, with its age, and the command gives a fresh one', async () => {
    const { failures } = await doctor(['--token', await signed(secret(), 108_000, 86_400)]);
    expect(ids(failures)).toEqual(['token']);
    expect(failures[0]?.detail).toBe('the token is 30 h old and expired 6 h ago: log in again');
    const { output } = await tryProgram('sh', ['-c', failures[0]?.fix ?? '']);
    const fresh = /"access_token":"([^"]+)"/.exec(output)?.[1] ?? '';
    expect(ids((await doctor(['--token', fresh])).failures)).toEqual([]);
  });

  it('is taken from a file, which other users of this host do not see', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, `${await signed(secret(), 108_000, 86_400)}\n`);
    expect(ids((await doctor(['--token-file', file])).failures)).toEqual(['token']);
  });

  it('fails when one is of another secret, and when it is none at all', async () => {
    const other = await doctor(['--token', await signed('x'.repeat(43), 60, 86_400)]);
    expect(ids(other.failures)).toEqual(['token']);
    expect(other.failures[0]?.detail).toContain("the backend's secret has changed");
    const none = await doctor(['--token', 'nonsense']);
    expect(ids(none.failures)).toEqual(['token']);
    expect(none.failures[0]?.detail).toContain('this is not a JWT');
  });

  it('fails when the password file is not what the backend has', async () => {
    writeFileSync(`${deployment.secretsFolder}/admin-password`, 'quite-another-password\n');
    await expectFixed(['login']);
  });

  it('finds nothing wrong when others have failed to log in too often: the owner gets in', async () => {
    const body = new URLSearchParams({ username: 'admin', password: 'not-the-password' });
    const guess = () => fetch(`${deployment.backend}/api/v1/auth/token`, { method: 'POST', body });
    const statuses = (await Promise.all(Array.from({ length: 15 }, guess))).map(({ status }) => status);
    expect(statuses).toContain(429);
    await expectHealthy();
  });
});

describe('the tunnel', () => {
  it('fails when no name server knows the frp server', async () => {
    const { failures } = await doctor([], { BTCW_FRP_SERVER_ADDR: 'frp.invalid' });
    expect(ids(failures)).toEqual(['frp-name']);
  });

  it('fails when nothing listens on the port of the frp server', async () => {
    const away = { BTCW_FRP_SERVER_ADDR: '127.0.0.1', BTCW_FRP_SERVER_PORT: '17099' };
    const { failures } = await doctor([], away);
    expect(ids(failures)).toEqual(['frp-server']);
    expect(failures[0]?.detail).toContain('nothing listens on 127.0.0.1:17099');
  });

  it('fails when the token is refused', async () => {
    await inVolume('frps', 'printf another-token > /volume/token');
    await docker('restart', '--time', '1', name('frps'));
    await expectFixed(['frp-token']);
  });

  /** Another client of the same server, first with what ours wants. */
  async function rival(proxyName: string) {
    await docker('stop', '--time', '1', name('frpc'));
    const { Image } = await deployment.inspect('frpc');
    const token = readFileSync(`${deployment.secretsFolder}/frp-token`, 'utf8').trim();
    const server = ['--server-addr', '127.0.0.1', '--server-port', String(PORT.server), '--token', token];
    const local = ['--local-ip', '127.0.0.1', '--local-port', String(PORT.nginx)];
    const proxy = ['--proxy-name', proxyName, '--remote-port', String(PORT.remote)];
    const client = 'btcw-doctor-rival';
    const args = ['--network', 'host', ...labels('rival'), '--entrypoint', 'frpc', Image];
    await docker('run', '--detach', '--name', client, ...args, 'tcp', ...server, ...local, ...proxy);
    undo.push(() => tryProgram('docker', ['rm', '--force', client]));
    await eventually(
      async () => (await tryProgram('docker', ['logs', client])).output,
      (log) => log.includes('start proxy success'),
    );
    await docker('start', name('frpc'));
    return client;
  }

  it.each([
    ['proxy name', 'freq-service', 'frp-proxy-name'],
    ['remote port', 'another-service', 'frp-remote-port'],
  ])('fails when another client has the %s', async (_what, proxyName, id) => {
    const client = await rival(proxyName);
    await expectWrong([id]);
    await docker('rm', '--force', client);
    await docker('restart', '--time', '1', name('frpc'));
    await expectHealthy();
  });

  it('fails when local works and remote does not: the firewall of the server', async () => {
    await firewallRule(
      'filter',
      'INPUT',
      '-i',
      'lo',
      '-p',
      'tcp',
      '--dport',
      String(PORT.remote),
      '-j',
      'DROP',
    );
    const { failures } = await expectWrong(['public-port']);
    expect(failures[0]?.fix).toBe(`sudo ufw allow ${PORT.remote}/tcp`);
  });

  it('fails when the port of the frp server does not answer: its firewall', async () => {
    const port = String(PORT.server + 98);
    await firewallRule('filter', 'INPUT', '-i', 'lo', '-p', 'tcp', '--dport', port, '-j', 'DROP');
    const { failures } = await doctor([], {
      BTCW_FRP_SERVER_ADDR: '127.0.0.1',
      BTCW_FRP_SERVER_PORT: port,
    });
    expect(ids(failures)).toEqual(['frp-server']);
    expect(failures[0]?.detail).toBe(
      `127.0.0.1:${port} gives no answer within 5 s, asked twice: a firewall drops what is sent to that port, or the server is off`,
    );
    expect(failures[0]?.fix).toMatch(new RegExp(`^on 127\\.0\\.0\\.1: .*: sudo ufw allow ${port}/tcp$`));
  });

  it('fails when the frp server does not allow the remote port', async () => {
    await inVolume('frps', `sed -i 's/^single = .*/single = ${PORT.remote + 1}/' /volume/frps.toml`);
    await docker('restart', '--time', '1', name('frps'));
    const { failures } = await expectFixed(['frp-remote-port']);
    expect(failures[0]?.detail).toBe(`the frp server's allowPorts does not include port ${PORT.remote}`);
  });

  it("fails when the frp server's certificate is not of the CA, or for another name", async () => {
    const server = 'btcw-doctor-server';
    const file = (path: string) => join(folder, path);
    /** A certificate that is its own CA. */
    const certificate = async (path: string, name: string): Promise<string> => {
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
      const files = ['-keyout', file(`${path}.key`), '-out', file(`${path}.pem`)];
      const subject = ['-subj', '/CN=frp', '-addext', `subjectAltName=${name}`];
      const made = await tryProgram('openssl', ['req', '-x509', ...key, ...files, ...subject]);
      expect(made.code, made.output).toBe(0);
      return readFileSync(file(`${path}.pem`), 'utf8');
    };
    const serve = async (path: string) => {
      for (const kind of ['key', 'pem']) copyFileSync(file(`${path}.${kind}`), file(`server.${kind}`));
      await docker('restart', '--time', '1', server);
    };
    const first = await certificate('first', 'IP:127.0.0.1');
    const second = await certificate('second', 'IP:127.0.0.1');
    const named = await certificate('named', 'DNS:localhost');
    writeFileSync(file('ca.pem'), first);
    const [port, remote] = [String(PORT.server + 1), String(PORT.remote + 1)];
    const config = `bindAddr = "127.0.0.1"
bindPort = ${port}
proxyBindAddr = "127.0.0.1"
auth.token = "${readFileSync(`${deployment.secretsFolder}/frp-token`, 'utf8').trim()}"
transport.tls = { certFile = "/server/server.pem", keyFile = "/server/server.key" }
`;
    writeFileSync(file('frps.toml'), config);
    const { Image } = await deployment.inspect('frps');
    const mount = ['--user', '0:0', '--volume', `${folder}:/server:ro`];
    // Without labels: a deploy removes containers of the project that it does not know.
    const args = ['--network', 'host', ...mount, '--entrypoint', 'frps', Image];
    await docker('create', '--name', server, ...args, '-c', '/server/frps.toml');
    undo.push(async () => {
      await docker('rm', '--force', server);
      await deployment.run('deploy');
    });
    await serve('first');
    const settings = {
      BTCW_FRP_SERVER_ADDR: '127.0.0.1',
      BTCW_FRP_SERVER_PORT: port,
      BTCW_FRP_REMOTE_PORT: remote,
      BTCW_FRP_TLS_CA_FILE: file('ca.pem'),
    };
    // 3: all but the tunnel, which this server keeps down at times.
    const deployed = async () =>
      expect([0, 3]).toContain((await deployment.run('deploy', [], settings)).code);
    await deployed();
    await expectHealthy(settings);

    // What scp would bring from the server.
    writeFileSync(file('bundle.pem'), second + named);
    writeFileSync(file('scp'), `#!/bin/sh\ncp ${file('bundle.pem')} "$2"\n`, { mode: 0o755 });
    await serve('second');
    const withScp = { ...settings, PATH: `${folder}:${process.env.PATH}` };
    const other = await expectFixed(['frp-certificate'], { settings: withScp });
    expect(other.failures[0]?.detail).toBe(
      `the frp server's certificate is not signed by the CA in ${file('ca.pem')} (DEPTH_ZERO_SELF_SIGNED_CERT)`,
    );

    await serve('named');
    const elsewhere = await expectFixed(['frp-certificate'], { settings });
    expect(elsewhere.failures[0]?.detail).toBe(
      "the frp server's certificate is for localhost, not for 127.0.0.1",
    );
    expect(elsewhere.settings.BTCW_FRP_SERVER_ADDR).toBe('localhost');

    await deployed();
    await serve('first');
    writeFileSync(file('ca.pem'), first);
    const changed = await expectFixed(['frp-certificate'], { settings });
    expect(changed.failures[0]?.detail).toContain('that file has changed since the last deploy');
  });
});
