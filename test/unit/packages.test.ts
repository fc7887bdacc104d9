import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensurePackages, ensureWorkspace, pruneWorkspaces } from '../../scripts/bootstrap/packages.mjs';

interface Manifest {
  readonly dependencies: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}
const manifest = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

describe('the cdktf command line', () => {
  const [here, tool] = [manifest('.'), manifest('tools/cdktf')];

  it('is no package of the deployment itself', () => {
    expect(Object.keys({ ...here.dependencies, ...here.devDependencies })).not.toContain('cdktf-cli');
  });

  it('has the versions of the library', () => {
    expect(tool.dependencies['cdktf-cli']).toBe(here.dependencies.cdktf);
    expect(tool.dependencies.cdktf).toBe(here.dependencies.cdktf);
    expect(tool.dependencies.constructs).toBe(here.dependencies.constructs);
  });

  it('is locked', () => {
    const { packages } = JSON.parse(readFileSync('tools/cdktf/package-lock.json', 'utf8'));
    expect(packages[''].dependencies).toEqual(tool.dependencies);
    expect(packages['node_modules/cdktf-cli'].version).toBe(tool.dependencies['cdktf-cli']);
  });
});

describe('packages', () => {
  let root: string;
  const [path, calls] = [
    process.env.PATH,
    () => readFileSync(join(root, 'calls'), 'utf8').trim().split('\n'),
  ];
  const put = (file: string, text = '') => {
    mkdirSync(join(root, file, '..'), { recursive: true });
    writeFileSync(join(root, file), text, { mode: 0o755 });
  };
  const nothing = () => {};

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'btcw-packages-'));
    put('package-lock.json', '{}');
    put('calls');
    // In npm's place: keeps what it is asked for.
    put(
      'bin/npm',
      `#!/bin/sh\necho "$1 $*" | sed 's/ --ignore-scripts.*//; s/^[a-z]* //' >> "${root}/calls"\n`,
    );
    process.env.PATH = `${join(root, 'bin')}:${path}`;
    put('assets/backend/package.json', JSON.stringify({ dependencies: { fastify: '1' } }));
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(root, { recursive: true });
  });

  it('are those that deploying needs, once', async () => {
    await ensurePackages(root, false, nothing);
    expect((await ensurePackages(root, false, nothing)).detail).toBe('up to date');
    expect(calls()).toEqual(['ci --omit=dev --workspaces=false']);
  });

  it('can be read by the users of images, whatever umask a command has', async () => {
    put('bin/npm', `#!/bin/sh\numask >> "${root}/calls"\n`);
    const before = process.umask(0o077);
    try {
      await ensurePackages(root, false, nothing);
      await ensureWorkspace(root, 'assets/backend', nothing);
    } finally {
      process.umask(before);
    }
    expect(calls()).toEqual(['0022', '0022']);
  });

  it('are all where tests need them, and stay all', async () => {
    await ensurePackages(root, false, nothing);
    await ensurePackages(root, true, nothing);
    await ensurePackages(root, false, nothing);
    put('package-lock.json', '{"changed": true}');
    await ensurePackages(root, false, nothing);
    expect(calls()).toEqual(['ci --omit=dev --workspaces=false', 'ci --include=dev', 'ci --include=dev']);
  });

  it("stay all after a developer's own npm ci", async () => {
    put('node_modules/@biomejs/biome/package.json');
    await ensurePackages(root, false, nothing);
    expect(calls()).toEqual(['ci --include=dev']);
  });

  it("are the same whatever the user's .npmrc says", async () => {
    rmSync(join(root, 'bin'), { recursive: true });
    const names = { dependencies: 'needed', optionalDependencies: 'optional', devDependencies: 'dev' };
    const wanted = Object.fromEntries(
      Object.entries(names).map(([kind, name]) => [kind, { [name]: `file:${name}` }]),
    );
    for (const name of Object.values(names)) {
      put(`${name}/package.json`, JSON.stringify({ name, version: '1.0.0', bin: { [name]: 'x.js' } }));
      put(`${name}/x.js`, '#!/usr/bin/env node\n');
    }
    put('package.json', JSON.stringify({ name: 'root', version: '1.0.0', ...wanted }));
    const links = Object.values(names).flatMap((name) => [
      [name, { version: '1.0.0', bin: { [name]: 'x.js' } }],
      [`node_modules/${name}`, { resolved: name, link: true }],
    ]);
    const packages = { '': { name: 'root', version: '1.0.0', ...wanted }, ...Object.fromEntries(links) };
    put(
      'package-lock.json',
      JSON.stringify({ name: 'root', version: '1.0.0', lockfileVersion: 3, packages }),
    );
    const hostile = ['offline=true', 'omit[]=dev', 'omit[]=optional', 'global=true', 'location=global'];
    const more = ['dry-run=true', 'bin-links=false', 'install-strategy=linked', 'package-lock=false'];
    const most = ['package-lock-only=true', 'os=darwin', 'cpu=arm', 'production=true', 'engine-strict=true'];
    put('home/.npmrc', [...hostile, ...more, ...most].join('\n'));
    vi.stubEnv('HOME', join(root, 'home'));
    vi.stubEnv('npm_config_omit', 'optional');
    vi.stubEnv('NODE_ENV', 'production');
    await ensurePackages(root, true, nothing);
    vi.unstubAllEnvs();
    const there = Object.values(names).filter((name) => existsSync(join(root, 'node_modules/.bin', name)));
    expect(there).toEqual(['needed', 'optional', 'dev']);
  }, 60_000);

  it('are never installed through a link, which would empty a folder that others use', async () => {
    put('shared/package.json');
    symlinkSync(join(root, 'shared'), join(root, 'node_modules'));
    await expect(ensurePackages(root, false, nothing)).rejects.toThrow(/is a symbolic link to .*shared/);
    await expect(ensureWorkspace(root, 'assets/backend', nothing)).rejects.toThrow(/is a symbolic link/);
    expect(calls()).toEqual(['']);
    expect(existsSync(join(root, 'shared/package.json'))).toBe(true);
  });

  it('of an application are added where one is missing, by one process at a time', async () => {
    put('.build/packages.lock', '999999999');
    await ensureWorkspace(root, 'assets/backend', nothing);
    put('node_modules/fastify/package.json');
    await ensureWorkspace(root, 'assets/backend', nothing);
    expect(calls()).toEqual(['install --no-save --include=dev -w assets/backend -w assets/frontend']);
  });

  it('of applications are removed again, unless all are installed', async () => {
    await ensurePackages(root, false, nothing);
    put(`node_modules/node-linux-${process.arch}/package.json`);
    await pruneWorkspaces(root, nothing);
    await ensurePackages(root, true, nothing);
    await pruneWorkspaces(root, nothing);
    expect(calls()).toEqual([
      'ci --omit=dev --workspaces=false',
      'prune --omit=dev --workspaces=false',
      'ci --include=dev',
    ]);
  });
});
