/** Builds the images that are missing. Needs no image registry: the base comes from Debian's packages. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { UserError } from '../../stacks/errors.ts';
import type { PlannedImage } from '../../stacks/images.ts';
import { goBuild } from '../bootstrap/go.mjs';
import { aptInstall, isRoot, onPath, PACKAGES } from '../bootstrap/step.mjs';
import { docker, programFailed, tryDocker } from './programs.ts';
import { root } from './project.ts';

const BUILD_DEADLINE_MS = 15 * 60_000;
const SUITE = 'trixie';
const WORK = join(root, '.build/images');
/** The name an image was built under: one that was tagged by hand has another's. */
const REFERENCE_LABEL = 'btc-watcher.reference';

/** Takes each line a build prints. */
export type Progress = (line: string) => void;

async function run(what: string, command: string, args: readonly string[], progress: Progress, fix?: string) {
  const child = execa(command, args, { cwd: root, all: true, timeout: BUILD_DEADLINE_MS });
  child.all.on('data', (chunk: Buffer) => progress(chunk.toString()));
  try {
    await child;
  } catch (error) {
    throw programFailed(what, error, fix);
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

async function buildBase(image: PlannedImage, progress: Progress) {
  const programs = isRoot() ? (['mmdebstrap'] as const) : (['mmdebstrap', 'newuidmap'] as const);
  for (const program of programs) {
    if (!(await onPath(program))) await aptInstall(PACKAGES[program], program, progress);
  }
  const packages = readFileSync(join(root, 'assets/base/packages.txt'), 'utf8').trim().split('\n');
  const mirror = debianMirror(hostSources());
  const sources = mirror
    ? [
        `deb ${mirror} ${SUITE} main`,
        `deb ${mirror} ${SUITE}-updates main`,
        `deb ${mirror}-security ${SUITE}-security main`,
      ]
    : [];
  const archive = join(WORK, 'base.tar');
  mkdirSync(WORK, { recursive: true });
  const lean = ['man', 'doc', 'locale', 'info'].map((part) => `--dpkgopt=path-exclude=/usr/share/${part}/*`);
  await run(
    'Making the Debian base image',
    'mmdebstrap',
    ['--variant=minbase', `--include=${packages.join(',')}`, ...lean, SUITE, archive, ...sources],
    progress,
    'mend what it reports, or where Docker Hub or a mirror of it answers: set BTCW_BASE_IMAGE=debian:13-slim',
  );
  await docker(
    ['import', '--change', `LABEL ${REFERENCE_LABEL}=${image.reference}`, archive, image.reference],
    {
      what: 'Importing the base image',
      timeout: BUILD_DEADLINE_MS,
    },
  );
  rmSync(archive);
}

async function dockerBuild(
  image: PlannedImage,
  folder: string,
  args: Record<string, string>,
  progress: Progress,
) {
  const buildArgs = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  await run(
    `Building ${image.reference}`,
    'docker',
    [
      'build',
      '-t',
      image.reference,
      '--label',
      `${REFERENCE_LABEL}=${image.reference}`,
      ...buildArgs,
      folder,
    ],
    progress,
  );
}

/** An empty folder that becomes the build context of an image. */
function contextFolder(key: string): string {
  const folder = join(WORK, key);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Node's own binary, as an npm package brings it: the images' apps run a current release. */
function nodeBinary(): string {
  const path = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin/node');
  if (existsSync(path)) return path;
  throw new UserError(`${dirname(dirname(path))} is missing.`, 'npm run up');
}

const assemblers: Record<string, (image: PlannedImage, base: string, progress: Progress) => Promise<void>> = {
  base: async (image, base, progress) => {
    await dockerBuild(image, join(root, 'assets/base'), { BASE: base }, progress);
  },
  nginx: async (image, base, progress) => {
    await dockerBuild(image, join(root, 'assets/nginx'), { BASE: base }, progress);
  },
  guard: async (image, base, progress) => {
    await dockerBuild(image, join(root, 'assets/guard'), { BASE: base }, progress);
  },
  frp: async (image, base, progress) => {
    const folder = contextFolder(image.key);
    cpSync(join(root, `assets/frp/Dockerfile.${image.key}`), join(folder, 'Dockerfile'));
    await goBuild(
      {
        module: join(root, 'assets/go/frp'),
        packagePath: `github.com/fatedier/frp/cmd/${image.key}`,
        output: join(folder, image.key),
        tags: image.key,
      },
      progress,
    );
    if (image.key === 'frpc') {
      await goBuild(
        { module: join(root, 'assets/go/logrun'), packagePath: '.', output: join(folder, 'logrun') },
        progress,
      );
    }
    await dockerBuild(image, folder, { BASE: base }, progress);
  },
  backend: async (image, base, progress) => {
    await run('Building the backend', 'npm', ['run', 'build', '-w', 'assets/backend'], progress);
    const folder = contextFolder(image.key);
    cpSync(join(root, 'assets/backend/Dockerfile'), join(folder, 'Dockerfile'));
    cpSync(join(root, 'assets/backend/dist'), folder, { recursive: true });
    cpSync(nodeBinary(), join(folder, 'node'));
    await dockerBuild(image, folder, { BASE: base }, progress);
  },
  frontend: async (image, base, progress) => {
    await run('Building the frontend', 'npm', ['run', 'build', '-w', 'assets/frontend'], progress);
    const folder = contextFolder(image.key);
    for (const name of ['Dockerfile', 'nginx.conf', 'dist']) {
      cpSync(join(root, 'assets/frontend', name), join(folder, name), { recursive: true });
    }
    await dockerBuild(image, folder, { NGINX: base }, progress);
  },
};

/** Vite's dev server: its sources and packages are mounted when it runs. */
async function buildVite(image: PlannedImage, base: string, progress: Progress) {
  const folder = contextFolder('frontend-dev');
  cpSync(join(root, 'assets/frontend/Dockerfile.dev'), join(folder, 'Dockerfile'));
  cpSync(nodeBinary(), join(folder, 'node'));
  await dockerBuild(image, folder, { BASE: base }, progress);
}

async function build(image: PlannedImage, progress: Progress) {
  const { recipe } = image;
  if (recipe?.kind === 'debootstrap') return buildBase(image, progress);
  if (recipe?.kind === 'context') return dockerBuild(image, recipe.folder, {}, progress);
  if (recipe?.kind === 'vite') return buildVite(image, recipe.from.reference, progress);
  if (recipe?.kind === 'assets') {
    const assemble = assemblers[image.key === 'frpc' || image.key === 'frps' ? 'frp' : image.key];
    return assemble?.(image, recipe.from.reference, progress);
  }
}

/** Which of the images Docker has not got, or has another image's content under the name of. */
export async function missingImages(images: readonly PlannedImage[]): Promise<PlannedImage[]> {
  const { stdout } = await tryDocker(['image', 'inspect', ...images.map((image) => image.reference)]);
  const present = JSON.parse(String(stdout) || '[]') as {
    RepoTags: string[] | null;
    Config: { Labels: Record<string, string> | null };
  }[];
  return images.filter(({ reference, recipe }) => {
    const found = present.find(({ RepoTags }) => RepoTags?.includes(reference));
    return !found || (recipe && found.Config.Labels?.[REFERENCE_LABEL] !== reference);
  });
}

/**
 * Builds the images that are missing, in order; those the user named are pulled by the provider.
 * @param around runs one build, and shows it
 */
export async function ensureImages(
  images: readonly PlannedImage[],
  around: (title: string, work: (progress: Progress) => Promise<void>) => Promise<void>,
): Promise<void> {
  for (const image of await missingImages(images)) {
    if (image.recipe) await around(`Image ${image.key}`, (progress) => build(image, progress));
  }
}
