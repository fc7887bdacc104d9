/** The machine below the deployment: engine, bridge address, disk, and the state kept on it. */
import { DISK_WARNING } from '../facts/engine.ts';
import { type Check, setAndDeploy, sudo } from './check.ts';

const DISK_FAILURE = 0.05;
const GIB = 1024 ** 3;
const DEPLOY = 'npm run deploy';

/** What nearly all else depends on. */
export const engine: Check = {
  id: 'docker',
  name: 'Docker answers',
  hop: 'host',
  dependsOn: [],
  run: ({ engine: { problem, version } }) =>
    problem ? { problem: problem.what, fix: problem.fix } : { ok: `version ${version}` },
};

/** A command without an answer says nothing of what it asks for, and nothing may be concluded from it. */
const commands: Check = {
  id: 'docker-commands',
  name: 'Docker answers every command',
  hop: 'host',
  dependsOn: [engine],
  run: ({ unanswered }) =>
    unanswered.length === 0
      ? { ok: 'each has an answer' }
      : {
          problem: `Docker gives no answer, asked twice, to: ${unanswered.join(', ')}`,
          fix: 'top -b -n 1 | head -n 20',
        },
};

/** Else all others would only repeat it, once for each service. */
export const deployed: Check = {
  id: 'deployed',
  name: 'the project is deployed',
  hop: 'host',
  dependsOn: [engine],
  run: ({ containers, topology: { project } }) => {
    if (!containers) return undefined;
    const { length } = Object.keys(containers);
    if (length > 0) return { ok: `${length} containers` };
    return { problem: `nothing of ${project} is deployed on this engine`, fix: DEPLOY };
  },
};

/** What it is made from, and what it should be made from by now. Rollback leaves such a difference, and so does an editor. */
export const settings: Check = {
  id: 'settings',
  name: 'the settings are those that are deployed',
  hop: 'host',
  dependsOn: [deployed],
  level: 'warning',
  run: ({ release }) => {
    if (!release) return { ok: 'not known which release runs' };
    const { changed } = release;
    if (changed.length === 0) return { ok: 'no difference' };
    const show = (value: string) => value || '(not set)';
    const list = changed.map(({ name, from, to }) => `${name}: ${show(from)} → ${show(to)}`);
    return { problem: `.env differs from what is deployed: ${list.join(', ')}`, fix: DEPLOY };
  },
};

/** The reverse proxy reaches its upstreams at this address: without it, all requests get 502. */
export const gateway: Check = {
  id: 'gateway',
  name: 'BTCW_GATEWAY is an address of this host',
  hop: 'host',
  dependsOn: [engine, deployed],
  settings: ['BTCW_GATEWAY'],
  run: ({ hostAddresses, topology, bridgeGateway }) => {
    const { gateway: wanted } = topology.bridge;
    if (hostAddresses.includes(wanted)) return { ok: wanted };
    const actual = bridgeGateway ? `; Docker's bridge has ${bridgeGateway}` : '';
    const problem = `no interface has ${wanted}${actual}: ${topology.proxy} cannot reach its upstreams`;
    // The engine gives its bridge the address when it starts.
    if (bridgeGateway === wanted) return { problem, fix: sudo('systemctl restart docker') };
    return { problem, fix: bridgeGateway ? setAndDeploy('BTCW_GATEWAY', bridgeGateway) : DEPLOY };
  },
};

/** On a full disk, containers do not start and logs are truncated. */
export const disk: Check = {
  id: 'disk',
  name: 'the disk is not full',
  hop: 'host',
  dependsOn: [engine],
  run: ({ disk: space, engine: { rootDir } }) => {
    if (!space) return undefined;
    const { freeBytes, totalBytes } = space;
    const free = `${(freeBytes / GIB).toFixed(1)} GiB of ${(totalBytes / GIB).toFixed(1)} GiB free in ${rootDir}`;
    if (freeBytes / totalBytes >= DISK_FAILURE && freeBytes > GIB / 2) return { ok: free };
    return { problem: free, fix: 'docker system prune --force' };
  },
};

const diskSoon: Check = {
  id: 'disk-soon',
  name: `at least ${DISK_WARNING * 100} % of the disk is free`,
  hop: 'host',
  dependsOn: [disk],
  level: 'warning',
  run: ({ disk: space }) => {
    if (!space) return undefined;
    const share = space.freeBytes / space.totalBytes;
    const free = `${Math.round(share * 100)} % free`;
    if (share >= DISK_WARNING) return { ok: free };
    return { problem: `only ${free}`, fix: 'docker system prune --force' };
  },
};

/** Without it, a deployment does not know what it has made before. */
const state: Check = {
  id: 'state',
  name: "Terraform's state is whole",
  hop: 'host',
  dependsOn: [],
  run: ({ state: found, containers }) => {
    if (!found) return undefined;
    const { file, kind, problem } = found;
    // It restores the state from a backup.
    const fix = 'npm run deploy';
    if (kind === 'broken') return { problem: `${file} ${problem}`, fix };
    if (kind !== 'missing') return { ok: kind === 'busy' ? 'another run is at work on it' : file };
    if (!containers) return undefined;
    const exist = Object.keys(containers).length > 0;
    if (exist) return { problem: `${file} is missing, though containers of the project exist`, fix };
    return { ok: 'nothing is deployed' };
  },
};

export const hostChecks = (): Check[] => [
  engine,
  commands,
  deployed,
  settings,
  gateway,
  disk,
  diskSoon,
  state,
];
