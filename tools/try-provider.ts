/**
 * Tries another version of the Docker provider: `npm run try-provider -- VERSION`. Pins it in a copy of the sources,
 * fetches or builds it, and runs there the tests of drift, which deploy, change each thing by hand, and expect of `diff`
 * and `deploy` what they say today. Nothing of it is left in this checkout or in the user's home.
 *
 * Where the registry does not answer, it is built from the Go module proxy's latest, or from the version of the module
 * that a second argument names: the provider's tags are no versions to Go.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { PROVIDER } from '../scripts/bootstrap/engine.mjs';
import { programEnvironment } from '../scripts/bootstrap/environment.mjs';

/** Where the version is pinned. */
const PINNED = ['stacks/provider.ts', 'scripts/bootstrap/engine.mjs'];
const MODULE = 'github.com/kreuzwerker/terraform-provider-docker';
const REPLACED = 'github.com/terraform-providers/terraform-provider-docker';

const [version = '', moduleVersion = 'latest'] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+$/.test(version)) {
  console.error('npm run try-provider -- VERSION [VERSION OF THE GO MODULE], such as 4.7.0');
  process.exit(1);
}
const copy = join(process.cwd(), '.build/try-provider');
const goModule = join(copy, 'assets/go/provider');
const go = (...args: string[]) =>
  execa('go', args, { cwd: goModule, env: { ...programEnvironment(), GOFLAGS: '-mod=mod' }, reject: false });

async function copySources(): Promise<void> {
  rmSync(copy, { recursive: true, force: true });
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const { stdout } = await execa('git', list);
  for (const file of stdout.split('\0').filter(Boolean)) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(file, join(copy, file), { verbatimSymlinks: true });
  }
  symlinkSync(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'));
  for (const file of PINNED) {
    const text = readFileSync(file, 'utf8').replaceAll(`'${PROVIDER.version}'`, `'${version}'`);
    writeFileSync(join(copy, file), text);
  }
}

/** Has the provider built from the module's version, if that is the one that is asked for. @returns whether it is */
async function replaceModule(): Promise<boolean> {
  const { exitCode, stdout } = await go('mod', 'download', '-json', `${MODULE}@${moduleVersion}`);
  if (exitCode !== 0) return false;
  const { Version, Dir } = JSON.parse(stdout);
  const released = /^## \[v([\d.]+)\]/m.exec(readFileSync(join(Dir, 'CHANGELOG.md'), 'utf8'))?.[1];
  console.log(`The Go module's version ${Version} is ${released}.`);
  if (released !== version) return false;
  await go('mod', 'edit', `-replace=${REPLACED}=${MODULE}@${Version}`);
  return (await go('mod', 'tidy')).exitCode === 0;
}

/** A home without any provider, and the caches of the caller's. */
async function homeOfItsOwn(): Promise<Record<string, string>> {
  const names = ['GOPATH', 'GOCACHE', 'GOMODCACHE'];
  const { stdout } = await execa('go', ['env', ...names]);
  const caches = Object.fromEntries(stdout.split('\n').map((folder, index) => [names[index], folder]));
  const home = join(copy, '.build/home');
  mkdirSync(home, { recursive: true });
  return { ...caches, HOME: home, DOCKER_CONFIG: process.env.DOCKER_CONFIG ?? join(homedir(), '.docker') };
}

await copySources();
// Then the registry alone can give it: another version must not be built under its name.
if (!(await replaceModule())) rmSync(goModule, { recursive: true });
const options = { cwd: copy, env: await homeOfItsOwn(), stdio: 'inherit', reject: false } as const;
const ensure = `
  import { ensureEngine, ensureProvider } from './scripts/bootstrap/engine.mjs';
  import { step } from './scripts/bootstrap/step.mjs';
  try {
    const engine = await step('Terraform', (report) => ensureEngine('.', report));
    await step('Provider', (report) => ensureProvider('.', engine, report));
  } catch ({ message }) {
    console.error(message);
    process.exit(1);
  }
`;
const ready = await execa('node', ['--input-type=module', '-e', ensure], options);
if (ready.exitCode !== 0) console.error(`Neither the registry nor the Go module proxy gives ${version}.`);
const tests = ['vitest', 'run', '--project', 'docker', 'test/docker/drift.test.ts'];
const { exitCode } = ready.exitCode === 0 ? await execa('npx', tests, options) : ready;
console.log(exitCode === 0 ? `✓ ${version} holds.` : `✗ ${version} does not hold. Its copy is kept: ${copy}`);
if (exitCode === 0) rmSync(copy, { recursive: true });
process.exitCode = exitCode === 0 ? 0 : 1;
