/** Each container: its ports, its health, its log. */
import type { Component } from '../../lib/components.ts';
import type { PortHolder } from '../../lib/ports.ts';
import { type Check, container, hopOf, nameOf, recreate, span, sudo } from './check.ts';

/** Missed intervals after which health checks count as stopped. */
const MISSED_CHECKS = 3;
const HEALTH_TIMEOUT_MS = 5_000;
const LOOP_RESTARTS = 3;
/** How long one that was in a restart loop has to run to be out of it. */
const LOOP_UPTIME_MS = { healthy: 20_000, otherwise: 90_000 };
const MIB = 1024 ** 2;

const PORT_OWNER = {
  BTCW_NGINX_PORT: 'nginx',
  BTCW_BACKEND_PORT: 'backend',
  BTCW_FRONTEND_PORT: 'frontend',
  BTCW_FRP_SERVER_PORT: 'frps',
  BTCW_FRP_REMOTE_PORT: 'frps',
} as const satisfies Record<string, Component>;
export type PortSetting = keyof typeof PORT_OWNER;

/** Preflight's question, asked later: something else on 8501, 8000, 3000, 7000 or 60001, and what. */
export const port = (setting: PortSetting): Check => {
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
export const running = (component: Component): Check => ({
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
    const settledMs = health === 'healthy' ? LOOP_UPTIME_MS.healthy : LOOP_UPTIME_MS.otherwise;
    if (status === 'restarting' || (restarts >= LOOP_RESTARTS && uptimeMs < settledMs)) {
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
export const healthChecks = (component: Component): Check => ({
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

/** The seed's "日志轮转": every log has a bound, and keeps it. */
export const logSize = (component: Component): Check => ({
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
export const logReadable = (component: Component): Check => ({
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
