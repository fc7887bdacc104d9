// Builds Go programs from the modules under assets/go: pinned by go.mod and go.sum, fetched through GOPROXY.
import { mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { aptInstall, onPath, run, SetupError, tryRun } from './step.mjs';

/** The first release that fetches the toolchain a module asks for by itself. */
const MIN_GO_MINOR = 21;

/** @returns {Promise<boolean>} */
async function goIsRecent() {
  const { code, output } = await tryRun('go', ['version']);
  const minor = /go1\.(\d+)/.exec(output)?.[1];
  return code === 0 && Number(minor) >= MIN_GO_MINOR;
}

/** @param {(line: string) => void} report */
async function ensureGo(report) {
  if (await goIsRecent()) return;
  if (!(await onPath('go'))) await aptInstall(['golang-go', 'ca-certificates'], 'Go', report);
  if (await goIsRecent()) return;
  throw new SetupError(
    `Go 1.${MIN_GO_MINOR} or later is needed to build what no registry could give.`,
    'install a current Go (on Debian 12: the package golang-go of bookworm-backports) and put it on the PATH.',
  );
}

/**
 * Runs a module's tests.
 * @param {string} module a folder with a go.mod
 * @returns {Promise<{ code: number, output: string }>} what `go test -v` printed
 */
export async function goTest(module) {
  await ensureGo(() => {});
  return tryRun('go', ['test', '-v', '-count=1', './...'], { cwd: module, env: { CGO_ENABLED: '0' } });
}

/**
 * Builds one program. The result appears at `output` whole or not at all.
 * @param {{ module: string, packagePath: string, output: string, ldflags?: string, tags?: string }} program
 *   `module` is a folder with a go.mod
 * @param {(line: string) => void} report
 */
export async function goBuild(program, report) {
  await ensureGo(report);
  mkdirSync(dirname(program.output), { recursive: true });
  const partial = `${program.output}.partial`;
  const args = [
    'build',
    '-v',
    '-trimpath',
    '-buildvcs=false',
    '-ldflags',
    `-s -w ${program.ldflags ?? ''}`.trim(),
  ];
  if (program.tags) args.push('-tags', program.tags);
  await run('go', [...args, '-o', partial, program.packagePath], {
    cwd: program.module,
    env: { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' },
    onLine: report,
    fix: 'is the Go module proxy reachable? Where it is blocked, set GOPROXY to a mirror near you, and run it again.',
  });
  renameSync(partial, program.output);
}
