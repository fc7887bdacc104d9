/** Releases of frp as they come, without our patch. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { goBuild } from '../../scripts/bootstrap/go.mjs';

export const FRP_PROGRAMS = ['frpc', 'frps'] as const;
export type FrpProgram = (typeof FRP_PROGRAMS)[number];

/**
 * Builds programs of a release, as its own go.mod and go.sum have it.
 * @param folder where they are put, as `<version>-<program>`
 * @param toolchain Go that builds it, where the newest cannot. @default 'auto'
 */
export async function buildRelease(
  folder: string,
  version: string,
  {
    programs = FRP_PROGRAMS,
    toolchain = 'auto',
  }: { programs?: readonly FrpProgram[]; toolchain?: string } = {},
): Promise<void> {
  const download = ['mod', 'download', '-json', `github.com/fatedier/frp@v${version}`];
  const { stdout } = await execa('go', download, { cwd: folder });
  const module = join(folder, `frp-${version}`);
  cpSync(JSON.parse(stdout).Dir, module, { recursive: true });
  // Those of the module cache are read-only.
  await execa('chmod', ['-R', 'u+w', module]);
  const before = process.env.GOTOOLCHAIN;
  process.env.GOTOOLCHAIN = toolchain;
  try {
    for (const program of programs) {
      const output = join(folder, `${version}-${program}`);
      await goBuild({ module, packagePath: `./cmd/${program}`, tags: `${program},noweb`, output }, () => {});
    }
  } finally {
    if (before === undefined) delete process.env.GOTOOLCHAIN;
    else process.env.GOTOOLCHAIN = before;
    rmSync(module, { recursive: true });
  }
}
