/** What doctor gathers of a healthy deployment; tests change what they break. */
import { assumedHost } from '../../scripts/deployment/host.ts';
import { isOwn, profileOf } from '../../scripts/deployment/profile.ts';
import { disk } from '../../scripts/deployment/settings.ts';
import type { ContainerFacts, Facts } from '../../scripts/doctor/facts/facts.ts';
import { readNginxConf } from '../../scripts/doctor/facts/nginx-conf.ts';
import { sockets } from '../../scripts/doctor/facts/ports.ts';
import type { HttpAnswer } from '../../scripts/lib/http.ts';
import { MIB } from '../../scripts/lib/text.ts';
import { parseSettings } from '../../stacks/settings/parse.ts';
import type { FileSystem } from '../../stacks/settings/rules.ts';
import { isOnHostNetwork, type ServiceDefinition, socketsOf } from '../../stacks/topology/service.ts';
import { type Topology, topologyOf } from '../../stacks/topology/topology.ts';

export const NOW_MS = Date.parse('2026-11-22T12:00:00Z');
const HOUR_MS = 3_600_000;
const GIB = 1024 * MIB;

export const answer = (status: number, error = ''): HttpAnswer => ({
  status,
  body: '',
  ms: 2,
  skewMs: status > 0 ? 0 : undefined,
  error,
  timedOut: error.startsWith('no answer'),
  connected: status > 0,
});
export const REFUSED = answer(0, 'ECONNREFUSED');
/** Not even a connection, the second time either. */
export const TIMED_OUT = answer(0, 'no answer within 10 s');

/** A disk on which every file that settings name exists. */
const FILES: FileSystem = {
  ...disk,
  stat: () => ({ kind: 'file', mode: 0o600 }),
  read: () => '-----BEGIN CERTIFICATE-----',
};

/** The topology that doctor takes settings to mean. */
export function topologyWith(
  environment: Record<string, string> = {},
  services: readonly ServiceDefinition[] = [],
): Topology {
  const settings = parseSettings({ BTCW_COMPOSE_FILE: 'off', ...environment }, '', FILES);
  return topologyOf(settings, services, assumedHost([]));
}

const confOf = ({ services, proxy }: Topology): string => {
  const [file] = services.find(({ name }) => name === proxy)?.config?.files ?? [];
  return file && 'content' in file ? file.content : '';
};

/** nginx.conf of the default deployment. */
export const CONF = confOf(topologyWith());

export const containerFacts = (service: string, changes: Partial<ContainerFacts> = {}): ContainerFacts => ({
  name: `btc-watcher-${service}`,
  inspectedMs: NOW_MS,
  status: 'running',
  health: 'healthy',
  pid: 100,
  exitCode: 0,
  outOfMemory: false,
  startError: '',
  restarts: 0,
  oomKills: 0,
  startedAt: new Date(NOW_MS - HOUR_MS).toISOString(),
  startedAtMs: NOW_MS - HOUR_MS,
  packagesAtMs: NOW_MS - HOUR_MS,
  healthIntervalMs: 2_000,
  lastHealthCheckMs: NOW_MS - 1_000,
  healthOutput: '',
  lastLogLine: '',
  logBytes: 1000,
  logLimitBytes: 30 * MIB,
  logPath: `/var/lib/docker/containers/${service}/${service}-json.log`,
  logReadable: true,
  published: [],
  address: '',
  ...changes,
});

/** The addresses that Docker gave the containers. */
const ADDRESSES: Readonly<Record<string, string>> = {
  nginx: '172.17.0.2',
  backend: '172.17.0.3',
  frontend: '172.17.0.4',
};

/** @param services those beside the package's own */
export function healthyFacts(
  changes: Partial<Facts> = {},
  environment: Record<string, string> = {},
  services: readonly ServiceDefinition[] = [],
): Facts {
  const settings = parseSettings({ BTCW_COMPOSE_FILE: 'off', ...environment }, '', FILES);
  const topology = topologyWith(environment, services);
  const ofUpstreams = <T>(value: T): Record<string, T> =>
    Object.fromEntries(topology.upstreams.map(({ service }) => [service, value]));
  return {
    nowMs: NOW_MS,
    settings,
    topology,
    profile: profileOf(settings, topology),
    passwordFile: 'secrets/btc-watcher/admin-password',
    engine: { problem: undefined, version: '28.3.3', rootDir: '/var/lib/docker', skewMs: 0 },
    unanswered: [],
    machine: undefined,
    release: { changed: [], services: topology.services.map(({ name }) => name) },
    containers: Object.fromEntries(
      topology.services.map((service) => {
        const { name } = service;
        const published = isOnHostNetwork(service) ? [] : socketsOf(service);
        return [name, containerFacts(name, { published, address: ADDRESSES[name] ?? '' })];
      }),
    ),
    hostAddresses: ['127.0.0.1', '172.17.0.1'],
    nonlocalBind: false,
    bridgeGateway: '172.17.0.1',
    bridge: topology.bridge,
    ports: sockets(topology).map((socket) => ({
      ...socket,
      // Of frps, which its watchdog has started as the container's first process.
      holder: { program: 'docker-proxy', pid: 101, ancestors: [100, 1] },
      container: undefined,
    })),
    dockerProxyDescriptors: 20_000,
    firewallRules: [],
    ufw: false,
    disk: { freeBytes: 50 * GIB, totalBytes: 100 * GIB },
    state: { file: `terraform.${topology.project}.tfstate`, kind: 'good', problem: '' },
    local: answer(200),
    remote: answer(200),
    foreignHost: answer(200),
    limitedBy: undefined,
    direct: ofUpstreams(answer(200)),
    atBridge: ofUpstreams(answer(200)),
    inside: ofUpstreams({ status: 200, ms: 1, curl: 0, connected: true, asked: 1 }),
    nginxRefusal: '',
    nginx: readNginxConf(confOf(topology)),
    oldWorkers: 0,
    login: answer(200),
    token: { given: false, wellFormed: true, issuedMs: NOW_MS, expiresMs: NOW_MS + 24 * HOUR_MS },
    socket: {
      topics: ['monitoring', 'strategies', 'signals', 'capacity'],
      pongMs: 1,
      error: '',
      status: 101,
      greeting: { heartbeatSec: 10, skewMs: 0 },
    },
    backing: Object.fromEntries(topology.services.filter(isOwn).map(({ name }) => [name, []])),
    frpServer: { resolved: true, connectMs: 1, error: '', timedOut: false },
    trust: {},
    tunnel: { up: true, reason: '', cause: undefined, line: '' },
    tcpMux: undefined,
    ...changes,
  };
}
