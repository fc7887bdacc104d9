/** What the host's neighbours reach, seen from a network namespace that has a cable to this host and routes to Docker. */

import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ON_HOST } from '../../scripts/deployment/guard-table.ts';
import { docker, eventually, portsFrom, TestDeployment, tryProgram } from '../support/deployment.ts';

// Ports that no other project has: what its guard closes would be closed here, too.
const deployment = new TestDeployment('btcw-guard', portsFrom(28_570));
const TABLE = 'guard-btcw-guard';
const NEIGHBOUR = 'btcw-neighbour';
/** A neighbour of a host that is made for one test. */
const ALONE = 'btcw-neighbour-alone';
const CABLE = { here: 'btcw-cable0', there: 'btcw-cable1' };
/** Of TEST-NET-2 (RFC 5737): in nobody's way. */
const ADDRESS = { here: '198.51.100.1', there: '198.51.100.2' };
/** What it renews its rules for. */
const LEASE_MS = 60_000;
/** curl's exit code where nothing came back. */
const TIMED_OUT = 28;
const { BTCW_NGINX_PORT, BTCW_BACKEND_PORT, BTCW_FRONTEND_PORT } = deployment.settings;

const ip = async (...args: string[]) => {
  const { code, output } = await tryProgram('ip', args);
  expect(code, `ip ${args.join(' ')}\n${output}`).toBe(0);
};

async function plugIn(): Promise<void> {
  const [here, there] = [`${ADDRESS.here}/30`, `${ADDRESS.there}/30`];
  await ip('netns', 'add', NEIGHBOUR);
  await ip('link', 'add', CABLE.here, 'type', 'veth', 'peer', 'name', CABLE.there, 'netns', NEIGHBOUR);
  await ip('addr', 'add', here, 'dev', CABLE.here);
  await ip('link', 'set', CABLE.here, 'up');
  await ip('-n', NEIGHBOUR, 'addr', 'add', there, 'dev', CABLE.there);
  await ip('-n', NEIGHBOUR, 'link', 'set', CABLE.there, 'up');
  // A neighbour that means it: Docker's subnet, and even loopback's, are routed to this host.
  await ip('netns', 'exec', NEIGHBOUR, 'sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=1');
  for (const subnet of ['172.17.0.0/16', '127.0.0.0/8']) {
    await ip('-n', NEIGHBOUR, 'route', 'add', subnet, 'via', ADDRESS.here);
  }
}
/** The cables go with the namespaces. */
const unplug = () =>
  Promise.all([NEIGHBOUR, ALONE].map((name) => tryProgram('ip', ['netns', 'delete', name])));

const CURL = ['curl', '--silent', '--max-time', '1.5', '--output', '/dev/null'];
/** curl's exit codes, by address. */
async function reach(run: (command: readonly string[]) => Promise<{ code: number }>) {
  const own = async (component: string) => (await deployment.inspect(component)).NetworkSettings.IPAddress;
  const addresses = [
    `172.17.0.1:${BTCW_BACKEND_PORT}`,
    `172.17.0.1:${BTCW_FRONTEND_PORT}`,
    `${await own('backend')}:8000`,
    `${await own('frontend')}:3000`,
    `${await own('nginx')}:8501`,
  ];
  const codes = addresses.map(async (address) => [
    address,
    (await run([...CURL, `http://${address}/`])).code,
  ]);
  return Object.fromEntries(await Promise.all(codes)) as Record<string, number>;
}
const fromNeighbour = () => reach((command) => tryProgram('ip', ['netns', 'exec', NEIGHBOUR, ...command]));
const onHost = [...ON_HOST, '--entrypoint', 'nft'];
let image = '';
/** The rules as the kernel has them, without what changes by itself. */
const rules = async () =>
  (await tryProgram('docker', [...onHost, image, '--stateless', '--terse', 'list', 'table', 'ip', TABLE]))
    .stdout;
const tables = () => docker(...onHost, image, 'list', 'tables');
const allClosed = (codes: Record<string, number>) => Object.values(codes).every((code) => code === TIMED_OUT);

