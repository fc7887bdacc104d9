/** A checkout that another user has deployed, as root did: what a user of the group "docker" is told. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { userName } from '../../scripts/lib/access.ts';

const isRoot = process.getuid?.() === 0;
/** Root becomes nobody; any other user stays who they are. */
const HARNESS = `
import { requireAccess } from './scripts/deployment/access.ts';
try { requireAccess('btc-watcher'); console.log('allowed'); } catch (error) { console.log(error.message); }
`;
const BECOME = isRoot ? 'process.setgid(65534); process.setuid(65534);' : '';
let folder: string;

const ask = (): string =>
  execFileSync(process.execPath, [join(folder, 'harness.mjs')], {
    ...{ cwd: folder, encoding: 'utf8' as const },
    env: { ...process.env, BTCW_LANG: 'en' },
  }).trim();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'btcw-access-'));
  chmodSync(folder, 0o755);
  const require =
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  buildSync({
    stdin: { contents: HARNESS, resolveDir: process.cwd() },
    outfile: join(folder, 'harness.mjs'),
    ...{ bundle: true, platform: 'node', format: 'esm', logLevel: 'silent' },
    banner: { js: `${require} ${BECOME}` },
  });
  mkdirSync(join(folder, 'secrets/btc-watcher'), { recursive: true });
  writeFileSync(join(folder, 'terraform.btc-watcher.tfstate'), '{}', { mode: 0o600 });
  chmodSync(join(folder, 'secrets/btc-watcher'), isRoot ? 0o700 : 0);
});
afterAll(() => {
  chmodSync(join(folder, 'secrets/btc-watcher'), 0o700);
  rmSync(folder, { recursive: true });
});

it('one sentence names what may not be read, whose it is, and the two ways on', () => {
  if (!isRoot) {
    expect(ask()).toBe('secrets/btc-watcher: permission denied.');
    return;
  }
  expect(ask()).toBe(
    'secrets/btc-watcher belongs to root, and this user may not read and change it.\n' +
      '  Fix: run the same command with sudo, as before; or hand the checkout over: sudo chown -R "$USER" . && npm run up',
  );
  chmodSync(join(folder, 'secrets'), 0o700);
  expect(ask()).toMatch(/^secrets\/btc-watcher belongs to root/);
  chmodSync(join(folder, 'secrets'), 0o755);
  chownSync(join(folder, 'secrets/btc-watcher'), 65_534, 65_534);
  expect(ask()).toMatch(/^terraform\.btc-watcher\.tfstate belongs to root/);
  chownSync(join(folder, 'terraform.btc-watcher.tfstate'), 65_534, 65_534);
  expect(ask()).toBe('allowed');
});

it('an owner without a name in the user database is shown by number', () => {
  const users = 'root:x:0:0:root:/root:/bin/bash\nme:x:1000:1000::/home/me:/bin/sh\n';
  expect([userName(0, users), userName(1000, users), userName(1001, users)]).toEqual(['root', 'me', '1001']);
});
