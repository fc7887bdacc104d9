/** Two checkouts and one project name: the second changes nothing of the first's, unless it is told to take it over. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Checkout } from '../support/checkout.ts';
import { docker, TestDeployment } from '../support/deployment.ts';

const deployment = new TestDeployment('btcw-adopt');
const second = new Checkout('second', 'HEAD');
const secondSecrets = join(second.folder, deployment.secretsFolder);
const inBackend = (...command: string[]) => docker('exec', deployment.container('backend'), ...command);

beforeAll(async () => {
  await deployment.remove();
  await second.create();
  const { code, output } = await deployment.run('deploy');
  expect(code, output).toBe(0);
  await inBackend('sh', '-c', 'echo precious > /data/note');
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(async () => {
  await deployment.remove();
  await second.remove();
});

const secretsIn = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));

/** The containers, their files and the volumes, byte for byte. */
async function everything() {
  const label = ['--filter', 'label=btc-watcher.project=btcw-adopt'];
  const ids = (await docker('ps', '--all', '--quiet', '--no-trunc', ...label)).split('\n').sort();
  const started = await docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', ...ids);
  const volumes = (await deployment.remains()).filter((name) => /-(config|data|log)$/.test(name));
  return {
    started,
    volumes: await docker('volume', 'inspect', ...volumes.sort(), 'btcw-adopt-deployment-config'),
    secrets: secretsIn(deployment.secretsFolder),
    running: await inBackend('sh', '-c', 'cat /run/secrets/* /data/note'),
    state: readFileSync('terraform.btcw-adopt.tfstate', 'utf8'),
  };
}

/** Status of a login at the backend with a password. */
async function loginStatus(password: string): Promise<number> {
  const body = new URLSearchParams({ username: 'admin', password });
  return (await fetch(`${deployment.backend}/api/v1/auth/token`, { method: 'POST', body })).status;
}

describe('a second checkout', () => {
  it.each([['deploy'], ['rebuild'], ['rollback'], ['destroy', '--yes', '--volumes']])(
    'is refused at %s, and nothing is changed',
    async (...command) => {
      const before = await everything();
      const { code, output } = await second.command(deployment, ...command);
      expect(code, output).toBe(1);
      expect(output).toMatch(
        new RegExp(`"btcw-adopt" is deployed from ${process.cwd()} on 20.* Nothing was changed`),
      );
      expect(output).toContain(`cd ${process.cwd()}`);
      expect(output).toContain('--adopt');
      expect(await everything()).toEqual(before);
      expect(existsSync(secondSecrets)).toBe(false);
    },
  );

  it('is told by diff whose it is, and nothing is called made by hand', async () => {
    const { code, output } = await second.command(deployment, 'diff', '--json');
    expect(code, output).toBe(2);
    const rows: { because: string[] }[] = JSON.parse(output).containers;
    for (const { because } of rows)
      expect(because).toEqual([expect.stringContaining(`deployed from ${process.cwd()}`)]);
    expect(rows).toHaveLength(6);
  });
});

describe('secrets that are lost', () => {
  it('come back from the running deployment, and nothing restarts', async () => {
    const before = await everything();
    rmSync(deployment.secretsFolder, { recursive: true });
    const { code, output } = await deployment.run('deploy');
    expect(code, output).toBe(0);
    expect(output).toMatch(/! secrets\/btcw-adopt: .*admin-password.* taken from the deployment that runs/);
    const after = await everything();
    expect(after.started).toBe(before.started);
    for (const name of ['admin-password', 'jwt-secret', 'frp-token', 'deployment-id']) {
      expect(after.secrets[name], name).toBe(before.secrets[name]);
    }
    for (const secret of Object.values(before.secrets)) expect(output).not.toContain(secret.trim());
    expect(await loginStatus(deployment.password)).toBe(200);
    expect((await deployment.run('diff')).output).toContain('No changes');
  });
});

describe('--adopt', () => {
  it('takes it over with its password, its sessions and its data', async () => {
    const token = await deployment.token();
    const { code, output } = await second.command(deployment, 'deploy', '--adopt');
    expect(code, output).toBe(0);
    const secrets = secretsIn(secondSecrets);
    const ours = secretsIn(deployment.secretsFolder);
    for (const name of ['admin-password', 'jwt-secret', 'frp-token'])
      expect(secrets[name], name).toBe(ours[name]);
    expect(secrets['deployment-id']).not.toBe(ours['deployment-id']);
    for (const secret of Object.values(ours)) expect(output).not.toContain(secret.trim());
    expect(await loginStatus(deployment.password)).toBe(200);
    const socket = await deployment.socket(deployment.local, token);
    socket.terminate();
    expect(await inBackend('cat', '/data/note')).toBe('precious');
    expect((await second.command(deployment, 'diff')).output).toContain('No changes');
  });

  it('makes the first one the other, which can take it back', async () => {
    const refused = await deployment.run('deploy');
    expect([refused.code, refused.output]).toEqual([1, expect.stringContaining(`from ${second.folder} on`)]);
    const { code, output } = await deployment.run('deploy', ['--adopt']);
    expect(code, output).toBe(0);
    expect(await inBackend('cat', '/data/note')).toBe('precious');
  });
});

it('is removed whole, with its marker', async () => {
  const { code, output } = await deployment.run('destroy', ['--yes', '--volumes']);
  expect(code, output).toBe(0);
  expect(await deployment.remains()).toEqual([]);
  expect(await docker('volume', 'ls', '--quiet', '--filter', 'name=btcw-adopt')).toBe('');
});
