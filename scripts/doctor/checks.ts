/**
 * What doctor knows: each check is a pure function of the facts. One that can only fail because another has failed is
 * not looked at, so that a report names causes and not their consequences.
 */
import { HIGHEST_MAX_CONNECTIONS, SETTINGS, type Settings } from '../../stacks/settings.ts';
import { type Component, componentsOf } from '../lib/components.ts';
import type { HttpAnswer } from '../lib/http.ts';
import type { PortHolder } from '../lib/ports.ts';
import { localUrl, publicUrl, serverAddress } from '../lib/tunnel.ts';
import { type ContainerFacts, type Facts, WRONG_NAME } from './facts.ts';

/** A hop of the chain that a finding is about; `host` is the machine itself, with the guard in its kernel. */
export type Hop = 'browser' | Exclude<Component, 'guard'> | 'host';

export interface Finding {
  readonly id: string;
  readonly name: string;
  readonly hop: Hop;
  /** `skipped` follows from another finding or could not be looked at. Only `failure` makes the exit code 1. */
  readonly level: 'ok' | 'warning' | 'failure' | 'skipped';
  /** False for warnings and failures. */
  readonly ok: boolean;
  readonly detail: string;
  /** The one command that mends it; empty where nothing is wrong. */
  readonly fix: string;
}

/** What a check sees: undefined where its facts could not be had. */
type Verdict = { readonly ok: string } | { readonly wrong: string; readonly fix: string } | undefined;

interface Check {
  readonly id: string;
  readonly name: string;
  readonly hop: Hop;
  /** Checks whose failure this one would only repeat. */
  readonly after: readonly string[];
  readonly level?: 'warning';
  readonly look: (facts: Facts) => Verdict;
}

const FIXED_IN_MAJOR = 28;
const DESCRIPTORS_PER_CONNECTION = 6;
/** Missed intervals after which health checks count as stopped. */
const MISSED_CHECKS = 3;
const HEALTH_TIMEOUT_MS = 5_000;
const LOOP_RESTARTS = 3;
const LOOP_UPTIME_MS = 90_000;
const SKEW_MS = 30_000;
/** The usual one of an frp server. */
const FRP_PORT = Number(SETTINGS.BTCW_FRP_SERVER_PORT.default);
/** The Date header has whole seconds, and the answer took its time. */
const DATE_TOLERANCE_MS = 2_000;
const DISK_FAILURE = 0.05;
const DISK_WARNING = 0.1;
const DEFAULT_HEARTBEAT_SEC = 30;
const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

const seen = (answer: HttpAnswer): string =>
  answer.status > 0
    ? `status ${answer.status}`
    : answer.error === 'ECONNREFUSED'
      ? 'refused'
      : answer.error === 'ECONNRESET'
        ? 'cut off'
        : answer.error;

/** A span of time as people say it. @example span(90_000) // '2 min' */
export function span(ms: number): string {
  const sec = Math.abs(ms) / 1000;
  if (sec < 90) return `${Math.round(sec)} s`;
  if (sec < 5400) return `${Math.round(sec / 60)} min`;
  if (sec < 172_800) return `${Math.round(sec / 3600)} h`;
  return `${Math.round(sec / 86_400)} days`;
}

const container = (facts: Facts, component: Component): ContainerFacts | undefined =>
  facts.containers?.[component];
const hopOf = (component: Component): Hop => (component === 'guard' ? 'host' : component);
const nameOf = (facts: Facts, component: Component): string =>
  container(facts, component)?.name ?? `${facts.settings.BTCW_PROJECT}-${component}`;

/** Sets one setting for good, and brings it in. */
const setAndDeploy = (name: string, value: string | number): string =>
  `echo '${name}=${value}' >> .env && npm run deploy`;

const sudo = (command: string): string => `sudo ${command}`;

/** Makes one container anew, and no other: for what deploy cannot see that it has to mend. Volumes stay. */
const recreate = (name: string): string => `docker rm --force ${name} && npm run deploy`;

/** The connections that docker-proxy bears, with some room. */
const bearable = (descriptors: number): number =>
  Math.max(1, Math.floor((descriptors * 0.9) / DESCRIPTORS_PER_CONNECTION));

// ---- the engine ----

/** Design point 4: "Docker itself". Everything else needs it. */
const engine: Check = {
  id: 'docker',
  name: 'Docker answers',
  hop: 'host',
  after: [],
  look: ({ engine: { problem, version } }) =>
    problem ? { wrong: problem.what, fix: problem.fix } : { ok: `version ${version}` },
};

/**
 * Design point 13: neighbours on the LAN reach what is published on the gateway, and before Docker 28.0 also what is
 * published on loopback and containers' own addresses (https://github.com/moby/moby/pull/49325).
 */
const neighbours: Check = {
  id: 'neighbours',
  name: 'published ports are closed to neighbours on the LAN',
  hop: 'host',
  after: ['docker', 'container-guard'],
  level: 'warning',
  look: ({ engine: { version }, containers, settings }) => {
    const guard = containers?.guard;
    if (settings.BTCW_GUARD === 'on') return guard && { ok: `Docker ${version}, closed by ${guard.name}` };
    const older = Number.parseInt(version, 10) < FIXED_IN_MAJOR;
    const more = older ? `, and with Docker ${version} also 127.0.0.1 and containers' own addresses` : '';
    return {
      wrong: `BTCW_GUARD is off: a neighbour on the LAN that routes ${settings.BTCW_GATEWAY} here reaches backend and frontend${more}`,
      fix: "sed -i '/^BTCW_GUARD=/d' .env && npm run deploy",
    };
  },
};

