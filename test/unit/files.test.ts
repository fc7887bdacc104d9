import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SynthesisedProject } from '../../scripts/deployment/project.ts';
import {
  changedSettings,
  dropRelease,
  isDeployed,
  keepRelease,
  lastRelease,
  markDeployed,
  releases,
} from '../../scripts/deployment/releases.ts';
import { ensureSecrets } from '../../scripts/deployment/secrets.ts';
import {
  createFileAtomically,
  isAside,
  readNamedFile,
  writeFileAtomically,
} from '../../scripts/lib/files.ts';
import { settingsOf } from '../support/topology.ts';

let folder: string;
const path = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'btcw-files-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

describe('an atomic write', () => {
  it('replaces a file as a whole, with its mode, and leaves nothing else behind', () => {
    writeFileSync(path('a'), 'old');
    writeFileAtomically(path('a'), 'new', 0o600);
    expect(readFileSync(path('a'), 'utf8')).toBe('new');
    expect(statSync(path('a')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('fails by naming the file, and leaves the old one and nothing else', () => {
    mkdirSync(path('a'));
    expect(() => writeFileAtomically(path('a'), 'new')).toThrow(/\/a cannot be written: /);
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('never replaces a file that it is to create', () => {
    expect(createFileAtomically(path('a'), 'first')).toBe(true);
    expect(createFileAtomically(path('a'), 'second')).toBe(false);
    expect(readFileSync(path('a'), 'utf8')).toBe('first');
    expect(readdirSync(folder)).toEqual(['a']);
  });
});

describe('a file that a user names', () => {
  it('is read where it is a small regular one, and fails at once where reading might not end', () => {
    writeFileSync(path('password'), 'hush\n');
    expect(readNamedFile(path('password'))).toBe('hush\n');
    execFileSync('mkfifo', [path('pipe')]);
    for (const other of [folder, path('pipe'), '/dev/zero']) {
      expect(() => readNamedFile(other), other).toThrow('it should be a regular file');
    }
    writeFileSync(path('large'), 'x'.repeat(70_000));
    expect(() => readNamedFile(path('large'))).toThrow('has more than 64 KiB');
    expect(() => readNamedFile(path('missing'))).toThrow('ENOENT');
  });
});

describe('generated secrets', () => {
  const settings = settingsOf({ BTCW_PROJECT: 'shop' });

  it('are made once, for their owner alone', () => {
    const files = ensureSecrets(settings, folder);
    const first = readFileSync(files.jwtSecret, 'utf8');
    ensureSecrets(settings, folder);
    expect(readFileSync(files.jwtSecret, 'utf8')).toBe(first);
    expect(statSync(files.jwtSecret).mode & 0o777).toBe(0o600);
    expect(readdirSync(path('secrets/shop')).sort()).toEqual([
      'admin-password',
      'fingerprint-key',
      'frp-token',
      'jwt-secret',
    ]);
  });

  it('are left as they are where a file is empty: it may be what is to be brought back', () => {
    const files = ensureSecrets(settings, folder);
    writeFileSync(files.frpToken, '\n');
    ensureSecrets(settings, folder);
    expect(readFileSync(files.frpToken, 'utf8')).toBe('\n');
  });
});

describe('a kept release', () => {
  const project = `unit-${process.pid}`;
  const kept = join('.releases', project);
  const told: string[] = [];
  afterEach(() => rmSync(kept, { recursive: true, force: true }));
  beforeEach(() => {
    told.length = 0;
    vi.spyOn(console, 'error').mockImplementation((line: string) => void told.push(line));
  });

  const configuration = (a: number) =>
    JSON.stringify({ a, terraform: { backend: { local: { path: 'a.tfstate' } } } });
  /** Keeps a deployment whose configuration has this number. */
  const keep = (a: number, settings: Record<string, string> = {}) => {
    writeFileSync(path('cdk.tf.json'), configuration(a));
    keepRelease({
      settings: settingsOf({ BTCW_PROJECT: project, ...settings }),
      images: { byService: new Map([['nginx', { reference: 'nginx:1' }]]), all: [] },
      synthesis: { folder, names: new Map(), addresses: new Map() },
    } as unknown as SynthesisedProject);
  };
  const configurationOf = (id = '') => readFileSync(join(kept, id, 'cdk.tf.json'), 'utf8');

  it('is there as a whole, once for each configuration; five stay', () => {
    for (const a of [0, 0, 1, 2, 3, 4, 5]) keep(a);
    expect(releases(project).map(({ id }) => configurationOf(id))).toEqual(
      [1, 2, 3, 4, 5].map(configuration),
    );
    expect(readdirSync(kept).filter(isAside)).toEqual([]);
    expect(lastRelease(project)?.images).toEqual({ nginx: 'nginx:1' });
  });

  it('has no key of an address, and nothing that only follows from another setting', () => {
    const feed = 'wss://example.org/ws?key=';
    keep(0, { BTCW_PRICE_FEED_URL: `${feed}hush` });
    expect(JSON.stringify(lastRelease(project))).not.toContain('hush');
    const now = settingsOf({
      BTCW_PROJECT: project,
      BTCW_PRICE_FEED_URL: `${feed}other`,
      BTCW_NGINX_PORT: '8601',
    });
    expect(now.BTCW_FRP_LOCAL_PORT).toBe(8606);
    expect(changedSettings(lastRelease(project), now)).toEqual([
      { name: 'BTCW_NGINX_PORT', from: '8501', to: '8601' },
    ]);
  });

  it('has no path of this checkout, which may be moved', () => {
    const ca = path('ca.pem');
    writeFileSync(ca, '-----BEGIN CERTIFICATE-----\n');
    const named = { BTCW_BUILD_ARGS_FILE: 'package.json', BTCW_BUILD_CA: ca };
    keep(0, named);
    const release = lastRelease(project);
    expect(release?.settings).toMatchObject(named);
    expect(JSON.stringify(release)).not.toContain(process.cwd());
    const now = settingsOf({ BTCW_PROJECT: project, ...named });
    const earlier = { settings: { ...release?.settings, BTCW_BUILD_ARGS_FILE: resolve('package.json') } };
    expect([changedSettings(release, now), changedSettings(earlier, now)]).toEqual([[], []]);
  });

  describe('is what runs', () => {
    const state = `terraform.${project}.tfstate`;
    const apply = (serial: number) => writeFileSync(state, JSON.stringify({ serial, resources: [] }));
    const isLastDeployed = () => {
      const last = lastRelease(project);
      return last && isDeployed(project, last);
    };
    afterEach(() => rmSync(state, { force: true }));

    it('while the state is the one that it left: not after an apply that kept none', () => {
      apply(7);
      keep(1);
      expect(isLastDeployed()).toBe(true);
      apply(8);
      expect(isLastDeployed()).toBe(false);
      keep(1);
      expect(isLastDeployed()).toBe(true);
      rmSync(state);
      expect(isLastDeployed()).toBe(false);
    });

    it('with the settings of its last deployment, also where these change nothing', () => {
      keep(1);
      keep(1, { BTCW_LOG_KEEP_DAYS: '9' });
      expect(releases(project).map(({ settings }) => settings.BTCW_LOG_KEEP_DAYS)).toEqual(['9']);
    });

    it('again where it was gone back to', () => {
      apply(7);
      keep(1);
      apply(8);
      keep(2);
      const [first, second] = releases(project);
      if (!first || !second) throw new Error('Two were kept.');
      apply(9);
      dropRelease(project, second);
      expect(isLastDeployed()).toBe(false);
      markDeployed(project, first);
      expect(isLastDeployed()).toBe(true);
    });

    it('is not known of one that an earlier version kept', () => {
      apply(7);
      expect(isDeployed(project, { id: 'x', settings: {}, images: {} })).toBe(false);
    });
  });

  it.each([
    ['release.json', '', 'is empty'],
    ['release.json', '{"id": "x", "sett', 'is cut short or damaged'],
    ['release.json', '[]', 'is no release'],
    ['release.json', '{"settings": {"BTCW_PROJECT": {}}, "images": {}}', 'is no release'],
    ['cdk.tf.json', '{"terraform": null}', 'is cut short or damaged'],
    ['release.json', undefined, 'is missing'],
    ['cdk.tf.json', '', 'is empty'],
    ['cdk.tf.json', undefined, 'is missing'],
  ])('whose %s is %j is skipped with one line, and removed by the next one', (file, text, problem) => {
    keep(1);
    keep(2);
    const [first, second] = releases(project).map(({ id }) => id);
    const broken = join(kept, second ?? '', file);
    if (text === undefined) rmSync(broken);
    else writeFileSync(broken, text);
    expect(releases(project).map(({ id }) => id)).toEqual([first]);
    expect(lastRelease(project)?.id).toBe(first);
    expect(told).toEqual([`! ${broken} ${problem}: that release is skipped.`]);
    keep(2);
    expect(releases(project).map(({ id }) => configurationOf(id))).toEqual([1, 2].map(configuration));
    expect(existsSync(join(kept, second ?? ''))).toBe(false);
  });

  it('that was being written when its deployment was killed is none', () => {
    keep(1);
    mkdirSync(join(kept, '2030-01-01T00-00-00.000Z.0123abcd.tmp'));
    expect(releases(project)).toHaveLength(1);
    expect(told).toEqual([]);
  });
});
