import { readFileSync } from 'node:fs';
import { SignJWT } from 'jose';
import { UserError } from '../../stacks/errors.ts';
import type { SecretFiles } from '../../stacks/secrets.ts';
import type { Settings } from '../../stacks/settings.ts';
import { containerLogs, projectContainers } from '../lib/containers.ts';
import { loadProject } from '../lib/project.ts';
import { paint, table } from '../lib/report.ts';
import { localUrl, publicUrl, waitForTunnel } from '../lib/tunnel.ts';
import { type Dialogue, dialogue, handshake, hold } from '../lib/websocket.ts';

export interface VerifyOptions {
  readonly json?: boolean;
  /** Holds a WebSocket through the tunnel for this long, past every idle timeout on the way. @example '90s' */
  readonly soak?: string;
  /** Verifies this address alone, from any machine. @example 'http://47.108.221.231:60001' */
  readonly url?: string;
  /** Who logs in at `url`. @default 'admin' */
  readonly user?: string;
  /** File with the password for `url`. */
  readonly passwordFile?: string;
}

/** One row of the report: what was looked at, whether it holds, what was seen, and what to do where it does not. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly fix: string;
}

const TOPICS = ['monitoring', 'strategies', 'signals', 'capacity'];
const HTTP_DEADLINE_MS = 10_000;
const TOPIC_DEADLINE_MS = 3_000;
const TUNNEL_DEADLINE_MS = 5_000;
const WS_PATH = '/api/v1/ws';
/** Twice what a topic takes to repeat itself. */
const SILENCE_MS = 15_000;

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(HTTP_DEADLINE_MS) });
    return { status: response.status, body: await response.text() };
  } catch (error) {
    const cause = (error as { cause?: { code?: string } }).cause?.code;
    return { status: 0, body: cause ?? String(error) };
  }
}

const seen = (answer: Answer): string => (answer.status === 0 ? answer.body : `status ${answer.status}`);

/** The seed's own request: a form, to the token endpoint. */
async function requestToken(
  base: string,
  user: string,
  password: string,
): Promise<Answer & { token?: string }> {
  const answer = await ask(`${base}/api/v1/auth/token`, {
    method: 'POST',
    body: new URLSearchParams({ username: user, password }),
  });
  try {
    return { ...answer, token: (JSON.parse(answer.body) as { access_token?: string }).access_token ?? '' };
  } catch {
    return answer;
  }
}

/** A token that was good until an hour ago, to see it refused. */
async function expiredToken(user: string, secrets: SecretFiles): Promise<string> {
  const key = Buffer.from(readFileSync(secrets.jwtSecret, 'utf8').trim());
  const nowSec = Math.floor(Date.now() / 1000);
  return new SignJWT({ sub: user })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt(nowSec - 90_000)
    .setExpirationTime(nowSec - 3_600)
    .sign(key);
}

const wsUrl = (base: string, token: string): string =>
  `${base.replace(/^http/, 'ws')}${WS_PATH}?token=${encodeURIComponent(token)}`;

function dialogueChecks(name: string, result: Dialogue, project: string): Check[] {
  const missing = TOPICS.filter((topic) => !result.topics.includes(topic));
  return [
    {
      name: `${name}: four topics within 3 s`,
      ok: missing.length === 0,
      detail:
        missing.length === 0
          ? TOPICS.join(', ')
          : `no data for ${missing.join(', ')}${result.error && `; ${result.error}`}`,
      fix: `docker logs --tail 20 ${project}-backend`,
    },
    {
      name: `${name}: ping answered`,
      ok: result.pongMs !== undefined,
      detail: result.pongMs === undefined ? 'no pong' : `${result.pongMs.toFixed(1)} ms`,
      fix: `docker logs --tail 20 ${project}-backend`,
    },
  ];
}

/** Holds a socket for a while; it has to bring messages to the end. */
async function soakCheck(name: string, base: string, token: string, soak: string): Promise<Check> {
  const seconds = soakSeconds(soak);
  const held = await hold(wsUrl(base, token), TOPICS, seconds * 1000);
  return {
    name: `${name}: a WebSocket held for ${seconds} s`,
    ok: held.openMs >= seconds * 1000 && held.longestSilenceMs < SILENCE_MS,
    detail:
      held.openMs >= seconds * 1000
        ? `${held.messages} messages, longest silence ${(held.longestSilenceMs / 1000).toFixed(1)} s`
        : `closed after ${(held.openMs / 1000).toFixed(1)} s: ${held.reason}`,
    fix: 'npm run doctor',
  };
}