/** Design point 12: each connection takes six of docker-proxy's descriptors; at its limit it exits. */
const proxyCeiling: Check = {
  id: 'docker-proxy',
  name: 'docker-proxy bears BTCW_MAX_CONNECTIONS',
  hop: 'nginx',
  after: ['docker', 'container-nginx'],
  look: ({ proxyDescriptors, settings }) => {
    if (proxyDescriptors === undefined) return { ok: 'there is none to run out of descriptors' };
    const wanted = DESCRIPTORS_PER_CONNECTION * settings.BTCW_MAX_CONNECTIONS;
    if (wanted < proxyDescriptors) return { ok: `${wanted} of its ${proxyDescriptors} descriptors` };
    return {
      wrong: `${settings.BTCW_MAX_CONNECTIONS} connections take ${wanted} descriptors, docker-proxy has ${proxyDescriptors}: at the limit it exits, and port ${settings.BTCW_NGINX_PORT} is dead for everyone`,
      fix: setAndDeploy('BTCW_MAX_CONNECTIONS', bearable(proxyDescriptors)),
    };
  },
};

/** FAQ "502", second question, `docker network inspect bridge`: whether the gateway is where nginx is told it is. */
const gateway: Check = {
  id: 'gateway',
  name: 'BTCW_GATEWAY is an address of this host',
  hop: 'host',
  after: ['docker'],
  look: ({ hostAddresses, settings, bridgeGateway }) => {
    if (hostAddresses.includes(settings.BTCW_GATEWAY)) return { ok: settings.BTCW_GATEWAY };
    const wrong = `no interface has ${settings.BTCW_GATEWAY}${bridgeGateway ? `; Docker's bridge has ${bridgeGateway}` : ''}: nginx reaches neither backend nor frontend`;
    // The engine gives its bridge the address when it starts.
    if (bridgeGateway === settings.BTCW_GATEWAY) return { wrong, fix: sudo('systemctl restart docker') };
    return { wrong, fix: bridgeGateway ? setAndDeploy('BTCW_GATEWAY', bridgeGateway) : 'npm run deploy' };
  },
};

/** Design point 12's end, and the seed's "日志轮转": logs that fill the disk. */
const disk: Check = {
  id: 'disk',
  name: 'room on the disk',
  hop: 'host',
  after: ['docker'],
  look: (facts) => {
    if (!facts.disk) return undefined;
    const { freeBytes, totalBytes } = facts.disk;
    const room = `${(freeBytes / GIB).toFixed(1)} GiB of ${(totalBytes / GIB).toFixed(1)} GiB are free under ${facts.engine.rootDir}`;
    if (freeBytes / totalBytes >= DISK_FAILURE && freeBytes > GIB / 2) return { ok: room };
    return { wrong: room, fix: 'docker system prune --force' };
  },
};

const diskSoon: Check = {
  id: 'disk-soon',
  name: 'room on the disk for a while',
  hop: 'host',
  after: ['docker', 'disk'],
  level: 'warning',
  look: (facts) => {
    if (!facts.disk) return undefined;
    const share = facts.disk.freeBytes / facts.disk.totalBytes;
    if (share >= DISK_WARNING) return { ok: `${Math.round(share * 100)} % free` };
    return { wrong: `only ${Math.round(share * 100)} % are free`, fix: 'docker system prune --force' };
  },
};

/** The seed's "日志轮转": every log has a bound, and keeps it. */
const logSize = (component: Component): Check => ({
  id: `log-size-${component}`,
  name: `${component}: its log is bounded`,
  hop: hopOf(component),
  after: ['docker', `container-${component}`],
  level: 'warning',
  look: (facts) => {
    const one = container(facts, component);
    if (!one) return undefined;
    if (one.logBoundBytes === undefined) {
      return { wrong: 'its log has no size limit and will fill the disk', fix: 'npm run deploy' };
    }
    const size = one.logBytes === undefined ? '' : `${(one.logBytes / MIB).toFixed(1)} of `;
    const told = `${size}${(one.logBoundBytes / MIB).toFixed(0)} MiB`;
    // Docker rotates between two writes: a little more is in order.
    if ((one.logBytes ?? 0) <= one.logBoundBytes * 1.1) return { ok: told };
    return { wrong: `its log files have ${told} they may have`, fix: recreate(one.name) };
  },
});

/**
 * A full disk cuts short the line that is being logged, and Docker reads no further than that, even when there is room
 * again (https://github.com/moby/moby/issues/29511): verify, logs and the checks of the tunnel would go by old lines.
 */
const logReadable = (component: Component): Check => ({
  id: `log-readable-${component}`,
  name: `${component}: docker logs shows its newest lines`,
  hop: hopOf(component),
  after: ['docker', 'disk', `container-${component}`],
  look: (facts) => {
    const one = container(facts, component);
    if (one?.logReadable === undefined) return undefined;
    if (one.logReadable) return { ok: 'to the end' };
    const empty = sudo(`sh -c 'truncate --size 0 ${one.logPath}*'`);
    return {
      wrong: `docker logs ${one.name} ends at a line that a full disk has cut short: all that came after it is hidden`,
      // frpc tells of the tunnel only when it logs in.
      fix: component === 'frpc' ? `${empty} && docker restart ${one.name}` : empty,
    };
  },
});

// ---- ports and containers ----

const PORT_OWNER = {
  BTCW_NGINX_PORT: 'nginx',
  BTCW_BACKEND_PORT: 'backend',
  BTCW_FRONTEND_PORT: 'frontend',
  BTCW_FRP_SERVER_PORT: 'frps',
  BTCW_FRP_REMOTE_PORT: 'frps',
} as const satisfies Record<string, Component>;
type PortSetting = keyof typeof PORT_OWNER;

