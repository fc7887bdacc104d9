/**
 * How containers differ from what is declared, in the words of `docker run`. Pure: what the engine says goes in,
 * differences come out. It sees what the Terraform provider does not read back, and says plainly what it does.
 */
import type { DeclaredContainer } from './declared.ts';

/** What `docker inspect` tells of a container; only the fields that are compared. */
export interface InspectedContainer {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly State: { readonly Status: string };
  readonly Config: {
    readonly Env: readonly string[] | null;
    readonly Labels: Readonly<Record<string, string>> | null;
    readonly User: string;
    readonly Entrypoint: readonly string[] | null;
    readonly Healthcheck?: { readonly Test: readonly string[] };
  };
  readonly HostConfig: {
    readonly PortBindings: Readonly<
      Record<string, readonly { HostIp: string; HostPort: string }[] | null>
    > | null;
    readonly RestartPolicy: { readonly Name: string };
    readonly ReadonlyRootfs: boolean;
    readonly Memory: number;
    readonly PidsLimit: number | null;
    readonly LogConfig: { readonly Type: string; readonly Config: Readonly<Record<string, string>> };
    readonly NetworkMode: string;
    readonly CapAdd: readonly string[] | null;
    readonly CapDrop: readonly string[] | null;
    readonly Privileged: boolean;
  };
  readonly Mounts: readonly {
    Type: string;
    Name?: string;
    Source: string;
    Destination: string;
    RW: boolean;
  }[];
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, unknown>> };
}

/** What an image brings of its own. */
export interface InspectedImage {
  readonly Id: string;
  readonly Config: {
    readonly Env: readonly string[] | null;
    readonly Labels: Readonly<Record<string, string>> | null;
  };
}

/** One difference. */
export interface Difference {
  /** @example 'restart policy' */
  readonly what: string;
  /** @example '"no" instead of "unless-stopped"' */
  readonly detail: string;
  /** What mends it: a new container, one that Docker can update in place, its files written or its limit set again. */
  readonly mend: 'container' | 'update' | 'config' | 'limit';
}

const MIB = 1024 * 1024;
const sorted = (items: readonly string[] | null | undefined): string =>
  JSON.stringify([...(items ?? [])].sort());
const show = (value: unknown): string => (typeof value === 'string' ? `"${value}"` : JSON.stringify(value));

function boundPorts({ HostConfig }: InspectedContainer): string[] {
  return Object.entries(HostConfig.PortBindings ?? {}).flatMap(([port, bindings]) =>
    (bindings ?? []).map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}->${port.replace('/tcp', '')}`),
  );
}

/** Names whose values differ: never the values, since what somebody put in by hand may be a secret. */
function differingNames(is: readonly string[], should: readonly string[]): string[] {
  const value = (lines: readonly string[]) =>
    new Map(lines.map((line) => [line.split('=', 1)[0] ?? '', line]));
  const [left, right] = [value(is), value(should)];
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

/**
 * @param image the image the container is declared to run; undefined where it is not there
 */
export function compare(
  declared: DeclaredContainer,
  is: InspectedContainer,
  image: InspectedImage | undefined,
): Difference[] {
  const found: Difference[] = [];
  const differ = (what: string, detail: string, mend: Difference['mend'] = 'container') =>
    found.push({ what, detail, mend });
  const same = (what: string, actual: unknown, wanted: unknown, mend?: Difference['mend']) => {
    if (JSON.stringify(actual) !== JSON.stringify(wanted)) {
      differ(what, `${show(actual)} instead of ${show(wanted)}`, mend);
    }
  };
  const sameSet = (what: string, actual: readonly string[], wanted: readonly string[]) => {
    if (sorted(actual) !== sorted(wanted)) {
      differ(what, `${actual.join(', ') || 'none'} instead of ${wanted.join(', ') || 'none'}`);
    }
  };

  if (is.State.Status !== 'running') {
    // One that has ended is only started again; one that is paused or half made is replaced.
    differ(
      'state',
      `${is.State.Status} instead of running`,
      is.State.Status === 'exited' ? 'update' : 'container',
    );
  }
  same('name', is.Name.replace(/^\//, ''), declared.name);
  if (image && is.Image !== image.Id) differ('image', `not the one that ${declared.image} names`);
  const environment = differingNames(is.Config.Env ?? [], merged(image?.Config.Env, declared.environment));
  if (image && environment.length > 0) differ('environment', `${environment.join(', ')} differ`);
  const asLines = (labels: Readonly<Record<string, string>> | null | undefined) =>
    Object.entries(labels ?? {}).map(([name, value]) => `${name}=${value}`);
  const labels = differingNames(
    asLines(is.Config.Labels),
    merged(asLines(image?.Config.Labels), asLines(declared.labels)),
  );
  if (image && labels.length > 0) differ('labels', `${labels.join(', ')} differ`);
  sameSet('ports', boundPorts(is), declared.ports);
  const named = is.Mounts.filter((mount) => mount.Type !== 'tmpfs');
  sameSet(
    'volumes',
    named.map((mount) => `${mount.Name ?? mount.Source}->${mount.Destination} ${mount.RW ? 'rw' : 'ro'}`),
    declared.mounts,
  );
  sameSet('networks', Object.keys(is.NetworkSettings.Networks), [declared.network]);
  if (declared.user !== undefined) same('user', is.Config.User, declared.user);
  if (declared.entrypoint) same('entrypoint', is.Config.Entrypoint, declared.entrypoint);
  same('restart policy', is.HostConfig.RestartPolicy.Name, declared.restart, 'update');
  same('read-only root', is.HostConfig.ReadonlyRootfs, declared.readOnly);
  same('privileged', is.HostConfig.Privileged, false);
  sameSet('added capabilities', is.HostConfig.CapAdd ?? [], declared.capabilities);
  sameSet('dropped capabilities', is.HostConfig.CapDrop ?? [], ['ALL']);
  same('memory limit', `${is.HostConfig.Memory / MIB} MiB`, `${declared.memoryMiB} MiB`, 'update');
  same('process limit', is.HostConfig.PidsLimit ?? 0, declared.pidsLimit, 'limit');
  same('log driver', is.HostConfig.LogConfig.Type, 'json-file');
  const { LogConfig } = is.HostConfig;
  sameSet('log options', asLines(LogConfig.Config), asLines(declared.logOptions));
  same('health check', is.Config.Healthcheck?.Test, declared.healthcheck);
  return found;
}

/**
 * Compares the files of a container's configuration volume with the declared ones. Contents are never told: they may
 * be secrets.
 * @param files what is in the volume, by path; undefined where it could not be read
 * @param wanted what should be in it, by path
 */
export function compareFiles(
  files: ReadonlyMap<string, string> | undefined,
  wanted: ReadonlyMap<string, string | undefined>,
): Difference[] {
  if (!files) return [];
  const differences: Difference[] = [];
  for (const [path, content] of wanted) {
    const actual = files.get(path);
    if (actual === undefined) differences.push({ what: path, detail: 'is missing', mend: 'config' });
    else if (content !== undefined && actual !== content) {
      differences.push({ what: path, detail: 'was edited by hand', mend: 'config' });
    }
  }
  for (const path of files.keys()) {
    if (!wanted.has(path)) differences.push({ what: path, detail: 'does not belong there', mend: 'config' });
  }
  return differences;
}
