/** The checks of the deployment on this host: containers, backend, tunnel, both addresses, logs. */
import { readFileSync } from 'node:fs';
import { UserError } from '../../stacks/errors.mjs';
import { serviceNamed, type Topology } from '../../stacks/topology/topology.ts';
import { localUrl, mainTunnel, publicUrl, serviceUrl } from '../../stacks/topology/urls.ts';
import { type Deployment, loadDeployment, loadProject } from '../deployment/project.ts';
import { apiUpstream, pageUpstream } from '../deployment/routes.ts';
import { waitForTunnel } from '../deployment/tunnel.ts';
import { projectContainers } from '../docker/containers.ts';
import { readLog } from '../docker/logs.ts';
import { answerText, ask } from '../lib/http.ts';
import { WS_PATH } from '../lib/reference-app.ts';
import { type Address, addressChecks, soakCheck } from './address.ts';
import { type Check, showLog } from './check.ts';
import { expiredToken, HTTP_DEADLINE_MS, requestToken } from './login.ts';

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

/** @throws {UserError} where nothing is deployed */
async function containerChecks({ project, services }: Topology): Promise<Check[]> {
  const containers = await projectContainers(project);
  if (containers.length === 0) throw new UserError(`Nothing of "${project}" is deployed.`, 'npm run deploy');
  return services.map(({ containerName }) => {
    const container = containers.find(({ name }) => name === containerName);
    const { status, health } = container ?? { status: 'missing', health: 'none' };
    return {
      name: `${containerName} is healthy`,
      ok: status === 'running' && health === 'healthy',
      detail: container ? `${status}, ${health}` : status,
      fix: status === 'running' ? showLog(containerName) : 'npm run deploy',
    };
  });
}

/** Asks each upstream on this host. The page of the one behind `/` is asked for at each address anyway. */
function upstreamChecks(topology: Topology): Promise<Check[]> {
  const upstreams = topology.upstreams.filter(({ paths }) => !paths.includes('/'));
  return Promise.all(
    upstreams.map(async ({ service, healthPath }) => {
      const answer = await ask(`${serviceUrl(topology, service)}${healthPath}`, {
        deadlineMs: HTTP_DEADLINE_MS,
      });
      return {
        name: `${service}: ${healthPath}`,
        ok: answer.status >= 200 && answer.status < 400,
        detail: answerText(answer),
        fix: showLog(serviceNamed(topology, service).containerName),
      };
    }),
  );
}

async function tunnelCheck({ settings, topology }: Deployment): Promise<Check> {
  const { name, client } = mainTunnel(topology);
  const { up, reason } = await waitForTunnel(topology, settings, TUNNEL_DEADLINE_MS);
  return {
    name: `${client} log: start proxy success`,
    ok: up,
    detail: up ? `[${name}] start proxy success` : reason,
    fix: showLog(serviceNamed(topology, client).containerName),
  };
}

/** Looks for the WebSockets of the checks before in both logs, and for their token, which must be in none. */
async function logChecks(containers: Containers, user: string, token: string): Promise<Check[]> {
  const line = {
    proxy: `GET ${WS_PATH} HTTP/1.1" 101`,
    backend: `WebSocket client ${user}_xxxxxxxx connected (user: ${user})`,
  };
  const connected = new RegExp(
    `WebSocket client \\S+_[0-9a-f]{8} connected \\(user: ${user.replaceAll('.', '\\.')}\\)`,
  );
  const check = async (
    name: string,
    container: string,
    expected: string,
    isIn: (log: string) => boolean,
  ): Promise<Check> => {
    const { text } = await readLog(container, { since: LOG_SINCE });
    const leaks = text.includes(token);
    const found = isIn(text);
    const detail = leaks ? 'the token is in the log' : found ? expected : `no line ${expected}`;
    return { name, ok: found && !leaks, detail, fix: showLog(container) };
  };
  return Promise.all([
    check('nginx log: 101, without the token', containers.proxy, line.proxy, (log) =>
      log.includes(line.proxy),
    ),
    check('backend log: client connected', containers.backend, line.backend, (log) => connected.test(log)),
  ]);
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

/**
 * Runs the checks of the deployment on this host.
 * @param soakSec seconds that a WebSocket through the tunnel is kept open. @default - no soak
 * @throws {UserError} where nothing is deployed, or Docker does not answer
 */
export async function deploymentChecks(soakSec?: number): Promise<Check[]> {
  const deployment = loadDeployment();
  const { settings, topology } = deployment;
  const containers = containersOf(topology);
  const checks = await containerChecks(topology);
  checks.push(...(await upstreamChecks(topology)));

  const { secrets } = await loadProject({ anySecrets: true });
  const { BTCW_ADMIN_USER: user } = settings;
  const backendUrl = serviceUrl(topology, apiUpstream(topology).service);
  const login = await requestToken(backendUrl, user, readFileSync(secrets.adminPassword, 'utf8').trim());
  checks.push({
    name: 'backend: login gives a token',
    ok: login.answer.status === 200 && login.token !== '',
    detail: answerText(login.answer),
    fix: 'the password file must hold the password the backend knows: BTCW_ADMIN_PASSWORD_FILE',
  });
  checks.push(await tunnelCheck(deployment));
  if (!login.token) return checks;

  const isReference = !settings.BTCW_BACKEND_IMAGE && !settings.BTCW_BACKEND_CONTEXT;
  const tokens = {
    valid: login.token,
    expired: isReference ? await expiredToken(user, secrets) : undefined,
  };
  const { local, tunnel } = addressesOf(topology, containers);
  checks.push(...(await addressChecks(local, tokens)));
  checks.push(...(await addressChecks(tunnel, tokens)));
  checks.push(...(await logChecks(containers, user, login.token)));
  if (soakSec !== undefined) {
    const soaked = { name: 'tunnel', url: tunnel.url, fix: 'npm run doctor' };
    checks.push(await soakCheck(soaked, login.token, soakSec));
  }
  return checks;
}
