/** The machine below the deployment: engine, addresses, disk, clock. */
import { type Check, setAndDeploy, span, sudo } from './check.ts';

const FIXED_IN_MAJOR = 28;
const SKEW_MS = 30_000;
/** The Date header has whole seconds, and the answer took its time. */
const DATE_TOLERANCE_MS = 2_000;
const DISK_FAILURE = 0.05;
const DISK_WARNING = 0.1;
const GIB = 1024 ** 3;

/** Design point 4: "Docker itself". Everything else needs it. */
export const engine: Check = {
  id: 'docker',
  name: 'Docker answers',
  hop: 'host',
  after: [],
  look: ({ engine: { problem, version } }) =>
    problem ? { wrong: problem.what, fix: problem.fix } : { ok: `version ${version}` },
};

/** FAQ "502", second question, `docker network inspect bridge`: whether the gateway is where nginx is told it is. */
export const gateway: Check = {
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
export const disk: Check = {
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

export const diskSoon: Check = {
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

/**
 * Design point 13: neighbours on the LAN reach what is published on the gateway, and before Docker 28.0 also what is
 * published on loopback and containers' own addresses (https://github.com/moby/moby/pull/49325).
 */
export const neighbours: Check = {
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

/** FAQ "Token有效期24小时": a clock that is off makes good tokens expired, and certificates not yet valid. */
export const clock: Check = {
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
