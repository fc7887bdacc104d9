import type { Settings } from '../settings/definitions.ts';
import type { HostFacts } from './host.ts';
import { networkName } from './network.ts';
import { startedBySecrets } from './secret-environment.ts';
import { dataVolumeName, type Service, type ServiceDefinition } from './service.ts';

const LOG_FILES = 3;
const NAME = /^[a-z][a-z0-9-]{0,30}$/;

/** Completes a definition with what all services have. */
export function completeService(
  definition: ServiceDefinition,
  settings: Settings,
  host: HostFacts,
): Omit<Service, 'reads'> {
  const { name, networks = [{ network: 'bridge' }], volumes = [], oneOff = false } = definition;
  const { BTCW_PROJECT: project } = settings;
  const containerName = `${project}-${name}`;
  if (!NAME.test(name))
    throw new Error(`"${name}" is no name of a service: lower-case letters, digits, "-".`);
  return {
    // Under a prefix, since an id may not be one that the stack or cdktf has already.
    id: `Service-${name}`,
    ports: [],
    routes: [],
    healthPath: '/',
    environment: {},
    secretEnvironment: [],
    stopGraceSec: 10,
    extraHosts: {},
    labels: {},
    tmpfs: [],
    ulimits: {},
    startTimeoutSec: 60,
    capabilities: [],
    readOnlyRoot: true,
    init: false,
    tmpMiB: 16,
    binds: [],
    dependsOn: [],
    ...startedBySecrets(definition, settings, host),
    networks: networks.map((attachment) => ({
      ...attachment,
      name: networkName(attachment.network, settings, host),
    })),
    volumes: volumes.map((mount) => ({
      ...mount,
      name: dataVolumeName(mount.shared ? project : `${project}-${mount.of ?? name}`, mount.purpose),
    })),
    oneOff,
    // Docker would start one again that has done its work.
    restart: oneOff ? 'no' : (definition.restart ?? 'unless-stopped'),
    containerName,
    log: { maxSize: settings.BTCW_LOG_MAX_SIZE, files: LOG_FILES },
  };
}
