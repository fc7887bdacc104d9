import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type * as HostModule from '../../scripts/deployment/host.ts';
import {
  hasFailed,
  keepSecrets,
  markFailed,
  restoreSecrets,
} from '../../scripts/deployment/release-secrets.ts';
import { lastRelease, releaseFolder, releaseTime } from '../../scripts/deployment/releases.ts';
import { ensureSecrets } from '../../scripts/deployment/secrets.ts';
import { deploymentOf } from '../support/topology.ts';

// Modules ask for it while they are loaded.
const { root } = await vi.hoisted(async () => {
  const [{ mkdtempSync }, { tmpdir }] = await Promise.all([import('node:fs'), import('node:os')]);
  return { root: mkdtempSync(`${tmpdir()}/btcw-releases-`) };
});
vi.mock('../../scripts/deployment/host.ts', async (original) => ({
  ...(await original<typeof HostModule>()),
  root,
}));
afterAll(() => rmSync(root, { recursive: true }));

const release = { id: '2026-11-25T10-03-11.000Z', settings: {}, images: {} };
const folder = releaseFolder('btc-watcher', release);
const env = join(root, 'app.env');
writeFileSync(env, 'KEY=first\n', { mode: 0o600 });
const { settings, topology } = deploymentOf({ BTCW_BACKEND_ENV_FILE: env });

beforeEach(() => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'release.json'), JSON.stringify(release));
  writeFileSync(
    join(folder, 'cdk.tf.json'),
    JSON.stringify({ terraform: { backend: { local: { path: 'a.tfstate' } } } }),
  );
});

describe('the secrets of a release', () => {
  const secrets = ensureSecrets(settings, root);
  const password = readFileSync(secrets.adminPassword, 'utf8');

  it('are kept for their owner alone, without those that settings name', () => {
    keepSecrets({ settings, secrets, topology });
    const kept = join(folder, 'secrets/admin-password');
    expect(readFileSync(kept, 'utf8')).toBe(password);
    expect(statSync(kept).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'named-files.json'), 'utf8')).not.toContain('first');
  });

  it('come back, those that changed; a file of the user is compared and left as it is', () => {
    writeFileSync(secrets.adminPassword, 'another-password\n');
    writeFileSync(env, 'KEY=second\n');
    expect(restoreSecrets({ settings, secrets }, release)).toEqual({
      restored: ['admin-password'],
      differing: ['BTCW_BACKEND_ENV_FILE'],
    });
    expect(readFileSync(secrets.adminPassword, 'utf8')).toBe(password);
    expect(readFileSync(env, 'utf8')).toBe('KEY=second\n');
  });

  it('of an earlier version are none, and those of now stay', () => {
    const earlier = { ...release, id: '2026-11-24T10-03-11.000Z' };
    expect(restoreSecrets({ settings, secrets }, earlier)).toEqual({ restored: [], differing: [] });
  });
});

it('a release that failed is known as such until one like it is healthy', () => {
  expect(lastRelease('btc-watcher')).toEqual(release);
  expect(hasFailed('btc-watcher', release)).toBe(false);
  markFailed('btc-watcher', release);
  expect(hasFailed('btc-watcher', release)).toBe(true);
  keepSecrets({ settings, topology, secrets: ensureSecrets(settings, root) });
  expect(hasFailed('btc-watcher', release)).toBe(false);
});

it('a release is called by its moment on the clock of this host', () => {
  expect(releaseTime(release)).toMatch(/^2026-11-2\d \d\d:\d\d:11 /);
});
