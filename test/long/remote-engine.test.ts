/** An engine on another machine, reached as a laptop reaches a NAS: through ssh, by DOCKER_HOST and by a context. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planImages } from '../../scripts/images/plan.ts';
import { debianEngine } from '../support/debian.ts';
import { TestDeployment, tryProgram } from '../support/deployment.ts';
import { doctorOf } from '../support/doctor.ts';
import { TestEngine } from '../support/engine.ts';
import { topologyFor } from '../support/topology.ts';

const NETWORK = '10.251.24';
const ADDRESS = `ssh://root@${NETWORK}.2`;
const engine = new TestEngine(join(process.cwd(), '.build/test-ssh-engine'));
const laptop = join(process.cwd(), '.build/test-ssh-laptop');
/** Its ssh knows this key and no other machine. */
const PATH = `${laptop}/bin:${process.env.PATH}`;

async function startSshd(): Promise<void> {
  mkdirSync(join(laptop, 'bin'), { recursive: true });
  for (const key of ['host', 'id']) {
    await execa('sh', ['-c', `rm -f ${key} && ssh-keygen -q -t ed25519 -N '' -f ${key}`], { cwd: laptop });
  }
  const config = `Host *\n  IdentityFile ${laptop}/id\n  UserKnownHostsFile /dev/null\n  StrictHostKeyChecking no\n  LogLevel ERROR\n`;
  writeFileSync(join(laptop, 'config'), config);
  writeFileSync(join(laptop, 'bin/ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${laptop}/config "$@"\n`);
  chmodSync(join(laptop, 'bin/ssh'), 0o755);
  // What the machine's own system sees.
  const { folder } = engine;
  await execa('cp', [join(laptop, 'host'), join(laptop, 'id.pub'), folder]);
  writeFileSync(
    join(folder, 'sshd_config'),
    `HostKey ${folder}/host\nAuthorizedKeysFile ${folder}/id.pub\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPidFile none\n`,
  );
  await engine.shell(`mkdir -p /run/sshd && ${engine.inSystem(`/usr/sbin/sshd -f ${folder}/sshd_config`)}`);
}

const reachedBy = (env: Readonly<Record<string, string>>) =>
  new TestDeployment('btcw-ssh', {}, (program, args, more) =>
    tryProgram(program, args, { PATH, ...env, ...more }),
  );
const byHost = reachedBy({ DOCKER_HOST: ADDRESS });
const byContext = reachedBy({ DOCKER_CONFIG: `${laptop}/docker` });

beforeAll(async () => {
  byHost.removeFiles();
  engine.system = await debianEngine('trixie', ['docker-cli', 'openssh-server']);
  const built = await tryProgram('node', ['scripts/run.mjs', 'images'], byHost.settings);
  expect(built.code, built.output).toBe(0);
  await engine.create();
  await engine.cable(NETWORK);
  await startSshd();
  const images = planImages(topologyFor(byHost.settings), process.cwd()).all;
  await engine.load(images.map(({ reference }) => reference));
  await byContext.docker('context', 'create', 'nas', '--docker', `host=${ADDRESS}`);
  await byContext.docker('context', 'use', 'nas');
}, 900_000);
afterAll(async () => {
  await engine.remove();
  byHost.removeFiles();
});

const expectGood = async (deployment: TestDeployment, command: string, ...args: string[]) => {
  const { code, output } = await deployment.run(command, args);
  expect(code, output).toBe(0);
  return output;
};

describe('an engine that is reached through ssh', () => {
  it('is deployed to and verified', async () => {
    expect(await expectGood(byHost, 'up')).toContain(`${byHost.local} on ${NETWORK}.2`);
  });

  it.each([
    ['DOCKER_HOST', byHost],
    ['a context', byContext],
  ])('and named by %s is looked at by every command', async (_, deployment) => {
    expect(await expectGood(deployment, 'diff')).toContain('No changes');
    await expectGood(deployment, 'verify');
    await doctorOf(deployment, []).expectHealthy();
    expect(await expectGood(deployment, 'status')).toContain(`${byHost.local} on ${NETWORK}.2`);
  });

  it('is left with nothing', async () => {
    await expectGood(byContext, 'destroy', '--yes', '--volumes');
    expect(await engine.shell('docker ps --all --quiet')).toBe('');
  });
});
