/**
 * Which images a topology needs, and a tag for each that follows from the content it is built from: an image is built
 * when, and only when, its sources change. Reads files, runs nothing.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DockerfileRecipe, ImageSource } from '../../stacks/topology/image-source.ts';
import type { Topology } from '../../stacks/topology/topology.ts';
import { filesBelow } from '../bootstrap/digest.mjs';
import type { Architecture } from '../bootstrap/environment.mjs';
import { GO_BUILD } from '../bootstrap/go.mjs';
import { DEBIAN_OPTIONS, EXPORT_PACKAGES, suiteOf } from './debian.ts';
import { digestFiles, lockedPackages } from './digest.ts';
import { type BuildOptions, PLAIN_BUILDS } from './options.ts';
import { digestOwnBuild, type OwnBuild, readOwnBuild } from './own-build.ts';

const REPOSITORY = 'btc-watcher';

/** Whether an image of a project has a name that is given to those that are built here. */
export const isBuiltName = (reference: string, project: string): boolean =>
  reference.startsWith(`${REPOSITORY}/`) || reference.startsWith(`${project}/`);

/** One image of a deployment. */
export interface PlannedImage {
  /** What the `images` command calls it: the service that runs it, or the image that others are built on. */
  readonly name: string;
  /** @example 'btc-watcher/nginx:1f0c3c2b9a77' */
  readonly reference: string;
  readonly source: ImageSource;
  /** The image it is built on. @default - none */
  readonly from?: PlannedImage;
  /** Where foreign images are asked for. @default - none is, for it or for what it is built on */
  readonly mirrors?: readonly string[];
  /** What is known of the build of a user's own Dockerfile. @default - it is none */
  readonly ownBuild?: OwnBuild;
  /** @default - this machine's */
  readonly architecture?: Architecture;
  /** As {@link name}, where it is built here; undefined for one that Docker pulls where it is missing. */
  readonly buildName?: string;
}

/** An image for machines of another architecture, and all that it is built on. This machine has to run their programs. */
export function forArchitecture(image: PlannedImage, architecture: Architecture): PlannedImage {
  return {
    ...image,
    architecture,
    reference: `${image.reference}-${architecture}`,
    ...(image.from && { from: forArchitecture(image.from, architecture) }),
  };
}

export interface PlannedImages {
  /** What they were renewed as. @default - they never were */
  readonly edition?: string;
  /** The image of each service, by the service's name. */
  readonly byService: ReadonlyMap<string, PlannedImage>;
  /** Every image that has to be there, each after the one it is built on. */
  readonly all: readonly PlannedImage[];
}

/** Images in the order they are built: what each is built on comes before it. */
export function withBaseImages(images: Iterable<PlannedImage>): PlannedImage[] {
  const ordered = new Map<string, PlannedImage>();
  const add = (image: PlannedImage) => {
    if (image.from) add(image.from);
    for (const standIn of image.ownBuild?.standIns.values() ?? []) add(standIn);
    if (!ordered.has(image.reference)) ordered.set(image.reference, image);
  };
  for (const image of images) add(image);
  return [...ordered.values()];
}

/** @param packageFolder folder of this package */
export function planImages(
  topology: Topology,
  packageFolder: string,
  options: BuildOptions = PLAIN_BUILDS,
): PlannedImages {
  const sources = (paths: readonly string[]) =>
    paths.flatMap((path) => filesBelow(join(packageFolder, path)));
  const digest = (paths: readonly string[], extra: readonly string[] = []) =>
    digestFiles(packageFolder, sources(paths), extra);
  const edition = options.edition ? [options.edition] : [];
  let lock: string | undefined;
  const packagesOf = ({ packages }: DockerfileRecipe): string[] => {
    if (!packages) return [];
    lock ??= readFileSync(join(packageFolder, 'package-lock.json'), 'utf8');
    return lockedPackages(lock, packages.workspace).filter((line) => line.startsWith(packages.only ?? ''));
  };

  const planDockerfile = (name: string, recipe: DockerfileRecipe): PlannedImage => {
    const { from } = recipe;
    const base = plan(from.kind === 'debian' || from.kind === 'dockerfile' ? from.name : name, from);
    const { sources, ...how } = recipe;
    const tag = digest(sources, [
      ...[base.reference, JSON.stringify([how, GO_BUILD]), ...packagesOf(recipe)],
      // What is made here has it in its tag.
      ...(from.kind === 'reference' ? edition : []),
    ]);
    return {
      name,
      buildName: name,
      reference: `${REPOSITORY}/${recipe.name}:${tag}`,
      source: recipe,
      // A foreign image to build on is pulled by the build.
      ...(from.kind === 'reference' ? { mirrors: options.mirrors } : { from: base }),
    };
  };
  const plan = (name: string, source: ImageSource): PlannedImage => {
    switch (source.kind) {
      case 'reference':
        return { name, reference: source.reference, source, mirrors: options.mirrors };
      case 'context': {
        const ownBuild = readOwnBuild(source, options, (recipe) => planDockerfile(recipe.name, recipe));
        const reference = `${topology.project}/${name}:${digestOwnBuild(ownBuild)}`;
        return { name, buildName: name, reference, source, ownBuild };
      }
      case 'debian': {
        const tag = digest(
          [source.packages, EXPORT_PACKAGES],
          [suiteOf(source), ...DEBIAN_OPTIONS, ...edition],
        );
        return { name, buildName: name, reference: `${REPOSITORY}/${source.name}:${tag}`, source };
      }
      case 'dockerfile':
        return planDockerfile(name, source);
    }
  };
  // Services of one source run one image, which has the name of the first.
  const bySource = new Map<string, PlannedImage>();
  const planOnce = (name: string, source: ImageSource): PlannedImage => {
    const key = JSON.stringify(source);
    const image = bySource.get(key) ?? plan(name, source);
    bySource.set(key, image);
    return image;
  };
  const byService = new Map(topology.services.map(({ name, image }) => [name, planOnce(name, image)]));
  const all = withBaseImages(byService.values());
  return { byService, all, ...(options.edition && { edition: options.edition }) };
}
