/** A service as its file describes it, before it is known what becomes of it. */
import type { FileSystem } from '../settings/rules.ts';
import type { ContextBuild } from '../topology/image-source.ts';
import type { ConfigFile, SecretEnvironment, ServiceDefinition } from '../topology/service.ts';
import type { MapNode, Node } from './node.ts';
import type { Reader } from './values.ts';

/** A port that the file publishes. */
export interface PublishedPort {
  readonly node: Node;
  readonly container: number;
  /** Undefined where the file leaves it to Docker. */
  readonly host: number | undefined;
  /** Undefined for all addresses of the host. */
  readonly address: string | undefined;
}

export interface Dependency {
  readonly node: Node;
  readonly service: string;
  readonly condition: 'service_started' | 'service_healthy' | 'service_completed_successfully';
  readonly required: boolean;
}

/** What `x-btcw` says. */
export interface Extension {
  readonly node?: Node;
  readonly routes?: readonly string[];
  readonly port?: number;
  /** Path that answers while it is healthy. */
  readonly health?: string;
  readonly oneOff?: boolean;
  /** Whether a reverse proxy of the file's own stays. */
  readonly keep?: boolean;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export interface Draft {
  /** As the file calls it. */
  readonly name: string;
  readonly node: MapNode;
  /** What goes into the definition as it is. */
  readonly definition: Mutable<Partial<ServiceDefinition>>;
  image?: { readonly node: Node; readonly reference: string };
  build?: ContextBuild;
  ports: PublishedPort[];
  exposed: number[];
  aliases: string[];
  dependencies: Dependency[];
  environment: Mutable<NonNullable<ServiceDefinition['environment']>>;
  secretFiles: ConfigFile[];
  hasHealthcheck: boolean;
  memoryMiB?: number;
  cpus?: number;
  pids?: number;
  extension: Extension;
}

export const emptyDraft = (name: string, node: MapNode): Draft => ({
  ...{ name, node, definition: {}, ports: [], exposed: [], aliases: [], dependencies: [] },
  ...{ environment: {}, secretFiles: [], hasHealthcheck: false, extension: {} },
});

/** Adds to the environment that is in neither plan nor state; later ones win. */
export function addSecrets({ definition }: Draft, ...sources: readonly SecretEnvironment[]): void {
  definition.secretEnvironment = [...(definition.secretEnvironment ?? []), ...sources];
}

/** Whether requests come to it: by its name, or as the file says. */
export const hasRoutes = ({ name, extension }: Draft): boolean =>
  Boolean(extension.routes) || name === 'backend' || name === 'frontend';

/** What reading a service takes beside its node. */
export interface Context {
  readonly reader: Reader;
  readonly files: FileSystem;
  /** The file's own maps, by the names in them. */
  readonly volumes: ReadonlyMap<string, Node>;
  readonly secrets: ReadonlyMap<string, Node>;
  readonly configs: ReadonlyMap<string, Node>;
}

/** Reads one key of a service. */
export type KeyReader = (node: Node, draft: Draft, context: Context) => void;
