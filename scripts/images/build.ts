/** Builds the images that are missing. Needs no image registry: the base comes from Debian's packages. */
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import type { DebianRecipe, DockerfileRecipe } from '../../stacks/topology/image-source.ts';
import { PACKAGES_LABEL } from '../../stacks/topology/labels.ts';
import { ARCHITECTURE } from '../bootstrap/environment.mjs';
import { ensureWorkspace, NPM_FLAGS } from '../bootstrap/packages.mjs';
import { installProgram, isRoot, onPath } from '../bootstrap/step.mjs';
import { docker } from '../docker/client.ts';
import { inspect } from '../docker/inspect.ts';
import { step } from '../lib/live.ts';
import { folderForRoot } from '../lib/mounts.ts';
import { paint } from '../lib/report.ts';
import { ensureForeignImages, rememberForeignImages } from './bases.ts';
import { addContent } from './content.ts';
import { clutterNotice } from './context.ts';
import { DEBIAN_OPTIONS, debianMirror, EXPORT_PACKAGES, hostSources, sourcesFor, suiteOf } from './debian.ts';
import { withLock } from './lock.ts';
import { type OwnBuild, ownBuildProblems, shownPath } from './own-build.ts';
import { hasBuildKit, runOwnBuild } from './own-builder.ts';
import type { PlannedImage } from './plan.ts';
import { BUILD_DEADLINE_MS, type Progress, run } from './run.ts';

const said = messages.images.build;

const root = process.cwd();
const WORK = join(root, '.build/images');
/** The name an image was built under: one that was tagged by hand has another's. */
const REFERENCE_LABEL = 'btc-watcher.reference';

export interface BuildImagesOptions {
  /** Build and fetch all anew, with nothing from a cache. @default false: what is missing */
  readonly renew?: boolean;
}

/** What it was built as, and how old it is: as old as what it is built on. */
async function labelsOf({ reference, from }: PlannedImage): Promise<Record<string, string>> {
  const [base] = from ? await inspect('image', [from.reference]) : [];
  return {
    [REFERENCE_LABEL]: reference,
    [PACKAGES_LABEL]: base?.Config.Labels?.[PACKAGES_LABEL] ?? new Date().toISOString(),
  };
}

/** For the engine and the builder, where it is not this machine's. */
const platformOf = ({ architecture }: PlannedImage): string[] =>
  architecture ? ['--platform', `linux/${architecture}`] : [];

async function buildDebian(image: PlannedImage, recipe: DebianRecipe, progress: Progress) {
  const suite = suiteOf(recipe);
  const programs = isRoot() ? (['mmdebstrap'] as const) : (['mmdebstrap', 'newuidmap'] as const);
  for (const program of programs) {
    if (!(await onPath(program))) await installProgram(program, program, progress);
  }
  const packages = readFileSync(join(root, recipe.packages), 'utf8').trim().split('\n');
  const sources = sourcesFor(suite, debianMirror(hostSources()));
  const archive = join(WORK, `${recipe.name}.tar`);
  mkdirSync(WORK, { recursive: true });
  await run(
    said.baseImage,
    'mmdebstrap',
    [
      ...DEBIAN_OPTIONS,
      ...(image.architecture ? [`--architectures=${image.architecture}`] : []),
      `--customize-hook=copy-in ${EXPORT_PACKAGES} /usr/local/sbin`,
      `--include=${packages.join(',')}`,
      suite,
      archive,
      ...sources,
    ],
    progress,
    { fix: said.baseImageFix, env: { TMPDIR: folderForRoot([...new Set([tmpdir(), '/tmp', '/var/tmp'])]) } },
  );
  await docker(
    [
      'import',
      ...platformOf(image),
      ...Object.entries(await labelsOf(image)).flatMap(([name, value]) => [
        '--change',
        `LABEL ${name}=${value}`,
      ]),
      ...[archive, image.reference],
    ],
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
  { renew = false }: BuildImagesOptions,
  progress: Progress,
) {
  const buildArgs = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  const labels = Object.entries(await labelsOf(image)).flatMap(([name, value]) => [
    '--label',
    `${name}=${value}`,
  ]);
  await run(
    said.building(image.reference),
    'docker',
    [
      'build',
      ...platformOf(image),
      '-t',
      image.reference,
      ...(renew ? ['--no-cache'] : []),
      ...labels,
      ...buildArgs,
      folder,
    ],
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

async function buildDockerfile(
  image: PlannedImage,
  recipe: DockerfileRecipe,
  options: BuildImagesOptions,
  progress: Progress,
) {
  const { content, dockerfile, from, fromArgument, packagesArgument } = recipe;
  if (recipe.build) {
    await ensureWorkspace(root, recipe.build, progress);
    const args = ['run', 'build', '-w', recipe.build, ...NPM_FLAGS];
    await run(`Building ${recipe.build}`, 'npm', args, progress);
  }
  const reference = image.from?.reference ?? (from.kind === 'reference' ? from.reference : '');
  const args = {
    [fromArgument]: reference,
    ...(packagesArgument && { [packagesArgument]: image.from?.from?.reference ?? '' }),
  };
  if (!content) return dockerBuild(image, join(root, dirname(dockerfile)), args, options, progress);
  const folder = contextFolder(recipe.name);
  cpSync(join(root, dockerfile), join(folder, 'Dockerfile'));
  for (const part of content) await addContent(part, folder, image.architecture ?? ARCHITECTURE, progress);
  await dockerBuild(image, folder, args, options, progress);
}

/** @param names other names of images that own Dockerfiles begin with */
async function build(
  image: PlannedImage,
  names: ReadonlyMap<string, string>,
  options: BuildImagesOptions,
  progress: Progress,
) {
  const { source } = image;
  switch (source.kind) {
    case 'debian':
      return buildDebian(image, source, progress);
    case 'dockerfile':
      return buildDockerfile(image, source, options, progress);
    case 'context': {
      if (!image.ownBuild) throw new Error(`The build of "${image.name}" was not read.`);
      const label = ['-t', image.reference, '--label', `${REFERENCE_LABEL}=${image.reference}`];
      const cache = options.renew ? ['--no-cache'] : [];
      return runOwnBuild(image.ownBuild, names, WORK, [...label, ...cache], progress);
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

/** Brings and builds images, in order, and shows it. */
async function buildAll(images: readonly PlannedImage[], options: BuildImagesOptions): Promise<void> {
  await checkOwnBuilds(images.flatMap(({ ownBuild }) => ownBuild ?? []));
  const names = await ensureForeignImages(images, options.renew);
  for (const image of images.filter(built)) {
    await step(said.image(image.name), async (note) => {
      await build(image, names, options, note);
      return said.built;
    });
  }
}

/**
 * Brings and builds those of the images that are missing, or all of them. One process at a time does. Where that fails
 * the names of images that were fetched are those of the earlier ones again.
 */
export async function ensureImages(
  images: readonly PlannedImage[],
  options: BuildImagesOptions = {},
): Promise<void> {
  const { renew = false } = options;
  if (!renew && (await missingImages(images)).length === 0) return;
  // What goes into an image is read there by other users.
  const before = process.umask(0o022);
  mkdirSync(WORK, { recursive: true });
  await withLock(join(WORK, '.lock'), async () => {
    if (!renew) {
      // Another process may have built some of them meanwhile.
      await buildAll(await missingImages(images), options);
      return;
    }
    const putBack = await rememberForeignImages(images);
    try {
      await buildAll(images, options);
    } catch (error) {
      await putBack();
      throw error;
    }
  }).finally(() => process.umask(before));
}
