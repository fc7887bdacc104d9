/**
 * Every key of a service in the Compose Specification: how it is read, or why it is not supported. In the order in which
 * they are read.
 */
import { closest } from 'fastest-levenshtein';
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

const NONE = 'is not supported';
const HOST = `${NONE}: it would let the service at the host.`;
const NAMESPACE = `${NONE}: services have namespaces of their own.`;
const WEIGHT = `${NONE}: "cpus", "mem_limit" and "pids_limit" bound a service.`;
const NO_SWAP = `${NONE}: swap is not used, the limit is "mem_limit".`;
const NAMES = `${NONE}: services find each other by their names in this file.`;
const DNS = `${NONE}: names are Docker's to answer.`;
const RUNTIME = `${NONE}: containers run as Docker runs them here.`;
const HOOKS = `${NONE}: make it a service of its own that others wait for (condition: service_completed_successfully).`;

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
    told('an image is pulled when it is missing, and not again')(node, draft, context);
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
  logging: told('logs are kept and rotated as those of all containers here (BTCW_LOG_MAX_SIZE)'),
  tty: told('containers here have no terminal'),
  stdin_open: told('containers here have no terminal'),
  platform: told("images are of this host's own platform"),
  mem_reservation: told('nothing is reserved: one host has what it has; limits hold'),
  annotations: `${NONE}: "labels" are.`,
  blkio_config: WEIGHT,
  cgroup: NAMESPACE,
  cgroup_parent: NAMESPACE,
  cpu_count: WEIGHT,
  cpu_percent: WEIGHT,
  cpu_period: WEIGHT,
  cpu_quota: WEIGHT,
  cpu_rt_period: WEIGHT,
  cpu_rt_runtime: WEIGHT,
  cpu_shares: WEIGHT,
  cpuset: WEIGHT,
  credential_spec: RUNTIME,
  device_cgroup_rules: HOST,
  devices: HOST,
  dns: DNS,
  dns_opt: DNS,
  dns_search: DNS,
  domainname: NAMES,
  external_links: NAMES,
  gpus: `${NONE}: containers here get no devices.`,
  group_add: `${NONE}: name user and group in "user" ("1000:1000").`,
  hostname: NAMES,
  ipc: NAMESPACE,
  isolation: RUNTIME,
  label_file: `${NONE}: "labels" are.`,
  links: `${NONE}: all services find each other by name. For another name: networks: { default: { aliases: [name] } }.`,
  mac_address: `${NONE}: addresses are Docker's to choose.`,
  mem_swappiness: NO_SWAP,
  memswap_limit: NO_SWAP,
  models: RUNTIME,
  network_mode: `${NONE}: services are on the network of the project, where they find each other by name.`,
  oom_kill_disable: WEIGHT,
  oom_score_adj: WEIGHT,
  pid: NAMESPACE,
  post_start: HOOKS,
  pre_start: HOOKS,
  pre_stop: HOOKS,
  privileged: HOST,
  provider: RUNTIME,
  pull_refresh_after: `${NONE}: an image is pulled when it is missing.`,
  runtime: RUNTIME,
  storage_opt: RUNTIME,
  sysctls: `${NONE}: set it on the host.`,
  use_api_socket: HOST,
  userns_mode: NAMESPACE,
  uts: NAMESPACE,
  volumes_from: `${NONE}: name the volumes in both services.`,
};

const KEYS = Object.keys(SERVICE_KEYS);

/** Whether a switch is off, which is what is so anyway. @example privileged: false */
const isOff = (node: Node): boolean => node.kind === 'scalar' && node.value === false;

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
    if (!(key in SERVICE_KEYS) && !isExtension(key))
      report.problem(node, `is no key of the Compose Specification; did you mean "${closest(key, KEYS)}"?`);
  }
}
