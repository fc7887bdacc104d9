/** Engines of other Debian releases, as their packages bring them: each in a folder with all that it needs. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

const MAKE_DEADLINE_MS = 15 * 60_000;

/**
 * A folder with the engine of a Debian release; made once. trixie has 26.1.
 * @returns its path
 */
export async function debianEngine(suite: string): Promise<string> {
  const folder = join(process.cwd(), '.build/engines', suite);
  if (existsSync(folder)) return folder;
  const aside = `${folder}.tmp`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(join(aside, '..'), { recursive: true });
  const packages = '--include=docker.io,iptables,ca-certificates';
  await execa('mmdebstrap', ['--variant=minbase', packages, suite, aside], { timeout: MAKE_DEADLINE_MS });
  renameSync(aside, folder);
  return folder;
}
