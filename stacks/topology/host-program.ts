/** A program that runs on the host and not in a container, such as a development server: it is only routed to. */
import { messages } from '../../messages/index.ts';
import type { Settings } from '../settings/definitions.ts';
import type { ServiceDefinition } from './service.ts';

const PARTS = {
  BACKEND: { name: 'backend', disruption: messages.topology.disruption.hostBackend },
  FRONTEND: { name: 'frontend', disruption: messages.topology.disruption.hostFrontend },
} as const;

/** What the address setting of a part names; undefined where it is not set. */
function hostProgram(part: keyof typeof PARTS, settings: Settings): ServiceDefinition | undefined {
  const given = settings[`BTCW_${part}_ADDRESS`];
  if (!given) return undefined;
  const [address = '', port] = given.split(':');
  return {
    ...PARTS[part],
    // Nothing of it is deployed.
    image: { kind: 'reference', reference: given },
    networks: [],
    ports: [
      {
        container: Number(port),
        host: Number(port),
        addresses: [address],
        addressSetting: `BTCW_${part}_ADDRESS`,
      },
    ],
    routes: part === 'BACKEND' ? settings.BTCW_BACKEND_PATHS : ['/'],
    healthPath: part === 'BACKEND' ? settings.BTCW_BACKEND_HEALTH_PATH : '/',
    health: undefined,
    limits: { memoryMiB: 0, pids: 0 },
  };
}

/** The programs on the host that take the places of backend and frontend. */
export const hostPrograms = (settings: Settings): ServiceDefinition[] =>
  (['BACKEND', 'FRONTEND'] as const)
    .map((part) => hostProgram(part, settings))
    .filter((program) => program !== undefined);
