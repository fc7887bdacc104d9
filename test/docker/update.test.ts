/** An update: a deployment of an earlier commit of this repository, with data in it, becomes today's without loss. */
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import type { Effect, PlannedChange } from '../../scripts/diff/effects.ts';
import { Checkout } from '../support/checkout.ts';
import { echo, TestDeployment } from '../support/deployment.ts';

interface Earlier {
  readonly commit: string;
  /** What updating does to containers, as CHANGELOG.md says. @default - any of them may be replaced */
  readonly effects?: readonly string[];
}

const EARLIER: readonly Earlier[] = [
  { commit: '8563473', effects: ['btcw-update-nginx: reload (sockets stay)'] },
  // The volumes had other addresses then.
  { commit: 'c270d3f' },
  { commit: 'acdc978' },
];

describe.each(EARLIER)('a deployment of $commit', ({ commit, effects }) => {
  const deployment = new TestDeployment('btcw-update');
  const { project } = deployment;
  const checkout = new Checkout(commit, commit);
  let ids: string[];
  let socket: WebSocket;

  const containerIds = async () =>
    (await deployment.docker('ps', '--all', '--no-trunc', '--format', '{{.Names}} {{.ID}}'))
      .split('\n')
      .filter((line) => line.startsWith(`${project}-`))
      .sort();
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
    ids = await containerIds();
    socket = await deployment.socket(deployment.local, await deployment.token());
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await deployment.printLogs();
  });
  afterAll(async () => {
    socket?.terminate();
    await deployment.remove();
    await checkout.remove();
  });

  it('is reviewed as what the changelog names, and no volume is among what is deleted', async () => {
    const { code, stdout, output } = await deployment.run('diff', ['--json']);
    expect(code, output).toBe(2);
    const review = JSON.parse(stdout) as { containers: Effect[]; resources: PlannedChange[] };
    const rows = review.containers.map(({ container, effect }) => `${container}: ${effect}`);
    if (effects) expect(rows).toEqual(effects);
    const volumes = review.resources.filter(({ address }) => address.startsWith('docker_volume.'));
    expect(volumes.filter(({ action }) => !/^(forget|move|remove)$/.test(action))).toEqual([]);
  });

  it('is planned by plain cdktf without a volume that is destroyed', async () => {
    const { code, output } = await deployment.cdktf('diff');
    expect(code, output).toBe(0);
    const plan = stripVTControlCharacters(output);
    expect(plan).not.toMatch(/docker_volume\S* (will|must) be (destroyed|replaced)/);
    if (effects) expect(plan).toMatch(/Plan: \d+ to add, 0 to change, 1 to destroy/);
  });

  it('is deployed with its data, and is unchanged afterwards', async () => {
    const { code, output } = await deployment.run('deploy');
    expect(code, output).toBe(0);
    if (effects) {
      expect(await containerIds()).toEqual(ids);
      expect(await echo(socket)).toBe(true);
    }
    expect(await inBackend('cat', '/data/note')).toBe('precious');
    expect((await deployment.run('diff')).output).toContain('No changes');
  });

  if (effects) {
    it('can go back to the release that the earlier commit kept, and forward again', async () => {
      const back = await deployment.run('rollback');
      expect(back.code, back.output).toBe(0);
      expect(await containerIds()).toEqual(ids);
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
    expect(await deployment.remains()).toEqual(['btcw-update-backend-data', 'btcw-update-frpc-log']);
    expect((await deployment.run('destroy', ['--yes', '--volumes'])).code).toBe(0);
    expect(await deployment.remains()).toEqual([]);
  });
});
