import type { Settings } from '../settings/definitions.ts';
import { restartingHealth } from './health.ts';
import type { HostFacts } from './host.ts';
import { networkName } from './network.ts';
import { startedBySecrets } from './secret-environment.ts';
import { dataVolumeName, type Service, type ServiceDefinition } from './service.ts';

const LOG_FILES = 3;
const START_SEC = 60;
const NAME = /^[a-z][a-z0-9-]{0,30}$/;

/** Beyond what a deployment waits for. */
const RESTART_AFTER_SEC = 30;

/**
 * After a reboot Docker starts services in any order. What came up without one that it depends on, and does not get well
 * when that is there, is started again by its own health check.
 */
function restartedByHealth(
  definition: ServiceDefinition,
): Pick<ServiceDefinition, 'health' | 'init'> | undefined {
  const {
    dependsOn = [],
    health,
    oneOff,
    restart = 'unless-stopped',
    startTimeoutSec = START_SEC,
  } = definition;
  const isRestarted = restart === 'unless-stopped' || restart === 'always';
  if (dependsOn.length === 0 || !health || oneOff || !isRestarted) return undefined;
  const restarting = restartingHealth(health, startTimeoutSec + RESTART_AFTER_SEC);
  // The init ends on the signal whatever the program does with it.
  return restarting && { health: restarting, init: true };
}

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
    startTimeoutSec: START_SEC,
    capabilities: [],
    readOnlyRoot: true,
    init: false,
    tmpMiB: 16,
    binds: [],
    dependsOn: [],
    ...startedBySecrets(definition, settings, host),
    ...restartedByHealth(definition),
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
