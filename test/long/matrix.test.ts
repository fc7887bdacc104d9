/**
 * The whole life of a deployment on the engines, programs, firewalls and users that people have. Writes the table of
 * docs/hosts.md, a row for each; needs about 3 minutes for each.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { planImages } from '../../scripts/images/plan.ts';
import { debianEngine, mobyEngine } from '../support/debian.ts';
import { eventually, TestDeployment, tryProgram } from '../support/deployment.ts';
import { doctorOf } from '../support/doctor.ts';
import { type EngineOptions, TestEngine } from '../support/engine.ts';
import { nodeFolder } from '../support/node.ts';
import { topologyFor } from '../support/topology.ts';

interface Environment {
  /** What is told of it beside the versions. */
  readonly title: string;
  /** Folder of the system that the engine is of. @default - this host's own */
  readonly system?: () => Promise<string>;
  readonly options?: EngineOptions;
  /** Major version of Node.js. @default - the one that runs the tests */
  readonly node?: string;
  /** Whether Terraform is not there. */
  readonly tofu?: boolean;
  /** Whether the commands are a user's in the group docker, and not root's. */
  readonly user?: boolean;
}

const trixie = () => debianEngine('trixie');
const sid = () => debianEngine('sid');
const ENVIRONMENTS: readonly Environment[] = [
  { title: 'as Debian 12 has it' },
  { title: 'OpenTofu instead of Terraform', tofu: true },
  { title: 'a user of the group docker', user: true, node: '22' },
  { title: 'live-restore, no userland proxy', options: { 'live-restore': true, 'userland-proxy': false } },
  { title: 'as Debian 13 has it', system: trixie, node: '24' },
  { title: 'as Debian unstable has it', system: sid, node: '26' },
  {
    title: 'containerd image store',
    system: sid,
    options: { features: { 'containerd-snapshotter': true } },
  },
  { title: 'the 29 line', system: mobyEngine },
  { title: 'firewall by nftables', system: mobyEngine, options: { 'firewall-backend': 'nftables' } },
];
const STEPS = ['up', 'diff, twice', 'verify', 'doctor', 'reload', 'reboot', 'destroy'] as const;
type Step = (typeof STEPS)[number];

const DOCS = 'docs/hosts.md';
const [BEGIN, END] = ['<!-- matrix: begin -->', '<!-- matrix: end -->'];
const HEADER = ['environment', 'engine', 'engine of the state', 'Node.js', ...STEPS];
const rows: string[][] = [];
const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

afterAll(() => {
  const text = readFileSync(DOCS, 'utf8');
  const [before = '', rest = ''] = text.split(BEGIN);
  const [, after] = rest.split(END);
  if (rows.length < ENVIRONMENTS.length || after === undefined) return;
  const table = [HEADER, HEADER.map(() => '---'), ...rows].map(line).join('\n');
  writeFileSync(DOCS, `${before}${BEGIN}\n${table}\n${END}${after}`);
});