/** Preflight's question, asked later: something else on 8501, 8000, 3000, 7000 or 60001, and what. */
const port = (setting: PortSetting): Check => {
  const component = PORT_OWNER[setting];
  return {
    id: `port-${setting === 'BTCW_FRP_REMOTE_PORT' ? 'remote' : component}`,
    name: `${setting} is not taken by another program`,
    hop: component,
    after: ['docker'],
    look: (facts) => {
      const mine = facts.ports.filter((one) => one.setting === setting);
      const number = facts.settings[setting];
      if (mine.length === 0) return { ok: `${number} is the frp server's` };
      const owner = container(facts, component);
      const running = owner?.status === 'running' || owner?.status === 'paused';
      // A published port is bound while its container runs; frps, on the host's network, binds for itself, and only
      // root sees that it does.
      const isOurs = (holder: PortHolder) =>
        running && (component !== 'frps' || holder.pid === owner.pid || !holder.program);
      const taken = mine.find(({ holder }) => holder && !isOurs(holder));
      if (!taken?.holder) return { ok: String(number) };
      const { holder, container: other, address } = taken;
      if (other) {
        return {
          wrong: `container ${other} has ${address}:${number}`,
          fix: `docker stop ${other} && npm run deploy`,
        };
      }
      // Docker's own: a container of this project is just being started or stopped.
      if (/^docker/.test(holder.program)) return { ok: `${number}, held by ${holder.program}` };
      if (!holder.program) {
        return {
          wrong: `another user's program has ${address}:${number}`,
          fix: sudo(`ss -ltnp sport = :${number}`),
        };
      }
      return {
        wrong: `${holder.program} (process ${holder.pid}) has ${address}:${number}`,
        fix: `kill ${holder.pid} && npm run deploy`,
      };
    },
  };
};

const portsOf = (component: Component): string[] =>
  component === 'frpc' || component === 'guard'
    ? []
    : [`port-${component}`, ...(component === 'frps' ? ['port-remote'] : [])];

/** The seed's "检查所有关键服务" (`ps aux | grep …`): present, running, not in a restart loop, healthy. */
const running = (component: Component): Check => ({
  id: `container-${component}`,
  name: `${component} is running and healthy`,
  hop: hopOf(component),
  after: ['docker', ...portsOf(component)],
  look: (facts) => {
    if (!facts.containers) return undefined;
    const one = container(facts, component);
    if (!one) return { wrong: `there is no container ${nameOf(facts, component)}`, fix: 'npm run deploy' };
    const { name, status, health, restarts, exitCode, lastWords } = one;
    const words = lastWords ? `; it last said: ${lastWords}` : '';
    const memory = one.outOfMemory ? ', out of memory' : '';
    const uptimeMs = (facts.engine.clockMs ?? facts.nowMs) - one.startedAtMs;
    if (status === 'paused') return { wrong: `${name} is paused`, fix: `docker unpause ${name}` };
    if (status === 'restarting' || (restarts >= LOOP_RESTARTS && uptimeMs < LOOP_UPTIME_MS)) {
      // While it runs for a moment, Docker has forgotten the exit code.
      const code = status === 'restarting' ? ` with exit code ${exitCode}` : '';
      return {
        wrong: `${name} keeps ending${code} (${restarts} restarts${memory})${words}`,
        fix: 'npm run deploy',
      };
    }
    if (status !== 'running') {
      return {
        wrong: `${name} is ${status} (exit code ${exitCode}${memory})${words}`,
        fix: status === 'created' || status === 'exited' ? `docker start ${name}` : 'npm run deploy',
      };
    }
    if (health === 'unhealthy') {
      return {
        wrong: `${name} runs, but its health check fails: ${one.healthOutput || 'no answer in time'}`,
        fix: `docker restart ${name}`,
      };
    }
    return { ok: `${health}, up ${span(uptimeMs)}` };
  },
});

/**
 * Troubleshooting's last row: Docker 20.10 does not resume the health checks of containers that live-restore kept
 * running while dockerd restarted. Seen by a health log older than its interval.
 */
const healthChecks = (component: Component): Check => ({
  id: `health-checks-${component}`,
  name: `${component}: Docker still checks its health`,
  hop: hopOf(component),
  after: ['docker', `container-${component}`],
  look: (facts) => {
    const one = container(facts, component);
    if (!one || one.healthIntervalMs === undefined) return undefined;
    const lastMs = Math.max(one.lastHealthCheckMs ?? 0, one.startedAtMs);
    const ageMs = (facts.engine.clockMs ?? facts.nowMs) - lastMs;
    const allowedMs = MISSED_CHECKS * (one.healthIntervalMs + HEALTH_TIMEOUT_MS);
    if (ageMs <= allowedMs) return { ok: `the latest ${span(ageMs)} ago` };
    return {
      wrong: `the latest health check of ${one.name} was ${span(ageMs)} ago, they are due each ${span(one.healthIntervalMs)}: dockerd has restarted without resuming them`,
      fix: `docker restart ${one.name}`,
    };
  },
});

// ---- nginx and what is behind it ----

type Application = 'backend' | 'frontend';
const appPort = (facts: Facts, app: Application): number =>
  app === 'backend' ? facts.settings.BTCW_BACKEND_PORT : facts.settings.BTCW_FRONTEND_PORT;

const dropsPort = (rule: string, number: number): boolean =>
  /-j (DROP|REJECT)\b/.test(rule) &&
  new RegExp(`(--dport|--ctorigdstport) ${number}\\b`).test(rule) &&
  // What keeps neighbours out spares the bridge.
  !/! -i docker0/.test(rule);

