// Finds Terraform or OpenTofu, or builds OpenTofu, and makes the Docker provider available to it.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { messages } from '../../messages/bootstrap.mjs';
import { UserError } from '../../stacks/errors.mjs';
import { ARCHITECTURE, ARCHITECTURES } from './environment.mjs';
import { goBuild } from './go.mjs';
import { tryRun } from './step.mjs';

const said = messages.engine;
/** The first 1.x with everything the stack uses. */
const MIN_MINOR = 7;
/** Also in stacks/provider.ts; a unit test compares the two. */
export const PROVIDER = { source: 'registry.terraform.io/kreuzwerker/docker', version: '4.6.0' };
const REGISTRY_DEADLINE_MS = 90_000;

/** What is built here or comes from a bundle, as seen from node_modules/.bin: a checkout can be moved. */
const OWN_PROGRAMS = ['../../.build/bin/terraform', '../../.build/bin/tofu'];
const BUILT_TOFU = '../../.build/bin/tofu';

/** @param {string} root */
const programFolder = (root) => join(root, 'node_modules/.bin');

/**
 * The name and version of an engine.
 * @param {string} program @returns {Promise<string | undefined>} undefined where it is too old, or does not run
 * @example 'OpenTofu v1.10.7'
 */
async function versionOf(program) {
  const { code, output } = await tryRun(program, ['version']);
  const [version, minor] = /(?:Terraform|OpenTofu) v1\.(\d+)\.\d+/.exec(output) ?? [];
  return code === 0 && Number(minor) >= MIN_MINOR ? version : undefined;
}

/**
 * A program on the PATH but the link of an earlier run, which npm puts first there.
 * @param {string} name @param {string} root @returns {string | undefined} its absolute path
 */
function installed(name, root) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(isAbsolute);
  return folders
    .filter((folder) => resolve(folder) !== programFolder(root))
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

/**
 * cdktf's CLI starts a program named "terraform". Where only OpenTofu exists, node_modules/.bin, which npx puts
 * first on the PATH, gets it under that name, so that `npx cdktf` works from a clean shell.
 * @param {string} root @param {string | undefined} target undefined for none
 */
function linkAsTerraform(root, target) {
  const link = join(programFolder(root), 'terraform');
  rmSync(link, { force: true });
  if (target) symlinkSync(target, link);
}

/**
 * Terraform where it is installed, else OpenTofu, else the one of a bundle, else one that is built here.
 * @param {string} root @param {(line: string) => void} report
 * @param {import('./bundle.mjs').BundleContent} [bundle]
 */
export async function ensureEngine(root, report, bundle) {
  for (const name of ['terraform', 'tofu']) {
    const path = installed(name, root);
    const version = path && (await versionOf(path));
    if (!version) continue;
    linkAsTerraform(root, name === 'terraform' ? undefined : path);
    return { detail: version, value: path };
  }
  const own = () => OWN_PROGRAMS.find((link) => existsSync(resolve(programFolder(root), link)));
  if (!own() && bundle) await bundle.engine(join(root, '.build/bin'));
  const target = own() ?? BUILT_TOFU;
  const path = resolve(programFolder(root), target);
  if (!own()) {
    await goBuild(
      {
        module: join(root, 'assets/go/opentofu'),
        packagePath: 'github.com/opentofu/opentofu/cmd/tofu',
        output: path,
      },
      report,
    );
  }
  const version = await versionOf(path);
  if (!version) throw new UserError(said.doesNotRun(path), said.doesNotRunFix(path));
  linkAsTerraform(root, target);
  return { detail: version, value: path };
}

/** @param {string} engine @param {string} mirror @param {(line: string) => void} report */
async function mirrorFromRegistry(engine, mirror, report) {
  const work = mkdtempSync(join(tmpdir(), 'btcw-provider-'));
  try {
    writeFileSync(
      join(work, 'main.tf.json'),
      JSON.stringify({ terraform: { required_providers: { docker: PROVIDER } } }),
    );
    const args = ['providers', 'mirror', `-platform=linux_${ARCHITECTURE}`, mirror];
    return (
      (await tryRun(engine, args, { cwd: work, timeoutMs: REGISTRY_DEADLINE_MS, onLine: report })).code === 0
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** @throws {UserError} where this is no system that can deploy */
export function checkSystem({ platform, arch } = process) {
  if (platform === 'linux' && arch in ARCHITECTURES) return;
  throw new UserError(said.otherSystem(`${platform}/${arch}`), said.otherSystemFix);
}

/** Where Terraform looks for the provider by itself: as a program, or packed as its registry gives it. */
export function providerPlaces() {
  const home = join(homedir(), '.terraform.d/plugins', PROVIDER.source);
  const folder = join(home, PROVIDER.version, `linux_${ARCHITECTURE}`);
  return {
    home,
    file: join(folder, `terraform-provider-docker_v${PROVIDER.version}`),
    packed: join(home, `terraform-provider-docker_${PROVIDER.version}_linux_${ARCHITECTURE}.zip`),
  };
}

/**
 * Puts the provider where Terraform looks by itself, without any CLI configuration: from a bundle, or from the registry
 * where that answers, else built from the Go module proxy.
 * @param {string} root @param {string} engine @param {(line: string) => void} report
 * @param {import('./bundle.mjs').BundleContent} [bundle]
 */
export async function ensureProvider(root, engine, report, bundle) {
  const { home, file, packed } = providerPlaces();
  if (existsSync(file) || existsSync(packed)) return { detail: said.found(PROVIDER.version) };
  if (bundle) {
    await bundle.provider({ file, packed });
    return { detail: said.fromBundle(PROVIDER.version) };
  }

  // The mirror is filled elsewhere and moved as a whole: a partial download must not look like a provider.
  const aside = join(root, '.build/provider-mirror');
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { recursive: true });
  report(said.askingRegistry);
  if (await mirrorFromRegistry(engine, aside, report)) {
    mkdirSync(home, { recursive: true });
    renameSync(join(aside, PROVIDER.source, packed.slice(home.length + 1)), packed);
    rmSync(aside, { recursive: true, force: true });
    return { detail: said.fromRegistry(PROVIDER.version) };
  }
  report(said.registrySilent);
  await goBuild(
    {
      module: join(root, 'assets/go/provider'),
      packagePath: 'github.com/terraform-providers/terraform-provider-docker',
      output: file,
      ldflags: `-X main.version=${PROVIDER.version}`,
    },
    (line) => report(`${said.registrySilent}: ${line}`),
  );
  return { detail: said.builtFromSource(PROVIDER.version) };
}
