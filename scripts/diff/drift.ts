/**
 * How containers differ from the topology, in the words of `docker run`. Pure: what the engine says goes in, differences
 * come out. It finds what the Terraform provider does not read back, and names plainly what it does.
 */
import { messages } from '../../messages/index.ts';
import { containerLabels } from '../../stacks/topology/labels.ts';
import { configVolumeName, isOnHostNetwork, type Service, socketsOf } from '../../stacks/topology/service.ts';
import {
  COMPLETED,
  type ContainerInspection,
  healthOf,
  type ImageInspection,
  nameOf,
  stateText,
} from '../docker/inspect.ts';
import { MIB } from '../lib/text.ts';

const said = messages.diff.drift;
const { aspects, times } = said;

/** A service with what the topology leaves to others: its project, and the tag of its image. */
export interface DeclaredService {
  readonly project: string;
  readonly service: Service;
  /** @example 'btc-watcher/nginx:1f0c3c2b9a77' */
  readonly image: string;
}

/** One difference. */
export interface Difference {
  /** @example 'restart policy' */
  readonly what: string;
  /** @example '"no" instead of "unless-stopped"' */
  readonly detail: string;
  /**
   * What repairs it: a new container, an update in place, a start of the one that is there, its files written, its limit
   * set or its work done again.
   */
  readonly repair: 'container' | 'update' | 'start' | 'config' | 'limit' | 'run';
}

const NANO = 1e9;
const sorted = (items: readonly string[] | null | undefined): string =>
  JSON.stringify([...(items ?? [])].sort());
/** Of a value that is shown, in characters: whole scripts are not. */
const LONGEST_SHOWN = 160;
const show = (value: unknown): string =>
  typeof value === 'string' ? `"${value}"` : String(JSON.stringify(value));