/** FAQ "502", "Docker网络是否正常", where the host reaches it and a container does not: a firewall is between them. */
const firewall = (app: Application): Check => ({
  id: `firewall-${app}`,
  name: `no firewall between nginx and the ${app}`,
  hop: app,
  after: ['docker', 'gateway', 'container-nginx', `container-${app}`],
  look: (facts) => {
    const { inside, settings, firewallRules, ufw, proxyDescriptors } = facts;
    const from = inside[app];
    if (!from) return undefined;
    if (from.curl === 0) return { ok: `${from.ms.toFixed(1)} ms` };
    // The container is well by its own health check, and the host reaches it: what is between is at fault.
    const here = app === 'backend' ? facts.backendAtGateway : facts.frontendAtGateway;
    if (!here || here.status === 0) return undefined;
    const number = appPort(facts, app);
    const address = `${settings.BTCW_GATEWAY}:${number}`;
    const rule = firewallRules?.find((one) => dropsPort(one, number));
    const wrong = `this host reaches the ${app}, containers do not reach it at ${address}: a firewall is in the way${rule ? `: ${rule}` : ''}`;
    if (rule) return { wrong, fix: sudo(`iptables ${rule.replace(' -A ', ' -D ')}`) };
    if (ufw) {
      const rulePart = `to ${settings.BTCW_GATEWAY} port ${number} proto tcp`;
      return { wrong, fix: sudo(`ufw allow in on docker0 ${rulePart}`) };
    }
    // With docker-proxy the packets are for this host itself; without it they are forwarded.
    return {
      wrong,
      fix: sudo(
        proxyDescriptors === undefined
          ? `iptables -I FORWARD -i docker0 -p tcp -m conntrack --ctorigdst ${settings.BTCW_GATEWAY} --ctorigdstport ${number} -j ACCEPT`
          : `iptables -I INPUT -i docker0 -d ${settings.BTCW_GATEWAY} -p tcp --dport ${number} -j ACCEPT`,
      ),
    };
  },
});

/** FAQ "Nginx返回502 Bad Gateway": asked as nginx asks it, from inside its container, at the gateway. */
const atGateway = (app: Application): Check => ({
  id: `${app}-at-gateway`,
  name: `nginx reaches the ${app} at the gateway (502)`,
  hop: app,
  after: ['docker', 'gateway', 'container-nginx', `container-${app}`, `firewall-${app}`],
  look: (facts) => {
    const from = facts.inside[app];
    if (!from) return undefined;
    const address = `${facts.settings.BTCW_GATEWAY}:${appPort(facts, app)}`;
    const name = nameOf(facts, app);
    const path = app === 'backend' ? facts.settings.BTCW_BACKEND_HEALTH_PATH : '/';
    if (from.status >= 200 && from.status < 400) return { ok: `status ${from.status} from ${address}` };
    if (from.status > 0) {
      return { wrong: `${address}${path} answers ${from.status}`, fix: `docker restart ${name}` };
    }
    if (facts[app].status > 0) {
      return {
        wrong: `${name} is published on 127.0.0.1, but not at ${address}, where nginx asks: browsers get 502`,
        fix: recreate(name),
      };
    }
    return {
      wrong: `nginx gets no answer from ${address} (${from.curl === 7 ? 'refused' : 'nothing came'}), so browsers get 502`,
      fix: `docker restart ${name}`,
    };
  },
});

const NGINX = ['docker', 'container-nginx'];

/** The seed's `nginx -t`: a configuration edited by hand that nginx would refuse at its next start. */
const nginxValid: Check = {
  id: 'nginx-config',
  name: 'nginx accepts its configuration (nginx -t)',
  hop: 'nginx',
  after: NGINX,
  look: ({ nginx, nginxRefuses }) =>
    nginxRefuses
      ? { wrong: nginxRefuses, fix: 'npm run deploy' }
      : nginx && { ok: `${nginx.locations.length} proxied locations` },
};

/** Section 1 of the seed, "添加WebSocket升级映射": HTTP/1.1, Upgrade, and Connection through the map. */
const nginxUpgrade: Check = {
  id: 'nginx-upgrade',
  name: 'nginx upgrades WebSockets, and nothing else',
  hop: 'nginx',
  after: [...NGINX, 'nginx-config'],
  look: ({ nginx }) => {
    if (!nginx) return undefined;
    for (const { path, headers, httpVersion } of nginx.locations) {
      const wrong = (what: string) => ({ wrong: `location ${path}: ${what}`, fix: 'npm run deploy' });
      const { connection = '', upgrade } = headers;
      if (httpVersion !== '1.1') return wrong(`proxy_http_version is ${httpVersion}, a WebSocket needs 1.1`);
      if (upgrade !== '$http_upgrade') return wrong('the Upgrade header is not handed on');
      if (!connection) return wrong('the Connection header is not handed on');
      if (!nginx.upgradeMaps.includes(connection)) {
        return wrong(
          `the Connection header is "${connection}" for every request; it should be $connection_upgrade, from a map of $http_upgrade`,
        );
      }
    }
    return { ok: 'map $http_upgrade $connection_upgrade' };
  },
};

/** Section 1 of the seed, "禁用缓冲": with buffering on, messages wait for a full buffer. */
const nginxBuffering: Check = {
  id: 'nginx-buffering',
  name: 'nginx hands messages on at once',
  hop: 'nginx',
  after: [...NGINX, 'nginx-config'],
  look: ({ nginx }) => {
    const slow = nginx?.locations.find(({ buffering }) => buffering);
    if (slow) return { wrong: `location ${slow.path}: proxy_buffering is on`, fix: 'npm run deploy' };
    return nginx && { ok: 'proxy_buffering off' };
  },
};

