/** Which engine bootstrap finds: programs in their place say which they are. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ensureEngine } from '../../scripts/bootstrap/engine.mjs';

let root: string;
const link = () => join(root, 'node_modules/.bin/terraform');
/** A program that says that it is this. @returns its path */
function program(path: string, says: string): string {
  const file = join(root, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `#!/bin/sh\necho '${says}'\n`);
  chmodSync(file, 0o755);
  return file;
}
const found = () => ensureEngine(root, () => {});

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'btcw-find-engine-'));
  mkdirSync(join(link(), '..'), { recursive: true });
  mkdirSync(join(root, 'bin'));
  // As npm runs a script: with the links of an earlier run before all else.
  vi.stubEnv('PATH', [join(link(), '..'), join(root, 'bin'), '/usr/bin', '/bin'].join(delimiter));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

it('calls OpenTofu what it is, also where an earlier run has linked it as terraform', async () => {
  const tofu = program('bin/tofu', 'OpenTofu v1.10.7');
  for (const run of ['first', 'second']) {
    expect(await found(), run).toEqual({ detail: 'OpenTofu v1.10.7', value: tofu });
    expect(readlinkSync(link())).toBe(tofu);
  }
});

it('takes a Terraform that was installed later, and leaves no link in its way', async () => {
  program('bin/tofu', 'OpenTofu v1.10.7');
  await found();
  const terraform = program('bin/terraform', 'Terraform v1.11.4');
  expect(await found()).toEqual({ detail: 'Terraform v1.11.4', value: terraform });
  expect(existsSync(link())).toBe(false);
});

it('takes what it has built before, by a link that is still good when the checkout is moved', async () => {
  program('.build/bin/tofu', 'OpenTofu v1.10.7');
  program('bin/terraform', 'Terraform v1.5.0');
  symlinkSync('/nowhere', link());
  expect(await found()).toMatchObject({ detail: 'OpenTofu v1.10.7' });
  expect(readlinkSync(link())).toBe('../../.build/bin/tofu');
});
