import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type WebSocket from 'ws';
import { engineError } from '../../scripts/docker/client.ts';
import { REFERENCE_PROFILE } from '../../scripts/lib/app-profile.ts';
import { handshake } from '../../scripts/lib/websocket.ts';
import { containerFindings, imageFindings } from '../support/benchmark.ts';
import { docker, echo, eventually, TestDeployment, tryProgram } from '../support/deployment.ts';

/** The status of a WebSocket's upgrade. */
const upgrade = async (base: string, token: string) =>
  (await handshake({ base, profile: REFERENCE_PROFILE.webSocket, token })).status;

const deployment = new TestDeployment('btcw-test');
const components = ['nginx', 'backend', 'frontend', 'frpc', 'frps', 'guard'];

beforeAll(async () => {
  await deployment.remove();
  const { code, output } = await deployment.run('deploy');
  if (code !== 0) await deployment.printLogs();
  expect(code, output).toBe(0);
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(() => deployment.remove());

const diffCode = async (settings: Record<string, string> = {}) => {
  const { code, output } = await deployment.run('diff', [], settings);
  return { code, output };
};
const unchanged = { code: 0, output: expect.stringContaining('No changes') };

describe('a deployment', () => {
  it('holds the whole contract, locally and through the tunnel', async () => {
    const { code, stdout } = await deployment.run('verify', ['--json']);
    const { checks } = JSON.parse(stdout);
    expect(checks.filter((check: { ok: boolean }) => !check.ok)).toEqual([]);
    expect(checks).toHaveLength(31);
    expect(code).toBe(0);
  });

  it('is verified from outside at one address, and holds a socket', async () => {
    const args = [
      '--url',
      deployment.public,
      '--password-file',
      `${deployment.secretsFolder}/admin-password`,
    ];
    const { code, stdout } = await deployment.run('verify', ['--json', '--soak', '7s', ...args]);
    const { checks } = JSON.parse(stdout);
    expect(checks.filter((check: { ok: boolean }) => !check.ok)).toEqual([]);
    expect(checks.map((check: { name: string }) => check.name)).toContain('remote: WebSocket open for 7 s');
    expect(code).toBe(0);
  });

  it('gives a token to the curl of the README', async () => {
    const { stdout } = await promisify(execFile)('curl', [
      '-s',
      '-X',
      'POST',
      `${deployment.backend}/api/v1/auth/token`,
      '-H',
      'Content-Type: application/x-www-form-urlencoded',
      '-d',
      `username=admin&password=${deployment.password}`,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ token_type: 'bearer', expires_in: 86_400 });
  });

  it('passes the check of nginx itself', async () => {
    const { code, output } = await tryProgram('docker', [
      'exec',
      deployment.container('nginx'),
      'nginx',
      '-t',
    ]);
    expect(output).toContain('test is successful');
    expect(code).toBe(0);
  });

  it('ends with a table of its containers', async () => {
    const { output } = await deployment.run('deploy');
    for (const component of components)
      expect(output).toMatch(new RegExp(`btcw-test-${component} .*healthy`));
    expect(output).toContain('Tunnel up: http://127.0.0.1:16001');
  });
});

describe('status and logs', () => {
  it('count the open WebSockets, and tell the health of each container and the tunnel', async () => {
    const socket = await deployment.socket(deployment.public, await deployment.token());
    const { code, stdout } = await deployment.run('status', ['--json']);
    socket.close();
    const status = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(status.containers.map((one: { health: string }) => one.health)).toEqual(
      components.map(() => 'healthy'),
    );
    expect(status.tunnel.up).toBe(true);
    // frpc was quicker than the server: that is over.
    expect(status.lastErrors.filter((line: { service: string }) => line.service === 'frpc')).toEqual([]);
    expect(status.connections).toBeGreaterThanOrEqual(1);
    expect(status.webSockets.connections).toBeGreaterThanOrEqual(1);
  });

  it('merge the logs of all containers by time, or show those of one', async () => {
    const { stdout } = await deployment.run('logs', ['--tail', 'all']);
    const lines = stdout.trim().split('\n');
    const times = lines.map((line) => line.slice(0, 23));
    expect(times).toEqual([...times].sort());
    expect(stdout).toMatch(/ frpc .*start proxy success/);
    expect(stdout).toMatch(/ nginx .*GET \/api\/v1\/ws HTTP\/1\.1" 101/);
    const one = await deployment.run('logs', ['frpc', '--tail', '5']);
    expect(
      one.stdout
        .trim()
        .split('\n')
        .every((line) => / frpc /.test(line)),
    ).toBe(true);
  });
});

describe('Ctrl-C', () => {
  let undo: () => unknown = () => {};
  afterEach(() => undo());
  /** A command of the package as a process group, as a terminal starts it. */
  function start(...args: string[]) {
    const child = spawn('node', ['scripts/run.mjs', ...args], {
      env: { ...process.env, ...deployment.settings },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let complaints = '';
    child.stderr.on('data', (data) => {
      complaints += data;
    });
    let printed = '';
    child.stdout.on('data', (data) => {
      printed += data;
    });
    const group = -(child.pid ?? 0);
    undo = () => leaves() && process.kill(group, 'SIGKILL');
    /** Waits for so many matches. */
    const prints = async (pattern: RegExp, times: number) => {
      const count = async () => printed.match(pattern)?.length ?? 0;
      expect(await eventually(count, (seen) => seen >= times), printed).toBeGreaterThanOrEqual(times);
    };
    const interrupt = async () => {
      const ended = once(child, 'exit');
      process.kill(group, 'SIGINT');
      const [code] = await ended;
      return code;
    };
    /** Whether a process of the group is left. */
    const leaves = () => {
      try {
        return process.kill(group, 0);
      } catch {
        return false;
      }
    };
    return { prints, interrupt, leaves, printed: () => printed, complaints: () => complaints };
  }

  it('ends status --watch, which shows the state again and again until then', async () => {
    const watch = start('status', '--watch', '--json');
    await watch.prints(/"project":"btcw-test"/g, 2);
    expect(await watch.interrupt()).toBe(0);
    expect(watch.leaves()).toBe(false);
  });

  it('ends logs --follow, which goes on through a restart and a new container, without a line twice', async () => {
    const follow = start('logs', 'frpc', '--follow', '--tail', 'all');
    const container = deployment.container('frpc');
    await follow.prints(/start proxy success/g, 1);
    await docker('restart', container);
    await follow.prints(/start proxy success/g, 2);
    await docker('rm', '--force', container);
    expect((await deployment.run('deploy')).code).toBe(0);
    await follow.prints(/start proxy success/g, 3);
    const lines = follow.printed().trim().split('\n');
    expect(new Set(lines).size).toBe(lines.length);
    expect(await follow.interrupt()).toBe(0);
    expect(
      await eventually(
        async () => follow.leaves(),
        (left) => !left,
      ),
    ).toBe(false);
  });

  it('in the middle of a deployment ends it in order, and the next one finishes the work', async () => {
    const rebuild = start('rebuild');
    await rebuild.prints(/: starting/g, 1);
    expect(await rebuild.interrupt()).toBe(1);
    expect(rebuild.complaints().trim().split('\n')).toEqual([
      'Ending what was begun …',
      '✗ Interrupted. What was done until then is in the state.',
      '  Fix: the same command again goes on from here.',
    ]);
    expect(
      await eventually(
        async () => rebuild.leaves(),
        (left) => !left,
      ),
    ).toBe(false);
    JSON.parse(readFileSync('terraform.btcw-test.tfstate', 'utf8'));
    expect((await diffCode()).code).toBe(2);
    expect((await deployment.run('deploy')).code).toBe(0);
    expect(await diffCode()).toEqual(unchanged);
    expect((await deployment.run('verify')).code).toBe(0);
  });
});

describe('diff', () => {
  it('sees no change, twenty times in a row', async () => {
    for (let round = 1; round <= 20; round += 1)
      expect(await diffCode(), `round ${round}`).toEqual(unchanged);
  });

  it('sees none after each container has been restarted', async () => {
    for (const component of components) await docker('restart', deployment.container(component));
    expect(await diffCode()).toEqual(unchanged);
  });

  it('and deploy of plain cdktf see none either, from the same state', async () => {
    const plan = await deployment.cdktf('diff');
    expect(plan.output).toContain('No changes');
    const deployed = await deployment.cdktf('deploy', '--auto-approve');
    expect(deployed.code, deployed.output).toBe(0);
    expect(deployed.output).not.toMatch(/[1-9]\d* (added|changed|destroyed)/);
    expect(await diffCode()).toEqual(unchanged);
  });

  it('shows a stopped and a removed container with exit code 2, and deploy heals both', async () => {
    await docker('stop', '--time', '1', deployment.container('frontend'));
    await docker('rm', '--force', deployment.container('nginx'));
    const seen = await diffCode();
    expect(seen.code).toBe(2);
    expect(seen.output).toMatch(/btcw-test-frontend .*start .*exited instead of running/);
    expect(seen.output).toMatch(/btcw-test-nginx .*create .*does not exist/);
    expect((await deployment.run('deploy')).code).toBe(0);
    expect(await diffCode()).toEqual(unchanged);
    expect((await fetch(`${deployment.public}/`)).status).toBe(200);
  });
});

describe('a changed nginx setting', () => {
  let socket: WebSocket;
  beforeAll(async () => {
    socket = await deployment.socket(deployment.public, await deployment.token());
  });
  afterAll(() => socket.close());

  it('is live, and the WebSocket opened before through the tunnel is still answered', async () => {
    expect(await echo(socket)).toBe(true);
    const { Id } = await deployment.inspect('nginx');
    const { code, output } = await deployment.run('deploy', [], { BTCW_MAX_CONNECTIONS: '3' });
    expect(code, output).toBe(0);
    expect((await deployment.inspect('nginx')).HostConfig.Memory).toBeGreaterThan(0);
    expect(await docker('exec', deployment.container('nginx'), 'cat', '/etc/nginx/nginx.conf')).toContain(
      'limit_conn gateway 3;',
    );
    expect(await echo(socket)).toBe(true);
    expect((await deployment.inspect('nginx')).Id).toBe(Id);
  });

  it('is what counts: the connection over the limit gets 503, and one is free again when another closes', async () => {
    const token = await deployment.token();
    // Those of the tunnel, such as the socket from before the reload, are counted apart.
    const sockets = [
      await deployment.socket(deployment.local, token),
      await deployment.socket(deployment.local, token),
      await deployment.socket(deployment.local, token),
    ];
    expect(await upgrade(deployment.local, token)).toBe(503);
    for (const one of sockets) one.close();
    expect(
      await eventually(
        () => upgrade(deployment.local, token),
        (status) => status === 101,
      ),
    ).toBe(101);
  });

  it('goes back just as quietly', async () => {
    expect((await deployment.run('deploy')).code).toBe(0);
    expect(await echo(socket)).toBe(true);
    expect(await diffCode()).toEqual(unchanged);
  });
});

describe('a wrong nginx.conf', () => {
  it("fails with nginx's own message, and the old one goes on serving", async () => {
    const before = await docker('exec', deployment.container('nginx'), 'cat', '/etc/nginx/nginx.conf');
    const spec = {
      container: deployment.container('nginx'),
      volume: `${deployment.container('nginx')}-config`,
      mountPath: '/etc/nginx',
      owner: '33:33',
      secretMode: '0400',
      check: ['nginx', '-t', '-q'],
      activation: 'reload',
      environmentFile: '',
      files: [{ path: 'nginx.conf', content: before.replace('proxy_pass ', 'proxy_pas ') }],
    };
    const image = (await deployment.inspect('nginx')).Image;
    const { code, output } = await tryProgram('node', ['scripts/run.mjs', 'apply-config'], {
      APPLY_CONFIG: JSON.stringify(spec),
      APPLY_IMAGE: image,
    });
    expect(code).toBe(1);
    expect(output).toContain('unknown directive "proxy_pas" in /etc/nginx/nginx.conf');
    expect(output).toContain('the old one stays');
    expect(await docker('exec', deployment.container('nginx'), 'cat', '/etc/nginx/nginx.conf')).toBe(before);
    expect((await fetch(`${deployment.local}/`)).status).toBe(200);
  });
});

describe('a changed tunnel setting', () => {
  it('restarts frpc and no other container', async () => {
    const started = async () =>
      Object.fromEntries(
        await Promise.all(
          components.map(async (one) => [one, (await deployment.inspect(one)).State.StartedAt] as const),
        ),
      );
    const before = await started();
    const { code, output } = await deployment.run('deploy', [], { BTCW_FRP_PROXY_NAME: 'other-service' });
    expect(code, output).toBe(0);
    const after = await started();
    expect(components.filter((one) => before[one] !== after[one])).toEqual(['frpc']);
    expect(await deployment.logs('frpc')).toContain('[other-service] start proxy success');
    expect((await fetch(`${deployment.public}/`)).status).toBe(200);
    expect((await deployment.run('deploy')).code).toBe(0);
  });
});

describe('a changed password', () => {
  it('is the one that counts, and ends the sessions from before', async () => {
    const token = await deployment.token();
    const old = deployment.password;
    writeFileSync(`${deployment.secretsFolder}/admin-password`, 'another-password\n');
    expect((await diffCode()).code).toBe(2);
    expect((await deployment.run('deploy')).code).toBe(0);
    expect(await deployment.token()).toMatch(/^ey/);
    expect(await upgrade(deployment.local, token)).toBe(403);
    const refused = await fetch(`${deployment.backend}/api/v1/auth/token`, {
      method: 'POST',
      body: new URLSearchParams({ username: 'admin', password: old }),
    });
    expect(refused.status).toBe(401);
  });
});

/** The status of a request line that fetch would write in another way. */
function rawStatus(port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`GET ${path} HTTP/1.0\r\n\r\n`));
    socket.once('data', (data) => resolve(Number(data.toString().split(' ')[1])));
    socket.once('error', reject);
  });
}

describe('hardening', () => {
  it.each(components)('%s keeps the CIS Docker benchmark, and so does its image', async (component) => {
    const container = await deployment.inspect(component);
    const meant = {
      // Packet filter rules take root and this one capability.
      ...(component === 'guard' && { user: '0:0', capabilities: ['CAP_NET_ADMIN'] }),
      onHostNetwork: ['guard', 'frpc', 'frps'].includes(component),
    };
    expect(containerFindings(container, meant)).toEqual([]);
    expect(await imageFindings(container.Image)).toEqual([]);
    expect(container.HostConfig).toMatchObject({
      RestartPolicy: { Name: 'unless-stopped' },
      LogConfig: { Type: 'json-file', Config: { 'max-file': '3', 'max-size': '10m' } },
    });
  });

  it.each(['frpc', 'frps'])('%s knows its limit of memory', async (component) => {
    const { HostConfig } = await deployment.inspect(component);
    const environment = await docker('exec', deployment.container(component), 'cat', '/proc/1/environ');
    expect(environment.split('\0')).toContain(`GOMEMLIMIT=${Math.floor(HostConfig.Memory / 100) * 85}`);
  });

  it('what is on the network of the host listens on the two ports of the frp server, and on nothing else', async () => {
    const socketsOf = (pid: number) =>
      readdirSync(`/proc/${pid}/fd`).map((fd) => {
        try {
          return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
        } catch {
          return undefined;
        }
      });
    const listening = async (component: string) => {
      const pids = await deployment.processes(component);
      const inodes = pids.flatMap(socketsOf);
      return ['tcp', 'tcp6']
        .flatMap((table) => readFileSync(`/proc/${pids[0]}/net/${table}`, 'utf8').split('\n'))
        .map((line) => line.trim().split(/\s+/))
        .filter((fields) => fields[3] === '0A' && inodes.includes(fields[9]))
        .map((fields) => fields[1]);
    };
    expect(await listening('frpc')).toEqual([]);
    expect(await listening('guard')).toEqual([]);
    const hex = (port: number) => `0100007F:${port.toString(16).toUpperCase()}`;
    expect((await listening('frps')).sort()).toEqual([hex(17000), hex(16001)].sort());
  });

  it('keeps secrets in files of mode 0600, and out of state, configuration, environment, images and logs', async () => {
    const files = ['admin-password', 'jwt-secret', 'frp-token', 'fingerprint-key'];
    const secrets = files.map((name) => readFileSync(`${deployment.secretsFolder}/${name}`, 'utf8').trim());
    for (const name of files)
      expect(statSync(`${deployment.secretsFolder}/${name}`).mode & 0o777).toBe(0o600);
    const token = await deployment.token();
    await upgrade(deployment.public, token);

    const places: Record<string, string> = {
      state: readFileSync('terraform.btcw-test.tfstate', 'utf8'),
      configuration: readFileSync('cdktf.out/stacks/btcw-test/cdk.tf.json', 'utf8'),
      'diff --json': (await deployment.run('diff', ['--json'])).output,
    };
    for (const component of components) {
      const inspection = await deployment.inspect(component);
      places[`${component} inspect`] = JSON.stringify(inspection);
      places[`${component} log`] = await deployment.logs(component);
      places[`${component} image`] = await docker('history', '--no-trunc', inspection.Image);
    }
    for (const [place, text] of Object.entries(places)) {
      expect(text.length, place).toBeGreaterThan(0);
      for (const secret of [...secrets, token]) expect(text.includes(secret), place).toBe(false);
    }
  });

  it("keeps a token out of nginx's errors, too, and the errors in", async () => {
    const token = await deployment.token();
    await docker('stop', deployment.container('backend'));
    expect(await upgrade(deployment.local, token)).toBe(502);
    // Wherever an application has it, and behind a quote that no browser sends.
    const referer = { referer: `http://127.0.0.1/#${token}` };
    expect((await fetch(`${deployment.local}/api/by-token/${token}`, { headers: referer })).status).toBe(502);
    expect(await rawStatus(Number(deployment.settings.BTCW_NGINX_PORT), `/api/v1/x"?token=${token}`)).toBe(
      502,
    );
    await docker('start', deployment.container('backend'));
    const log = await eventually(
      () => deployment.logs('nginx'),
      (text) => text.includes('request: "GET /api/v1/ws?... HTTP/1.1"'),
    );
    expect(log).toContain('"GET /api/by-token/*** HTTP/1.1" 502');
    expect(log).toMatch(/connect\(\) failed .*request: "GET \/api\/v1\/ws\?\.\.\. HTTP\/1\.1"/);
    expect(log).not.toContain(token);
    expect(
      await eventually(
        () => upgrade(deployment.local, token),
        (status) => status === 101,
      ),
    ).toBe(101);
  });

  it('gives each secret to its container alone, readable by its user alone', async () => {
    const modes = await docker(
      'exec',
      deployment.container('backend'),
      'stat',
      '-c',
      '%a %u %n',
      '/run/secrets/jwt_secret',
    );
    expect(modes).toBe('400 10001 /run/secrets/jwt_secret');
    const token = await docker('exec', deployment.container('frpc'), 'stat', '-c', '%a %u', '/etc/frp/token');
    expect(token).toBe('400 10002');
  });
});

describe('two deployments at once', () => {
  it('one works, the other fails at once and says who holds the lock', async () => {
    const runs = await Promise.all([deployment.run('rebuild'), deployment.run('rebuild')]);
    const [good, bad] = runs.sort((a, b) => a.code - b.code);
    expect([good?.code, bad?.code]).toEqual([0, 1]);
    expect(bad?.output).toMatch(/Another run holds the lock of "btcw-test": "apply" by \S+, since 20\d\d-/);
    expect(await diffCode()).toEqual(unchanged);
  });
});

describe("the backend's process killed on the host", () => {
  it('is started again by Docker, and no signal is lost', async () => {
    const token = await deployment.token();
    const get = async (path: string) => {
      const response = await fetch(`${deployment.backend}${path}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return response.json();
    };
    const signals = async (): Promise<{ id: number }[]> => (await get('/api/v1/signals')).signals;
    const before = await eventually(signals, (list) => list.length > 0, 60_000);
    expect(before.length).toBeGreaterThan(0);
    const { State } = await deployment.inspect('backend');
    process.kill(State.Pid, 'SIGKILL');
    const healthy = async () => (await fetch(`${deployment.backend}/health`).catch(() => undefined))?.status;
    await eventually(
      async () => (await deployment.inspect('backend')).RestartCount,
      (count) => count === 1,
    );
    expect(await eventually(healthy, (status) => status === 200)).toBe(200);
    expect(await signals()).toEqual(expect.arrayContaining(before));
    expect(await diffCode()).toEqual(unchanged);
  });
});

describe('wrong input', () => {
  it('fails with one line for a port that another program uses, and changes nothing', async () => {
    const server = (await import('node:net')).createServer();
    await new Promise<void>((resolve) => server.listen(18777, '127.0.0.1', resolve));
    const { code, output } = await deployment.run('deploy', [], { BTCW_NGINX_PORT: '18777' });
    server.close();
    expect(code).toBe(1);
    expect(output.trim()).toMatch(
      /^✗ BTCW_NGINX_PORT: should be a free port, got "18777", which .* uses on 127\.0\.0\.1\..*$/,
    );
    expect(await diffCode()).toEqual(unchanged);
  });

  it('fails plainly when the engine is away, and when it refuses the user', async () => {
    const away = await deployment.run('diff', [], { DOCKER_HOST: 'unix:///nowhere/docker.sock' });
    expect([away.code, away.output]).toEqual([
      1,
      expect.stringContaining('The Docker engine does not answer.'),
    ]);
    const refused = await tryProgram(
      'setpriv',
      ['--reuid=65534', '--regid=65534', '--clear-groups', 'docker', 'network', 'inspect', 'bridge'],
      {},
    );
    expect(engineError(refused.output)?.message).toContain('no permission on its socket');
  });
});

describe('teardown', () => {
  it('asks first: without a terminal and without --yes nothing is changed', async () => {
    const { code, output } = await deployment.run('destroy');
    expect([code, output]).toEqual([1, expect.stringContaining('add --yes')]);
    expect((await deployment.remains()).length).toBeGreaterThan(5);
  });

  it('by plain cdktf leaves a state that npm run deploy builds from again', async () => {
    const destroyed = await deployment.cdktf('destroy', '--auto-approve');
    expect(destroyed.code, destroyed.output).toBe(0);
    expect(await deployment.remains()).toEqual([
      'btcw-test-backend-data',
      'btcw-test-frpc-log',
      'btcw-test-guard-lock',
    ]);
    const deployed = await deployment.run('deploy');
    expect(deployed.code, deployed.output).toBe(0);
    expect((await deployment.run('verify')).code).toBe(0);
  });

  it('leaves no container, volume or network, where the data may go, too', async () => {
    const { code, output } = await deployment.run('destroy', ['--yes', '--volumes']);
    expect(code, output).toBe(0);
    expect(await deployment.remains()).toEqual([]);
  });
});