describe.each(ENVIRONMENTS)('$title', ({ title, system, options = {}, node, tofu, user }) => {
  const engine = new TestEngine(join(process.cwd(), '.build/test-matrix'));
  const home = join(engine.folder, 'home');
  const checkout = user ? join(engine.folder, 'checkout') : process.cwd();
  let path = process.env.PATH ?? '';
  const run: typeof engine.run = (program, args, env = {}) => {
    const asUser = ['setpriv', '--reuid=owner', '--regid=owner', '--init-groups'];
    const command = [`--chdir=${checkout}`, ...(user ? asUser : []), program, ...args];
    return engine.run('env', command, { PATH: path, ...env, ...(user && { HOME: home }) });
  };
  const deployment = new TestDeployment('btcw-matrix', {}, run);
  const { expectHealthy } = doctorOf(deployment, []);
  const cells: string[] = [title];
  const passed = new Set<Step>();

  const succeeds = async (command: string, args: string[] = [], settings: Record<string, string> = {}) => {
    const { code, output } = await deployment.run(command, args, settings);
    expect(code, output).toBe(0);
    return output;
  };
  const verified = async () => {
    const outcome = await eventually(
      () => deployment.run('verify'),
      ({ code }) => code === 0,
    );
    expect(outcome.code, outcome.output).toBe(0);
  };
  const volumes = () => engine.shell('docker volume ls --quiet');

  async function prepare(): Promise<void> {
    deployment.removeFiles();
    if (node) path = `${await nodeFolder(node)}:${path}`;
    engine.system = await system?.();
    const built = await tryProgram('node', ['scripts/run.mjs', 'images'], deployment.settings);
    expect(built.code, built.output).toBe(0);
    await engine.create(options);
    const images = planImages(topologyFor(deployment.settings), process.cwd()).all;
    await engine.load(images.map(({ reference }) => reference));
    // /usr/local/bin is looked into, whatever PATH is.
    if (tofu) await engine.shell('for path in $(which -a terraform); do mount --bind /dev/null $path; done');
    if (!user) return;
    await engine.shell(`
      useradd --home-dir ${home} --groups docker owner
      mkdir -p ${home}/.terraform.d ${checkout}
      cp -a ~/.terraform.d/plugins ${home}/.terraform.d/
      git archive HEAD | tar -x -C ${checkout}
      cp -a node_modules ${checkout}/
      chown -R owner: ${home} ${checkout}
      for folder in $(echo ${engine.folder} | tr / ' '); do at=$at/$folder; chmod o+x $at; done
      chgrp docker /run/docker.sock`);
  }

  const steps: Record<Step, () => Promise<unknown>> = {
    up: async () => {
      const { code, output } = await run('./btcw', ['up'], { ...deployment.settings });
      expect(code, output).toBe(0);
    },
    'diff, twice': async () => {
      for (const _ of [1, 2]) expect(await succeeds('diff')).toContain('No changes');
    },
    verify: () => succeeds('verify'),
    doctor: () => expectHealthy(),
    reload: async () => {
      const { Id } = await deployment.inspect('nginx');
      const password = `${deployment.secretsFolder}/admin-password`;
      const soak = ['--url', deployment.public, '--password-file', password, '--soak', '20s'];
      const held = deployment.run('verify', soak);
      const open = async () => JSON.parse(await succeeds('status', ['--json'])).webSockets?.connections ?? 0;
      expect(await eventually(open, (count) => count > 0)).toBeGreaterThan(0);
      await succeeds('deploy', [], { BTCW_MAX_BODY: '20m' });
      await succeeds('deploy');
      const { code, output } = await held;
      expect(code, output).toBe(0);
      expect((await deployment.inspect('nginx')).Id).toBe(Id);
    },
    reboot: async () => {
      await engine.cutPower();
      await engine.start(options);
      if (user) await engine.shell('chgrp docker /run/docker.sock');
      await verified();
      expect(await succeeds('diff')).toContain('No changes');
    },
    destroy: async () => {
      await succeeds('destroy', ['--yes', '--volumes']);
      expect(await deployment.remains()).toEqual([]);
      expect(await volumes()).toBe('');
    },
  };

  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    await deployment.printLogs();
    console.error(`--- dockerd\n${engine.lastWords()}`);
  });
  afterAll(async () => {
    const cell = (step: Step) => (passed.has(step) ? '✓' : '✗');
    rows.push([...cells, ...STEPS.map(cell)]);
    await engine.remove();
    deployment.removeFiles();
  });

  it(
    'is made, and told by its versions',
    async () => {
      await prepare();
      const { stdout: nodeVersion } = await run('node', ['--version']);
      const version = await deployment.docker('version', '--format', '{{.Server.Version}}');
      cells.push(version.trim(), tofu ? 'OpenTofu' : 'Terraform', nodeVersion.trim());
    },
    20 * 60_000,
  );
  it.each(STEPS)(
    '%s',
    async (step) => {
      await steps[step]();
      passed.add(step);
    },
    10 * 60_000,
  );
});
