/**
 * Keeps the ports that Docker publishes on loopback and on the bridge from the host's neighbours
 * (docs/decisions/0006-guard.md), and floods from the embedded frp server (docs/decisions/0013-flood-rules.md). The one
 * container that runs as root and has a capability: packet filter rules take both. It listens to nothing, reads no file,
 * and carries no traffic.
 */
import { messages } from '../../messages/index.ts';
import { floodLimits, renderFloodRules } from '../render/flood-rules.ts';
import { LEASED, renderGuardRules } from '../render/guard-rules.ts';
import type { Settings } from '../settings/definitions.ts';
import { WAY_IN_CPU_SHARES } from './cpu-shares.ts';
import { commandHealth } from './health.ts';
import { debianImage } from './image-source.ts';
import { type Bridge, networksOf } from './network.ts';
import { isOnHostNetwork, type Service, type ServiceDefinition } from './service.ts';
import { hostPorts } from './upstream.ts';
import { guardLock, watched, withWatchdog } from './watchdog.ts';

/** Name of its table in the kernel. @example 'guard-btc-watcher' */
export const guardTable = (project: string): string => `guard-${project}`;

/** @param services all others, whose published ports and networks it guards */
export function guard(
  settings: Settings,
  bridge: Bridge,
  services: readonly Pick<Service, 'networks' | 'ports'>[],
): ServiceDefinition {
  const table = guardTable(settings.BTCW_PROJECT);
  const published = services.filter((service) => !isOnHostNetwork(service));
  const onBridge = published.filter(({ networks }) => networks.some(({ network }) => network === bridge.key));
  const own = networksOf(bridge, services).filter(({ key }) => key !== bridge.key);
  const rules = renderGuardRules({
    device: bridge.device,
    gateway: bridge.gateway,
    subnet: bridge.subnet,
    hostPorts: published.flatMap(({ ports }) => hostPorts(settings, ports)),
    containerPorts: onBridge.flatMap(({ ports }) => ports.map(({ container }) => container)),
    networks: own.map(({ device }) => device),
  });
  const limits = settings.BTCW_FRP_SERVER_ADDR
    ? []
    : [
        renderFloodRules({
          port: settings.BTCW_FRP_REMOTE_PORT,
          ...floodLimits(settings.BTCW_MAX_CONNECTIONS),
          families: ['ip'],
          condition: LEASED,
        }),
      ];
  return {
    name: 'guard',
    id: 'Guard',
    image: withWatchdog(debianImage('guard', settings), ['guard']),
    entrypoint: watched(['bash', '/usr/local/bin/guard']),
    networks: [{ network: 'host' }],
    user: '0:0',
    capabilities: ['CAP_NET_ADMIN'],
    command: [table, rules, ...limits],
    volumes: [guardLock('/run/guard-lock')],
    health: commandHealth('nft', 'get', 'element', 'ip', table, 'lease', '{ ip }'),
    limits: { memoryMiB: 64, pids: 32, cpuShares: WAY_IN_CPU_SHARES },
    disruption: messages.topology.disruption.guard,
  };
}