/** @throws {UserError} for anything but a number of seconds or minutes */
export function soakSeconds(text: string): number {
  const [, number, unit] = /^(\d+)(s|m)?$/.exec(text) ?? [];
  if (!number || Number(number) === 0) {
    throw new UserError(`--soak: should be a time such as "90s" or "5m", got "${text}".`);
  }
  return Number(number) * (unit === 'm' ? 60 : 1);
}

async function baseChecks(
  name: string,
  base: string,
  tokens: { valid: string; expired: string | undefined },
  project: string,
) {
  const [page, health] = await Promise.all([ask(`${base}/`), ask(`${base}/api/v1/ws/stats`)]);
  const checks: Check[] = [
    {
      name: `${name}: page`,
      ok: page.status === 200 && /<html/i.test(page.body),
      detail: seen(page),
      fix: `docker logs --tail 20 ${project}-frontend`,
    },
    {
      name: `${name}: /api reaches the backend`,
      ok: health.status === 200,
      detail: seen(health),
      fix: `docker logs --tail 20 ${project}-backend`,
    },
  ];
  const cases: [string, string | undefined, number][] = [
    ['a wrong token', 'not.a.token', 403],
    ['an expired token', tokens.expired, 403],
    ['a valid token', tokens.valid, 101],
  ];
  for (const [kind, token, expected] of cases) {
    if (token === undefined) continue;
    const status = await handshake(wsUrl(base, token));
    checks.push({
      name: `${name}: WebSocket with ${kind} gives ${expected}`,
      ok: status === expected,
      detail: typeof status === 'number' ? `status ${status}` : status,
      fix: `docker logs --tail 20 ${project}-nginx`,
    });
  }
  const talk = await dialogue(wsUrl(base, tokens.valid), TOPICS, TOPIC_DEADLINE_MS);
  return [...checks, ...dialogueChecks(name, talk, project)];
}

async function logChecks(settings: Settings, token: string): Promise<Check[]> {
  const project = settings.BTCW_PROJECT;
  const [nginx, backend] = await Promise.all([
    containerLogs(`${project}-nginx`, '2m'),
    containerLogs(`${project}-backend`, '2m'),
  ]);
  const line = `WebSocket client ${settings.BTCW_ADMIN_USER}_xxxxxxxx connected (user: ${settings.BTCW_ADMIN_USER})`;
  const user = settings.BTCW_ADMIN_USER.replaceAll('.', '\\.');
  return [
    {
      name: 'nginx log: the 101, without the token',
      ok: nginx.includes(`GET ${WS_PATH} HTTP/1.1" 101`) && !nginx.includes(token),
      detail: nginx.includes(token) ? 'the token is in the log' : `GET ${WS_PATH} HTTP/1.1" 101`,
      fix: `docker logs --tail 20 ${project}-nginx`,
    },
    {
      name: 'backend log: client connected',
      ok:
        new RegExp(`WebSocket client \\S+_[0-9a-f]{8} connected \\(user: ${user}\\)`).test(backend) &&
        !backend.includes(token),
      detail: backend.includes(token) ? 'the token is in the log' : line,
      fix: `docker logs --tail 20 ${project}-backend`,
    },
  ];
}