/** Section 1 of the seed, "超时设置", against FAQ "WebSocket心跳": a timeout below the heartbeat cuts quiet sockets. */
const nginxTimeouts: Check = {
  id: 'nginx-timeouts',
  name: "nginx's timeouts are longer than the heartbeat",
  hop: 'nginx',
  after: [...NGINX, 'nginx-config'],
  look: ({ nginx, socket }) => {
    if (!nginx) return undefined;
    const heartbeatSec = socket?.greeting?.heartbeatSec ?? DEFAULT_HEARTBEAT_SEC;
    const read = nginx.locations.map(({ path, readTimeoutSec, sendTimeoutSec }) => ({
      path,
      readTimeoutSec,
      sendTimeoutSec,
    }));
    const short = read.find((one) => Math.min(one.readTimeoutSec, one.sendTimeoutSec) <= heartbeatSec);
    if (!short) return { ok: `heartbeat each ${heartbeatSec} s` };
    const name = short.readTimeoutSec <= heartbeatSec ? 'proxy_read_timeout' : 'proxy_send_timeout';
    return {
      wrong: `location ${short.path}: ${name} is ${Math.min(short.readTimeoutSec, short.sendTimeoutSec)} s, the heartbeat comes each ${heartbeatSec} s: quiet WebSockets are cut`,
      fix: 'npm run deploy',
    };
  },
};

/** Section 1 of the seed, "修复Docker网络地址": host.docker.internal is unknown on Linux. */
const nginxUpstreams: Check = {
  id: 'nginx-upstreams',
  name: 'nginx asks at the gateway',
  hop: 'nginx',
  after: [...NGINX, 'nginx-config', 'gateway'],
  look: ({ nginx, settings }) => {
    if (!nginx) return undefined;
    const ports = [settings.BTCW_BACKEND_PORT, settings.BTCW_FRONTEND_PORT];
    const wanted = ports.map((number) => `${settings.BTCW_GATEWAY}:${number}`);
    const other = nginx.locations.flatMap(({ path, servers }) =>
      servers.filter((server) => !wanted.includes(server)).map((server) => `location ${path} asks ${server}`),
    );
    if (other.length === 0) return { ok: wanted.join(', ') };
    return { wrong: `${other.join(', ')}; declared are ${wanted.join(' and ')}`, fix: 'npm run deploy' };
  },
};

/** Design point 12's other side: past BTCW_MAX_CONNECTIONS nginx answers 503, to pages and WebSockets alike. */
const connections: Check = {
  id: 'connections',
  name: 'nginx has room for another connection (503)',
  hop: 'nginx',
  after: [
    ...NGINX,
    'port-nginx',
    'nginx-config',
    'nginx-upstreams',
    'container-frontend',
    'firewall-frontend',
    'frontend-at-gateway',
  ],
  look: ({ local, foreignHost, remote, tunnel, settings, proxyDescriptors }) => {
    const answers = [local, foreignHost, ...(tunnel?.up ? [remote] : [])];
    // The frontend itself has answered otherwise, so a 503 is nginx's own.
    if (answers.every(({ status }) => status !== 503)) return { ok: 'no 503' };
    const limit = settings.BTCW_MAX_CONNECTIONS;
    const wrong = `nginx answers 503: all ${limit} connections that BTCW_MAX_CONNECTIONS allows are open`;
    const ceiling = proxyDescriptors === undefined ? HIGHEST_MAX_CONNECTIONS : bearable(proxyDescriptors);
    const raised = Math.min(2 * limit, ceiling, HIGHEST_MAX_CONNECTIONS);
    if (raised > limit) return { wrong, fix: setAndDeploy('BTCW_MAX_CONNECTIONS', raised) };
    return {
      wrong: `${wrong}, and the host bears no more: a restart of nginx ends them`,
      fix: `docker restart ${settings.BTCW_PROJECT}-nginx`,
    };
  },
};

/** The seed's "本地测试": the page, as a browser on this host gets it. */
const localPage: Check = {
  id: 'local-page',
  name: 'the page opens on this host',
  hop: 'nginx',
  after: [...connections.after, 'connections'],
  look: (facts) => {
    const { local } = facts;
    if (local.status >= 200 && local.status < 400) {
      return { ok: `status ${local.status} in ${local.ms.toFixed(0)} ms` };
    }
    const dead = local.status === 0 ? ': nginx runs, but its published port is dead' : '';
    return {
      wrong: `${localUrl(facts.settings)} gives: ${seen(local)}${dead}`,
      fix: `docker restart ${nameOf(facts, 'nginx')}`,
    };
  },
};

/** Design point 21: Vite refuses hosts it does not know, so the tunnel's address gets 403. */
const viteHosts: Check = {
  id: 'vite-hosts',
  name: 'the frontend serves any host name (Vite: allowedHosts)',
  hop: 'frontend',
  after: ['local-page', ...NGINX, 'container-frontend', 'frontend-at-gateway', 'firewall-frontend'],
  look: (facts) => {
    const { local, foreignHost, settings } = facts;
    if (local.status !== 200 || foreignHost.status === 0) return undefined;
    if (foreignHost.status !== 403) return { ok: `status ${foreignHost.status} for another name` };
    const { BTCW_FRONTEND_CONTEXT: context, BTCW_FRONTEND_IMAGE: image } = settings;
    const allow = (folder: string) =>
      `sed -i 's/server: {/server: { allowedHosts: true,/' ${folder}/vite.config.*`;
    return {
      wrong:
        'the frontend answers 403 to a request under another host name: Vite refuses what is not in server.allowedHosts, so the page is refused through the tunnel',
      fix: context
        ? `${allow(context)} && npm run deploy`
        : image
          ? `${allow('your/frontend')} && docker build --tag ${image} your/frontend && npm run deploy`
          : 'npm run deploy',
    };
  },
};

