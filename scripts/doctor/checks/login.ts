/** Logging in, and the WebSocket. */
import { messages } from '../../../messages/index.ts';
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

const said = messages.doctor.login;

/** Where the reverse proxy is opened. */
const proxySettings = (topology: Topology): SettingName[] =>
  portSettings(serviceNamed(topology, topology.proxy));

/** Gets a fresh token. */
function freshToken({ topology, profile, settings, passwordFile }: Facts): string {
  const { login: loginProfile } = profile;
  const base = serviceUrl(topology, apiUpstream(topology, profile).service);
  return loginProfile ? loginCommand(base, loginProfile, settings.BTCW_ADMIN_USER, passwordFile) : said.logIn;
}

/** Whether the backend knows the password that is in the file. */
const login = (topology: Topology, profile: AppProfile): Check => {
  const { service } = apiUpstream(topology, profile);
  return {
    id: 'login',
    name: said.loginName,
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
      if (status >= 200 && status < 300) return { ok: said.user(user) };
      if (status === 429) {
        return {
          problem: said.tooMany(service),
          fix: 'sleep 60',
        };
      }
      if (isUnknownUser(answer, profile)) {
        return {
          problem: said.refused(service, user, passwordFile),
          fix: userFix(profile, user, passwordFile) ?? 'npm run deploy',
        };
      }
      const problem = said.failed(describeAnswer(answer));
      // The request is refused, or has no answer: a restart fixes neither.
      if (answer.timedOut || (status >= 400 && status < 500)) return { problem, fix: logOf(facts, service) };
      return { problem, fix: restartOf(facts, service) };
    },
  };
};

/** Where a WebSocket gets 403: the token has expired, or was signed with another secret. */
const token = (topology: Topology, profile: AppProfile): Check => ({
  id: 'token',
  name: said.tokenName,
  hop: 'browser',
  dependsOn: [login(topology, profile), upgrade(topology), connections(topology)],
  settings: proxySettings(topology),
  run: (facts) => {
    const { token: claims, socket, nowMs } = facts;
    if (!profile.webSocket?.token) return { skipped: notInProfile(profile, 'token') };
    if (!claims || !socket) return undefined;
    const { wellFormed, issuedMs, expiresMs } = claims;
    const fix = freshToken(facts);
    const age = issuedMs === undefined ? said.unknownAge : said.age(span(nowMs - issuedMs));
    if (socket.status === 101) {
      return { ok: expiresMs === undefined ? age : said.valid(age, span(expiresMs - nowMs)) };
    }
    // An application of the owner's may have tokens that are no JWT.
    if (!wellFormed && profile.name === 'reference') return { problem: said.noJwt, fix };
    if (expiresMs !== undefined && expiresMs <= nowMs) {
      return { problem: said.expired(age, span(nowMs - expiresMs)), fix };
    }
    if (socket.status !== undefined && profile.webSocket.refusals.includes(socket.status)) {
      return { problem: said.otherSecret(age), fix };
    }
    return undefined;
  },
});

/** Where neither the token nor nginx's configuration is the cause. */
const opens = (topology: Topology, profile: AppProfile): Check => {
  const { service } = apiUpstream(topology, profile);
  return {
    id: 'websocket',
    name: said.opensName(topology.proxy),
    hop: service,
    dependsOn: [token(topology, profile)],
    settings: proxySettings(topology),
    run: (facts) => {
      const { socket } = facts;
      if (!profile.webSocket) return { skipped: notInProfile(profile, 'webSocket') };
      if (!socket) return undefined;
      if (socket.status === 101) return { ok: '101 Switching Protocols' };
      return {
        problem: said.noUpgrade(String(socket.status ?? (socket.error || said.noAnswer))),
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
    name: said.silentName,
    hop: service,
    dependsOn: [opens(topology, profile)],
    run: (facts) => {
      const { socket } = facts;
      const { webSocket } = profile;
      if (!webSocket) return { skipped: notInProfile(profile, 'webSocket') };
      if (socket?.status !== 101) return undefined;
      const { topics, pongMs } = socket;
      const pings = webSocket.heartbeat.from === 'client';
      const hasTopics = topicsWithin(webSocket, CONVERSATION_SEC).length > 0;
      // What is missing is an answer, and the backend's own health check has one.
      const fix = logOf(facts, service);
      const failed = (problem: string) => ({
        problem: socket.error ? said.withServerError(problem, socket.error) : problem,
        fix,
      });
      const noPong = pings && pongMs === undefined;
      if (hasTopics && topics.length === 0) return failed(noPong ? said.noTopicsNorPong : said.noTopics);
      if (noPong) return failed(said.noPong);
      const pong = pongMs === undefined ? '' : said.pong(pongMs.toFixed(1));
      const heard = [topics.join(', '), pong].filter(Boolean).join(messages.doctor.check.semicolon);
      return heard ? { ok: heard } : { skipped: said.nothingExpected(CONVERSATION_SEC) };
    },
  };
};

export const loginChecks = (topology: Topology, profile: AppProfile): Check[] =>
  [login, token, opens, silent].map((check) => check(topology, profile));
