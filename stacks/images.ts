/**
 * Which images a deployment needs, and a tag for each that follows from the content it is built from: an image is
 * built when, and only when, its sources change. Reads files, runs nothing.
 */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import dockerignore from '@balena/dockerignore';
import type { Settings } from './settings.ts';

export const IMAGE_KEYS = ['base', 'nginx', 'frpc', 'frps', 'backend', 'frontend', 'guard'] as const;
export type ImageKey = (typeof IMAGE_KEYS)[number];

/** One image of the deployment. */
export interface PlannedImage {
  readonly key: ImageKey;
  /** @example 'btc-watcher/nginx:1f0c3c2b9a77' */
  readonly reference: string;
  /** How it is built here; undefined for an image the user named, which Docker pulls where it is missing. */
  readonly recipe?: Recipe;
}

export type Recipe =
  | { readonly kind: 'debootstrap' }
  | { readonly kind: 'assets'; readonly from: PlannedImage }
  | { readonly kind: 'vite'; readonly from: PlannedImage }
  | { readonly kind: 'context'; readonly folder: string };

export type PlannedImages = Readonly<Record<ImageKey, PlannedImage>>;

const REPOSITORY = 'btc-watcher';
const TAG_LENGTH = 12;
/** What the images of the two reference applications are built from; their tests are not among it. */
const APP_SOURCES = {
  backend: ['src', 'package.json', 'build.mjs', 'Dockerfile'],
  frontend: ['src', 'public', 'index.html', 'package.json', 'vite.config.ts', 'nginx.conf', 'Dockerfile'],
} as const;

