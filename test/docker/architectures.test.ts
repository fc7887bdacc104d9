/** The package's own Go programs for each architecture. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ARCHITECTURES } from '../../scripts/bootstrap/environment.mjs';
import { goBuild } from '../../scripts/bootstrap/go.mjs';
import { machineOf } from '../support/elf.ts';

const folder = mkdtempSync(join(tmpdir(), 'btcw-architectures-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(Object.values(ARCHITECTURES))('%s', (architecture) => {
  it.each(['logrun', 'watchdog'])('%s is built for it', async (name) => {
    const output = join(folder, `${name}-${architecture}`);
    await goBuild({ module: `assets/go/${name}`, packagePath: '.', output, architecture }, () => {});
    expect(machineOf(output)).toBe(architecture);
  });
});
