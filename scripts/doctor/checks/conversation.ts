/** Logging in, and the WebSocket. */
import type { Facts } from '../facts.ts';
import { type Check, nameOf, seen, span } from './check.ts';
import { NGINX } from './nginx.ts';

const BACKEND = ['docker', 'container-backend', 'backend-at-gateway', 'firewall-backend', 'gateway'];

const loginCommand = (facts: Facts): string =>
  `curl -s http://127.0.0.1:${facts.settings.BTCW_BACKEND_PORT}/api/v1/auth/token -d username=${facts.settings.BTCW_ADMIN_USER} --data-urlencode "password=$(cat ${facts.passwordFile})"`;

/** The seed's "获取新Token": the password in the file is the one the backend knows. */
export const login: Check = {
  id: 'login',
  name: 'the password file logs in',
  hop: 'backend',
  after: BACKEND,
  look: (facts) => {
    const answer = facts.login;
    // A backend of the user's own may log in elsewhere.
    if (!answer || answer.status === 404) return undefined;
    if (answer.status === 200) return { ok: `user ${facts.settings.BTCW_ADMIN_USER}` };
    if (answer.status === 401) {
      return {
        wrong: `the backend refuses user ${facts.settings.BTCW_ADMIN_USER} with the password in ${facts.passwordFile}`,
        fix: 'npm run deploy',
      };
    }
    if (answer.status === 429) {
      return { wrong: 'too many failed logins within a minute: the backend makes all wait', fix: 'sleep 60' };
    }
    return {
      wrong: `the login gives: ${seen(answer)}`,
      fix: `docker restart ${nameOf(facts, 'backend')}`,
    };
  },
};

/** FAQ "为什么WebSocket连接返回403": the token is expired, or of another secret; with its age. */
export const token: Check = {
  id: 'token',
  name: 'the token is accepted (403)',
  hop: 'browser',
  after: [
    ...BACKEND,
    ...NGINX,
    'login',
    'nginx-config',
    'nginx-upgrade',
    'nginx-upstreams',
    'port-nginx',
    'connections',
  ],
  look: (facts) => {
    const { token: one, socket, nowMs } = facts;
    if (!one || !socket) return undefined;
    const fix = loginCommand(facts);
    const age = one.issuedMs === undefined ? 'of unknown age' : `${span(nowMs - one.issuedMs)} old`;
    if (socket.status === 101) {
      const left = one.expiresMs === undefined ? '' : `, good for ${span(one.expiresMs - nowMs)}`;
      return { ok: `${age}${left}` };
    }
    if (!one.wellFormed)
      return { wrong: 'this is no token: it should be three parts with dots between', fix };
    if (one.expiresMs !== undefined && one.expiresMs <= nowMs) {
      return {
        wrong: `the token is ${age} and expired ${span(nowMs - one.expiresMs)} ago: log in again`,
        fix,
      };
    }
    if (socket.status === 403) {
      return {
        wrong: `the token is ${age} and not expired, but refused: the backend's secret has changed since; log in again`,
        fix,
      };
    }
    return undefined;
  },
};

/** The seed's `curl -v … Upgrade: websocket`: 101, where neither the token nor nginx's configuration is at fault. */
export const upgrade: Check = {
  id: 'websocket',
  name: 'a WebSocket opens through nginx (101)',
  hop: 'backend',
  after: [...token.after, 'token'],
  look: (facts) => {
    const { socket } = facts;
    if (!socket) return undefined;
    if (socket.status === 101) return { ok: '101 Switching Protocols' };
    return {
      wrong: `the WebSocket gets ${socket.status ?? (socket.error || 'no answer')}, not 101`,
      fix: `docker restart ${nameOf(facts, 'backend')}`,
    };
  },
};

/** FAQ "连接建立但收不到消息": subscribed, and nothing comes; or no pong. */
export const silent: Check = {
  id: 'silent',
  name: 'subscribed topics and pongs come',
  hop: 'backend',
  after: [...upgrade.after, 'websocket'],
  look: (facts) => {
    const { socket } = facts;
    if (socket?.status !== 101) return undefined;
    const fix = `docker restart ${nameOf(facts, 'backend')}`;
    const told = socket.error ? `; it says: ${socket.error}` : '';
    if (socket.topics.length === 0) {
      const pong = socket.pongMs === undefined ? ', nor is a ping answered' : '';
      return { wrong: `connected and subscribed, but no topic sends anything${pong}${told}`, fix };
    }
    if (socket.pongMs === undefined) {
      return { wrong: `topics come, but no pong: clients will take the line for dead${told}`, fix };
    }
    return { ok: `${socket.topics.join(', ')}; pong in ${socket.pongMs.toFixed(1)} ms` };
  },
};
