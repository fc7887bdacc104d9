/** The checks of the deployment on this host: containers, backend, tunnel, both addresses, logs. */
import { readFileSync } from 'node:fs';
import { UserError } from '../../stacks/errors.mjs';
import { serviceNamed, type Topology } from '../../stacks/topology/topology.ts';
import type { Upstream } from '../../stacks/topology/upstream.ts';
import { localUrl, mainTunnel, publicUrl, serviceUrl } from '../../stacks/topology/urls.ts';
import { type Deployment, loadDeployment, loadProject } from '../deployment/project.ts';
import { apiUpstream, pageUpstream } from '../deployment/routes.ts';
import { waitForTunnel } from '../deployment/tunnel.ts';
import { projectContainers } from '../docker/containers.ts';
import { readLog, showLog } from '../docker/logs.ts';
import { answerText, ask } from '../lib/http.ts';
import { WS_PATH } from '../lib/reference-app.ts';
import { type Address, addressChecks, listed, soakCheck, WRONG_TOKEN } from './address.ts';
import { type Check, once, type PlannedCheck, runPlanned } from './check.ts';
import { expiredToken, HTTP_DEADLINE_MS, type Login, requestToken } from './login.ts';

const TUNNEL_DEADLINE_MS = 5_000;
/** Longer than the checks before the logs take. */
const LOG_SINCE = '2m';

/** The containers that the checks are about, by what they do. */
interface Containers {
  readonly backend: string;
  readonly frontend: string;
  readonly proxy: string;
}

function containersOf(topology: Topology): Containers {
  const nameOf = (service: string) => serviceNamed(topology, service).containerName;
  return {
    backend: nameOf(apiUpstream(topology).service),
    frontend: nameOf(pageUpstream(topology).service),
    proxy: nameOf(topology.proxy),
  };
}

/** The checks of the containers, by the names of their services. */
type ContainerChecks = ReadonlyMap<string, PlannedCheck>;

