/** The configuration that nginx runs with, which may have been edited by hand. */
import { messages } from '../../../messages/index.ts';
import { RELOAD_COMMAND } from '../../../stacks/topology/nginx.ts';
import { OLD_WORKERS } from '../../../stacks/topology/nginx-capacity.ts';
import { serviceNamed, type Topology } from '../../../stacks/topology/topology.ts';
import { type Check, containerName, listed, portSettings } from './check.ts';
import { gateway } from './host.ts';

const said = messages.doctor.nginx;

/** Assumed of a backend that neither greets with its own nor has one in its profile. */
const DEFAULT_HEARTBEAT_SEC = 30;
const DEPLOY = 'npm run deploy';

/** What nginx would refuse at its next start. */
const accepted = ({ proxy }: Topology): Check => ({
  id: 'nginx-config',
  name: said.acceptedName,
  hop: proxy,
  dependsOn: [`container-${proxy}`],
  run: ({ nginx, nginxRefusal }) =>
    nginxRefusal
      ? { problem: nginxRefusal, fix: DEPLOY }
      : nginx && { ok: said.locations(nginx.locations.length) },
});

/** A WebSocket takes HTTP/1.1 and both headers; Connection has to be "close" for all other requests. */
export const upgrade = (topology: Topology): Check => ({
  id: 'nginx-upgrade',
  name: said.upgradeName,
  hop: topology.proxy,
  dependsOn: [accepted(topology)],
  run: ({ nginx }) => {
    if (!nginx) return undefined;
    for (const { path, headers, httpVersion } of nginx.locations) {
      const wrong = (what: string) => ({ problem: said.location(path, what), fix: DEPLOY });
      const { connection = '', upgrade: upgradeHeader } = headers;
      if (httpVersion !== '1.1') return wrong(said.httpVersion(httpVersion));
      if (!connection) return wrong(said.noConnection);
      if (!nginx.upgradeMaps.includes(connection)) {
        return wrong(said.fixedConnection(connection));
      }
      if (![...nginx.upgradeMaps, '$http_upgrade'].includes(upgradeHeader ?? '')) {
        return wrong(said.noUpgrade);
      }
    }
    return { ok: 'map $http_upgrade $connection_upgrade' };
  },
});

/** With buffering on, messages wait until a buffer is full. */
const buffering = (topology: Topology): Check => ({
  id: 'nginx-buffering',
  name: said.bufferingName,
  hop: topology.proxy,
  dependsOn: [accepted(topology)],
  run: ({ nginx }) => {
    const buffered = nginx?.locations.find((location) => location.buffering);
    if (buffered) return { problem: said.location(buffered.path, said.buffering), fix: DEPLOY };
    return nginx && { ok: 'proxy_buffering off' };
  },
});

/** Between two heartbeats a WebSocket may be idle: a shorter timeout closes it. */
const timeouts = (topology: Topology): Check => ({
  id: 'nginx-timeouts',
  name: said.timeoutsName,
  hop: topology.proxy,
  dependsOn: [accepted(topology)],
  run: ({ nginx, socket, profile }) => {
    if (!nginx) return undefined;
    const { heartbeat } = profile.webSocket ?? {};
    const everySec = heartbeat?.from === 'server' ? heartbeat.everySec : undefined;
    const heartbeatSec = socket?.greeting?.heartbeatSec ?? everySec ?? DEFAULT_HEARTBEAT_SEC;
    const short = nginx.locations
      .flatMap(({ path, readTimeoutSec, sendTimeoutSec }) => [
        { path, name: 'proxy_read_timeout', sec: readTimeoutSec },
        { path, name: 'proxy_send_timeout', sec: sendTimeoutSec },
      ])
      .find(({ sec }) => sec <= heartbeatSec);
    if (!short) return { ok: said.heartbeat(heartbeatSec) };
    return {
      problem: said.location(short.path, said.shortTimeout(short.name, short.sec, heartbeatSec)),
      fix: DEPLOY,
    };
  },
});

/** A name such as host.docker.internal is not known on Linux, and any other address is not this deployment. */
export const upstreams = (topology: Topology): Check => ({
  id: 'nginx-upstreams',
  name: said.upstreamsName,
  hop: topology.proxy,
  dependsOn: [accepted(topology), gateway],
  settings: [
    'BTCW_GATEWAY',
    ...topology.upstreams.flatMap(({ service }) => portSettings(serviceNamed(topology, service))),
  ],
  run: ({ nginx }) => {
    if (!nginx) return undefined;
    const expected = topology.upstreams.map(({ address }) => address);
    const others = nginx.locations.flatMap(({ path, servers }) =>
      servers.filter((server) => !expected.includes(server)).map((server) => said.connectsTo(path, server)),
    );
    if (others.length === 0) return { ok: expected.join(', ') };
    return {
      problem: said.expected(others.join(messages.doctor.check.comma), listed(expected)),
      fix: DEPLOY,
    };
  },
});

/** Each has the memory of a worker, and nginx's limit has room for so many. */
const oldWorkers = ({ proxy }: Topology): Check => ({
  id: 'nginx-reloads',
  name: said.oldWorkersName(OLD_WORKERS),
  hop: proxy,
  dependsOn: [`container-${proxy}`],
  level: 'warning',
  run: ({ oldWorkers: count, topology }) => {
    if (count === undefined) return undefined;
    if (count <= OLD_WORKERS) return { ok: said.oldWorkers(count) };
    return {
      problem: said.tooManyOldWorkers(count),
      fix: `docker exec ${containerName({ topology }, proxy)} ${RELOAD_COMMAND.join(' ')}`,
    };
  },
});

export const nginxChecks = (topology: Topology): Check[] =>
  [accepted, upgrade, buffering, timeouts, upstreams, oldWorkers].map((check) => check(topology));
