import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from '../../scripts/images/lock.ts';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'btcw-lock-'));
  lock = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a lock', () => {
  it('lets one do its work at a time, and all get their turn', async () => {
    let atWork = 0;
    let most = 0;
    const work = async (result: number) => {
      atWork += 1;
      most = Math.max(most, atWork);
      await pause(20);
      atWork -= 1;
      return result;
    };
    const results = await Promise.all([1, 2, 3].map((result) => withLock(lock, () => work(result))));
    expect(results).toEqual([1, 2, 3]);
    expect(most).toBe(1);
    expect(existsSync(lock)).toBe(false);
  });

  it('is given back when the work fails', async () => {
    await expect(withLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withLock(lock, async () => 'yes')).toBe('yes');
  });

  it('of a process that has ended is taken over', async () => {
    const { pid } = spawnSync('true');
    mkdirSync(lock);
    writeFileSync(join(lock, 'pid'), String(pid));
    expect(await withLock(lock, async () => 'yes')).toBe('yes');
  });

  it('of a process that was killed before it wrote its number is taken over', async () => {
    mkdirSync(lock);
    expect(await withLock(lock, async () => 'yes')).toBe('yes');
  });

  it('of a process that runs is respected', async () => {
    mkdirSync(lock);
    writeFileSync(join(lock, 'pid'), String(process.pid));
    const taken = withLock(lock, async () => 'yes');
    expect(await Promise.race([taken, pause(700).then(() => 'waits')])).toBe('waits');
    rmSync(lock, { recursive: true });
    expect(await taken).toBe('yes');
  });
});