function publishedPorts({ HostConfig }: ContainerInspection): string[] {
  return Object.entries(HostConfig.PortBindings ?? {}).flatMap(([port, bindings]) =>
    (bindings ?? []).map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}->${port.replace('/tcp', '')}`),
  );
}

/** Where its ports are published. @example ['127.0.0.1:8501->8501'] */
export const declaredPorts = (service: Service): string[] =>
  isOnHostNetwork(service)
    ? []
    : service.ports.flatMap((port) =>
        socketsOf({ ports: [port] }).map((socket) => `${socket}->${port.container}`),
      );

/** @example 'btc-watcher-nginx-config->/etc/nginx ro' */
const mountLine = (source: string, path: string, writable: boolean): string =>
  `${source}->${path} ${writable ? 'rw' : 'ro'}`;

/** What is mounted into it. @example ['btc-watcher-nginx-config->/etc/nginx ro'] */
export const declaredMounts = (service: Service): string[] => [
  ...(service.config ? [mountLine(configVolumeName(service), service.config.path, false)] : []),
  ...service.volumes.map(({ name, path, readOnly = false }) => mountLine(name, path, !readOnly)),
  ...service.binds.map(({ source, path, writable = false }) => mountLine(source, path, writable)),
];

/** A volume without a name, as Docker makes for an image that declares one. */
const isNameless = (volume: string | undefined): boolean => /^[0-9a-f]{64}$/.test(volume ?? '');

function actualMounts({ Mounts }: ContainerInspection): string[] {
  return Mounts.filter(({ Type, Name }) => Type !== 'tmpfs' && !isNameless(Name)).map(
    ({ Name, Source, Destination, RW }) => mountLine(Name ?? Source, Destination, RW),
  );
}

export const asLines = (values: Readonly<Record<string, string>> | null | undefined): string[] =>
  Object.entries(values ?? {}).map(([name, value]) => `${name}=${value}`);

/** Names whose values differ: never the values, since what somebody put in by hand may be a secret. */
function differingNames(actual: readonly string[], declared: readonly string[]): string[] {
  const value = (lines: readonly string[]) =>
    new Map(lines.map((line) => [line.split('=', 1)[0] ?? '', line]));
  const [left, right] = [value(actual), value(declared)];
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((name) => left.get(name) !== right.get(name))
    .sort();
}

/** Later lines win, as they do for Docker. */
const merged = (...lists: (readonly string[] | null | undefined)[]): string[] => {
  const byName = new Map(
    lists.flatMap((list) => list ?? []).map((line) => [line.split('=', 1)[0] ?? '', line]),
  );
  return [...byName.values()];
};

const restartPolicy = ({ HostConfig }: ContainerInspection): string => {
  const { Name, MaximumRetryCount = 0 } = HostConfig.RestartPolicy;
  return MaximumRetryCount > 0 ? `${Name}:${MaximumRetryCount}` : Name;
};

/** The times that a service declares for itself, in seconds. */
function declaredTiming({ healthTiming = {} }: Service): Record<string, string> {
  const { intervalSec, timeoutSec, startPeriodSec, retries } = healthTiming;
  const values = {
    [times.interval]: intervalSec,
    [times.timeout]: timeoutSec,
    [times.startPeriod]: startPeriodSec,
    [times.retries]: retries,
  };
  const declared = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(declared.map(([name, value]) => [name, String(value)]));
}

/** Those times as the engine has them. */
function actualTiming({ Config }: ContainerInspection, service: Service): string[] {
  const { Interval = 0, Timeout = 0, StartPeriod = 0, Retries = 0 } = Config.Healthcheck ?? {};
  const values: Readonly<Record<string, number>> = {
    [times.interval]: Interval / NANO,
    [times.timeout]: Timeout / NANO,
    [times.startPeriod]: StartPeriod / NANO,
    [times.retries]: Retries,
  };
  return Object.keys(declaredTiming(service)).map((name) => `${name}=${values[name]}`);
}

/** @example sizeIn('rw,size=16m') // '16m' */
const sizeIn = (options: string): string => /(?:^|,)size=(\w+)/.exec(options)?.[1] ?? said.withoutLimit;

/** @param image the image the service is declared to run; undefined where it is not there */
export function compare(
  { project, service, image: reference }: DeclaredService,
  actual: ContainerInspection,
  image: ImageInspection | undefined,
): Difference[] {
  const found: Difference[] = [];
  const differ = (what: string, detail: string, repair: Difference['repair'] = 'container') =>
    found.push({ what, detail, repair });
  const same = (what: string, value: unknown, declared: unknown, repair?: Difference['repair']) => {
    if (JSON.stringify(value) !== JSON.stringify(declared)) {
      const [actual, wanted] = [show(value), show(declared)];
      const isShort = Math.max(actual.length, wanted.length) <= LONGEST_SHOWN;
      differ(what, isShort ? said.insteadOf(actual, wanted) : said.notDeclared, repair);
    }
  };
  const sameSet = (what: string, values: readonly string[], declared: readonly string[]) => {
    // Docker gives mounts in another order each time.
    const shown = (items: readonly string[]) => items.toSorted().join(', ') || said.none;
    if (sorted(values) !== sorted(declared)) differ(what, said.insteadOf(shown(values), shown(declared)));
  };
  /** The image brings some of its own; without it nothing can be said. */
  const sameNames = (
    what: string,
    values: readonly string[],
    own: readonly string[],
    declared: readonly string[],
  ) => {
    const names = image ? differingNames(values, merged(own, declared)) : [];
    if (names.length > 0) differ(what, said.namesDiffer(names.join(', ')));
  };
  const { Config, HostConfig, State } = actual;

  if (service.oneOff) {
    const isRight = State.Status === 'running' || healthOf(actual) === COMPLETED;
    if (!isRight) differ(aspects.state, said.exitedWith(stateText(State.Status), State.ExitCode), 'run');
  } else if (State.Status !== 'running') {
    // One that has exited is only started again; one that is paused or half made is replaced.
    const repair = State.Status === 'exited' ? 'start' : 'container';
    differ(aspects.state, said.notRunning(stateText(State.Status)), repair);
  }
  same(aspects.name, nameOf(actual), service.containerName);
  if (image && actual.Image !== image.Id) differ(aspects.image, said.otherImage(reference));
  sameNames(aspects.environment, Config.Env ?? [], image?.Config.Env ?? [], asLines(service.environment));
  const labels = asLines(containerLabels(project, service));
  sameNames(aspects.labels, asLines(Config.Labels), asLines(image?.Config.Labels), labels);
  sameSet(aspects.ports, publishedPorts(actual), declaredPorts(service));
  sameSet(aspects.volumes, actualMounts(actual), declaredMounts(service));
  sameSet(
    aspects.networks,
    Object.keys(actual.NetworkSettings.Networks),
    service.networks.map(({ name }) => name),
  );
  if (service.user !== undefined) same(aspects.user, Config.User, service.user);
  if (service.entrypoint) same(aspects.entrypoint, Config.Entrypoint, service.entrypoint);
  if (service.command) same(aspects.command, Config.Cmd, service.command);
  same(aspects.restartPolicy, restartPolicy(actual), service.restart, 'update');
  same(aspects.readOnlyRoot, HostConfig.ReadonlyRootfs, service.readOnlyRoot);
  same(aspects.privileged, HostConfig.Privileged, false);
  sameSet(aspects.addedCapabilities, HostConfig.CapAdd ?? [], service.capabilities);
  sameSet(aspects.droppedCapabilities, HostConfig.CapDrop ?? [], ['ALL']);
  const { memoryMiB, pids, cpus = 0, cpuShares } = service.limits;
  same(aspects.memoryLimit, `${HostConfig.Memory / MIB} MiB`, `${memoryMiB} MiB`, 'update');
  same(aspects.processLimit, HostConfig.PidsLimit ?? 0, pids, 'limit');
  same(aspects.cpuLimit, HostConfig.NanoCpus / NANO, cpus);
  same(aspects.cpuShares, HostConfig.CpuShares, cpuShares, 'update');
  same(aspects.logDriver, HostConfig.LogConfig.Type, 'json-file');
  const { maxSize, files } = service.log;
  const logOptions = asLines({ 'max-size': maxSize, 'max-file': String(files) });
  sameSet(aspects.logOptions, asLines(HostConfig.LogConfig.Config), logOptions);
  same(aspects.healthCheck, Config.Healthcheck?.Test, service.health ?? image?.Config.Healthcheck?.Test);
  sameSet(aspects.healthCheckTimes, actualTiming(actual, service), asLines(declaredTiming(service)));
  if (service.workingDir) same(aspects.workingDirectory, Config.WorkingDir, service.workingDir);
  if (service.stopSignal) same(aspects.stopSignal, Config.StopSignal, service.stopSignal);
  if (service.shmMiB) same('/dev/shm', `${HostConfig.ShmSize / MIB} MiB`, `${service.shmMiB} MiB`);
  const hosts = Object.entries(service.extraHosts).map(([name, address]) => `${name}:${address}`);
  sameSet(aspects.hosts, HostConfig.ExtraHosts ?? [], hosts);
  const ulimits = Object.entries(service.ulimits).map(([name, values]) => `${name}=${values.join(':')}`);
  const actualUlimits = (HostConfig.Ulimits ?? []).map(({ Name, Soft, Hard }) => `${Name}=${Soft}:${Hard}`);
  sameSet(aspects.ulimits, actualUlimits, ulimits);
  const inMemory = [{ path: '/tmp', sizeMiB: service.tmpMiB }, ...service.tmpfs];
  sameSet(
    aspects.inMemory,
    Object.entries(HostConfig.Tmpfs ?? {}).map(([path, options]) => `${path} ${sizeIn(options)}`),
    inMemory.map(({ path, sizeMiB }) => `${path} ${sizeMiB}m`),
  );
  return found;
}

/**
 * Compares the files of a container's configuration volume with the declared ones. Contents are never shown: they may
 * be secrets.
 * @param files what is in the volume, by path; undefined where it could not be read
 * @param declared what should be in it, by path; undefined for what cannot be compared
 */
export function compareFiles(
  files: ReadonlyMap<string, string> | undefined,
  declared: ReadonlyMap<string, string | undefined>,
): Difference[] {
  if (!files) return [];
  const differences: Difference[] = [];
  for (const [path, content] of declared) {
    const actual = files.get(path);
    if (actual === undefined) differences.push({ what: path, detail: said.missing, repair: 'config' });
    else if (content !== undefined && actual !== content) {
      differences.push({ what: path, detail: said.edited, repair: 'config' });
    }
  }
  for (const path of files.keys()) {
    if (!declared.has(path)) differences.push({ what: path, detail: said.foreign, repair: 'config' });
  }
  return differences;
}
