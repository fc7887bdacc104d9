/** The machine below the deployment: engine, bridge address, disk, and the state kept on it. */
import { messages } from '../../../messages/index.ts';
import type { Topology } from '../../../stacks/topology/topology.ts';
import { DISK_WARNING } from '../facts/engine.ts';
import { type Check, setAndDeploy, sudo } from './check.ts';

const said = messages.doctor.host;

const DISK_FAILURE = 0.05;
const GIB = 1024 ** 3;
const DEPLOY = 'npm run deploy';
/** Lets programs listen on addresses that are not there yet. */
const NONLOCAL_BIND = 'net.ipv4.ip_nonlocal_bind';
const SYSCTL_FILE = '/etc/sysctl.d/90-btc-watcher.conf';

/** What nearly all else depends on. */
export const engine: Check = {
  id: 'docker',
  name: said.engineName,
  hop: 'host',
  dependsOn: [],
  run: ({ engine: { problem, version } }) =>
    problem ? { problem: problem.what, fix: problem.fix } : { ok: said.version(version) },
};

/** A command without an answer says nothing of what it asks for, and nothing may be concluded from it. */
const commands: Check = {
  id: 'docker-commands',
  name: said.commandsName,
  hop: 'host',
  dependsOn: [engine],
  run: ({ unanswered }) =>
    unanswered.length === 0
      ? { ok: said.allAnswered }
      : {
          problem: said.unanswered(unanswered.join(', ')),
          fix: 'top -b -n 1 | head -n 20',
        },
};

/** Else all others would only repeat it, once for each service. */
export const deployed: Check = {
  id: 'deployed',
  name: said.deployedName,
  hop: 'host',
  dependsOn: [engine],
  run: ({ containers, topology: { project } }) => {
    if (!containers) return undefined;
    const { length } = Object.keys(containers);
    if (length > 0) return { ok: said.containers(length) };
    return { problem: said.nothingDeployed(project), fix: DEPLOY };
  },
};

/** What it is made from, and what it should be made from by now. Rollback leaves such a difference, and so does an editor. */
export const settings: Check = {
  id: 'settings',
  name: said.settingsName,
  hop: 'host',
  dependsOn: [deployed],
  level: 'warning',
  run: ({ release }) => {
    if (!release) return { ok: said.unknownRelease };
    const { changed } = release;
    if (changed.length === 0) return { ok: said.noDifference };
    const show = (value: string) => value || said.notSet;
    const list = changed.map(({ name, from, to }) => said.changed(name, show(from), show(to)));
    return { problem: said.differs(list.join(messages.doctor.check.comma)), fix: DEPLOY };
  },
};

/** The reverse proxy reaches its upstreams at this address: without it, all requests get 502. */
export const gateway: Check = {
  id: 'gateway',
  name: said.gatewayName,
  hop: 'host',
  dependsOn: [engine, deployed],
  settings: ['BTCW_GATEWAY'],
  run: ({ hostAddresses, topology, bridgeGateway }) => {
    const { gateway: wanted } = topology.bridge;
    if (hostAddresses.includes(wanted)) return { ok: wanted };
    const problem = bridgeGateway
      ? said.otherGateway(wanted, bridgeGateway, topology.proxy)
      : said.noInterface(wanted, topology.proxy);
    // The engine gives its bridge the address when it starts.
    if (bridgeGateway === wanted) return { problem, fix: sudo('systemctl restart docker') };
    return { problem, fix: bridgeGateway ? setAndDeploy('BTCW_GATEWAY', bridgeGateway) : DEPLOY };
  },
};

/** On a full disk, containers do not start and logs are truncated. */
export const disk: Check = {
  id: 'disk',
  name: said.diskName,
  hop: 'host',
  dependsOn: [engine],
  run: ({ disk: space, engine: { rootDir } }) => {
    if (!space) return undefined;
    const { freeBytes, totalBytes } = space;
    const free = said.free((freeBytes / GIB).toFixed(1), (totalBytes / GIB).toFixed(1), rootDir);
    if (freeBytes / totalBytes >= DISK_FAILURE && freeBytes > GIB / 2) return { ok: free };
    return { problem: free, fix: 'docker system prune --force' };
  },
};

const diskSoon: Check = {
  id: 'disk-soon',
  name: said.diskSoonName(DISK_WARNING * 100),
  hop: 'host',
  dependsOn: [disk],
  level: 'warning',
  run: ({ disk: space }) => {
    if (!space) return undefined;
    const share = space.freeBytes / space.totalBytes;
    const percent = Math.round(share * 100);
    if (share >= DISK_WARNING) return { ok: said.freePercent(percent) };
    return { problem: said.onlyFree(percent), fix: 'docker system prune --force' };
  },
};

/** Without it, a deployment does not know what it has made before. */
const state: Check = {
  id: 'state',
  name: said.stateName,
  hop: 'host',
  dependsOn: [],
  run: ({ state: found, containers }) => {
    if (!found) return undefined;
    const { file, kind, problem } = found;
    // It restores the state from a backup.
    const fix = 'npm run deploy';
    if (kind === 'broken') return { problem: said.stateBroken(file, problem), fix };
    if (kind !== 'missing') return { ok: kind === 'busy' ? said.stateBusy : file };
    if (!containers) return undefined;
    const exist = Object.keys(containers).length > 0;
    if (exist) return { problem: said.stateMissing(file), fix };
    return { ok: said.noState };
  },
};

/** Of the addresses that nginx is published on, those that an interface may get after Docker has started. */
const lateAddresses = ({ services, proxy, bridge }: Topology): string[] => {
  const ports = services.find(({ name }) => name === proxy)?.ports ?? [];
  const isEarly = (address: string) => /^(127\.|0\.0\.0\.0$)/.test(address) || address === bridge.gateway;
  return [...new Set(ports.flatMap(({ addresses }) => addresses))].filter((address) => !isEarly(address));
};

/** Docker starts a container once at boot: one whose address is not there stays down, although its policy is to restart. */
const lateAddress = (topology: Topology): Check => ({
  id: 'late-address',
  name: said.lateAddressName(topology.proxy),
  hop: 'host',
  dependsOn: [deployed],
  level: 'warning',
  settings: ['BTCW_NGINX_BIND'],
  run: ({ nonlocalBind }) => {
    if (nonlocalBind === undefined) return undefined;
    if (nonlocalBind) return { ok: said.bindsEarly };
    return {
      problem: said.bindsLate(lateAddresses(topology).join(', '), topology.proxy),
      fix: `echo ${NONLOCAL_BIND}=1 | ${sudo(`tee ${SYSCTL_FILE}`)} && ${sudo(`sysctl -p ${SYSCTL_FILE}`)}`,
    };
  },
});

export const hostChecks = (topology: Topology): Check[] => [
  engine,
  commands,
  deployed,
  settings,
  gateway,
  disk,
  diskSoon,
  state,
  ...(lateAddresses(topology).length > 0 ? [lateAddress(topology)] : []),
];
