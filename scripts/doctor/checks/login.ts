/** Logging in, and the WebSocket. */
import type { SettingName } from '../../../stacks/settings/definitions.ts';
import { serviceNamed, type Topology } from '../../../stacks/topology/topology.ts';
import { serviceUrl } from '../../../stacks/topology/urls.ts';
import { apiUpstream } from '../../deployment/routes.ts';
import { TOKEN_PATH } from '../../lib/reference-app.ts';
import { span } from '../../lib/text.ts';
import type { Facts } from '../facts/facts.ts';
import { type Check, containerName, describeAnswer, logOf, portSettings } from './check.ts';
import { upgrade } from './nginx.ts';
import { connections } from './page.ts';

/** Where the reverse proxy is opened. */
const proxySettings = (topology: Topology): SettingName[] =>
  portSettings(serviceNamed(topology, topology.proxy));

/** Gets a fresh token. */
function loginCommand({ topology, settings, passwordFile }: Facts): string {
  const url = `${serviceUrl(topology, apiUpstream(topology).service)}${TOKEN_PATH}`;
  const password = `--data-urlencode "password=$(cat ${passwordFile})"`;
  return `curl -s ${url} -d username=${settings.BTCW_ADMIN_USER} ${password}`;
}

/** Whether the backend knows the password that is in the file. */
const login = (topology: Topology): Check => {
  const { service } = apiUpstream(topology);
  return {
    id: 'login',
    name: 'login with the password file works',
    hop: service,
    dependsOn: [`container-${service}`, `${service}-at-gateway`],
    settings: [
      ...portSettings(serviceNamed(topology, service)),
      'BTCW_ADMIN_USER',
      'BTCW_ADMIN_PASSWORD_FILE',
    ],
    run: (facts) => {
      const { login: answer, settings, passwordFile } = facts;
      const user = settings.BTCW_ADMIN_USER;
      // A backend of the user's own may log in elsewhere.
      if (!answer || answer.status === 404) return undefined;
      if (answer.status === 200) return { ok: `user ${user}` };
      if (answer.status === 401) {
        return {
          problem: `${service} refuses user ${user} with the password in ${passwordFile}`,
          fix: 'npm run deploy',
        };
      }
      if (answer.status === 429) {
        return {
          problem: `too many failed logins within a minute: ${service} rate-limits logins`,
          fix: 'sleep 60',
        };
      }
      const problem = `login fails (${describeAnswer(answer)})`;
      // The request is refused, or has no answer: a restart fixes neither.
      if (answer.timedOut || (answer.status >= 400 && answer.status < 500)) {
        return { problem, fix: logOf(facts, service) };
      }
      return { problem, fix: `docker restart ${containerName(facts, service)}` };
    },
  };
};

/** Where a WebSocket gets 403: the token has expired, or was signed with another secret. */
const token = (topology: Topology): Check => ({
  id: 'token',
  name: 'the token is accepted (403)',
  hop: 'browser',
  dependsOn: [login(topology), upgrade(topology), connections(topology)],
  settings: proxySettings(topology),
  run: (facts) => {
    const { token: claims, socket, nowMs } = facts;
    if (!claims || !socket) return undefined;
    const { wellFormed, issuedMs, expiresMs } = claims;
    const fix = loginCommand(facts);
    const age = issuedMs === undefined ? 'of unknown age' : `${span(nowMs - issuedMs)} old`;
    if (socket.status === 101) {
      return { ok: expiresMs === undefined ? age : `${age}, valid for ${span(expiresMs - nowMs)}` };
    }
    if (!wellFormed) return { problem: 'this is no JWT: it should have three parts with dots between', fix };
    if (expiresMs !== undefined && expiresMs <= nowMs) {
      return {
        problem: `the token is ${age} and expired ${span(nowMs - expiresMs)} ago: log in again`,
        fix,
      };
    }
    if (socket.status === 403) {
      return {
        problem: `the token is ${age} and not expired, but refused: the backend's secret has changed since; log in again`,
        fix,
      };
    }
    return undefined;
  },
});

/** Where neither the token nor nginx's configuration is the cause. */
const opens = (topology: Topology): Check => {
  const { service } = apiUpstream(topology);
  return {
    id: 'websocket',
    name: `a WebSocket opens through ${topology.proxy} (101)`,
    hop: service,
    dependsOn: [token(topology)],
    settings: proxySettings(topology),
    run: (facts) => {
      const { socket } = facts;
      if (!socket) return undefined;
      if (socket.status === 101) return { ok: '101 Switching Protocols' };
      return {
        problem: `the WebSocket handshake gets ${socket.status ?? (socket.error || 'no answer')} instead of 101`,
        fix: socket.timedOut ? logOf(facts, service) : `docker restart ${containerName(facts, service)}`,
      };
    },
  };
};

/** A connection that opens, and brings nothing. */
const silent = (topology: Topology): Check => {
  const { service } = apiUpstream(topology);
  return {
    id: 'silent',
    name: 'subscribed topics and pongs arrive',
    hop: service,
    dependsOn: [opens(topology)],
    run: (facts) => {
      const { socket } = facts;
      if (socket?.status !== 101) return undefined;
      const { topics, pongMs } = socket;
      // What is missing is an answer, and the backend's own health check has one.
      const fix = logOf(facts, service);
      const error = socket.error ? `; the server reports: ${socket.error}` : '';
      if (topics.length === 0) {
        const pong = pongMs === undefined ? ', nor is a ping answered' : '';
        return { problem: `connected and subscribed, but no topic sends anything${pong}${error}`, fix };
      }
      if (pongMs === undefined) {
        return {
          problem: `topics arrive, but no pong: clients will take the connection for dead${error}`,
          fix,
        };
      }
      return { ok: `${topics.join(', ')}; pong in ${pongMs.toFixed(1)} ms` };
    },
  };
};

export const loginChecks = (topology: Topology): Check[] =>
  [login, token, opens, silent].map((check) => check(topology));
