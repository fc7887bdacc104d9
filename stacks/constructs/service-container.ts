import { Construct } from 'constructs';
import { addressOf, Container, DataResource, type ITerraformDependable, labelBlocks } from '../provider.ts';
import { hasStartInterval, isChecked, ownTiming } from '../topology/health.ts';
import type { HostFacts } from '../topology/host.ts';
import { containerLabels } from '../topology/labels.ts';
import type { OneOffSpec } from '../topology/one-off-spec.ts';
import { isOnHostNetwork, type Service } from '../topology/service.ts';
import type { ConfigVolume } from './config-volume.ts';
import type { DataVolume } from './data-volume.ts';
import type { Image } from './image.ts';

export interface ServiceContainerProps {
  readonly project: string;
  readonly host: HostFacts;
  readonly service: Service;
  readonly image: Image;
  /** Docker's names of its networks, as references, in the order of the service's. */
  readonly networks: readonly string[];
  readonly config: ConfigVolume | undefined;
  readonly volumes: readonly DataVolume[];
  /** Containers that are healthy, and work that is done, before this one starts. */
  readonly dependsOn: readonly ITerraformDependable[];
  /** This package's folder, as seen from the one terraform runs in. */
  readonly packageFolder: string;
}

/** A duration as Go writes it: the provider compares them as text. @example goDuration(90) // '1m30s' */
export function goDuration(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  if (ms > 0 && ms < 1000) return `${ms}ms`;
  const [hours, minutes] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60];
  const rest = `${(ms % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}

/** Without one the image's own holds, if it has any. */
function healthcheckOf({ health, healthTiming, oneOff }: Service, host: HostFacts) {
  if (!health || oneOff) return undefined;
  if (!isChecked(health)) return { test: [...health] };
  const timing = { ...ownTiming(host), ...healthTiming };
  return {
    test: [...health],
    timeout: goDuration(timing.timeoutSec),
    startPeriod: goDuration(timing.startPeriodSec),
    retries: timing.retries,
    interval: goDuration(timing.intervalSec),
    ...(timing.startIntervalSec !== undefined && { startInterval: goDuration(timing.startIntervalSec) }),
  };
}

/** An earlier engine refuses what it does not know. */
function forEngine(healthcheck: NonNullable<ReturnType<typeof healthcheckOf>>, { engineApi }: HostFacts) {
  const { startInterval, ...rest } = { startInterval: undefined, ...healthcheck };
  return startInterval && hasStartInterval(engineApi) ? { ...rest, startInterval } : rest;
}

/** @example 'on-failure:3' */
function restartOf({ restart }: Service) {
  const [policy = '', retries] = restart.split(':');
  return { restart: policy, ...(retries && { maxRetryCount: Number(retries) }) };
}

const tmpfsOptions = (sizeMiB: number): string => `rw,nosuid,nodev,noexec,size=${sizeMiB}m`;

/** What most services leave as Docker has it. */
function furtherOptions({ workingDir, stopSignal, shmMiB, extraHosts, ulimits }: Service) {
  const hosts = Object.entries(extraHosts).map(([host, ip]) => ({ host, ip }));
  const ulimit = Object.entries(ulimits).map(([name, [soft, hard]]) => ({ name, soft, hard }));
  return {
    ...(workingDir && { workingDir }),
    ...(stopSignal && { stopSignal }),
    ...(shmMiB && { shmSize: shmMiB }),
    ...(hosts.length > 0 && { host: hosts }),
    ...(ulimit.length > 0 && { ulimit }),
  };
}

/**
 * Docker takes absolute paths alone. One in this package is made by Terraform from where it runs, so that the checkout can
 * be moved. https://developer.hashicorp.com/terraform/language/functions/abspath
 */
function hostPath(source: string, { host, packageFolder }: ServiceContainerProps): string {
  if (!source.startsWith(`${host.packageFolder}/`)) return source;
  return `\${abspath(${JSON.stringify(packageFolder)})}${source.slice(host.packageFolder.length)}`;
}

/** One block for each socket; on the host's network the program listens by itself. */
const bindingsOf = (service: Service) =>
  isOnHostNetwork(service)
    ? []
    : service.ports.flatMap(({ container, host, addresses }) =>
        addresses.map((ip) => ({ ip, internal: container, external: host })),
      );

/**
 * A network without aliases is the container's network mode. Else the mode is Docker's default and the networks are
 * attached one by one: a network that is the mode gets no alias.
 */
function networking(service: Service, references: readonly string[]) {
  const [networkMode = 'bridge'] = references;
  const plain = service.networks.length === 1 && !service.networks[0]?.aliases?.length;
  if (plain) return { networkMode };
  return {
    networkMode: 'bridge',
    networksAdvanced: service.networks.map(({ aliases = [] }, index) => ({
      name: references[index] ?? '',
      aliases: [...aliases],
    })),
  };
}

/**
 * A service's container, as all of this deployment's are: a health check that `apply` waits for, a restart policy,
 * bounded logs, no capabilities beyond those named, no new privileges, limits on memory and processes.
 */
export class ServiceContainer extends Construct {
  readonly container: Container;
  /** Sets the limit of processes. */
  readonly limit: DataResource;
  /** Runs a one-off service to completion. */
  readonly run: DataResource | undefined;

  constructor(scope: Construct, id: string, props: ServiceContainerProps) {
    super(scope, id);
    const { service, config } = props;
    const { limits, oneOff } = service;
    const dependsOn: ITerraformDependable[] = [
      ...(config ? [config.files] : []),
      ...props.volumes.map(({ resource }) => resource),
      ...props.dependsOn,
    ];
    const bindings = bindingsOf(service);
    const healthcheck = healthcheckOf(service, props.host);
    // What the provider does not compare or apply well is watched here, and replaces the container: two bindings of one
    // port are read back in random order, and a changed health check is updated in name only
    // (https://github.com/kreuzwerker/terraform-provider-docker/issues/988).
    const watched = new DataResource(this, 'Watched', {
      input: {
        published: bindings.map(({ ip, external, internal }) => `${ip}:${external}:${internal}`).join(', '),
        healthcheck: JSON.stringify(healthcheck ?? {}),
      },
    });

    const isOff = healthcheck !== undefined && !isChecked(healthcheck.test);
    const ignored = [
      ...(bindings.length > 0 ? ['ports'] : []),
      // One that is switched off keeps the times of the image's, and an engine may know less of it than the one it was
      // made on.
      ...(healthcheck ? ['healthcheck'] : []),
    ];
    this.container = new Container(this, 'Container', {
      name: service.containerName,
      image: props.image.imageId,
      ...networking(service, props.networks),
      ...restartOf(service),
      ...(service.user && { user: service.user }),
      ...(service.entrypoint && { entrypoint: [...service.entrypoint] }),
      ...(service.command && { command: [...service.command] }),
      env: Object.entries(service.environment).map(([name, value]) => `${name}=${value}`),
      ...(bindings.length > 0 && { ports: bindings }),
      ...(healthcheck && { healthcheck: forEngine(healthcheck, props.host) }),
      wait: healthcheck !== undefined && !isOff,
      waitTimeout: service.startTimeoutSec,
      mustRun: !oneOff,
      // Started when all is ready for it, and waited for: below.
      ...(oneOff && { start: false }),
      destroyGraceSeconds: service.stopGraceSec,
      readOnly: service.readOnlyRoot,
      tmpfs: Object.fromEntries(
        [{ path: '/tmp', sizeMiB: service.tmpMiB }, ...service.tmpfs].map(({ path, sizeMiB }) => [
          path,
          tmpfsOptions(sizeMiB),
        ]),
      ),
      capabilities: {
        drop: ['ALL'],
        ...(service.capabilities.length > 0 && { add: [...service.capabilities] }),
      },
      securityOpts: ['no-new-privileges'],
      ...(service.init && { init: true }),
      memory: limits.memoryMiB,
      // The same as memory: no swap, so that the limit is the limit.
      memorySwap: limits.memoryMiB,
      cpuShares: limits.cpuShares,
      ...(limits.cpus && { cpus: String(limits.cpus) }),
      logDriver: 'json-file',
      logOpts: { 'max-size': service.log.maxSize, 'max-file': String(service.log.files) },
      labels: labelBlocks(containerLabels(props.project, service)),
      ...furtherOptions(service),
      volumes: [
        ...(config
          ? [{ volumeName: config.volume.reference, containerPath: config.mountPath, readOnly: true }]
          : []),
        ...service.volumes.map(({ name, path, readOnly }) => ({
          containerPath: path,
          volumeName: name,
          ...(readOnly && { readOnly }),
        })),
        ...service.binds.map(({ source, path, writable }) => ({
          containerPath: path,
          hostPath: hostPath(source, props),
          readOnly: !writable,
        })),
      ],
      ...(dependsOn.length > 0 && { dependsOn }),
      lifecycle: {
        ...(ignored.length > 0 && { ignoreChanges: ignored }),
        replaceTriggeredBy: [addressOf(watched)],
      },
    });

    // The provider has no setting for it; the engine keeps it with the container.
    this.limit = new DataResource(this, 'PidsLimit', {
      triggersReplace: [this.container.id, limits.pids],
      provisioners: [
        {
          type: 'local-exec',
          command: `docker update --pids-limit ${limits.pids} ${this.container.id}`,
        },
      ],
    });
    this.run = oneOff ? this.runToCompletion(props) : undefined;
  }

  /** Again for a new container, and for other files. Where it fails, the next deployment tries again. */
  private runToCompletion({ service, config, packageFolder }: ServiceContainerProps): DataResource {
    const spec: OneOffSpec = { container: service.containerName, deadlineSec: service.startTimeoutSec };
    return new DataResource(this, 'Run', {
      triggersReplace: { container: this.container.id, ...(config && { files: config.files.id }) },
      provisioners: [
        {
          type: 'local-exec',
          command: 'node scripts/run.mjs run-one-off',
          workingDir: packageFolder,
          environment: { ONE_OFF: JSON.stringify(spec) },
        },
      ],
      dependsOn: [this.limit],
    });
  }
}
