/**
 * Every key of a service in the Compose Specification: how it is read, or why it is not supported. In the order in which
 * they are read.
 */
import { closest, distance } from 'fastest-levenshtein';
import { messages } from '../../messages/index.ts';
import { build, image } from './build.ts';
import type { Context, Draft, KeyReader } from './draft.ts';
import { envFile, environment } from './environment.ts';
import { EXTENSION, extension } from './extension.ts';
import { configs, secrets } from './files.ts';
import { healthcheck } from './health.ts';
import { cpus, deploy, memLimit, pidsLimit, scale, shmSize, ulimits } from './limits.ts';
import { isExtension, type Node } from './node.ts';
import { expose, ports } from './ports.ts';
import {
  capAdd,
  capDrop,
  command,
  entrypoint,
  extraHosts,
  init,
  labels,
  readOnly,
  restart,
  securityOpt,
  stopGracePeriod,
  stopSignal,
  user,
  workingDir,
} from './process.ts';
import { containerName, dependsOn, networks, profiles } from './relations.ts';
import { tmpfs, volumes } from './volumes.ts';

const said = messages.compose.keys;

/** Left out, and told. @param what what is so instead */
const told =
  (what: string): KeyReader =>
  (_, draft, { reader }) =>
    reader.report.notice(what, draft.name);

/** Nothing that a deployment has: as with `docker compose up --detach`, it has no effect. */
const withoutEffect: KeyReader = () => {};

const pullPolicy: KeyReader = (node, draft, context) => {
  const policy = context.reader.text(node);
  if (policy && /^(always|daily|weekly|every_|refresh)/.test(policy)) {
    told(said.pulledOnce)(node, draft, context);
  }
};

export const SERVICE_KEYS: Readonly<Record<string, KeyReader | string>> = {
  image,
  build,
  env_file: envFile,
  environment,
  command,
  entrypoint,
  ports,
  expose,
  networks,
  depends_on: dependsOn,
  healthcheck,
  volumes,
  tmpfs,
  restart,
  user,
  working_dir: workingDir,
  read_only: readOnly,
  init,
  mem_limit: memLimit,
  cpus,
  pids_limit: pidsLimit,
  deploy,
  scale,
  shm_size: shmSize,
  ulimits,
  stop_grace_period: stopGracePeriod,
  stop_signal: stopSignal,
  labels,
  extra_hosts: extraHosts,
  secrets,
  configs,
  container_name: containerName,
  cap_drop: capDrop,
  cap_add: capAdd,
  security_opt: securityOpt,
  // Done before: which services there are, and what each consists of.
  profiles,
  extends: withoutEffect,
  attach: withoutEffect,
  develop: withoutEffect,
  pull_policy: pullPolicy,
  logging: told(said.logging),
  tty: told(said.terminal),
  stdin_open: told(said.terminal),
  platform: told(said.platform),
  mem_reservation: told(said.reservation),
  annotations: said.labels,
  blkio_config: said.limits,
  cgroup: said.namespace,
  cgroup_parent: said.namespace,
  cpu_count: said.limits,
  cpu_percent: said.limits,
  cpu_period: said.limits,
  cpu_quota: said.limits,
  cpu_rt_period: said.limits,
  cpu_rt_runtime: said.limits,
  cpu_shares: said.limits,
  cpuset: said.limits,
  credential_spec: said.runtime,
  device_cgroup_rules: said.host,
  devices: said.host,
  dns: said.dns,
  dns_opt: said.dns,
  dns_search: said.dns,
  domainname: said.names,
  external_links: said.names,
  gpus: said.devices,
  group_add: said.groupAdd,
  hostname: said.names,
  ipc: said.namespace,
  isolation: said.runtime,
  label_file: said.labels,
  links: said.links,
  mac_address: said.macAddress,
  mem_swappiness: said.swap,
  memswap_limit: said.swap,
  models: said.runtime,
  network_mode: said.networkMode,
  oom_kill_disable: said.limits,
  oom_score_adj: said.limits,
  pid: said.namespace,
  post_start: said.hooks,
  pre_start: said.hooks,
  pre_stop: said.hooks,
  privileged: said.host,
  provider: said.runtime,
  pull_refresh_after: said.pulled,
  runtime: said.runtime,
  storage_opt: said.runtime,
  sysctls: said.sysctls,
  use_api_socket: said.host,
  userns_mode: said.namespace,
  uts: said.namespace,
  volumes_from: said.volumesFrom,
};

const KEYS = Object.keys(SERVICE_KEYS);

/** Whether a switch is off, which is what is so anyway. @example privileged: false */
const isOff = (node: Node): boolean => node.kind === 'scalar' && node.value === false;

/** One edit in three letters: of more, nothing is left of the name. */
const isNear = (key: string, known: string): boolean =>
  distance(key, known) <= Math.max(1, Math.floor(key.length / 3));

/** What is said of a key that there is not, with the one that is likely to be meant. */
function unknownKey(key: string): string {
  const nearest = closest(key, KEYS);
  return isNear(key, nearest) ? said.unknownNear(nearest) : said.unknown;
}

/** Reads all keys of a service; each that is not known or not supported is a problem. */
export function readKeys(draft: Draft, context: Context): void {
  const { entries } = draft.node;
  const { report } = context.reader;
  for (const [key, reader] of Object.entries(SERVICE_KEYS)) {
    const node = entries.get(key);
    if (!node) continue;
    if (typeof reader === 'function') reader(node, draft, context);
    else if (!isOff(node)) report.problem(node, reader);
  }
  const ours = entries.get(EXTENSION);
  if (ours) extension(ours, draft, context);
  for (const [key, node] of entries) {
    if (!Object.hasOwn(SERVICE_KEYS, key) && !isExtension(key)) report.problem(node, unknownKey(key));
  }
}
