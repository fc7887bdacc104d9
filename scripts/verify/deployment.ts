/** The checks of the deployment on this host: containers, backend, tunnel, both addresses, logs. */
import { relative } from 'node:path';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import type { Service } from '../../stacks/topology/service.ts';
import { serviceNamed, type Topology } from '../../stacks/topology/topology.ts';
import type { Upstream } from '../../stacks/topology/upstream.ts';
import { localUrl, mainTunnel, publicUrl, serviceUrl } from '../../stacks/topology/urls.ts';
import { isWell, statusText } from '../deployment/health.ts';
import { root } from '../deployment/host.ts';
import { isUnknownUser, profileOf, userFix } from '../deployment/profile.ts';
import { type Deployment, loadProject, type Project } from '../deployment/project.ts';
import { apiUpstream, pageUpstream, seeLog, upstreamFor } from '../deployment/routes.ts';
import { disk } from '../deployment/settings.ts';
import { waitForTunnel } from '../deployment/tunnel.ts';
import { projectContainers } from '../docker/containers.ts';
import { showLog } from '../docker/logs.ts';
import { atEngineHost } from '../engine-host/engine-host.ts';
import type { AppProfile } from '../lib/app-profile.ts';
import { answerText, ask, type HttpAnswer } from '../lib/http.ts';
import { type Address, type Application, addressChecks, listed, logsOf } from './address.ts';
import { type Check, type PlannedCheck, runPlanned, type ShowCheck } from './check.ts';
import { expiredToken, HTTP_DEADLINE_MS, loginOf } from './login.ts';
import { logChecks } from './logs.ts';
import { passwordIn } from './remote.ts';
import type { Route } from './route.ts';
import { soakCheck } from './socket.ts';

const said = messages.verify.deployment;

const TUNNEL_DEADLINE_MS = 5_000;

export interface DeploymentOptions {
  /** Seconds that a WebSocket through the tunnel is kept open. @default - no soak */
  readonly soakSec?: number | undefined;
  /** Who logs in. @default - BTCW_ADMIN_USER */
  readonly user?: string | undefined;
  /** @default - BTCW_ADMIN_PASSWORD_FILE, else the generated one */
  readonly passwordFile?: string | undefined;
}

/** The checks of the containers, by the names of their services. */
type ContainerChecks = ReadonlyMap<string, PlannedCheck>;

/** @throws {UserError} where nothing is deployed */
async function containerChecks({ project, services }: Topology): Promise<ContainerChecks> {
  const containers = await projectContainers(project);
  if (containers.length === 0) throw new UserError(said.nothingDeployed(project), 'npm run deploy');
  const check = ({ name: service, containerName }: Service): PlannedCheck => {
    const container = containers.find(({ name }) => name === containerName);
    const { status, health } = container ?? { status: 'missing', health: 'none' };
    return {
      id: `container.${service}`,
      name: said.healthy(containerName),
      dependsOn: [],
      fix: status === 'running' ? showLog(containerName) : 'npm run deploy',
      run: async () => ({
        ok: isWell({ name: containerName, status, health }),
        detail: statusText({ status, health }),
      }),
    };
  };
  return new Map(services.map((service) => [service.name, check(service)]));
}

/** The check of a service's container, where it is one of this deployment. */
const containerOf = (containers: ContainerChecks, service: string | undefined): PlannedCheck[] =>
  [service === undefined ? undefined : containers.get(service)].filter((check) => check !== undefined);

/** Asks an upstream on this host. */
const upstreamCheck = (
  topology: Topology,
  { service, healthPath }: Upstream,
  containers: ContainerChecks,
): PlannedCheck => ({
  id: `upstream.${service}`,
  name: said.upstream(service, healthPath),
  dependsOn: containerOf(containers, service),
  fix: seeLog(topology, service),
  run: async () => {
    const url = `${serviceUrl(topology, service)}${healthPath}`;
    const answer = await ask(url, { deadlineMs: HTTP_DEADLINE_MS });
    return { ok: answer.status >= 200 && answer.status < 400, detail: answerText(answer) };
  },
});

function tunnelCheck({ settings, topology }: Deployment, containers: ContainerChecks): PlannedCheck {
  const { name, client, server } = mainTunnel(topology);
  return {
    id: 'tunnel',
    name: said.tunnelLog(client),
    dependsOn: [...containerOf(containers, client), ...containerOf(containers, server)],
    fix: showLog(serviceNamed(topology, client).containerName),
    run: async () => {
      const { up, reason } = await waitForTunnel(topology, settings, TUNNEL_DEADLINE_MS);
      return { ok: up, detail: up ? `[${name}] start proxy success` : reason };
    },
  };
}

