/** Engines of other versions than this host's, each in a folder with all that it needs. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { goBuild } from '../../scripts/bootstrap/go.mjs';

const MAKE_DEADLINE_MS = 15 * 60_000;

/** A folder that is made once, and appears whole. @returns its path */
async function once(name: string, make: (aside: string) => Promise<unknown>): Promise<string> {
  const folder = join(process.cwd(), '.build/engines', name);
  if (existsSync(folder)) return folder;
  const aside = `${folder}.tmp`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(join(aside, '..'), { recursive: true });
  await make(aside);
  renameSync(aside, folder);
  return folder;
}

/**
 * A folder with the engine of a Debian release, as its packages bring it: trixie has 26.1, sid 28.
 * @param further packages
 * @returns its path
 */
export const debianEngine = (suite: string, further: readonly string[] = []): Promise<string> =>
  once([suite, ...further].join('+'), (aside) => {
    const packages = `--include=${['docker.io', 'iptables', 'nftables', 'ca-certificates', ...further].join(',')}`;
    return execa('mmdebstrap', ['--variant=minbase', packages, suite, aside], { timeout: MAKE_DEADLINE_MS });
  });

/** Debian unstable with an engine of the 29 line, which is built from its Go module. @returns its path */
export async function mobyEngine(): Promise<string> {
  const debian = await debianEngine('sid');
  return once('moby', async (aside) => {
    await execa('cp', ['--archive', debian, aside]);
    const output = join(aside, 'usr/sbin/dockerd');
    rmSync(output, { force: true });
    const module = 'test/support/moby';
    await goBuild({ module, packagePath: 'github.com/moby/moby/v2/cmd/dockerd', output }, () => {});
  });
}
