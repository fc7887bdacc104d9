import { messages } from '../../messages/index.ts';
import type { Settings } from '../settings/definitions.ts';
import { CPU_SHARES } from './cpu-shares.ts';
import { ownTiming, restartingHealth } from './health.ts';
import type { HostFacts } from './host.ts';
import { networkName } from './network.ts';
import { startedBySecrets } from './secret-environment.ts';
import { type Service, type ServiceDefinition, volumeName } from './service.ts';

const LOG_FILES = 3;
const START_SEC = 60;
const NAME = /^[a-z][a-z0-9-]{0,30}$/;

/** Seconds to become healthy; with rare health checks of its own, as many as Docker takes to call it unhealthy. */
function startTimeoutOf(
  { startTimeoutSec = START_SEC, healthTiming, oneOff }: ServiceDefinition,
  host: HostFacts,
): number {
  if (!healthTiming || oneOff) return startTimeoutSec;
  const timing = { ...ownTiming(host), ...healthTiming };
  const { startPeriodSec, retries, intervalSec, timeoutSec } = timing;
  return Math.max(startTimeoutSec, Math.ceil(startPeriodSec + retries * (intervalSec + timeoutSec)));
}

/** Beyond what a deployment waits for. */
const RESTART_AFTER_SEC = 30;

/**
 * After a reboot Docker starts services in any order. What came up without one that it depends on, and does not get well
 * when that is there, is started again by its own health check.
 */
function restartedByHealth(
  { dependsOn = [], health, oneOff, restart = 'unless-stopped' }: ServiceDefinition,
  startTimeoutSec: number,
): Pick<ServiceDefinition, 'health' | 'init'> | undefined {
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
  const startTimeoutSec = startTimeoutOf(definition, host);
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
    capabilities: [],
    readOnlyRoot: true,
    init: false,
    tmpMiB: 16,
    binds: [],
    dependsOn: [],
    disruption: messages.topology.disruption.away(name),
    ...startedBySecrets(definition, settings, host),
    limits: { cpuShares: CPU_SHARES, ...definition.limits },
    ...restartedByHealth(definition, startTimeoutSec),
    startTimeoutSec,
    networks: networks.map((attachment) => ({
      ...attachment,
      name: networkName(attachment.network, settings, host),
    })),
    volumes: volumes.map((mount) => ({
      ...mount,
      name: volumeName(mount.shared ? project : `${project}-${mount.of ?? name}`, mount),
    })),
    oneOff,
    // Docker would start one again that has done its work.
    restart: oneOff ? 'no' : (definition.restart ?? 'unless-stopped'),
    containerName,
    log: { maxSize: settings.BTCW_LOG_MAX_SIZE, files: LOG_FILES },
  };
}
