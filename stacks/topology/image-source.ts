/** Where an image comes from. Plain data: scripts/images plans tags and builds. */

export type ImageSource =
  /** One that exists somewhere: Docker pulls it where it is missing. @example { reference: 'redis:8.2.1' } */
  | { readonly kind: 'reference'; readonly reference: string }
  | ContextBuild
  /** Built here from this package's own files. */
  | Recipe;

/** A folder of the user's with a Dockerfile. */
export interface ContextBuild {
  readonly kind: 'context';
  /** Absolute path. */
  readonly folder: string;
  /** Path of the Dockerfile, as seen from the folder. @example '../docker/api.Dockerfile' @default 'Dockerfile' */
  readonly dockerfile?: string;
  /** Build arguments: they are no secrets, as the image's history shows them. @default {} */
  readonly args?: Readonly<Record<string, string>>;
  /** Stage of the Dockerfile that is built. @default - its last */
  readonly target?: string;
  /** Files that a RUN line may mount while it runs (RUN --mount=type=secret,id=…). @default [] */
  readonly secrets?: readonly BuildSecret[];
}

/** A file that is there while an image is built, and is in no layer of it. */
export interface BuildSecret {
  readonly id: string;
  /** Absolute path. */
  readonly file: string;
}

export type Recipe = DebianRecipe | DockerfileRecipe;

/** A Debian system out of the distribution's packages, without an image registry. */
export interface DebianRecipe {
  readonly kind: 'debian';
  /** @example 'base', which names the image `btc-watcher/base` */
  readonly name: string;
  /** File with the names of its packages, one a line. */
  readonly packages: string;
  /** Debian's release. @default 'trixie' */
  readonly suite?: string;
}

/** A Dockerfile of this package's, with what is put beside it. Paths begin at the package's folder. */
export interface DockerfileRecipe {
  readonly kind: 'dockerfile';
  /** @example 'nginx', which names the image `btc-watcher/nginx` */
  readonly name: string;
  readonly dockerfile: string;
  /** The image it is built on. */
  readonly from: ImageSource;
  /** Build argument of the Dockerfile that names `from`. @example 'BASE' */
  readonly fromArgument: string;
  /** Build argument that names what `from` itself is built with, for further packages. @default - none */
  readonly packagesArgument?: string;
  /** Files and folders whose content decides the image's tag. */
  readonly sources: readonly string[];
  /** npm workspace whose locked packages decide the tag, too. @default - none */
  readonly packages?: { readonly workspace: string; readonly only?: string };
  /** npm workspace that is built first. @default - none */
  readonly build?: string;
  /** What is put beside the Dockerfile. @default - its own folder is the build context */
  readonly content?: readonly BuildContent[];
}

/** One file or folder of a build context. */
export type BuildContent =
  | { readonly kind: 'copy'; readonly path: string; readonly to: string }
  /** A program built from a Go module. */
  | {
      readonly kind: 'go';
      readonly module: string;
      readonly packagePath: string;
      readonly tags?: string;
      /** A change of our own to one of the modules it is built from. @default - none */
      readonly patch?: { readonly module: string; readonly file: string };
      readonly to: string;
    }
  /** The Node.js binary that an npm package brings. */
  | { readonly kind: 'node'; readonly to: string }
  /** Packages of npm's registry with all that they need; `node@20` is that release for this machine. */
  | { readonly kind: 'npm'; readonly packages: readonly string[]; readonly to: string };

/** A folder with a Dockerfile and all that it needs. @example assetImage('base', { kind: 'reference', reference: 'debian' }) */
export const assetImage = (name: string, from: ImageSource): DockerfileRecipe => ({
  kind: 'dockerfile',
  name,
  dockerfile: `assets/${name}/Dockerfile`,
  from,
  fromArgument: 'BASE',
  sources: [`assets/${name}`],
});

/** The Debian image that all images here are built with, and the name of the one it may itself be built on. */
export function baseImage({ BTCW_BASE_IMAGE }: { readonly BTCW_BASE_IMAGE: string | undefined }): Recipe {
  return BTCW_BASE_IMAGE
    ? assetImage('base', { kind: 'reference', reference: BTCW_BASE_IMAGE })
    : { kind: 'debian', name: 'base', packages: 'assets/base/packages.txt' };
}

/** What the package's own programs run on: of {@link baseImage}, without what installs packages. */
export const runtimeImage = (settings: Parameters<typeof baseImage>[0]): DockerfileRecipe =>
  assetImage('runtime', baseImage(settings));

/** A folder with a Dockerfile that adds packages of Debian's to {@link runtimeImage}. @example debianImage('guard', settings) */
export const debianImage = (name: string, settings: Parameters<typeof baseImage>[0]): DockerfileRecipe => ({
  ...assetImage(name, runtimeImage(settings)),
  packagesArgument: 'DEBIAN',
});

/** The user's image or build context, where one is set. */
export function ownImage(reference: string | undefined, folder?: string): ImageSource | undefined {
  if (reference) return { kind: 'reference', reference };
  return folder ? { kind: 'context', folder } : undefined;
}
