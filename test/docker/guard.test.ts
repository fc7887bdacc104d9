/** What the host's neighbours reach, seen from a network namespace that has a cable to this host and routes to Docker. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker, eventually, TestDeployment, tryProgram } from '../support/deployment.ts';

const deployment = new TestDeployment('btcw-guard');
const TABLE = 'guard-btcw-guard';
const NEIGHBOUR = 'btcw-neighbour';
const CABLE = { here: 'btcw-cable0', there: 'btcw-cable1' };
/** Of TEST-NET-2 (RFC 5737): in nobody's way. */
const ADDRESS = { here: '198.51.100.1', there: '198.51.100.2' };
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
/** The cable goes with the namespace. */
const unplug = () => tryProgram('ip', ['netns', 'delete', NEIGHBOUR]);

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
const allClosed = (codes: Record<string, number>) => Object.values(codes).every((code) => code === TIMED_OUT);

beforeAll(async () => {
  await unplug();
  await deployment.remove();
  const { code, output } = await deployment.run('deploy');
  expect(code, output).toBe(0);
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

  it('puts its rules back when a firewall that is reloaded has flushed them, or somebody changed them', async () => {
    const guard = deployment.container('guard');
    const rules = () =>
      tryProgram('docker', ['exec', guard, 'nft', '--stateless', 'list', 'table', 'ip', TABLE]);
    const wanted = (await rules()).stdout;
    expect(wanted).toContain('drop');
    for (const harm of ['delete', 'flush']) {
      await docker('exec', guard, 'nft', harm, 'table', 'ip', TABLE);
      expect((await rules()).stdout).not.toBe(wanted);
      const back = await eventually(rules, ({ stdout }) => stdout === wanted);
      expect(back.stdout).toBe(wanted);
    }
    expect(await fromNeighbour()).toSatisfy(allClosed);
  });

  it('takes its rules away when it stops, which doctor tells, and the fix closes the ports again', async () => {
    await docker('stop', deployment.container('guard'));
    // What it keeps away is really there: otherwise no test above would tell anything.
    expect(Object.values(await fromNeighbour())[0]).toBe(0);
    const { code, stdout } = await deployment.run('doctor', ['--json']);
    const failures = JSON.parse(stdout).findings.filter((one: { level: string }) => one.level === 'failure');
    expect([code, failures.map((one: { id: string }) => one.id)]).toEqual([1, ['container-guard']]);
    expect((await tryProgram('sh', ['-c', failures[0].fix])).code).toBe(0);
    expect(await eventually(fromNeighbour, allClosed)).toSatisfy(allClosed);
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
    const { stdout } = await deployment.run('doctor', ['--json'], off);
    const ids = JSON.parse(stdout).findings.flatMap((one: { ok: boolean; id: string }) =>
      one.ok ? [] : [one.id],
    );
    expect(ids).toContain('neighbours');
  });
});
