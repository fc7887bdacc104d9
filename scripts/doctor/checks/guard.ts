/** Who else reaches what is published for this host alone. */
import { messages } from '../../../messages/index.ts';
import type { Topology } from '../../../stacks/topology/topology.ts';
import { type Check, listed } from './check.ts';
import { deployed, engine } from './host.ts';

const said = messages.doctor.guard;

/** Name of the service. */
export const GUARD = 'guard';
/** Docker drops what other hosts send to ports published on loopback: https://github.com/moby/moby/pull/49325 */
const LOOPBACK_CLOSED_SINCE = 28;

/** The services that are published at the bridge address. */
const atBridge = ({ services, bridge }: Topology): string[] =>
  services
    .filter(({ ports }) => ports.some(({ addresses }) => addresses.includes(bridge.gateway)))
    .map(({ name }) => name);

/**
 * Neighbours on the LAN reach what is published at the bridge address, and before Docker 28.0 also what is published on
 * loopback, and containers' own addresses.
 */
const neighbours: Check = {
  id: 'neighbours',
  name: said.name,
  hop: 'host',
  dependsOn: [engine, deployed, `container-${GUARD}`],
  level: 'warning',
  settings: ['BTCW_GUARD'],
  run: ({ engine: { version }, containers, settings, topology }) => {
    const guard = containers?.[GUARD];
    if (settings.BTCW_GUARD === 'on') return guard && { ok: said.closed(version, guard.name) };
    const older = Number.parseInt(version, 10) < LOOPBACK_CLOSED_SINCE;
    const reached = [topology.bridge.gateway, listed(atBridge(topology))] as const;
    return {
      problem: older ? said.openOnLoopback(...reached, version) : said.open(...reached),
      fix: "sed -i '/^BTCW_GUARD=/d' .env && npm run deploy",
    };
  },
};

export const guardChecks = (): Check[] => [neighbours];
