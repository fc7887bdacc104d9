/** What is in a bundle that is written: programs in their place stand for Docker and npm. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { checkBundle } from '../../scripts/bootstrap/bundle.mjs';
import { ARCHITECTURE } from '../../scripts/bootstrap/environment.mjs';
import { goBuild } from '../../scripts/bootstrap/go.mjs';
import { signingKey } from '../../scripts/bundle/key.ts';
import { writeBundle } from '../../scripts/bundle/write.ts';
import { settingsOf } from '../support/topology.ts';

const MARK = 'mark-of-a-secret';
const found = vi.hoisted(() => ({ engine: '', provider: '' }));
vi.mock('../../scripts/bootstrap/engine.mjs', () => ({
  ensureEngine: async () => ({ detail: '', value: found.engine }),
  ensureProvider: async () => ({ detail: '' }),
  providerPlaces: () => ({ file: found.provider, packed: '' }),
}));
vi.mock('../../scripts/bootstrap/go.mjs', async (original) => ({
  ...(await original<object>()),
  goBuild: vi.fn(async ({ output, architecture }: { output: string; architecture: string }) =>
    writeFileSync(output, `frps ${architecture}`),
  ),
}));

let folder: string;
let root: string;
let file: string;
const put = (path: string, text: string | Buffer) => {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text, { mode: 0o755 });
};
const write = () =>
  writeBundle(root, file, { settings: settingsOf(), images: ['a/x:1', 'b/y:2'] }, signingKey());
const left = () => readdirSync(join(folder, 'out'));
const content = async (part: string) => {
  const { stdout } = await execa('tar', ['-xOf', file, part], { encoding: 'buffer' });
  return part.endsWith('.gz') ? gunzipSync(stdout).toString('latin1') : Buffer.from(stdout).toString();
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'btcw-bundle-'));
  root = join(folder, 'package');
  file = join(folder, 'out/b.tar');
  mkdirSync(join(folder, 'out'));
  for (const path of ['assets/a', 'scripts/b', 'stacks/c', 'package-lock.json']) put(join(root, path), path);
  put(join(root, 'package.json'), '{"version":"0.1.0"}');
  for (const path of [
    ...['.env', 'secrets/p/admin-password', 'secrets/p/frp-token', 'terraform.p.tfstate', '.git/config'],
    ...[
      '.releases/p/1/secrets',
      '.backups/p.tar',
      '.state-backups/p/1',
      'node_modules/own/x',
      'assets/dist/x',
    ],
  ])
    put(join(root, path), MARK);
  put(join(folder, 'home/.npmrc'), `//registry.example/:_authToken=${MARK}`);
  put(join(folder, 'bin/docker'), '#!/bin/sh\necho "$@"\n');
  put(
    join(folder, 'bin/npm'),
    '#!/bin/sh\nmkdir -p node_modules/needed && echo "$1" > node_modules/needed/x\n',
  );
  found.engine = join(folder, 'terraform');
  // As much of a program as is looked at.
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header.writeUInt16LE(ARCHITECTURE === 'amd64' ? 62 : 183, 18);
  put(found.engine, header);
  found.provider = join(folder, 'provider');
  put(found.provider, 'provider');
  vi.stubEnv('PATH', `${join(folder, 'bin')}:${process.env.PATH}`);
  vi.stubEnv('HOME', join(folder, 'home'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

it('holds all that is needed, and nothing else of the folder', async () => {
  const manifest = await write();
  expect(manifest).toMatchObject({ version: '0.1.0', arch: ARCHITECTURE, images: ['a/x:1', 'b/y:2'] });
  const names = (await execa('tar', ['-tf', file])).stdout.split('\n');
  expect(names).toEqual([
    ...['manifest.json', 'manifest.sig', 'terraform.gz', 'provider.gz', 'packages.tar.gz'],
    ...['frps-amd64.gz', 'frps-arm64.gz', 'images.tar.gz'],
  ]);
  expect(await content('images.tar.gz')).toBe('save a/x:1 b/y:2\n');
  expect(await content('provider.gz')).toBe('provider');
  expect(await content('frps-arm64.gz')).toBe('frps arm64');
  expect(await content('packages.tar.gz')).toContain('node_modules/needed/x');
  const key = readFileSync(join(folder, 'home/.config/btc-watcher/bundle-key.pem'), 'utf8');
  for (const name of names) {
    const text = await content(name);
    expect(text.includes(MARK), name).toBe(false);
    expect(text.includes(key), name).toBe(false);
  }
  expect(left()).toEqual(['b.tar']);
  expect(statSync(file).size).toBeGreaterThan(0);
});

it('is one that is taken', async () => {
  await write();
  const { detail } = await checkBundle(root, { file }, () => {});
  expect(detail).toContain(signingKey().fingerprint);
});

it.each([
  ['docker', 'docker: no such image', /no such image/],
  ['npm', 'npm: the registry is away', /the registry is away/],
])('is not there where %s fails', async (program, says, message) => {
  put(join(folder, 'bin', program), `#!/bin/sh\necho half\necho '${says}' >&2\nexit 1\n`);
  await expect(write()).rejects.toThrow(message);
  expect(left()).toEqual([]);
});

it('is not there where a program cannot be built', async () => {
  vi.mocked(goBuild).mockRejectedValueOnce(new Error('no Go'));
  await expect(write()).rejects.toThrow('no Go');
  expect(left()).toEqual([]);
});

it('takes no script for the engine', async () => {
  found.engine = join(folder, 'bin/docker');
  await expect(write()).rejects.toThrow(/bin\/docker is no program for Linux on/);
  expect(left()).toEqual([]);
});