// ---- the token and the conversation ----

const BACKEND = ['docker', 'container-backend', 'backend-at-gateway', 'firewall-backend', 'gateway'];

const loginCommand = (facts: Facts): string =>
  `curl -s http://127.0.0.1:${facts.settings.BTCW_BACKEND_PORT}/api/v1/auth/token -d username=${facts.settings.BTCW_ADMIN_USER} --data-urlencode "password=$(cat ${facts.passwordFile})"`;

/** The seed's "获取新Token": the password in the file is the one the backend knows. */
const login: Check = {
  id: 'login',
  name: 'the password file logs in',
  hop: 'backend',
  after: BACKEND,
  look: (facts) => {
    const answer = facts.login;
    // A backend of the user's own may log in elsewhere.
    if (!answer || answer.status === 404) return undefined;
    if (answer.status === 200) return { ok: `user ${facts.settings.BTCW_ADMIN_USER}` };
    if (answer.status === 401) {
      return {
        wrong: `the backend refuses user ${facts.settings.BTCW_ADMIN_USER} with the password in ${facts.passwordFile}`,
        fix: 'npm run deploy',
      };
    }
    if (answer.status === 429) {
      return { wrong: 'too many failed logins within a minute: the backend makes all wait', fix: 'sleep 60' };
    }
    return {
      wrong: `the login gives: ${seen(answer)}`,
      fix: `docker restart ${nameOf(facts, 'backend')}`,
    };
  },
};

/** FAQ "为什么WebSocket连接返回403": the token is expired, or of another secret; with its age. */
const token: Check = {
  id: 'token',
  name: 'the token is accepted (403)',
  hop: 'browser',
  after: [
    ...BACKEND,
    ...NGINX,
    'login',
    'nginx-config',
    'nginx-upgrade',
    'nginx-upstreams',
    'port-nginx',
    'connections',
  ],
  look: (facts) => {
    const { token: one, socket, nowMs } = facts;
    if (!one || !socket) return undefined;
    const fix = loginCommand(facts);
    const age = one.issuedMs === undefined ? 'of unknown age' : `${span(nowMs - one.issuedMs)} old`;
    if (socket.status === 101) {
      const left = one.expiresMs === undefined ? '' : `, good for ${span(one.expiresMs - nowMs)}`;
      return { ok: `${age}${left}` };
    }
    if (!one.wellFormed)
      return { wrong: 'this is no token: it should be three parts with dots between', fix };
    if (one.expiresMs !== undefined && one.expiresMs <= nowMs) {
      return {
        wrong: `the token is ${age} and expired ${span(nowMs - one.expiresMs)} ago: log in again`,
        fix,
      };
    }
    if (socket.status === 403) {
      return {
        wrong: `the token is ${age} and not expired, but refused: the backend's secret has changed since; log in again`,
        fix,
      };
    }
    return undefined;
  },
};

/** The seed's `curl -v … Upgrade: websocket`: 101, where neither the token nor nginx's configuration is at fault. */
const upgrade: Check = {
  id: 'websocket',
  name: 'a WebSocket opens through nginx (101)',
  hop: 'backend',
  after: [...token.after, 'token'],
  look: (facts) => {
    const { socket } = facts;
    if (!socket) return undefined;
    if (socket.status === 101) return { ok: '101 Switching Protocols' };
    return {
      wrong: `the WebSocket gets ${socket.status ?? (socket.error || 'no answer')}, not 101`,
      fix: `docker restart ${nameOf(facts, 'backend')}`,
    };
  },
};

/** FAQ "连接建立但收不到消息": subscribed, and nothing comes; or no pong. */
const silent: Check = {
  id: 'silent',
  name: 'subscribed topics and pongs come',
  hop: 'backend',
  after: [...upgrade.after, 'websocket'],
  look: (facts) => {
    const { socket } = facts;
    if (socket?.status !== 101) return undefined;
    const fix = `docker restart ${nameOf(facts, 'backend')}`;
    const told = socket.error ? `; it says: ${socket.error}` : '';
    if (socket.topics.length === 0) {
      const pong = socket.pongMs === undefined ? ', nor is a ping answered' : '';
      return { wrong: `connected and subscribed, but no topic sends anything${pong}${told}`, fix };
    }
    if (socket.pongMs === undefined) {
      return { wrong: `topics come, but no pong: clients will take the line for dead${told}`, fix };
    }
    return { ok: `${socket.topics.join(', ')}; pong in ${socket.pongMs.toFixed(1)} ms` };
  },
};

// ---- the tunnel ----

/** FAQ "本地测试成功，但远程连接失败", first: is there such a server? */
const frpName: Check = {
  id: 'frp-name',
  name: "the frp server's name is known",
  hop: 'frps',
  after: [],
  look: ({ frpServer, settings }) => {
    const name = settings.BTCW_FRP_SERVER_ADDR ?? '127.0.0.1';
    if (frpServer.resolved) return { ok: name };
    return {
      wrong: `no name server knows ${name}`,
      fix: "sed -i 's/^BTCW_FRP_SERVER_ADDR=.*/BTCW_FRP_SERVER_ADDR=your.server/' .env && npm run deploy",
    };
  },
};

const FRPS = ['frp-name', 'container-frps', 'port-frps'];

