/**
 * What doctor knows of a deployment: gathered in parallel, each fact with a short deadline, and what has no answer by
 * then once more (rounds.ts). A fact that cannot be had is undefined, and never an error.
 */
import { relative } from 'node:path';
import type { Settings } from '../../../stacks/settings/definitions.ts';
import { type Bridge, bridgeOf } from '../../../stacks/topology/network.ts';
import { secretFiles } from '../../../stacks/topology/secrets.ts';
import { serviceNamed, type Topology } from '../../../stacks/topology/topology.ts';
import { mainTunnel } from '../../../stacks/topology/urls.ts';
import { addressesOf, assumedHost, routesOf } from '../../deployment/host.ts';
import { profileOf } from '../../deployment/profile.ts';
import { type Deployment, loadDeployment } from '../../deployment/project.ts';
import { apiUpstream, pageUpstream } from '../../deployment/routes.ts';
import { readTunnelLog, runBeganMs, type TunnelLog } from '../../deployment/tunnel.ts';
import { atEngineHost, type Disk, type EngineHost } from '../../engine-host/engine-host.ts';
import type { AppProfile } from '../../lib/app-profile.ts';
import { type BackingFacts, gatherBacking } from './backing.ts';
import { DockerQuestions } from './docker.ts';
import { type EngineFacts, gatherDisk, gatherEngine } from './engine.ts';
import { fact } from './fact.ts';
import { gatherHeld, type HeldFacts } from './held.ts';
import { gatherLogin, type LoginFacts } from './login.ts';
import {
  gatherBridge,
  gatherDockerProxyDescriptors,
  gatherFirewallRules,
  readNonlocalBind,
  usesUfw,
} from './network.ts';
import type { NginxFacts } from './nginx.ts';
import { gatherPages, type PageFacts } from './pages.ts';
import { gatherRelease, type ReleaseFacts } from './release.ts';
import { Rounds } from './rounds.ts';
import { gatherState, type StateFacts } from './state.ts';
import {
  type FrpServerFacts,
  gatherFrpServer,
  gatherTcpMux,
  gatherTrust,
  gatherTunnelLog,
  linesSince,
  type TrustFacts,
} from './tunnel.ts';
import { gatherUpstreams, type UpstreamFacts } from './upstreams.ts';

export type { ContainerFacts } from './containers.ts';

/** Records are by the name of the service. */
export interface Facts extends HeldFacts, PageFacts, UpstreamFacts, NginxFacts, LoginFacts {
  readonly nowMs: number;
  readonly settings: Settings;
  readonly topology: Topology;
  /** What is known of the application. */
  readonly profile: AppProfile;
  /** Path of the login password's file, for people. */
  readonly passwordFile: string;
  readonly engine: EngineFacts;
  /** Docker commands that had no answer, twice, although the engine has answered others. */
  readonly unanswered: readonly string[];
  /** Name of the engine's host where that is another machine: addresses, ports and the disk are there. */
  readonly machine: string | undefined;
  /** Undefined where what is deployed is not known. */
  readonly release: ReleaseFacts | undefined;
  readonly hostAddresses: readonly string[];
  /** Whether the kernel lets a program listen on an address that is not there yet. */
  readonly nonlocalBind: boolean | undefined;
  /** Gateway of Docker's default bridge. */
  readonly bridgeGateway: string | undefined;
  /** The bridge that the services are on, as it is on this host. */
  readonly bridge: Bridge;
  /** Soft limit of open files of the docker-proxy that publishes the reverse proxy; undefined where there is none. */
  readonly dockerProxyDescriptors: number | undefined;
  /** Rules and policies as `iptables -t <table> <rule>` takes them; undefined where this user may not see them. */
  readonly firewallRules: readonly string[] | undefined;
  readonly ufw: boolean;
  readonly disk: Disk | undefined;
  readonly state: StateFacts | undefined;
  /** What the owner's services connect to. */
  readonly backing: BackingFacts;
  readonly frpServer: FrpServerFacts;
  readonly trust: TrustFacts;
  /** What the tunnel's client last logged of it, since it was started. */
  readonly tunnel: TunnelLog | undefined;
  /** Whether the frp server has transport.tcpMux; asked where it closes the connection. */
  readonly tcpMux: boolean | undefined;
}