/** All files at or below a path, sorted. */
function filesBelow(path: string): string[] {
  if (!lstatSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

function digestFiles(root: string, files: readonly string[], extra: readonly string[] = []): string {
  const hash = createHash('sha256');
  for (const file of files) {
    const stats = lstatSync(file);
    const content = stats.isSymbolicLink() ? readlinkSync(file) : readFileSync(file);
    hash
      .update(`${relative(root, file)}\0${stats.mode & 0o111 ? 'x' : '-'}\0${content.length}\0`)
      .update(content);
  }
  for (const text of extra) hash.update(`\0${text}`);
  return hash.digest('hex').slice(0, TAG_LENGTH);
}

interface LockEntry {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

/** The lock file's entries that a workspace's build can reach, one line each: other packages do not rebuild it. */
function lockedPackages(lockText: string, workspace: string): string[] {
  const packages = (JSON.parse(lockText) as { packages: Record<string, LockEntry> }).packages;
  const reached = new Map<string, string>();
  const visit = (path: string) => {
    const entry = packages[path];
    if (!entry || reached.has(path)) return;
    reached.set(path, `${path} ${entry.version ?? ''} ${entry.integrity ?? ''}`);
    const needs = {
      ...entry.dependencies,
      ...entry.optionalDependencies,
      ...(path === workspace && entry.devDependencies),
    };
    for (const name of Object.keys(needs)) {
      // Node's own lookup: the nearest node_modules on the way up.
      let from = path;
      while (!packages[join(from, 'node_modules', name)] && from !== '') {
        from = from.includes('/') ? from.slice(0, from.lastIndexOf('/')) : '';
      }
      visit(join(from, 'node_modules', name));
    }
  };
  visit(workspace);
  return [...reached.values()].sort();
}

/** The files of a build context as Docker sends them: without what .dockerignore leaves out. */
export function contextFiles(folder: string): string[] {
  const ignore = dockerignore({ ignorecase: false });
  try {
    ignore.add(readFileSync(join(folder, '.dockerignore'), 'utf8'));
  } catch {
    // No .dockerignore: everything is sent.
  }
  const walk = (path: string): string[] =>
    readdirSync(path, { withFileTypes: true })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const file = join(path, entry.name);
        return entry.isDirectory() ? walk(file) : [file];
      });
  return walk(folder).filter((file) => !ignore.ignores(relative(folder, file)));
}

/**
 * Plans the images of a deployment.
 * @param root folder of this package
 */
export function planImages(settings: Settings, root: string): PlannedImages {
  const sources = (...paths: string[]) => paths.flatMap((path) => filesBelow(join(root, path)));
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');

  const own = (key: ImageKey, reference: string | undefined): PlannedImage | undefined =>
    reference ? { key, reference } : undefined;
  const ownContext = (key: ImageKey, folder: string | undefined): PlannedImage | undefined =>
    folder
      ? {
          key,
          reference: `${settings.BTCW_PROJECT}/${key}:${digestFiles(folder, contextFiles(folder))}`,
          recipe: { kind: 'context', folder },
        }
      : undefined;
  const built = (key: ImageKey, from: PlannedImage, paths: string[], extra: string[] = []): PlannedImage => ({
    key,
    reference: `${REPOSITORY}/${key}:${digestFiles(root, sources(...paths), [from.reference, ...extra])}`,
    recipe: { kind: 'assets', from },
  });

  // Only the programs are in this image: the sources and packages it serves are mounted.
  const vite = (): PlannedImage => {
    const node = lockedPackages(lock, 'assets/backend').filter((line) =>
      line.startsWith('node_modules/node-linux-'),
    );
    const digest = digestFiles(root, sources('assets/frontend/Dockerfile.dev'), [base.reference, ...node]);
    return {
      key: 'frontend',
      reference: `${REPOSITORY}/frontend-dev:${digest}`,
      recipe: { kind: 'vite', from: base },
    };
  };
  const app = (key: 'backend' | 'frontend', from: PlannedImage) =>
    built(
      key,
      from,
      APP_SOURCES[key].map((path) => `assets/${key}/${path}`),
      lockedPackages(lock, `assets/${key}`),
    );

  const named = own('base', settings.BTCW_BASE_IMAGE);
  const base: PlannedImage = named
    ? built('base', named, ['assets/base'])
    : {
        key: 'base',
        reference: `${REPOSITORY}/base:${digestFiles(root, sources('assets/base/packages.txt'))}`,
        recipe: { kind: 'debootstrap' },
      };
  const nginx = own('nginx', settings.BTCW_NGINX_IMAGE) ?? built('nginx', base, ['assets/nginx']);
  // The reference frontend is served by the nginx built here, whatever the gateway runs.
  const servesFiles = built('nginx', base, ['assets/nginx']);
  const logrun = ['go.mod', 'main.go', 'file.go'].map((name) => `assets/go/logrun/${name}`);
  return {
    base,
    nginx,
    frpc:
      own('frpc', settings.BTCW_FRPC_IMAGE) ??
      built('frpc', base, ['assets/frp/Dockerfile.frpc', 'assets/go/frp', ...logrun]),
    frps: built('frps', base, ['assets/frp/Dockerfile.frps', 'assets/go/frp']),
    backend:
      own('backend', settings.BTCW_BACKEND_IMAGE) ??
      ownContext('backend', settings.BTCW_BACKEND_CONTEXT) ??
      app('backend', base),
    frontend:
      own('frontend', settings.BTCW_FRONTEND_IMAGE) ??
      ownContext('frontend', settings.BTCW_FRONTEND_CONTEXT) ??
      (settings.BTCW_FRONTEND_MODE === 'dev' ? vite() : app('frontend', servesFiles)),
    guard: built('guard', base, ['assets/guard']),
  };
}

/** Images in the order they are built: what each is built on comes before it. */
export function withBases(images: readonly PlannedImage[]): PlannedImage[] {
  const ordered = new Map<string, PlannedImage>();
  const add = (image: PlannedImage) => {
    if (image.recipe && 'from' in image.recipe) add(image.recipe.from);
    ordered.set(image.reference, image);
  };
  for (const image of images) add(image);
  return [...ordered.values()];
}

/** The images a deployment's containers run, with those they are built on before them. */
export function neededImages(images: PlannedImages, settings: Settings): PlannedImage[] {
  const { nginx, backend, frontend, frpc, frps, guard } = images;
  return withBases([
    ...[nginx, backend, frontend, frpc],
    ...(settings.BTCW_FRP_SERVER_ADDR ? [] : [frps]),
    ...(settings.BTCW_GUARD === 'on' ? [guard] : []),
  ]);
}
