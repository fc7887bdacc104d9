/** What has a name of the deployment's and is somebody else's: nothing is changed, and it is never removed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker, TestDeployment } from '../support/deployment.ts';
import { imageOf } from '../support/topology.ts';

const GATEWAY = '172.31.79.1';
const deployment = new TestDeployment('btcw-foreign', { BTCW_GATEWAY: GATEWAY });
const VOLUME = 'btcw-foreign-backend-data';
const CONFIG = 'btcw-foreign-nginx-config';
const image = imageOf('nginx');

const inVolume = (volume: string, command: string) =>
  docker(
    'run',
    '--rm',
    '--user',
    '0',
    '--volume',
    `${volume}:/v`,
    '--entrypoint',
    'sh',
    image,
    '-c',
    command,
  );
const remove = async () => {
  await deployment.remove();
  for (const args of [
    ['rm', '--force', deployment.container('frpc')],
    ['network', 'rm', 'btcw-foreign'],
  ]) {
    await docker(...args).catch(() => undefined);
  }
};

beforeAll(async () => {
  await remove();
  await docker('volume', 'create', '--label', 'somebody=else', VOLUME);
  await docker('volume', 'create', CONFIG);
  await inVolume(VOLUME, 'echo precious > /v/note');
  await docker('network', 'create', 'btcw-foreign');
  await docker(
    'run',
    '--detach',
    '--name',
    deployment.container('frpc'),
    '--entrypoint',
    'sleep',
    image,
    'infinity',
  );
});
afterAll(remove);

/** Everything there is, byte for byte. */
const everything = async () =>
  await Promise.all([
    docker(
      'ps',
      '--all',
      '--no-trunc',
      '--format',
      '{{.ID}} {{.Names}} {{.State}}',
      '--filter',
      'name=btcw-foreign',
    ),
    docker('network', 'ls', '--no-trunc', '--format', '{{.ID}} {{.Name}}', '--filter', 'name=btcw-foreign'),
    docker('volume', 'inspect', VOLUME, CONFIG),
    inVolume(VOLUME, 'ls -lR --full-time /v; cat /v/*'),
  ]);

describe('names that others have', () => {
  it('fail a deployment, all in one message, and nothing is changed', async () => {
    const before = await everything();
    const { code, output } = await deployment.run('deploy');
    expect(code, output).toBe(1);
    for (const [kind, name] of [
      ['container', 'btcw-foreign-frpc'],
      ['volume', VOLUME],
      ['volume', CONFIG],
      ['network', 'btcw-foreign'],
    ]) {
      expect(output).toContain(`A ${kind} named ${name} exists that is not of this deployment.`);
    }
    expect(await everything()).toEqual(before);
  });

  it('are left alone by destroy, even with --volumes', async () => {
    const before = await everything();
    const { code, output } = await deployment.run('destroy', ['--yes', '--volumes']);
    expect(code, output).toBe(0);
    expect(await everything()).toEqual(before);
  });
});
