/** Each container's log: that it cannot fill the disk, and that Docker can read it. */
import { messages } from '../../../messages/index.ts';
import type { Service } from '../../../stacks/topology/service.ts';
import type { Topology } from '../../../stacks/topology/topology.ts';
import { MIB } from '../../lib/text.ts';
import { type Check, hopOf, recreate, sudo } from './check.ts';
import { disk } from './host.ts';

const said = messages.doctor.logs;

/** Docker rotates between two writes: a log may be a little over its limit. */
const TOLERANCE = 1.1;

const logSize = (topology: Topology, service: Service): Check => ({
  id: `log-size-${service.name}`,
  name: said.sizeName(service.name),
  hop: hopOf(topology, service),
  dependsOn: [`container-${service.name}`],
  level: 'warning',
  run: ({ containers }) => {
    const container = containers?.[service.name];
    if (!container) return undefined;
    const { name, logBytes, logLimitBytes } = container;
    if (logLimitBytes === undefined) {
      return { problem: said.unlimited, fix: 'npm run deploy' };
    }
    const limit = (logLimitBytes / MIB).toFixed(0);
    if (logBytes === undefined) return { ok: said.limit(limit) };
    const size = (logBytes / MIB).toFixed(1);
    if (logBytes <= TOLERANCE * logLimitBytes) return { ok: said.size(size, limit) };
    return { problem: said.tooLarge(size, limit), fix: recreate(name) };
  },
});

/**
 * A full disk truncates the line that is being logged, and Docker reads no further than that, even when there is space
 * again (https://github.com/moby/moby/issues/29511): verify, logs and the checks of the tunnel would go by old lines.
 */
const logReadable = (topology: Topology, service: Service): Check => ({
  id: `log-readable-${service.name}`,
  name: said.readableName(service.name),
  hop: hopOf(topology, service),
  dependsOn: [disk, `container-${service.name}`],
  run: ({ containers }) => {
    const container = containers?.[service.name];
    if (container?.logReadable === undefined) return undefined;
    if (container.logReadable) return { ok: said.readable };
    const { name, logPath } = container;
    const empty = sudo(`sh -c 'truncate --size 0 ${logPath}*'`);
    // The tunnel's client logs its state only when it logs in.
    const isTunnelClient = topology.tunnels.some(({ client }) => client === service.name);
    return {
      problem: said.cutOff(name),
      fix: isTunnelClient ? `${empty} && docker restart ${name}` : empty,
    };
  },
});

export const logChecks = (topology: Topology): Check[] =>
  [logSize, logReadable].flatMap((check) => topology.services.map((service) => check(topology, service)));