/** FAQ "本地测试成功，但远程连接失败": frps away, or its firewall closed for the frp port. */
const frpReachable: Check = {
  id: 'frp-server',
  name: 'the frp server answers on its port',
  hop: 'frps',
  after: FRPS,
  look: (facts) => {
    const { frpServer, settings } = facts;
    const address = serverAddress(settings);
    if (frpServer.connectMs !== undefined)
      return { ok: `${address} in ${frpServer.connectMs.toFixed(1)} ms` };
    if (!settings.BTCW_FRP_SERVER_ADDR) {
      return { wrong: `${address}: ${frpServer.error}`, fix: `docker restart ${nameOf(facts, 'frps')}` };
    }
    const ssh = (command: string) => `ssh ${settings.BTCW_FRP_SERVER_ADDR} ${command}`;
    return frpServer.error === 'ECONNREFUSED'
      ? {
          wrong: `nothing listens on ${address}: frps is not running there`,
          fix: ssh('sudo systemctl restart frps'),
        }
      : {
          wrong: `${address} does not answer (${frpServer.error}): its firewall is closed for that port`,
          fix: ssh(`sudo ufw allow ${settings.BTCW_FRP_SERVER_PORT}/tcp`),
        };
  },
};

const TUNNEL = ['docker', 'container-frpc', 'log-readable-frpc', 'frp-server', ...FRPS];

/** Looked at by doctor itself: frpc says no more than that the session was shut down. */
const frpCertificate: Check = {
  id: 'frp-certificate',
  name: "the frp server's certificate fits BTCW_FRP_TLS_CA_FILE",
  hop: 'frps',
  after: TUNNEL,
  look: ({ tunnel, frpServer: { certificate }, settings }) => {
    const { BTCW_FRP_TLS_CA_FILE: file, BTCW_FRP_SERVER_ADDR: server } = settings;
    if (!file) return { ok: 'not checked' };
    if (!tunnel || !certificate) return undefined;
    if (tunnel.up) return { ok: file };
    const { problem, names } = certificate;
    if (!problem) {
      if (tunnel.cause !== 'hung-up') return { ok: file };
      return {
        wrong: `frpc refuses the frp server's certificate, which fits ${file}: that has changed since the last deploy`,
        fix: 'npm run deploy',
      };
    }
    const unset = "sed -i '/^BTCW_FRP_TLS_CA_FILE=/d' .env && npm run deploy";
    if (!server) {
      return {
        wrong: 'the embedded frp server makes its certificate anew at each start: no CA file fits it',
        fix: unset,
      };
    }
    if (problem === WRONG_NAME) {
      const name = names.find((one) => !one.includes('*'));
      return {
        wrong: `the frp server's certificate is for ${names.join(', ') || 'no name at all (subjectAltName)'}, not for ${server}`,
        fix: name ? setAndDeploy('BTCW_FRP_SERVER_ADDR', name) : unset,
      };
    }
    if (problem === 'CERT_HAS_EXPIRED') {
      return {
        wrong: "the frp server's certificate has expired; frps reads a renewed one when it starts",
        fix: `ssh ${server} sudo systemctl restart frps`,
      };
    }
    return {
      wrong: `the frp server's certificate is not of the CA in ${file} (${problem})`,
      fix: `scp ${server}:/etc/frp/ca.crt ${file} && npm run deploy`,
    };
  },
};

/** The frp server's own reasons; FAQ "FRP日志：cat /tmp/frpc.log". */
const frpToken: Check = {
  id: 'frp-token',
  name: 'the frp server accepts the token',
  hop: 'frpc',
  after: TUNNEL,
  look: ({ tunnel, settings }) => {
    if (!tunnel) return undefined;
    if (tunnel.cause !== 'token') return { ok: 'not refused' };
    if (!settings.BTCW_FRP_SERVER_ADDR) {
      return {
        wrong: 'the embedded frp server refuses the token: frps and frpc have different ones',
        fix: 'npm run deploy',
      };
    }
    return {
      wrong:
        'the frp server refuses the token: it should be its auth.token, in the file BTCW_FRP_TOKEN_FILE names',
      fix: 'npm run deploy',
    };
  },
};

const frpProxyName: Check = {
  id: 'frp-proxy-name',
  name: 'the proxy name is free on the frp server',
  hop: 'frpc',
  after: TUNNEL,
  look: ({ tunnel, settings }) => {
    if (!tunnel) return undefined;
    const name = settings.BTCW_FRP_PROXY_NAME;
    if (tunnel.cause !== 'proxy-name') return { ok: name };
    return {
      wrong: `another client of the frp server has a proxy named ${name}`,
      fix: setAndDeploy('BTCW_FRP_PROXY_NAME', `${name}-2`),
    };
  },
};

const frpRemotePort: Check = {
  id: 'frp-remote-port',
  name: 'the remote port is to be had on the frp server',
  hop: 'frps',
  after: [...TUNNEL, 'port-remote'],
  look: ({ tunnel, settings }) => {
    if (!tunnel) return undefined;
    const number = settings.BTCW_FRP_REMOTE_PORT;
    const fix = setAndDeploy('BTCW_FRP_REMOTE_PORT', number + 1);
    if (tunnel.cause === 'remote-port') return { wrong: `port ${number} is taken on the frp server`, fix };
    if (tunnel.cause === 'port-not-allowed') {
      // The embedded server's were written by deploy.
      return {
        wrong: `the frp server's allowPorts leaves port ${number} out`,
        fix: settings.BTCW_FRP_SERVER_ADDR ? fix : 'npm run deploy',
      };
    }
    return { ok: String(number) };
  },
};

