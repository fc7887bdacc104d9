/**
 * What doctor knows of a deployment: gathered once, in parallel, each fact with a short deadline. A fact that cannot be
 * had is undefined, and never an error.
 */
import { relative } from 'node:path';
import type { Settings } from '../../../stacks/settings/definitions.ts';
import { type Bridge, bridgeOf } from '../../../stacks/topology/network.ts';
import { secretFiles } from '../../../stacks/topology/secrets.ts';
import { serviceNamed, type Topology } from '../../../stacks/topology/topology.ts';
import { mainTunnel } from '../../../stacks/topology/urls.ts';
import { assumedHost, hostAddresses } from '../../deployment/host.ts';
import type { Deployment } from '../../deployment/project.ts';
import { readTunnelLog, runBeganMs, type TunnelLog } from '../../deployment/tunnel.ts';
import { type AnswerFacts, gatherAnswers } from './answers.ts';
import { type ContainerFacts, gatherContainers } from './containers.ts';
import { type DiskFacts, type EngineFacts, gatherDisk, gatherEngine } from './engine.ts';
import { fact } from './fact.ts';
import { gatherLogin, type LoginFacts } from './login.ts';
import { gatherBridge, gatherDockerProxyDescriptors, gatherFirewallRules, usesUfw } from './network.ts';
import { gatherNginx, type NginxFacts } from './nginx.ts';
import { gatherPorts, gatherPublishers, type PortFacts } from './ports.ts';
import { gatherState, type StateFacts } from './state.ts';
import { type FrpServerFacts, gatherFrpServer, gatherTunnelLog, linesSince } from './tunnel.ts';

export type { ContainerFacts } from './containers.ts';

/** Records are by the name of the service. */
export interface Facts extends AnswerFacts, NginxFacts, LoginFacts {
  readonly nowMs: number;
  readonly settings: Settings;
  readonly topology: Topology;
  /** Path of the login password's file, for people. */
  readonly passwordFile: string;
  readonly engine: EngineFacts;
  /** Undefined where the engine does not tell. */
  readonly containers: Readonly<Record<string, ContainerFacts>> | undefined;
  readonly hostAddresses: readonly string[];
  /** Gateway of Docker's default bridge. */
  readonly bridgeGateway: string | undefined;
  /** The bridge that the services are on, as it is on this host. */
  readonly bridge: Bridge;
  readonly ports: readonly PortFacts[];
  /** Soft limit of open files of the docker-proxy that publishes the reverse proxy; undefined where there is none. */
  readonly dockerProxyDescriptors: number | undefined;
  /** Rules as `iptables -t <table> <rule>` takes them; undefined where this user may not see them. */
  readonly firewallRules: readonly string[] | undefined;
  readonly ufw: boolean;
  readonly disk: DiskFacts | undefined;
  readonly state: StateFacts | undefined;
  readonly frpServer: FrpServerFacts;
  /** What the tunnel's client last logged of it, since it was started. */
  readonly tunnel: TunnelLog | undefined;
}

export interface GatherOptions {
  /** A WebSocket token to check. @default - one is taken with the password file */
  readonly token?: string | undefined;
}

const NO_NGINX: NginxFacts = { inside: {}, nginxRefusal: '', nginx: undefined };
const NO_LOGIN: LoginFacts = { login: undefined, token: undefined, socket: undefined };

/** Gathers everything at once. Takes as long as its slowest fact: about a second, four where something hangs. */
export async function gatherFacts(
  { settings, topology }: Deployment,
  packageFolder: string,
  { token }: GatherOptions = {},
): Promise<Facts> {
  const passwordPath = secretFiles(settings, packageFolder).adminPassword;
  const addresses = hostAddresses();
  const [proxyPort] = serviceNamed(topology, topology.proxy).ports;

  const [engine, containers, bridge, publishers, firewallRules, nginx, login, frpServer, log, state] =
    await Promise.all([
      gatherEngine(),
      fact(() => gatherContainers(topology)),
      fact(gatherBridge),
      fact(() => gatherPublishers(topology)),
      fact(gatherFirewallRules),
      fact(() => gatherNginx(topology)),
      fact(() => gatherLogin(topology, settings, passwordPath, token)),
      gatherFrpServer(topology, settings),
      fact(() => gatherTunnelLog(topology)),
      fact(() => gatherState(topology.project)),
    ]);
  const [answers, disk] = await Promise.all([
    gatherAnswers(topology, addresses),
    engine.rootDir ? fact(() => gatherDisk(engine.rootDir)) : undefined,
  ]);
  const client = containers?.[mainTunnel(topology).client];
  return {
    nowMs: Date.now(),
    settings,
    topology,
    passwordFile: relative(packageFolder, passwordPath),
    engine,
    containers: engine.problem ? undefined : containers,
    hostAddresses: addresses,
    bridgeGateway: bridge?.bridgeGateway,
    bridge: bridgeOf(settings, { ...assumedHost(), ...bridge }),
    ports: gatherPorts(topology, publishers),
    dockerProxyDescriptors: proxyPort && (await fact(() => gatherDockerProxyDescriptors(proxyPort.host))),
    firewallRules,
    ufw: (await fact(usesUfw)) ?? false,
    disk,
    state,
    frpServer,
    tunnel:
      client && log !== undefined
        ? readTunnelLog(linesSince(log, runBeganMs(client.startedAt)), settings)
        : undefined,
    ...answers,
    ...(nginx ?? NO_NGINX),
    ...(login ?? NO_LOGIN),
  };
}
