/** An update: a deployment of an earlier commit of this repository, with data in it, becomes today's without loss. */
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PlannedChange } from '../../scripts/diff/effects.ts';
import { Checkout } from '../support/checkout.ts';
import { TestDeployment } from '../support/deployment.ts';

interface Earlier {
  readonly commit: string;
  /** Whether it kept releases, so that there is one to go back to. @default false */
  readonly keptRelease?: boolean;
}

const EARLIER: readonly Earlier[] = [
  { commit: '8563473', keptRelease: true },
  // The volumes had other addresses then.
  { commit: 'c270d3f' },
  { commit: 'acdc978' },
];

describe.each(EARLIER)('a deployment of $commit', ({ commit, keptRelease }) => {
  const deployment = new TestDeployment('btcw-update');
  const { project } = deployment;
  const checkout = new Checkout(commit, commit);

  const inBackend = (...command: string[]) =>
    deployment.docker('exec', deployment.container('backend'), ...command);

  beforeAll(async () => {
    await deployment.remove();
    await checkout.create();
    const { code, output } = await checkout.command(deployment, 'deploy');
    expect(code, output).toBe(0);
    await inBackend('sh', '-c', 'echo precious > /data/note');
    // The same folder, as after `git pull`; and the other way round, a checkout that was moved.
    const kept = [
      `terraform.${project}.tfstate`,
      `secrets/${project}`,
      `.releases/${project}`,
      `cdktf.out/stacks/${project}`,
    ];
    for (const path of kept.filter((name) => existsSync(join(checkout.folder, name))))
      cpSync(join(checkout.folder, path), path, { recursive: true, preserveTimestamps: true });
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await deployment.printLogs();
  });
  afterAll(async () => {
    await deployment.remove();
    await checkout.remove();
  });

  it('is reviewed without a volume among what is deleted', async () => {
    const { code, stdout, output } = await deployment.run('diff', ['--json']);
    expect(code, output).toBe(2);
    const review = JSON.parse(stdout) as { resources: PlannedChange[] };
    const volumes = review.resources.filter(({ address }) => address.startsWith('docker_volume.'));
    expect(volumes.filter(({ action }) => !/^(forget|move|remove)$/.test(action))).toEqual([]);
  });

  it('is planned by plain cdktf without a volume that is destroyed', async () => {
    const { code, output } = await deployment.cdktf('diff');
    expect(code, output).toBe(0);
    const plan = stripVTControlCharacters(output);
    expect(plan).not.toMatch(/docker_volume\S* (will|must) be (destroyed|replaced)/);
  });

  it('is deployed with its data, and is unchanged afterwards', async () => {
    const { code, output } = await deployment.run('deploy');
    expect(code, output).toBe(0);
    expect(await inBackend('cat', '/data/note')).toBe('precious');
    expect((await deployment.run('diff')).output).toContain('No changes');
  });

  if (keptRelease) {
    it('can go back to the release that the earlier commit kept, and forward again', async () => {
      const back = await deployment.run('rollback');
      expect(back.code, back.output).toBe(0);
      const forward = await deployment.run('deploy');
      expect(forward.code, forward.output).toBe(0);
      expect(await inBackend('cat', '/data/note')).toBe('precious');
    });
  }

  it('keeps its data when every container is replaced, and when it is destroyed and built again', async () => {
    const rebuilt = await deployment.run('rebuild');
    expect(rebuilt.code, rebuilt.output).toBe(0);
    expect(await inBackend('cat', '/data/note')).toBe('precious');
    const destroyed = await deployment.run('destroy', ['--yes']);
    expect(destroyed.code, destroyed.output).toBe(0);
    expect(destroyed.output).toMatch(/Kept: .*btcw-update-backend-data \([\d.]+ ?[kM]?B\)/);
    expect((await deployment.run('deploy')).code).toBe(0);
    expect(await inBackend('cat', '/data/note')).toBe('precious');
  });

  it('keeps its data through a destroy of plain cdktf, and loses it to --volumes alone', async () => {
    const { code, output } = await deployment.cdktf('destroy', '--auto-approve');
    expect(code, output).toBe(0);
    expect(await deployment.remains()).toEqual([
      'btcw-update-backend-data',
      'btcw-update-frpc-log',
      'btcw-update-guard-lock',
    ]);
    expect((await deployment.run('destroy', ['--yes', '--volumes'])).code).toBe(0);
    expect(await deployment.remains()).toEqual([]);
  });
});
