// Builds Go programs from the modules under assets/go: pinned by go.mod and go.sum, fetched through GOPROXY.
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { messages } from '../../messages/bootstrap.mjs';
import { ARCHITECTURE } from './environment.mjs';
import { installProgram, onPath, run, tryRun } from './step.mjs';

const said = messages.go;
/** The first release that fetches the toolchain a module asks for by itself. */
const MIN_GO_MINOR = 21;
/** What is fetched where the host's Go is older: Debian 12's and Ubuntu 22.04's are. No go.mod here asks for a later one. */
export const TOOLCHAIN = 'go1.25.8';
/** How all programs are built: part of the tags of images that have some. */
export const GO_BUILD = {
  flags: ['-trimpath', '-buildvcs=false'],
  ldflags: '-s -w',
  env: { GOFLAGS: '-mod=readonly' },
};
/** Used where Go's default proxy does not answer, as in mainland China; go.sum decides what is accepted. */
const SECOND_PROXY = 'https://goproxy.cn,direct';
const PROBE_MS = 8_000;

/**
 * The go program, and the environment it is started with.
 * @typedef {{ program: string, env: NodeJS.ProcessEnv }} Go
 */

/** @param {string} program @returns {Promise<boolean>} */
async function isRecent(program) {
  const { code, output } = await tryRun(program, ['version']);
  const minor = /go1\.(\d+)/.exec(output)?.[1];
  return code === 0 && Number(minor) >= MIN_GO_MINOR;
}

/**
 * The environment with a module proxy that answers. One that the user chose is taken as it is.
 * @param {string} program @param {(line: string) => void} report
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
async function withProxy(program, report) {
  const chosen = await tryRun(program, ['env', 'GOPROXY']);
  const builtIn = await tryRun(program, ['env', 'GOPROXY'], { env: { GOPROXY: '', GOENV: 'off' } });
  if (chosen.output !== builtIn.output) return {};
  // Go itself makes the request, with the host's HTTP proxy and certificates.
  const args = ['list', '-m', 'golang.org/x/text@latest'];
  const { code } = await tryRun(program, args, { cwd: tmpdir(), env: { GOFLAGS: '' }, timeoutMs: PROBE_MS });
  if (code === 0) return {};
  report(said.proxySilent(SECOND_PROXY));
  return { GOPROXY: SECOND_PROXY };
}

/**
 * Go distributes its toolchains as modules, which an older Go can fetch and check, but not yet start by itself.
 * @param {Go} old @param {(line: string) => void} report
 * @returns {Promise<string>} the newer go program
 */
async function fetchToolchain(old, report) {
  report(said.fetching(`1.${MIN_GO_MINOR}`, TOOLCHAIN));
  const module = `golang.org/toolchain@v0.0.1-${TOOLCHAIN}.linux-${ARCHITECTURE}`;
  const output = await run(old.program, ['mod', 'download', '-json', module], {
    cwd: tmpdir(),
    env: { ...old.env, GOFLAGS: '' },
    onLine: report,
    fix: said.unreachable,
  });
  const folder = folderOf(output);
  // Files of a module are not executable.
  for (const programs of ['bin', `pkg/tool/linux_${ARCHITECTURE}`]) {
    for (const name of readdirSync(join(folder, programs))) chmodSync(join(folder, programs, name), 0o555);
  }
  return join(folder, 'bin/go');
}

/** @param {(line: string) => void} report @returns {Promise<Go>} */
async function prepareGo(report) {
  if (!(await onPath('go'))) await installProgram('go', 'Go', report);
  const env = await withProxy('go', report);
  if (await isRecent('go')) return { program: 'go', env };
  const program = await fetchToolchain({ program: 'go', env }, report);
  return { program, env: { ...env, GOROOT: '' } };
}

/** @type {Promise<Go> | undefined} */
let prepared;
/** @param {(line: string) => void} report */
function ensureGo(report) {
  prepared ??= prepareGo(report);
  return prepared;
}

/**
 * Runs a module's tests.
 * @param {string} module a folder with a go.mod
 * @returns {Promise<{ code: number, output: string }>} what `go test -v` printed
 */
export async function goTest(module) {
  const { program, env } = await ensureGo(() => {});
  const args = ['test', '-v', '-count=1', './...'];
  return tryRun(program, args, { cwd: module, env });
}

/**
 * A change of our own to a module that is built from.
 * @typedef {{ module: string, file: string }} Patch `module` as go.mod has it, `file` as `diff -u` writes it
 */

/** What `go mod download -json` prints. @param {string} output @returns {string} the module's folder */
const folderOf = (output) => JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1)).Dir;

/**
 * Copies a module and what is built from it side by side, and applies a patch to the module's copy. Both are found from
 * each other by a relative path, as Go writes it into the program: one built elsewhere, or again, is the same.
 * @param {Go} go @param {string} module a folder with a go.mod @param {Patch} patch @param {string} work an empty folder
 * @param {(line: string) => void} report
 * @returns {Promise<string>} the folder to build in
 * @throws {UserError} where the patch does not apply word for word
 */
async function withPatch(go, module, patch, work, report) {
  if (!(await onPath('patch'))) await installProgram('patch', 'patch', report);
  const options = { env: go.env, onLine: report };
  const download = ['mod', 'download', '-json', patch.module];
  const source = folderOf(
    await run(go.program, download, { ...options, cwd: module, fix: said.unreachable }),
  );
  const patched = join(work, 'module');
  const own = join(work, 'own');
  cpSync(source, patched, { recursive: true });
  cpSync(module, own, { recursive: true });
  // Those of the module cache are read-only.
  await run('chmod', ['-R', 'u+w', patched]);
  const input = ['--directory', patched, '--input', resolve(patch.file)];
  await run('patch', ['--strip=1', '--fuzz=0', '--batch', '--forward', ...input], { onLine: report });
  await run(go.program, ['mod', 'edit', '-replace', `${patch.module}=../module`], { ...options, cwd: own });
  return own;
}

/**
 * What is built.
 * @typedef {object} Program
 * @property {string} module a folder with a go.mod
 * @property {string} packagePath
 * @property {string} output
 * @property {string} [ldflags]
 * @property {string} [tags]
 * @property {Patch} [patch]
 * @property {import('./environment.mjs').Architecture} [architecture] default: this machine's
 */

/**
 * Builds one program. The result appears at `output` whole or not at all.
 * @param {Program} program
 * @param {(line: string) => void} report
 */
export async function goBuild(program, report) {
  const go = await ensureGo(report);
  mkdirSync(dirname(program.output), { recursive: true });
  if (!program.patch) return buildWith(go, program, program.module, report);
  const work = mkdtempSync(join(dirname(program.output), '.patched-'));
  try {
    const folder = await withPatch(go, program.module, program.patch, resolve(work), report);
    await buildWith(go, program, folder, report);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * @param {Go} go @param {Program} program
 * @param {string} folder where it is built @param {(line: string) => void} report
 */
async function buildWith(go, program, folder, report) {
  const partial = `${program.output}.partial`;
  const ldflags = `${GO_BUILD.ldflags} ${program.ldflags ?? ''}`.trim();
  const args = ['build', '-v', ...GO_BUILD.flags, '-ldflags', ldflags];
  if (program.tags) args.push('-tags', program.tags);
  await run(go.program, [...args, '-o', partial, program.packagePath], {
    cwd: folder,
    env: { ...go.env, ...GO_BUILD.env, GOARCH: program.architecture ?? ARCHITECTURE },
    onLine: report,
    fix: said.unreachable,
  });
  renameSync(partial, program.output);
}