/** @throws {UserError} where nothing is deployed */
async function containerChecks({ project, services }: Topology): Promise<ContainerChecks> {
  const containers = await projectContainers(project);
  if (containers.length === 0) throw new UserError(`Nothing of "${project}" is deployed.`, 'npm run deploy');
  const check = (containerName: string): PlannedCheck => {
    const container = containers.find(({ name }) => name === containerName);
    const { status, health } = container ?? { status: 'missing', health: 'none' };
    return {
      name: `${containerName} is healthy`,
      dependsOn: [],
      fix: status === 'running' ? showLog(containerName) : 'npm run deploy',
      run: async () => ({
        ok: status === 'running' && health === 'healthy',
        detail: container ? `${status}, ${health}` : status,
      }),
    };
  };
  return new Map(services.map(({ name, containerName }) => [name, check(containerName)]));
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
  fix: showLog(serviceNamed(topology, service).containerName),
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

/** Looks for the WebSockets of the checks before in both logs, and for their token, which must be in none. */
function logChecks(
  containers: Containers,
  user: string,
  token: () => Promise<string>,
  dependsOn: readonly PlannedCheck[],
): PlannedCheck[] {
  const line = {
    proxy: `GET ${WS_PATH} HTTP/1.1" 101`,
    backend: `WebSocket client ${user}_xxxxxxxx connected (user: ${user})`,
  };
  const connected = new RegExp(
    `WebSocket client \\S+_[0-9a-f]{8} connected \\(user: ${user.replaceAll('.', '\\.')}\\)`,
  );
  const check = (
    name: string,
    container: string,
    expected: string,
    isIn: (log: string) => boolean,
  ): PlannedCheck => ({
    name,
    dependsOn,
    fix: showLog(container),
    run: async () => {
      const { text } = await readLog(container, { since: LOG_SINCE });
      const leaks = text.includes(await token());
      const found = isIn(text);
      const detail = leaks ? 'the token is in the log' : found ? expected : `no line ${expected}`;
      return { ok: found && !leaks, detail };
    },
  });
  return [
    check('nginx log: 101, without the token', containers.proxy, line.proxy, (log) =>
      log.includes(line.proxy),
    ),
    check('backend log: client connected', containers.backend, line.backend, (log) => connected.test(log)),
  ];
}

/** The addresses that this deployment is opened at. */
function addressesOf(topology: Topology, containers: Containers): { local: Address; tunnel: Address } {
  const fixes = {
    frontend: showLog(containers.frontend),
    backend: showLog(containers.backend),
    proxy: showLog(containers.proxy),
  };
  const [port] = serviceNamed(topology, topology.proxy).ports;
  return {
    local: { name: `local ${port?.host}`, url: localUrl(topology), fixes },
    tunnel: { name: `tunnel ${mainTunnel(topology).remotePort}`, url: publicUrl(topology), fixes },
  };
}

/** Logs in with the password file. */
function loginCheck(logIn: () => Promise<Login>, dependsOn: readonly PlannedCheck[]): PlannedCheck {
  return {
    name: 'backend: login gives a token',
    dependsOn,
    fix: 'the password file must hold the password the backend knows: BTCW_ADMIN_PASSWORD_FILE',
    run: async () => {
      const { answer, token } = await logIn();
      return { ok: answer.status === 200 && token !== '', detail: answerText(answer) };
    },
  };
}

/**
 * Plans the checks of the deployment on this host.
 * @param soakSec seconds that a WebSocket through the tunnel is kept open. @default - no soak
 */
async function plan(deployment: Deployment, soakSec: number | undefined): Promise<PlannedCheck[]> {
  const { settings, topology } = deployment;
  const names = containersOf(topology);
  const containers = await containerChecks(topology);
  const [pageService, apiService] = [pageUpstream(topology).service, apiUpstream(topology).service];
  // The page of the upstream behind `/` is asked for at each address anyway.
  const upstreams = topology.upstreams
    .filter(({ paths }) => !paths.includes('/'))
    .map((upstream) => ({ upstream, check: upstreamCheck(topology, upstream, containers) }));
  const api = [
    ...containerOf(containers, apiService),
    ...upstreams.filter(({ upstream }) => upstream.service === apiService).map(({ check }) => check),
  ];

  const { secrets } = await loadProject({ anySecrets: true });
  const { BTCW_ADMIN_USER: user } = settings;
  const logIn = once(async () => {
    const password = readFileSync(secrets.adminPassword, 'utf8').trim();
    return requestToken(serviceUrl(topology, apiService), user, password);
  });
  const login = loginCheck(logIn, api);
  const tunnelUp = tunnelCheck(deployment, containers);

  const isReference = !settings.BTCW_BACKEND_IMAGE && !settings.BTCW_BACKEND_CONTEXT;
  const token = async () => (await logIn()).token;
  const tokens = once(async () => ({
    wrong: WRONG_TOKEN,
    valid: await token(),
    ...(isReference && { expired: await expiredToken(user, secrets) }),
  }));
  const kinds = isReference ? (['wrong', 'expired', 'valid'] as const) : (['wrong', 'valid'] as const);
  const proxy = containerOf(containers, topology.proxy);
  const { local, tunnel } = addressesOf(topology, names);
  const here = addressChecks(
    local,
    tokens,
    { page: [...proxy, ...containerOf(containers, pageService)], api: [...proxy, ...api], login },
    kinds,
  );
  const there = addressChecks(
    tunnel,
    tokens,
    { page: [tunnelUp], api: [tunnelUp], login, behind: here },
    kinds,
  );
  const opened = there.upgrades.slice(-1);
  const soaked = { name: 'tunnel', url: tunnel.url };
  return [
    ...containers.values(),
    ...upstreams.map(({ check }) => check),
    login,
    tunnelUp,
    ...listed(here),
    ...listed(there),
    ...logChecks(names, user, token, here.upgrades.slice(-1)),
    ...(soakSec === undefined
      ? []
      : [soakCheck(soaked, token, soakSec, { dependsOn: opened, fix: 'npm run doctor' })]),
  ];
}

/**
 * Runs the checks of the deployment on this host.
 * @param soakSec seconds that a WebSocket through the tunnel is kept open. @default - no soak
 * @throws {UserError} where nothing is deployed, or Docker does not answer
 */
export const deploymentChecks = async (soakSec?: number): Promise<Check[]> =>
  runPlanned(await plan(loadDeployment(), soakSec));