export interface GatherOptions {
  /** A WebSocket token to check. @default - one is taken with the password file */
  readonly token?: string | undefined;
}

const NO_LOGIN: LoginFacts = { login: undefined, token: undefined, socket: undefined };

/** Gathers everything at once. Takes about a second where everything answers, and longer where something does not. */
export const gatherFacts = (packageFolder: string, options: GatherOptions = {}): Promise<Facts> =>
  atEngineHost(async (host) => gatherAt(host, loadDeployment(await routesOf(host)), packageFolder, options), {
    evenUnreached: true,
  });

async function gatherAt(
  host: EngineHost,
  { settings, topology }: Deployment,
  packageFolder: string,
  { token }: GatherOptions,
): Promise<Facts> {
  const passwordPath = secretFiles(settings, packageFolder).adminPassword;
  const profile = profileOf(settings, topology);
  const isHere = host.name === undefined;
  const addresses = (await fact(() => addressesOf(host))) ?? [];
  const [proxyPort] = serviceNamed(topology, topology.proxy).ports;
  const rounds = new Rounds();
  const docker = new DockerQuestions(rounds, gatherEngine(rounds));
  const gatheringHeld = gatherHeld(topology, docker, host);
  const { facts, isReached } = gatherUpstreams(topology, addresses, docker, gatheringHeld.first);
  const toApi = { rounds, isReached: isReached(apiUpstream(topology, profile)) };

  const server = gatherFrpServer(topology, rounds, host);
  const [
    { problem = host.problem, ...engine },
    held,
    bridge,
    firewallRules,
    upstreams,
    login,
    frpServer,
    trust,
    log,
    state,
    backing,
  ] = await Promise.all([
    docker.engine,
    gatheringHeld.confirmed,
    fact(() => gatherBridge(docker)),
    isHere ? fact(gatherFirewallRules) : undefined,
    facts,
    fact(() => gatherLogin(topology, profile, settings, passwordPath, token, toApi)),
    server,
    fact(() => gatherTrust(topology, settings, packageFolder, rounds, server)),
    fact(() => gatherTunnelLog(topology, docker)),
    fact(() => gatherState(topology.project)),
    fact(() => gatherBacking(topology, docker)),
  ]);
  const client = held.containers?.[mainTunnel(topology).client];
  const tunnel =
    client && log !== undefined
      ? readTunnelLog(linesSince(log, runBeganMs(client.startedAt)), settings)
      : undefined;
  const tcpMux = tunnel?.cause === 'hung-up' ? await fact(() => gatherTcpMux(topology, rounds)) : undefined;
  const toPage = { rounds, isReached: isReached(pageUpstream(topology)), isTunnelUp: tunnel?.up ?? false };
  const [pages, disk] = await Promise.all([
    gatherPages(topology, toPage),
    engine.rootDir ? fact(() => gatherDisk(host, engine.rootDir)) : undefined,
  ]);
  return {
    nowMs: Date.now(),
    settings,
    topology,
    profile,
    passwordFile: relative(packageFolder, passwordPath),
    engine: { ...engine, problem: problem && { what: problem.what, fix: problem.fix ?? '' } },
    unanswered: docker.unanswered,
    machine: host.name,
    release: await fact(() => gatherRelease(settings)),
    hostAddresses: addresses,
    nonlocalBind: await fact(() => readNonlocalBind(host)),
    bridgeGateway: bridge?.bridgeGateway,
    bridge: bridgeOf(settings, { ...assumedHost(), ...bridge }),
    dockerProxyDescriptors:
      isHere && proxyPort ? await fact(() => gatherDockerProxyDescriptors(proxyPort.host)) : undefined,
    firewallRules,
    ufw: (isHere && (await fact(usesUfw))) ?? false,
    disk,
    state,
    backing: backing ?? {},
    frpServer,
    trust: trust ?? {},
    tunnel,
    tcpMux,
    ...held,
    ...pages,
    ...upstreams,
    ...(login ?? NO_LOGIN),
  };
}
