/** Breaks each thing for real, sees exactly that check fail, mends it with the command doctor names, sees all well. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { docker, eventually, TestDeployment, tryProgram } from '../support/deployment.ts';
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
const HOST_WARNINGS = ['docker-ports', 'disk-soon'];
const folder = mkdtempSync(join(tmpdir(), 'btcw-doctor-'));
const name = (component: string) => deployment.container(component);

const { doctor, expectWrong, expectWell, applyFix, mended } = doctorOf(deployment, HOST_WARNINGS);

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
  undo.push(async () => {
    await tryProgram('docker', ['rm', '--force', name(component)]);
    await deployment.run('deploy');
  });
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
  it('finds nothing in a healthy deployment, in less than two seconds', async () => {
    await expectWell();
    const times: number[] = [];
    for (let round = 1; round <= 3; round += 1) {
      const startedMs = Date.now();
      await doctor();
      times.push(Date.now() - startedMs);
    }
    console.log(`doctor: ${times.join(', ')} ms`);
    // The quickest: this host has other work to do, too.
    const tookMs = Math.min(...times);
    expect(tookMs).toBeLessThan(2_000);
  });

  it('prints causes with their commands, and counts what is fine', async () => {
    await docker('stop', '--time', '1', name('frontend'));
    undo.push(() => docker('start', name('frontend')));
    const { code, output } = await deployment.run('doctor');
    expect(code).toBe(1);
    expect(output).toContain(`✗ ${name('frontend')} is exited (exit code 0)`);
    expect(output).toContain(`Fix: docker start ${name('frontend')}`);
    expect(output).toMatch(/\d+ of 54 checks are fine, \d+ not looked at/);
    expect((await deployment.run('doctor', ['--verbose'])).output).toContain(
      'follows from "frontend is running',
    );
  });

  it('fails when the engine is away, and blames nothing else', async () => {
    const { code, failures } = await doctor([], { DOCKER_HOST: 'unix:///nowhere/docker.sock' });
    expect([code, ids(failures)]).toEqual([1, ['docker']]);
  });

  it('fails when no interface has the gateway, and names the one to use', async () => {
    const { failures } = await doctor([], { BTCW_GATEWAY: '172.31.250.1' });
    expect(ids(failures)).toEqual(['gateway']);
    expect(failures[0]?.fix).toMatch(/^echo 'BTCW_GATEWAY=[\d.]+' >> \.env && npm run deploy$/);
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
    await mended([`container-${component}`]);
  });

  it.each(['backend', 'frontend'])('fails when %s is paused', async (component) => {
    await docker('pause', name(component));
    undo.push(() => tryProgram('docker', ['unpause', name(component)]));
    const { failures } = await mended([`container-${component}`]);
    expect(failures[0]?.detail).toContain('is paused');
  });

  it('fails when one is gone', async () => {
    await docker('rm', '--force', name('nginx'));
    await mended(['container-nginx']);
  });

  it('fails when one keeps ending, with its last words', async () => {
    await inVolume('frps', 'echo "nonsense = [" > /volume/frps.toml');
    undo.push(() => deployment.run('rebuild'));
    await tryProgram('docker', ['restart', name('frps')]);
    const looping = await eventually(doctor, (one) => /keeps ending/.test(one.failures[0]?.detail ?? ''));
    expect(wrong(looping)).toEqual(['container-frps']);
    expect(looping.failures[0]?.detail).toMatch(
      /keeps ending with exit code 1 .*it last said: .*ServerConfig/,
    );
    await applyFix(looping.failures[0]);
    await expectWell();
  });

  it('warns when a log has no bound', async () => {
    const { Image } = await deployment.inspect('frontend');
    const publish = ['127.0.0.1', '172.17.0.1'].flatMap((ip) => ['--publish', `${ip}:${PORT.frontend}:3000`]);
    await inPlaceOf('frontend', ...publish, '--tmpfs', '/tmp', Image);
    await expectWrong(['log-size-frontend']);
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
    const { failures } = await mended([id]);
    expect(failures[0]?.detail).toBe(`node (process ${pid}) has 127.0.0.1:${port}`);
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
    const { failures } = await mended(['port-frontend']);
    expect(failures[0]?.detail).toContain(`container ${other} has`);
  });

  it('fails when the remote port is taken on the host of the embedded server', async () => {
    await docker('stop', '--time', '1', name('frpc'));
    const { pid } = await listener(PORT.remote);
    await docker('start', name('frpc'));
    const { failures } = await expectWrong(['port-remote']);
    expect(failures[0]?.detail).toContain(`(process ${pid})`);
    await applyFix(failures[0]);
    await docker('restart', '--time', '1', name('frpc'));
    await expectWell();
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
    await expectWell();
  });
});

describe("nginx's configuration, edited by hand", () => {
  const edit = async (script: string) => {
    await inVolume(
      'nginx',
      `cp -p /volume/nginx.conf /volume/kept && ${script} && chown 33:33 /volume/nginx.conf`,
    );
    undo.push(() => inVolume('nginx', '[ -e /volume/kept ] && mv /volume/kept /volume/nginx.conf; true'));
  };
  const sed = (expression: string) => edit(`sed -i "${expression}" /volume/nginx.conf`);

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
    await expectWrong([id]);
  });

  it('fails when the map is gone, with the words of nginx, and rebuild puts it back', async () => {
    await sed('/map .http_upgrade/,/}/d');
    const { failures } = await mended(['nginx-config']);
    expect(failures[0]?.detail).toContain('unknown "connection_upgrade" variable');
  });
});

describe('backend and frontend behind nginx', () => {
  it('fails when a firewall keeps containers from the backend, and the rule it names is the one', async () => {
    const rule = [
      '-i',
      'docker0',
      '-d',
      '172.17.0.1',
      '-p',
      'tcp',
      '--dport',
      String(PORT.backend),
      '-j',
      'DROP',
    ];
    await firewallRule('raw', 'PREROUTING', ...rule);
    await mended(['firewall-backend']);
  });

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
    await mended(['backend-at-gateway']);
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
    await expectWrong(['vite-hosts'], 60_000);
  });
});

describe('tokens', () => {
  const signed = (secret: string, agoSec: number, forSec: number) => {
    const nowSec = Math.floor(Date.now() / 1000);
    return new SignJWT({ sub: 'admin' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt(nowSec - agoSec)
      .setExpirationTime(nowSec - agoSec + forSec)
      .sign(Buffer.from(secret));
  };
  const secret = () => readFileSync(`${deployment.secretsFolder}/jwt-secret`, 'utf8').trim();

  it('fails when one has expired, with its age, and the command gives a fresh one', async () => {
    const { failures } = await doctor(['--token', await signed(secret(), 108_000, 86_400)]);
    expect(ids(failures)).toEqual(['token']);
    expect(failures[0]?.detail).toBe('the token is 30 h old and expired 6 h ago: log in again');
    const { output } = await tryProgram('sh', ['-c', failures[0]?.fix ?? '']);
    const fresh = /"access_token":"([^"]+)"/.exec(output)?.[1] ?? '';
    expect(ids((await doctor(['--token', fresh])).failures)).toEqual([]);
  });

  it('fails when one is of another secret, and when it is none at all', async () => {
    const other = await doctor(['--token', await signed('x'.repeat(43), 60, 86_400)]);
    expect(ids(other.failures)).toEqual(['token']);
    expect(other.failures[0]?.detail).toContain("the backend's secret has changed");
    const none = await doctor(['--token', 'nonsense']);
    expect(ids(none.failures)).toEqual(['token']);
    expect(none.failures[0]?.detail).toContain('this is no token');
  });

  it('fails when the password file is not what the backend has', async () => {
    writeFileSync(`${deployment.secretsFolder}/admin-password`, 'quite-another-password\n');
    await mended(['login']);
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
    undo.push(() => deployment.run('rebuild'));
    await docker('restart', '--time', '1', name('frps'));
    await mended(['frp-token']);
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
    await expectWell();
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
});
