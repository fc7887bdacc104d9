/** The checks of the deployment on this host: containers, backend, tunnel, both addresses, logs. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { UserError } from '../../stacks/errors.mjs';
import type { Service } from '../../stacks/topology/service.ts';
import { serviceNamed, type Topology } from '../../stacks/topology/topology.ts';
import type { Upstream } from '../../stacks/topology/upstream.ts';
import { localUrl, mainTunnel, publicUrl, serviceUrl } from '../../stacks/topology/urls.ts';
import { isWell } from '../deployment/health.ts';
import { root } from '../deployment/host.ts';
import { isUnknownUser, profileOf, userFix } from '../deployment/profile.ts';
import { type Deployment, loadDeployment, loadProject } from '../deployment/project.ts';
import { apiUpstream, pageUpstream, seeLog, upstreamFor } from '../deployment/routes.ts';
import { waitForTunnel } from '../deployment/tunnel.ts';
import { projectContainers } from '../docker/containers.ts';
import { showLog } from '../docker/logs.ts';
import type { AppProfile } from '../lib/app-profile.ts';
import { answerText, ask, type HttpAnswer } from '../lib/http.ts';
import { type Address, type Application, addressChecks, listed } from './address.ts';
import { type Check, type PlannedCheck, runPlanned } from './check.ts';
import { expiredToken, HTTP_DEADLINE_MS, loginOf } from './login.ts';
import { logChecks } from './logs.ts';
import { passwordIn } from './remote.ts';
import type { Route } from './route.ts';
import { soakCheck } from './socket.ts';

const TUNNEL_DEADLINE_MS = 5_000;

export interface DeploymentOptions {
  /** Seconds that a WebSocket through the tunnel is kept open. @default - no soak */
  readonly soakSec?: number | undefined;
  /** Who logs in. @default - BTCW_ADMIN_USER */
  readonly user?: string | undefined;
  /** @default - BTCW_ADMIN_PASSWORD_FILE, else the generated one */
  readonly passwordFile?: string | undefined;
}

/** Where to see what the services say that the checks are about, by what they do. */
function logsOf(topology: Topology, profile: AppProfile): Address['fixes'] {
  return {
    backend: seeLog(topology, apiUpstream(topology, profile).service),
    frontend: seeLog(topology, pageUpstream(topology).service),
    proxy: seeLog(topology, topology.proxy),
  };
}

/** The checks of the containers, by the names of their services. */
type ContainerChecks = ReadonlyMap<string, PlannedCheck>;

/** @throws {UserError} where nothing is deployed */
async function containerChecks({ project, services }: Topology): Promise<ContainerChecks> {
  const containers = await projectContainers(project);
  if (containers.length === 0) throw new UserError(`Nothing of "${project}" is deployed.`, 'npm run deploy');
  const check = ({ containerName }: Service): PlannedCheck => {
    const container = containers.find(({ name }) => name === containerName);
    const { status, health } = container ?? { status: 'missing', health: 'none' };
    return {
      name: `${containerName} is healthy`,
      dependsOn: [],
      fix: status === 'running' ? showLog(containerName) : 'npm run deploy',
      run: async () => ({
        ok: isWell({ name: containerName, status, health }),
        detail: container ? `${status}, ${health}` : status,
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
  name: `${service}: ${healthPath}`,
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
    name: `${client} log: start proxy success`,
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
    local: { name: `local ${port?.host}`, url: localUrl(topology), fixes },
    tunnel: { name: `tunnel ${mainTunnel(topology).remotePort}`, url: publicUrl(topology), fixes },
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
    return 'the password file must hold the password the backend knows: BTCW_ADMIN_PASSWORD_FILE';
  }
  if (isUnknownUser(answer, profile)) return userFix(profile, user, passwordFile) ?? log;
  const { status } = answer;
  return [404, 405, 415, 422].includes(status)
    ? `compare login in ${profile.name} with the application; ${log}`
    : log;
}

/** Plans the checks of the deployment on this host. */
async function plan(deployment: Deployment, options: DeploymentOptions): Promise<PlannedCheck[]> {
  const { settings, topology } = deployment;
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

  const { secrets } = await loadProject({ anySecrets: true });
  const { user = settings.BTCW_ADMIN_USER, passwordFile = secrets.adminPassword, soakSec } = options;
  const given = options.passwordFile && passwordIn(options.passwordFile);
  const account = {
    base: serviceUrl(topology, apiService),
    user,
    password: () => given ?? readFileSync(passwordFile, 'utf8').trim(),
    fixOf: (answer: HttpAnswer) =>
      loginFix(profile, { user, passwordFile: relative(root, passwordFile), log: logs.backend }, answer),
  };
  const login = loginOf('backend: login gives a token', profile, account, api);
  const tunnelUp = tunnelCheck(deployment, containers);
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
  const soaked = { name: 'tunnel', url: tunnel.url };
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
 * @throws {UserError} where nothing is deployed, Docker does not answer, or the profile has a mistake
 */
export const deploymentChecks = async (options: DeploymentOptions): Promise<Check[]> =>
  runPlanned(await plan(loadDeployment(), options));