/** Runs the whole contract of the seed document, and tells each line with its fix. */
async function deploymentChecks({ soak }: VerifyOptions): Promise<Check[]> {
  const { settings, secrets } = await loadProject();
  const project = settings.BTCW_PROJECT;
  const backendUrl = `http://127.0.0.1:${settings.BTCW_BACKEND_PORT}`;
  const reference = !settings.BTCW_BACKEND_IMAGE && !settings.BTCW_BACKEND_CONTEXT;

  const containers = await projectContainers(project);
  const checks: Check[] = containers.map((one) => ({
    name: `${one.name} is healthy`,
    ok: one.status === 'running' && one.health === 'healthy',
    detail: `${one.status}, ${one.health}`,
    fix: one.status === 'running' ? `docker logs --tail 20 ${one.name}` : 'npm run deploy',
  }));
  if (containers.length === 0) {
    throw new UserError(`Nothing of "${project}" is deployed.`, 'npm run deploy');
  }

  const health = await ask(`${backendUrl}${settings.BTCW_BACKEND_HEALTH_PATH}`);
  checks.push({
    name: `backend: ${settings.BTCW_BACKEND_HEALTH_PATH}`,
    ok: health.status === 200,
    detail: seen(health),
    fix: `docker logs --tail 20 ${project}-backend`,
  });
  const password = readFileSync(secrets.adminPassword, 'utf8').trim();
  const login = await requestToken(backendUrl, settings.BTCW_ADMIN_USER, password);
  checks.push({
    name: 'backend: a token for user and password',
    ok: login.status === 200 && Boolean(login.token),
    detail: seen(login),
    fix: 'the password file must hold the password the backend knows: BTCW_ADMIN_PASSWORD_FILE',
  });
  const tunnel = await waitForTunnel(settings, TUNNEL_DEADLINE_MS);
  checks.push({
    name: 'frpc log: start proxy success',
    ok: tunnel.up,
    detail: tunnel.up ? `[${settings.BTCW_FRP_PROXY_NAME}] start proxy success` : tunnel.reason,
    fix: `docker logs --tail 20 ${project}-frpc`,
  });
  if (login.token) {
    const tokens = {
      valid: login.token,
      expired: reference ? await expiredToken(settings.BTCW_ADMIN_USER, secrets) : undefined,
    };
    checks.push(
      ...(await baseChecks(`local ${settings.BTCW_NGINX_PORT}`, localUrl(settings), tokens, project)),
    );
    checks.push(
      ...(await baseChecks(`tunnel ${settings.BTCW_FRP_REMOTE_PORT}`, publicUrl(settings), tokens, project)),
    );
    checks.push(...(await logChecks(settings, login.token)));
    if (soak) checks.push(await soakCheck('tunnel', publicUrl(settings), login.token, soak));
  }
  return checks;
}

/** What can be seen of a deployment from outside, at one address. */
async function remoteChecks(options: VerifyOptions & { url: string }): Promise<Check[]> {
  const { url, user = 'admin', passwordFile, soak } = options;
  if (!passwordFile) {
    throw new UserError(
      '--password-file: is needed with --url.',
      'copy secrets/<project>/admin-password to this machine.',
    );
  }
  const base = url.replace(/\/$/, '');
  const login = await requestToken(base, user, readFileSync(passwordFile, 'utf8').trim());
  const checks: Check[] = [
    {
      name: 'remote: a token for user and password',
      ok: login.status === 200 && Boolean(login.token),
      detail: seen(login),
      fix:
        login.status === 0
          ? 'npm run doctor, on the machine that is deployed to'
          : 'check --user and --password-file',
    },
  ];
  if (!login.token) return checks;
  checks.push(
    ...(await baseChecks('remote', base, { valid: login.token, expired: undefined }, 'btc-watcher')),
  );
  if (soak) checks.push(await soakCheck('remote', base, login.token, soak));
  return checks;
}

/** Verifies the deployment. Exit code 0 when everything holds, 1 otherwise. */
export async function verify(options: VerifyOptions): Promise<void> {
  if (options.soak) soakSeconds(options.soak);
  const { url } = options;
  const checks = await (url ? remoteChecks({ ...options, url }) : deploymentChecks(options));
  const failed = checks.filter((check) => !check.ok);
  if (failed.length > 0) process.exitCode = 1;
  if (options.json) {
    console.log(JSON.stringify({ ok: failed.length === 0, checks }, null, 2));
    return;
  }
  const rows = checks.map((check) => [
    check.ok ? paint('green', '✓') : paint('red', '✗'),
    check.name,
    check.detail,
    check.ok ? '' : check.fix,
  ]);
  console.log(table(['', 'check', 'seen', 'fix'], rows));
  if (failed.length === 0) console.log(`${paint('green', '✓')} All ${checks.length} checks hold.`);
  else console.log(`${paint('red', '✗')} ${failed.length} of ${checks.length} checks failed.`);
}