beforeAll(async () => {
  await unplug();
  await deployment.remove();
  const { code, output } = await deployment.run('deploy');
  expect(code, output).toBe(0);
  image = (await deployment.inspect('guard')).Image;
  await plugIn();
});
afterAll(async () => {
  await unplug();
  await tryProgram('docker', ['network', 'rm', 'btcw-guard-foreign']);
  await deployment.remove();
});

describe('the guard', () => {
  it('keeps a neighbour from the gateway, the containers and loopback, and the chain works', async () => {
    expect(await fromNeighbour()).toSatisfy(allClosed);
    for (const port of [BTCW_NGINX_PORT, BTCW_BACKEND_PORT, BTCW_FRONTEND_PORT]) {
      const target = `http://127.0.0.1:${port}/`;
      const { code } = await tryProgram('ip', ['netns', 'exec', NEIGHBOUR, ...CURL, target]);
      expect(code, target).toBe(TIMED_OUT);
    }
    expect((await deployment.run('verify')).code).toBe(0);
  });

  it('keeps containers of other networks out', async () => {
    const network = 'btcw-guard-foreign';
    await docker('network', 'create', '--label', `btc-watcher.project=${deployment.project}`, network);
    const { Image } = await deployment.inspect('nginx');
    const args = ['run', '--rm', '--network', network, '--entrypoint', 'curl', Image];
    const codes = await reach((command) => tryProgram('docker', [...args, ...command.slice(1)]));
    expect(codes).toSatisfy(allClosed);
  });

  it("leaves open what is not the project's: the containers' ports on the host's own address", async () => {
    // In a network of its own, as guards of other projects, and their earlier versions, close more.
    const name = deployment.container('guard-alone');
    const [table = '', rules = ''] = (await deployment.inspect('guard')).Config.Cmd as string[];
    const label = `btc-watcher.project=${deployment.project}`;
    const options = ['--network', 'none', '--user', '0:0', '--cap-add', 'NET_ADMIN', '--label', label];
    await docker('run', '--detach', '--name', name, ...options, image, table, rules);
    const pid = await docker('inspect', '--format', '{{.State.Pid}}', name);
    const inside = ['--target', pid, '--net'];
    // docker0 with the host's address, a cable to a neighbour, and programs at that address.
    const script = `
      ip link add docker0 type bridge && ip addr add 172.17.0.1/16 dev docker0 && ip link set docker0 up
      ip link add cable type veth peer name eth0 netns ${ALONE}
      ip addr add ${ADDRESS.here}/30 dev cable && ip link set cable up
      ip -n ${ALONE} addr add ${ADDRESS.there}/30 dev eth0 && ip -n ${ALONE} link set eth0 up
      ip -n ${ALONE} route add 172.17.0.0/16 via ${ADDRESS.here}
      exec node -e '
        for (const port of [8501, ${BTCW_BACKEND_PORT}])
          require("http").createServer((_, response) => response.end()).listen(port, "172.17.0.1")'`;
    await ip('netns', 'add', ALONE);
    const host = spawn('nsenter', [...inside, 'sh', '-ec', script], { stdio: 'inherit' });
    const reached = async (port: string) =>
      (await tryProgram('ip', ['netns', 'exec', ALONE, ...CURL, `http://172.17.0.1:${port}/`])).code;
    expect(
      await eventually(
        () => reached('8501'),
        (code) => code === 0,
      ),
    ).toBe(0);
    expect(await reached(String(BTCW_BACKEND_PORT))).toBe(TIMED_OUT);
    host.kill();
  });

  it('puts its rules back when a firewall that is reloaded has flushed them, or somebody changed them', async () => {
    const wanted = await rules();
    expect(wanted).toContain('drop');
    for (const harm of ['delete', 'flush']) {
      // All in one shell: what is measured has no start of a container in it.
      const script = `nft ${harm} table ip ${TABLE}
        n=0; until nft list table ip ${TABLE} 2>/dev/null | grep -q drop; do n=$((n + 1)); sleep 0.05; done; echo $n`;
      const polls = await docker('exec', deployment.container('guard'), 'sh', '-c', script);
      console.info(`${harm}: back after about ${Number(polls) * 50} ms`);
      expect(await eventually(rules, (text) => text === wanted)).toBe(wanted);
    }
    expect(await fromNeighbour()).toSatisfy(allClosed);
  });

  it('keeps them while it is killed, restarted or replaced: not one request gets through', async () => {
    const target = `http://172.17.0.1:${BTCW_BACKEND_PORT}/`;
    let tries = 0;
    let ended = false;
    const trying = (async () => {
      const through: string[] = [];
      for (; !ended; tries += 1) {
        const run = [
          'netns',
          'exec',
          NEIGHBOUR,
          'curl',
          '--silent',
          '--max-time',
          '0.3',
          '--output',
          '/dev/null',
        ];
        if ((await tryProgram('ip', [...run, target])).code === 0) through.push(new Date().toISOString());
      }
      return through;
    })();
    await docker('kill', deployment.container('guard'));
    await docker('start', deployment.container('guard'));
    await docker('restart', deployment.container('guard'));
    await docker('rm', '--force', deployment.container('guard'));
    expect((await deployment.run('deploy')).code).toBe(0);
    ended = true;
    expect(await trying).toEqual([]);
    expect(tries).toBeGreaterThan(5);
    expect(await rules()).toContain('drop');
  });

  it('has rules that end by themselves when it does not come back, which doctor tells, and the fix closes the ports again', async () => {
    await docker('stop', deployment.container('guard'));
    await sleep(LEASE_MS);
    // What it keeps away is really there: otherwise no test above would tell anything.
    const reached = await eventually(fromNeighbour, (codes) => Object.values(codes)[0] === 0);
    expect(Object.values(reached)[0]).toBe(0);
    const { code, stdout } = await deployment.run('doctor', ['--json']);
    const failures = JSON.parse(stdout).findings.filter((one: { level: string }) => one.level === 'failure');
    expect([code, failures.map((one: { id: string }) => one.id)]).toEqual([1, ['container-guard']]);
    expect((await tryProgram('sh', ['-c', failures[0].fix])).code).toBe(0);
    expect(await eventually(fromNeighbour, allClosed)).toSatisfy(allClosed);
  });

  it('goes without its limits where the kernel cannot count connections, and says so', async () => {
    const name = deployment.container('guard-limits');
    const options = ['--network', 'none', '--user', '0:0', '--cap-add', 'NET_ADMIN'];
    await docker('run', '--detach', '--name', name, ...options, image, TABLE, '', 'what no kernel takes');
    const logs = () => deployment.logs('guard-limits');
    const log = await eventually(logs, (text) => text.includes('in place'));
    await docker('rm', '--force', name);
    expect(log).toContain("guard: this kernel cannot count connections: the tunnel's port has no limits");
    expect(log).toContain(`guard: ${TABLE} is in place`);
  });

  it('fails the deployment where the kernel refuses the rules, and says the way out', async () => {
    const { Image } = await deployment.inspect('guard');
    // Without its capability it is as on a kernel that has no such rules.
    const { code, output } = await tryProgram('docker', [
      'run',
      '--rm',
      '--cap-drop',
      'ALL',
      Image,
      TABLE,
      '',
    ]);
    expect(code).toBe(1);
    expect(output).toContain('BTCW_GUARD=off deploys without them');
  });

  it('is removed when it is not wanted, and doctor warns', async () => {
    const off = { BTCW_GUARD: 'off' };
    const { code, output } = await deployment.run('deploy', [], off);
    expect(code, output).toBe(0);
    expect(await deployment.remains()).not.toContain(deployment.container('guard'));
    expect(await tables()).not.toContain(TABLE);
    const { stdout } = await deployment.run('doctor', ['--json'], off);
    const ids = JSON.parse(stdout).findings.flatMap((one: { ok: boolean; id: string }) =>
      one.ok ? [] : [one.id],
    );
    expect(ids).toContain('neighbours');
  });

  it('leaves no table when the deployment is destroyed, also after it was removed by hand', async () => {
    expect((await deployment.run('deploy')).code).toBe(0);
    expect(await tables()).toContain(TABLE);
    await docker('rm', '--force', deployment.container('guard'));
    expect(await tables()).toContain(TABLE);
    expect((await deployment.run('destroy', ['--yes'])).code).toBe(0);
    expect(await tables()).not.toContain(TABLE);
  });
});
