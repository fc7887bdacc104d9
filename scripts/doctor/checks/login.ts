/** Logging in, and the WebSocket. */
import type { SettingName } from '../../../stacks/settings/definitions.ts';
import { serviceNamed, type Topology } from '../../../stacks/topology/topology.ts';
import { serviceUrl } from '../../../stacks/topology/urls.ts';
import { isOwn, isUnknownUser, userFix } from '../../deployment/profile.ts';
import { apiUpstream } from '../../deployment/routes.ts';
import { type AppProfile, notInProfile } from '../../lib/app-profile.ts';
import { loginCommand } from '../../lib/login.ts';
import { span } from '../../lib/text.ts';
import { topicsWithin } from '../../lib/websocket.ts';
import type { Facts } from '../facts/facts.ts';
import { CONVERSATION_SEC } from '../facts/login.ts';
import { type Check, describeAnswer, logOf, portSettings, restartOf } from './check.ts';
import { upgrade } from './nginx.ts';
import { connections } from './page.ts';

/** Where the reverse proxy is opened. */
const proxySettings = (topology: Topology): SettingName[] =>
  portSettings(serviceNamed(topology, topology.proxy));

/** Gets a fresh token. */
function freshToken({ topology, profile, settings, passwordFile }: Facts): string {
  const { login: loginProfile } = profile;
  const base = serviceUrl(topology, apiUpstream(topology, profile).service);
  return loginProfile
    ? loginCommand(base, loginProfile, settings.BTCW_ADMIN_USER, passwordFile)
    : 'log in to the application';
}

/** Whether the backend knows the password that is in the file. */
const login = (topology: Topology, profile: AppProfile): Check => {
  const { service } = apiUpstream(topology, profile);
  return {
    id: 'login',
    name: 'login with the password file works',
    hop: service,
    dependsOn: [
      `container-${service}`,
      ...(isOwn(serviceNamed(topology, service)) ? [`connects-${service}` as const] : []),
      `${service}-at-gateway`,
    ],
    settings: [
      ...portSettings(serviceNamed(topology, service)),
      'BTCW_ADMIN_USER',
      'BTCW_ADMIN_PASSWORD_FILE',
    ],
    run: (facts) => {
      const { login: answer, settings, passwordFile } = facts;
      const user = settings.BTCW_ADMIN_USER;
      if (!profile.login) return { skipped: notInProfile(profile, 'login') };
      if (!answer) return undefined;
      const { status } = answer;
      if (status >= 200 && status < 300) return { ok: `user ${user}` };
      if (status === 429) {
        return {
          problem: `too many failed logins within a minute: ${service} rate-limits logins`,
          fix: 'sleep 60',
        };
      }
      if (isUnknownUser(answer, profile)) {
        return {
          problem: `${service} refuses user ${user} with the password in ${passwordFile}`,
          fix: userFix(profile, user, passwordFile) ?? 'npm run deploy',
        };
      }
      const problem = `login fails (${describeAnswer(answer)})`;
      // The request is refused, or has no answer: a restart fixes neither.
      if (answer.timedOut || (status >= 400 && status < 500)) return { problem, fix: logOf(facts, service) };
      return { problem, fix: restartOf(facts, service) };
    },
  };
};

/** Where a WebSocket gets 403: the token has expired, or was signed with another secret. */
const token = (topology: Topology, profile: AppProfile): Check => ({
  id: 'token',
  name: 'the token is accepted (403)',
  hop: 'browser',
  dependsOn: [login(topology, profile), upgrade(topology), connections(topology)],
  settings: proxySettings(topology),
  run: (facts) => {
    const { token: claims, socket, nowMs } = facts;
    if (!profile.webSocket?.token) return { skipped: notInProfile(profile, 'WebSocket with a token') };
    if (!claims || !socket) return undefined;
    const { wellFormed, issuedMs, expiresMs } = claims;
    const fix = freshToken(facts);
    const age = issuedMs === undefined ? 'of unknown age' : `${span(nowMs - issuedMs)} old`;
    if (socket.status === 101) {
      return { ok: expiresMs === undefined ? age : `${age}, valid for ${span(expiresMs - nowMs)}` };
    }
    // An application of the owner's may have tokens that are no JWT.
    if (!wellFormed && profile.name === 'reference')
      return { problem: 'this is no JWT: it should have three parts with dots between', fix };
    if (expiresMs !== undefined && expiresMs <= nowMs) {
      return {
        problem: `the token is ${age} and expired ${span(nowMs - expiresMs)} ago: log in again`,
        fix,
      };
    }
    if (socket.status !== undefined && profile.webSocket.refusals.includes(socket.status)) {
      return {
        problem: `the token is ${age} and not expired, but refused: the backend's secret has changed since; log in again`,
        fix,
      };
    }
    return undefined;
  },
});

/** Where neither the token nor nginx's configuration is the cause. */
const opens = (topology: Topology, profile: AppProfile): Check => {
  const { service } = apiUpstream(topology, profile);
  return {
    id: 'websocket',
    name: `a WebSocket opens through ${topology.proxy} (101)`,
    hop: service,
    dependsOn: [token(topology, profile)],
    settings: proxySettings(topology),
    run: (facts) => {
      const { socket } = facts;
      if (!profile.webSocket) return { skipped: notInProfile(profile, 'WebSocket') };
      if (!socket) return undefined;
      if (socket.status === 101) return { ok: '101 Switching Protocols' };
      return {
        problem: `the WebSocket handshake gets ${socket.status ?? (socket.error || 'no answer')} instead of 101`,
        fix: socket.timedOut ? logOf(facts, service) : restartOf(facts, service),
      };
    },
  };
};

/** A connection that opens, and brings nothing. */
const silent = (topology: Topology, profile: AppProfile): Check => {
  const { service } = apiUpstream(topology, profile);
  return {
    id: 'silent',
    name: 'subscribed topics and pongs arrive',
    hop: service,
    dependsOn: [opens(topology, profile)],
    run: (facts) => {
      const { socket } = facts;
      const { webSocket } = profile;
      if (!webSocket) return { skipped: notInProfile(profile, 'WebSocket') };
      if (socket?.status !== 101) return undefined;
      const { topics, pongMs } = socket;
      const pings = webSocket.heartbeat.from === 'client';
      const hasTopics = topicsWithin(webSocket, CONVERSATION_SEC).length > 0;
      // What is missing is an answer, and the backend's own health check has one.
      const fix = logOf(facts, service);
      const error = socket.error ? `; the server reports: ${socket.error}` : '';
      if (hasTopics && topics.length === 0) {
        const pong = pings && pongMs === undefined ? ', nor is a ping answered' : '';
        return { problem: `connected and subscribed, but no topic sends anything${pong}${error}`, fix };
      }
      if (pings && pongMs === undefined) {
        return {
          problem: `topics arrive, but no pong: clients will take the connection for dead${error}`,
          fix,
        };
      }
      const pong = pongMs === undefined ? '' : `pong in ${pongMs.toFixed(1)} ms`;
      const heard = [topics.join(', '), pong].filter(Boolean).join('; ');
      return heard ? { ok: heard } : { skipped: `by its profile nothing comes within ${CONVERSATION_SEC} s` };
    },
  };
};

export const loginChecks = (topology: Topology, profile: AppProfile): Check[] =>
  [login, token, opens, silent].map((check) => check(topology, profile));
