/** Builds the images that are missing. Needs no image registry: the base comes from Debian's packages. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import type { BuildContent, DebianRecipe, DockerfileRecipe } from '../../stacks/topology/image-source.ts';
import { goBuild } from '../bootstrap/go.mjs';
import { ensureWorkspace, NPM_FLAGS } from '../bootstrap/packages.mjs';
import { installProgram, isRoot, onPath } from '../bootstrap/step.mjs';
import { docker } from '../docker/client.ts';
import { inspect } from '../docker/inspect.ts';
import { execa } from '../lib/execa.ts';
import { step } from '../lib/live.ts';
import { folderForRoot } from '../lib/mounts.ts';
import { commandError } from '../lib/programs.ts';
import { paint } from '../lib/report.ts';
import { ensureForeignImages } from './bases.ts';
import { clutterNotice } from './context.ts';
import { withLock } from './lock.ts';
import { type OwnBuild, ownBuildProblems, shownPath } from './own-build.ts';
import { hasBuildKit, runOwnBuild } from './own-builder.ts';
import type { PlannedImage } from './plan.ts';

const said = messages.images.build;

const BUILD_DEADLINE_MS = 15 * 60_000;
const NEWEST_SUITE = 'trixie';
const root = process.cwd();
const WORK = join(root, '.build/images');
/** The name an image was built under: one that was tagged by hand has another's. */
const REFERENCE_LABEL = 'btc-watcher.reference';

/** Gets each line that a build prints. */
type Progress = (line: string) => void;

async function run(
  what: string,
  command: string,
  args: readonly string[],
  progress: Progress,
  { fix, env = {} }: { readonly fix?: string; readonly env?: Readonly<Record<string, string>> } = {},
) {
  const child = execa(command, args, { cwd: root, all: true, timeout: BUILD_DEADLINE_MS, env });
  child.all.on('data', (chunk: Buffer) => progress(chunk.toString()));
  try {
    await child;
  } catch (error) {
    throw commandError(what, error, fix);
  }
}

/** The host's own Debian mirror, which is likely the near one; undefined where the host is no Debian. */
export function debianMirror(sources: string): string | undefined {
  const uris = /^(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+(\S+\/debian)\/?(?:\s|$)/m.exec(sources);
  return uris?.[1];
}

function hostSources(): string {
  const files = ['/etc/apt/sources.list', '/etc/apt/sources.list.d/debian.sources'];
  return files.map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : '')).join('\n');
}

async function buildDebian(image: PlannedImage, recipe: DebianRecipe, progress: Progress) {
  const { suite = NEWEST_SUITE } = recipe;
  const programs = isRoot() ? (['mmdebstrap'] as const) : (['mmdebstrap', 'newuidmap'] as const);
  for (const program of programs) {
    if (!(await onPath(program))) await installProgram(program, program, progress);
  }
  const packages = readFileSync(join(root, recipe.packages), 'utf8').trim().split('\n');
  const mirror = debianMirror(hostSources());
  const sources = mirror
    ? [
        `deb ${mirror} ${suite} main`,
        `deb ${mirror} ${suite}-updates main`,
        `deb ${mirror}-security ${suite}-security main`,
      ]
    : [];
  const archive = join(WORK, `${recipe.name}.tar`);
  mkdirSync(WORK, { recursive: true });
  const lean = ['man', 'doc', 'locale', 'info'].map((part) => `--dpkgopt=path-exclude=/usr/share/${part}/*`);
  await run(
    said.baseImage,
    'mmdebstrap',
    ['--variant=minbase', `--include=${packages.join(',')}`, ...lean, suite, archive, ...sources],
    progress,
    { fix: said.baseImageFix, env: { TMPDIR: folderForRoot([...new Set([tmpdir(), '/tmp', '/var/tmp'])]) } },
  );
  await docker(
    ['import', '--change', `LABEL ${REFERENCE_LABEL}=${image.reference}`, archive, image.reference],
    {
      what: said.importing,
      timeout: BUILD_DEADLINE_MS,
    },
  );
  rmSync(archive, { force: true });
}

async function dockerBuild(
  image: PlannedImage,
  folder: string,
  args: Record<string, string>,
  progress: Progress,
) {
  const buildArgs = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  const label = ['--label', `${REFERENCE_LABEL}=${image.reference}`];
  await run(
    said.building(image.reference),
    'docker',
    ['build', '-t', image.reference, ...label, ...buildArgs, folder],
    progress,
  );
}