/** The addresses that this deployment is opened at. */
function addressesOf(topology: Topology, fixes: Address['fixes']): { local: Address; tunnel: Address } {
  const [port] = serviceNamed(topology, topology.proxy).ports;
  return {
    local: { id: 'local', name: said.local(port?.host ?? 0), url: localUrl(topology), fixes },
    tunnel: {
      id: 'tunnel',
      name: said.tunnel(mainTunnel(topology).remotePort),
      url: publicUrl(topology),
      fixes,
    },
  };
}

/**
 * The paths whose answers are compared: what is routed to each service, where it tells its health, and what the profile
 * names. Of the reference application tests have compared them. Pure.
 */
export function routesOf(topology: Topology, profile: AppProfile): Route[] {
  if (profile.name === 'reference') return [];
  const named = [profile.login?.path, profile.whoPath, profile.statsPath].filter(
    (path) => path !== undefined,
  );
  return topology.upstreams.flatMap((upstream) => {
    const { service, paths, healthPath } = upstream;
    const isHere = (path: string) => upstreamFor(topology, path).service === service;
    const all = new Set([...paths, ...named.filter(isHere), healthPath]);
    all.delete('/');
    const base = serviceUrl(topology, service);
    return [...all].map((path) => ({ path, service, base, isRouted: isHere(path) }));
  });
}

/** What helps where the login gives no token. @param answer of the login. Pure. */
export function loginFix(
  profile: AppProfile,
  { user, passwordFile, log }: { readonly user: string; readonly passwordFile: string; readonly log: string },
  answer: Pick<HttpAnswer, 'status'>,
): string {
  if (profile.name === 'reference') {
    return said.passwordFix;
  }
  if (isUnknownUser(answer, profile)) return userFix(profile, user, passwordFile) ?? log;
  const { status } = answer;
  return [404, 405, 415, 422].includes(status) ? said.compareLogin(profile.name, log) : log;
}

/** Plans the checks of the deployment on this host. */
async function plan(project: Project, options: DeploymentOptions): Promise<PlannedCheck[]> {
  const { settings, topology, secrets } = project;
  const profile = profileOf(settings, topology);
  const logs = logsOf(topology, profile);
  const containers = await containerChecks(topology);
  const pageService = pageUpstream(topology).service;
  const apiService = apiUpstream(topology, profile).service;
  // The page of the upstream behind `/` is asked for at each address anyway.
  const upstreams = topology.upstreams
    .filter(({ paths }) => !paths.includes('/'))
    .map((upstream) => ({ upstream, check: upstreamCheck(topology, upstream, containers) }));
  const api = [
    ...containerOf(containers, apiService),
    ...upstreams.filter(({ upstream }) => upstream.service === apiService).map(({ check }) => check),
  ];

  const { user = settings.BTCW_ADMIN_USER, passwordFile = secrets.adminPassword, soakSec } = options;
  const given = options.passwordFile && passwordIn(options.passwordFile);
  const account = {
    base: serviceUrl(topology, apiService),
    user,
    password: () => given ?? disk.read(passwordFile)?.trim() ?? '',
    fixOf: (answer: HttpAnswer) =>
      loginFix(profile, { user, passwordFile: relative(root, passwordFile), log: logs.backend }, answer),
  };
  const login = loginOf(messages.verify.login.name('backend'), profile, account, api);
  const tunnelUp = tunnelCheck(project, containers);
  const application: Application = {
    profile,
    routes: routesOf(topology, profile),
    isOneService: pageService === apiService,
    token: login.token,
    ...(profile.name === 'reference' && { expired: () => expiredToken(user, secrets) }),
  };
  const proxy = containerOf(containers, topology.proxy);
  const { local, tunnel } = addressesOf(topology, logs);
  const here = addressChecks(local, application, {
    page: [...proxy, ...containerOf(containers, pageService)],
    api: [...proxy, ...api],
    login: login.check,
  });
  const there = addressChecks(tunnel, application, {
    page: [tunnelUp],
    api: [tunnelUp],
    login: login.check,
    behind: here,
  });
  const opened = { dependsOn: there.upgrades.slice(-1), fix: 'npm run doctor' };
  const soaked = { ...tunnel, name: said.wholeTunnel };
  return [
    ...containers.values(),
    ...upstreams.map(({ check }) => check),
    login.check,
    tunnelUp,
    ...listed(here),
    ...listed(there),
    ...logChecks(topology, profile, user, login.token, here.upgrades.slice(-1)),
    ...(soakSec === undefined ? [] : [soakCheck(soaked, profile, login.token, soakSec, opened)]),
  ];
}

/**
 * Runs the checks of the deployment on this host.
 * @param show tells of each as it is done. @default - nothing is shown
 * @throws {UserError} where nothing is deployed, Docker does not answer, or the profile has a mistake
 */
export const deploymentChecks = async (options: DeploymentOptions, show?: ShowCheck): Promise<Check[]> =>
  atEngineHost(async () => runPlanned(await plan(await loadProject({ anySecrets: true }), options), show));
