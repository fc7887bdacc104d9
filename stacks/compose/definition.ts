/** From what a file says of a service to what is deployed. */
import { messages } from '../../messages/index.ts';
import { own } from '../settings/own.ts';
import { USUAL_CAPABILITIES } from '../topology/capabilities.ts';
import { anyHttpHealth, NO_HEALTH } from '../topology/health.ts';
import type { ImageSource } from '../topology/image-source.ts';
import { SECRETS_DIR } from '../topology/secrets.ts';
import type { Limits, Port, ServiceDefinition } from '../topology/service.ts';
import type { Draft } from './draft.ts';
import { withEnvironment } from './hidden.ts';
import { healthBuiltIn } from './images.ts';
import type { Report } from './node.ts';
import type { Route } from './routing.ts';

const said = messages.compose.definition;
const { disruption } = messages.topology;

/** For what the file leaves unbounded. */
const MEMORY_MIB = 512;
const PIDS = 256;
/** An image of the user's own may keep uploads there. */
const TMP_MIB = 256;

/** Resource addresses that users' states have. */
const IDS: Readonly<Record<string, string>> = { backend: 'Backend', frontend: 'Frontend' };
const DISRUPTIONS: Readonly<Record<string, string>> = {
  backend: disruption.sockets,
  frontend: disruption.frontend,
};

/** What the other services have decided. */
export interface Placement {
  /** Unique, and one that containers may have. */
  readonly name: string;
  readonly image: ImageSource;
  readonly route: Route | undefined;
  readonly ports: readonly Port[];
  readonly dependsOn: readonly string[];
  readonly oneOff: boolean;
}

function limitsOf(draft: Draft, report: Report): Limits {
  const { memoryMiB = MEMORY_MIB, pids = PIDS, cpus } = draft;
  if (draft.memoryMiB === undefined) {
    report.notice(said.memory(MEMORY_MIB), draft.name);
  }
  return { memoryMiB, pids, ...(cpus !== undefined && { cpus }) };
}

/** The check of the file, else one of the port that nginx uses, else the image's own. */
function healthOf(draft: Draft, { route, oneOff }: Placement): ServiceDefinition['health'] {
  const { health = draft.hasHealthcheck ? undefined : healthBuiltIn(draft), secretEnvironment = [] } =
    draft.definition;
  if (health && !oneOff) return secretEnvironment.length > 0 ? withEnvironment(health) : health;
  if (oneOff) return undefined;
  if (draft.hasHealthcheck) return NO_HEALTH;
  return route && anyHttpHealth(route.port, route.healthPath);
}

const unique = (names: readonly string[]): string[] => [...new Set(names)];

export function definitionOf(draft: Draft, placement: Placement, report: Report): ServiceDefinition {
  const { definition, environment, secretFiles } = draft;
  const { name, image, route, ports, dependsOn, oneOff } = placement;
  const id = own(IDS, name);
  if (!definition.restart && !oneOff) report.notice(said.restart, draft.name);
  return {
    name,
    ...(id && { id }),
    image,
    networks: [
      { network: 'services', aliases: unique([draft.name, ...draft.aliases]) },
      ...(route ? [{ network: 'bridge' }] : []),
    ],
    ports,
    ...(route && { routes: route.paths, healthPath: route.healthPath }),
    readOnlyRoot: false,
    tmpMiB: TMP_MIB,
    capabilities: USUAL_CAPABILITIES,
    ...definition,
    environment,
    health: healthOf(draft, placement),
    limits: limitsOf(draft, report),
    ...(secretFiles.length > 0 && {
      config: {
        path: SECRETS_DIR,
        owner: '0:0',
        // Only its image knows whom it runs as; no other container has the volume.
        secretMode: '0444',
        onChange: 'restart',
        files: secretFiles,
      },
    }),
    dependsOn,
    ...(oneOff && { oneOff }),
    disruption: own(DISRUPTIONS, name) ?? disruption.away(draft.name),
  };
}