/** An empty folder that becomes the build context of an image. */
function contextFolder(name: string): string {
  const folder = join(WORK, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Node's own binary, as an npm package brings it: the images' apps run a current release. */
async function nodeBinary(progress: Progress): Promise<string> {
  await ensureWorkspace(root, 'assets/backend', progress);
  return join(root, 'node_modules', `node-linux-${process.arch}`, 'bin/node');
}

/** Puts one thing into a build context. */
async function addContent(content: BuildContent, folder: string, progress: Progress) {
  const target = join(folder, content.to);
  switch (content.kind) {
    case 'copy':
      return cpSync(join(root, content.path), target, { recursive: true });
    case 'node':
      return cpSync(await nodeBinary(progress), target);
    case 'npm': {
      const packages = content.packages.map((name) => name.replace(/^node@/, `node-linux-${process.arch}@`));
      const options = ['--no-save', '--no-package-lock', ...NPM_FLAGS, '--omit=dev', '--prefix', target];
      return run(said.nodeJs, 'npm', ['install', ...options, ...packages], progress);
    }
    case 'go': {
      const { module, packagePath, tags, patch } = content;
      return goBuild(
        {
          module: join(root, module),
          packagePath,
          output: target,
          ...(tags && { tags }),
          ...(patch && { patch: { ...patch, file: join(root, patch.file) } }),
        },
        progress,
      );
    }
  }
}

async function buildDockerfile(image: PlannedImage, recipe: DockerfileRecipe, progress: Progress) {
  const { content, dockerfile, from, fromArgument } = recipe;
  if (recipe.build) {
    await ensureWorkspace(root, recipe.build, progress);
    await run(`Building ${recipe.build}`, 'npm', ['run', 'build', '-w', recipe.build], progress);
  }
  const reference = image.from?.reference ?? (from.kind === 'reference' ? from.reference : '');
  const args = { [fromArgument]: reference };
  if (!content) return dockerBuild(image, join(root, dirname(dockerfile)), args, progress);
  const folder = contextFolder(recipe.name);
  cpSync(join(root, dockerfile), join(folder, 'Dockerfile'));
  for (const part of content) await addContent(part, folder, progress);
  await dockerBuild(image, folder, args, progress);
}

/** @param names other names of images that own Dockerfiles begin with */
async function build(image: PlannedImage, names: ReadonlyMap<string, string>, progress: Progress) {
  const { source } = image;
  switch (source.kind) {
    case 'debian':
      return buildDebian(image, source, progress);
    case 'dockerfile':
      return buildDockerfile(image, source, progress);
    case 'context': {
      if (!image.ownBuild) throw new Error(`The build of "${image.name}" was not read.`);
      const options = ['-t', image.reference, '--label', `${REFERENCE_LABEL}=${image.reference}`];
      return runOwnBuild(image.ownBuild, names, WORK, options, progress);
    }
    case 'reference':
      // The provider pulls it.
      return;
  }
}

/** A reference as the engine writes it. @example tagOf('docker.io/library/redis') // 'redis:latest' */
export function tagOf(reference: string): string {
  const short = reference
    .replace(/^(docker\.io|index\.docker\.io)\//, '')
    .replace(/^library\/(?=[^/]+$)/, '');
  return /[:@][^/]*$/.test(short) ? short : `${short}:latest`;
}

/** Which of the images Docker has not got, or has another image's content under the name of. */
export async function missingImages(images: readonly PlannedImage[]): Promise<PlannedImage[]> {
  const references = images.map(({ reference }) => reference);
  const present = await inspect('image', references);
  return images.filter(({ reference, buildName }) => {
    const name = tagOf(reference);
    const found = present.find(
      ({ RepoTags, RepoDigests }) => RepoTags?.includes(name) || RepoDigests?.includes(name),
    );
    return !found || (buildName && found.Config.Labels?.[REFERENCE_LABEL] !== reference);
  });
}

/**
 * Tells what is to be known before own Dockerfiles are built.
 * @throws {UserError} naming everything that keeps them from being built
 */
async function checkOwnBuilds(builds: readonly OwnBuild[]): Promise<void> {
  const canBuildKit = builds.length === 0 || (await hasBuildKit());
  const problems = builds.flatMap((ownBuild) => ownBuildProblems(ownBuild, canBuildKit));
  if (problems.length > 0) throw new UserError(problems.join('\n'));
  for (const { source, files, differences } of builds) {
    const clutter = clutterNotice(shownPath(source.folder), source.folder, files.clutter);
    for (const notice of [...differences, ...(clutter ? [clutter] : [])])
      console.error(`${paint('yellow', '!')} ${notice}`);
  }
}

const built = ({ buildName }: PlannedImage): boolean => buildName !== undefined;

/** Brings and builds those of the images that are missing, in order, and shows it. One process at a time does. */
export async function ensureImages(images: readonly PlannedImage[]): Promise<void> {
  if ((await missingImages(images)).length === 0) return;
  // What goes into an image is read there by other users.
  const before = process.umask(0o022);
  mkdirSync(WORK, { recursive: true });
  await withLock(join(WORK, '.lock'), async () => {
    // Another process may have built some of them meanwhile.
    const missing = await missingImages(images);
    await checkOwnBuilds(missing.flatMap(({ ownBuild }) => ownBuild ?? []));
    const names = await ensureForeignImages(missing);
    for (const image of missing.filter(built)) {
      await step(said.image(image.name), async (note) => {
        await build(image, names, note);
        return said.built;
      });
    }
  }).finally(() => process.umask(before));
}