/** The seed's "期望看到: start proxy success". */
const tunnelUp: Check = {
  id: 'tunnel',
  name: 'frpc says: start proxy success',
  hop: 'frpc',
  after: [...TUNNEL, 'frp-certificate', 'frp-token', 'frp-proxy-name', 'frp-remote-port', 'port-remote'],
  look: (facts) => {
    const { tunnel, settings } = facts;
    if (!tunnel) return undefined;
    if (tunnel.up) return { ok: `[${settings.BTCW_FRP_PROXY_NAME}] start proxy success` };
    if (tunnel.cause === 'no-frps') {
      const number = settings.BTCW_FRP_SERVER_PORT;
      const who = `ssh ${settings.BTCW_FRP_SERVER_ADDR} sudo ss -ltnp sport = :${number}`;
      const fix = number === FRP_PORT ? who : setAndDeploy('BTCW_FRP_SERVER_PORT', FRP_PORT);
      return { wrong: tunnel.reason, fix };
    }
    return { wrong: tunnel.reason, fix: `docker restart ${nameOf(facts, 'frpc')}` };
  },
};

/** FAQ "防火墙是否开放60001端口": local works, the tunnel is up, and still the public port gives nothing. */
const publicPort: Check = {
  id: 'public-port',
  name: 'the page opens through the tunnel',
  hop: 'frps',
  after: [...tunnelUp.after, 'tunnel', ...localPage.after, 'local-page'],
  look: ({ remote, settings, local }) => {
    const url = publicUrl(settings);
    if (remote.status > 0 && remote.status < 500) {
      return { ok: `${url} in ${remote.ms.toFixed(0)} ms` };
    }
    const allow = `sudo ufw allow ${settings.BTCW_FRP_REMOTE_PORT}/tcp`;
    const server = settings.BTCW_FRP_SERVER_ADDR;
    return {
      wrong: `local works (status ${local.status}), ${url} does not (${seen(remote)}), though the tunnel is up: the server's firewall is closed for port ${settings.BTCW_FRP_REMOTE_PORT}`,
      fix: server ? `ssh ${server} ${allow}` : allow,
    };
  },
};

/** FAQ "Token有效期24小时": a clock that is off makes good tokens expired, and certificates not yet valid. */
const clock: Check = {
  id: 'clock',
  name: "this host's clock agrees with the chain's",
  hop: 'host',
  after: [],
  look: ({ engine, socket, remote, local, nowMs }) => {
    const others = [
      { where: 'the Docker engine', atMs: engine.clockMs },
      { where: 'the backend', atMs: socket?.greeting?.clockMs },
      { where: 'the public address', atMs: remote.dateMs },
      { where: 'nginx', atMs: local.dateMs },
    ];
    const known = others.filter(({ atMs }) => atMs !== undefined && !Number.isNaN(atMs));
    if (known.length === 0) return undefined;
    const off = known.find(({ atMs }) => Math.abs((atMs ?? nowMs) - nowMs) > SKEW_MS + DATE_TOLERANCE_MS);
    if (!off) return { ok: `within ${SKEW_MS / 1000} s of ${known.map(({ where }) => where).join(', ')}` };
    const skewMs = (off.atMs ?? 0) - nowMs;
    return {
      wrong: `this host's clock is ${span(skewMs)} ${skewMs > 0 ? 'behind' : 'ahead of'} that of ${off.where}: tokens and certificates will not be valid`,
      fix: sudo('timedatectl set-ntp true'),
    };
  },
};

/** All checks, each after those it depends on. */
export function checksFor(of: Settings): readonly Check[] {
  const components = componentsOf(of);
  const settings: PortSetting[] = [
    'BTCW_FRONTEND_PORT',
    'BTCW_BACKEND_PORT',
    'BTCW_NGINX_PORT',
    ...(of.BTCW_FRP_SERVER_ADDR ? [] : (['BTCW_FRP_SERVER_PORT', 'BTCW_FRP_REMOTE_PORT'] as const)),
  ];
  return [
    engine,
    gateway,
    disk,
    diskSoon,
    ...settings.map(port),
    ...components.map(running),
    ...components.map(healthChecks),
    neighbours,
    ...components.map(logSize),
    ...components.map(logReadable),
    proxyCeiling,
    firewall('frontend'),
    firewall('backend'),
    atGateway('frontend'),
    atGateway('backend'),
    nginxValid,
    nginxUpgrade,
    nginxBuffering,
    nginxTimeouts,
    nginxUpstreams,
    connections,
    localPage,
    viteHosts,
    login,
    token,
    upgrade,
    silent,
    frpName,
    frpReachable,
    frpCertificate,
    frpToken,
    frpProxyName,
    frpRemotePort,
    tunnelUp,
    publicPort,
    clock,
  ];
}

/** Judges the facts. A check whose ground is gone is skipped, and names what it follows from. */
export function diagnose(facts: Facts): Finding[] {
  const findings = new Map<string, Finding>();
  /** What is at the root of a check that was not looked at. */
  const roots = new Map<string, string>();
  for (const { id, name, hop, after, level = 'failure', look } of checksFor(facts.settings)) {
    const base = { id, name, hop, fix: '' };
    const root = after
      .map((other) => (findings.get(other)?.level === 'failure' ? other : roots.get(other)))
      .find((other) => other !== undefined);
    if (root) {
      roots.set(id, root);
      const detail = `not looked at: follows from "${findings.get(root)?.name}"`;
      findings.set(id, { ...base, level: 'skipped', ok: true, detail });
      continue;
    }
    const verdict = look(facts);
    if (!verdict) findings.set(id, { ...base, level: 'skipped', ok: true, detail: 'could not be looked at' });
    else if ('ok' in verdict) findings.set(id, { ...base, level: 'ok', ok: true, detail: verdict.ok });
    else findings.set(id, { ...base, level, ok: false, detail: verdict.wrong, fix: verdict.fix });
  }
  return [...findings.values()];
}
