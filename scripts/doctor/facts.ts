/**
 * What doctor looks at: gathered once, in parallel, each fact with a short deadline. A fact that cannot be had is
 * undefined, and never an error.
 */
import { lookup } from 'node:dns/promises';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { connect, isIP } from 'node:net';
import { basename, dirname, join, relative } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { execa } from 'execa';
import type { Settings } from '../../stacks/settings.ts';
import { COMPONENTS, type Component } from '../lib/components.ts';
import { bridgeFacts, hostAddresses } from '../lib/host.ts';
import { ask, type HttpAnswer } from '../lib/http.ts';
import { listenerOn, type PortHolder } from '../lib/ports.ts';
import { type Listener, listeners } from '../lib/preflight.ts';
import { dockerUnavailable, tail, tryDocker } from '../lib/programs.ts';
import { localUrl, publicUrl, runBeganMs, tunnelStory } from '../lib/tunnel.ts';
import { type Dialogue, dialogue } from '../lib/websocket.ts';
import { type NginxFacts, readNginxConf } from './nginx-conf.ts';

/** A container as far as its health is concerned; times in ms. */
export interface ContainerFacts {
  readonly name: string;
  /** @example 'running', 'paused', 'exited', 'restarting' */
  readonly status: string;
  /** @example 'healthy', 'unhealthy', 'starting', 'none' */
  readonly health: string;
  readonly pid: number;
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  readonly restarts: number;
  readonly startedAt: string;
  readonly startedAtMs: number;
  /** Undefined without a health check. */
  readonly healthIntervalMs: number | undefined;
  /** End of the latest health check; undefined before the first. */
  readonly lastHealthCheckMs: number | undefined;
  /** What the latest failing health check printed. */
  readonly healthOutput: string;
  /** The last line it printed; only of containers that are not well. */
  readonly lastWords: string;
  /** Its own address, where it has one. */
  readonly address: string;
  /** Size of all its log files, where this user may see them. */
  readonly logBytes: number | undefined;
  /** What its log options allow; undefined where they set no bound. */
  readonly logBoundBytes: number | undefined;
  readonly logPath: string;
  /** Whether `docker logs` gets as far as the newest line; undefined where there is none. */
  readonly logReadable: boolean | undefined;
}

export interface EngineFacts {
  /** Why it does not answer, and what to do; undefined when it does. */
  readonly problem: { readonly what: string; readonly fix: string } | undefined;
  readonly version: string;
  readonly rootDir: string;
  /** The engine's own clock, which its containers' times are of. */
  readonly clockMs: number | undefined;
}

/** A listener of the topology, and who has its port. */
export interface PortFacts extends Listener {
  readonly holder: PortHolder | undefined;
  /** Another project's container that publishes it. */
  readonly container: string | undefined;
}

/** A connection attempt out of nginx's container. */
export interface InsideFacts {
  readonly status: number;
  readonly ms: number;
  /** curl's exit code: 0 an answer, 7 refused, 28 nothing came. */
  readonly curl: number;
}

/** What a token says of itself; nothing of it is verified here. */
export interface TokenFacts {
  readonly given: boolean;
  readonly wellFormed: boolean;
  readonly issuedMs: number | undefined;
  readonly expiresMs: number | undefined;
}

/** A certificate, looked at with the CA it should be of. */
export interface CertificateFacts {
  /** Why it is refused, as OpenSSL and Node name it; empty where it fits. @example 'CERT_HAS_EXPIRED' */
  readonly problem: string;
  /** The names and addresses it is for. */
  readonly names: readonly string[];
}

export interface Facts {
  readonly nowMs: number;
  readonly settings: Settings;
  /** Path of the login password's file, for people. */
  readonly passwordFile: string;
  readonly engine: EngineFacts;
  /** Undefined where the engine does not tell. */
  readonly containers: Readonly<Partial<Record<Component, ContainerFacts>>> | undefined;
  readonly hostAddresses: readonly string[];
  /** Gateway of Docker's default bridge. */
  readonly bridgeGateway: string | undefined;
  readonly ports: readonly PortFacts[];
  /** Soft limit of open files of the docker-proxy that publishes nginx; undefined where there is none. */
  readonly proxyDescriptors: number | undefined;
  /** Rules as `iptables -t <table> <rule>` takes them; undefined where this user may not see them. */
  readonly firewallRules: readonly string[] | undefined;
  readonly ufw: boolean;
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number } | undefined;
  /** The pages as a browser gets them: from this host, and through the tunnel. */
  readonly local: HttpAnswer;
  readonly remote: HttpAnswer;
  /** The local page asked for under a name that Vite cannot know. */
  readonly foreignHost: HttpAnswer;
  /** Both applications asked on this host's loopback, and at the gateway where this host has that address. */
  readonly backend: HttpAnswer;
  readonly frontend: HttpAnswer;
  readonly backendAtGateway: HttpAnswer | undefined;
  readonly frontendAtGateway: HttpAnswer | undefined;
  /** Both asked at the gateway from inside nginx's container; undefined where curl could not be run there. */
  readonly inside: {
    readonly backend?: InsideFacts | undefined;
    readonly frontend?: InsideFacts | undefined;
  };
  /** What nginx itself said where it refuses its configuration. */
  readonly nginxRefuses: string;
  readonly nginx: NginxFacts | undefined;
  /** Status of a login with the password file, undefined where it was not tried. */
  readonly login: HttpAnswer | undefined;
  readonly token: TokenFacts | undefined;
  /** A short conversation through nginx with that token. */
  readonly socket: Dialogue | undefined;
  readonly frpServer: {
    readonly resolved: boolean;
    /** ms to connect, or why not. */
    readonly connectMs: number | undefined;
    readonly error: string;
    /** Undefined without BTCW_FRP_TLS_CA_FILE, or where it shows none. */
    readonly certificate?: CertificateFacts | undefined;
  };
  readonly tunnel: ReturnType<typeof tunnelStory> | undefined;
}

export interface GatherOptions {
  /** A WebSocket token to look at. @default - one is taken with the password file */
  readonly token?: string | undefined;
}

const PROBE_MS = 1_500;
const DIALOGUE_MS = 3_000;
const TOPICS = ['monitoring', 'strategies', 'signals', 'capacity'];
/** A name nobody can own (RFC 6761). */
const FOREIGN_HOST = 'doctor.invalid';
const LOG_TAIL = '400';

/** A fact that cannot be had is undefined. */
async function fact<T>(gather: () => Promise<T> | T): Promise<T | undefined> {
  try {
    return await gather();
  } catch {
    return undefined;
  }
}

interface Inspection {
  readonly Name: string;
  readonly LogPath?: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly Pid: number;
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    readonly StartedAt: string;
    readonly Health?: {
      readonly Status: string;
      readonly Log?: { readonly End: string; readonly ExitCode: number; readonly Output: string }[] | null;
    };
  };
  readonly Config: { readonly Healthcheck?: { readonly Interval?: number } };
  readonly HostConfig: { readonly LogConfig: { readonly Config?: Record<string, string> | null } };
  readonly NetworkSettings: { readonly Networks?: Record<string, { readonly IPAddress?: string }> };
}

const SIZE_UNIT: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** What Docker's log options allow. @example logBound({ 'max-size': '10m', 'max-file': '3' }) */
export function logBound(options: Readonly<Record<string, string>>): number | undefined {
  const match = /^(\d+)([kmg]?)b?$/i.exec(options['max-size'] ?? '');
  if (!match) return undefined;
  return (
    Number(match[1]) *
    (SIZE_UNIT[(match[2] ?? '').toLowerCase()] ?? 1) *
    Math.max(1, Number(options['max-file'] ?? '1'))
  );
}

function logBytes(path: string | undefined): number | undefined {
  if (!path) return undefined;
  try {
    const folder = dirname(path);
    return readdirSync(folder)
      .filter((name) => name.startsWith(basename(path)))
      .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  } catch {
    return undefined;
  }
}

const isWell = (one: Inspection): boolean =>
  one.State.Status === 'running' && (one.State.Health?.Status ?? 'healthy') === 'healthy';

async function lastLine(name: string): Promise<string> {
  const { all } = await tryDocker(['logs', '--tail', '5', name], { all: true, timeout: PROBE_MS });
  return tail(String(all ?? ''), 1).trim();
}

async function logReadable(name: string): Promise<boolean | undefined> {
  const read = (...options: string[]) =>
    tryDocker(['logs', '--timestamps', ...options, name], { all: true, timeout: PROBE_MS });
  const timeOf = async (lines: string) => /^\d{4}-\S+Z/.exec(String((await read('--tail', lines)).all))?.[0];
  // With --tail Docker reads from the end of the file, with --since from its beginning.
  const newest = await timeOf('1');
  if (!newest) return (await timeOf('2')) ? false : undefined;
  const { all, timedOut } = await read('--since', newest);
  return timedOut ? undefined : String(all).includes(newest);
}

async function containerFacts(one: Inspection): Promise<ContainerFacts> {
  const name = one.Name.replace(/^\//, '');
  const checks = one.State.Health?.Log ?? [];
  const latest = checks.at(-1);
  const intervalNs = one.Config.Healthcheck?.Interval;
  return {
    name,
    status: one.State.Status,
    health: one.State.Health?.Status ?? 'none',
    pid: one.State.Pid,
    exitCode: one.State.ExitCode,
    outOfMemory: one.State.OOMKilled,
    restarts: one.RestartCount,
    startedAt: one.State.StartedAt,
    startedAtMs: Date.parse(one.State.StartedAt),
    healthIntervalMs: one.State.Health ? (intervalNs || 30e9) / 1e6 : undefined,
    lastHealthCheckMs: latest && Date.parse(latest.End),
    healthOutput: latest && latest.ExitCode !== 0 ? tail(latest.Output, 1).trim() : '',
    lastWords: isWell(one) && one.RestartCount === 0 ? '' : ((await fact(() => lastLine(name))) ?? ''),
    address:
      Object.values(one.NetworkSettings.Networks ?? {}).find(({ IPAddress }) => IPAddress)?.IPAddress ?? '',
    logBytes: logBytes(one.LogPath),
    logBoundBytes: logBound(one.HostConfig.LogConfig.Config ?? {}),
    logPath: one.LogPath ?? '',
    logReadable: await fact(() => logReadable(name)),
  };
}

/** Looks the containers up by name: one that carries a wrong label is in the way, too. */
async function gatherContainers(project: string): Promise<Facts['containers']> {
  const names = COMPONENTS.map((component) => `${project}-${component}`);
  const { stdout } = await tryDocker(['inspect', '--type', 'container', ...names], { timeout: 5_000 });
  const inspections = JSON.parse(String(stdout || '[]')) as Inspection[];
  const facts = await Promise.all(inspections.map(containerFacts));
  return Object.fromEntries(
    COMPONENTS.flatMap((component) => {
      const found = facts.find(({ name }) => name === `${project}-${component}`);
      return found ? [[component, found]] : [];
    }),
  );
}

async function gatherEngine(): Promise<EngineFacts> {
  const result = await tryDocker(['info', '--format', '{{json .}}'], { timeout: 5_000 }).catch(
    () => undefined,
  );
  const info = (await fact(() => JSON.parse(String(result?.stdout)))) as
    | { ServerVersion?: string; DockerRootDir?: string; SystemTime?: string; ServerErrors?: string[] }
    | undefined;
  if (info?.ServerVersion) {
    const clockMs = Date.parse(info.SystemTime ?? '');
    return {
      problem: undefined,
      version: info.ServerVersion,
      rootDir: info.DockerRootDir ?? '',
      clockMs: Number.isNaN(clockMs) ? undefined : clockMs,
    };
  }
  const said = `${info?.ServerErrors?.join('\n') ?? ''}\n${result?.stderr ?? ''}`;
  const missing = (result as { code?: string } | undefined)?.code === 'ENOENT';
  const known = dockerUnavailable(said)?.message.split('\n  Fix: ');
  const problem = missing
    ? { what: 'The docker program is not installed.', fix: 'npm run up' }
    : known
      ? {
          what: known[0] ?? '',
          fix: /refuses/.test(known[0] ?? '')
            ? 'sudo usermod -aG docker "$USER" && newgrp docker'
            : 'npm run up',
        }
      : { what: `The engine does not answer: ${tail(said, 1) || 'no answer within 5 s'}`, fix: 'npm run up' };
  return { problem, version: '', rootDir: '', clockMs: undefined };
}

/** Containers of others that publish a port, by `port`. */
async function gatherPublishers(project: string): Promise<Map<number, string>> {
  const { stdout } = await tryDocker(['ps', '--format', '{{.Names}}\t{{.Ports}}'], { timeout: 5_000 });
  const publishers = new Map<number, string>();
  for (const line of String(stdout).split('\n')) {
    const [name = '', ports = ''] = line.split('\t');
    if (COMPONENTS.some((component) => name === `${project}-${component}`)) continue;
    for (const [, port] of ports.matchAll(/:(\d+)->/g)) publishers.set(Number(port), name);
  }
  return publishers;
}

function gatherProxyDescriptors(port: number): number | undefined {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (basename(words[0] ?? '') !== 'docker-proxy') continue;
      if (words[words.indexOf('-host-port') + 1] !== String(port)) continue;
      const limit = /^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'));
      if (limit) return Number(limit[1]);
    } catch {
      // It has ended, or is another user's.
    }
  }
  return undefined;
}

async function gatherFirewall(): Promise<readonly string[] | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const { stdout } = await execa('iptables-save', [], { timeout: PROBE_MS });
  let table = '';
  return stdout.split('\n').flatMap((line) => {
    if (line.startsWith('*')) table = line.slice(1).trim();
    return line.startsWith('-A ') ? [`-t ${table} ${line}`] : [];
  });
}

const usesUfw = (): boolean =>
  existsSync('/etc/ufw/ufw.conf') && /^ENABLED=yes/m.test(readFileSync('/etc/ufw/ufw.conf', 'utf8'));

/** Asks both applications at the gateway, out of nginx's container, and has nginx print its configuration. */
const LOOK_AROUND = `
ask() { seen=$(curl -s -m 1.5 -o /dev/null -w '%{http_code} %{time_total}' "$2"; echo " $?"); echo "$1 $seen"; }
ask backend "$1" & ask frontend "$2" & wait
echo ---
nginx -T 2>&1
`;

/**
 * What nginx says where it refuses its configuration. Once it has read an error_log, it says so there, with a date
 * in front and no name.
 * @param output of `nginx -T`
 */
export function refusalOf(output: string): string {
  const said = /\[emerg\] (?:\d+#\d+: )?(.*)$/m.exec(output)?.[1];
  return said === undefined ? '' : `nginx: [emerg] ${said}`;
}

async function gatherInside(settings: Settings) {
  const { BTCW_GATEWAY: gateway } = settings;
  const urls = [
    `http://${gateway}:${settings.BTCW_BACKEND_PORT}${settings.BTCW_BACKEND_HEALTH_PATH}`,
    `http://${gateway}:${settings.BTCW_FRONTEND_PORT}/`,
  ];
  const { stdout } = await tryDocker(
    ['exec', `${settings.BTCW_PROJECT}-nginx`, 'sh', '-c', LOOK_AROUND, 'sh', ...urls],
    { timeout: 4_000 },
  );
  const text = String(stdout);
  const [answers = '', conf = ''] = text.split(/^---\n/m);
  const inside = (name: string): InsideFacts | undefined => {
    const match = new RegExp(`${name} (\\d+) ([\\d.]+) (\\d+)`).exec(answers);
    if (!match || Number(match[3]) > 100) return undefined;
    return { status: Number(match[1]), ms: Number(match[2]) * 1000, curl: Number(match[3]) };
  };
  const refusal = refusalOf(conf);
  return {
    inside: { backend: inside('backend'), frontend: inside('frontend') },
    nginxRefuses: refusal,
    nginx: conf.includes('# configuration file')
      ? readNginxConf(conf.replace(/^nginx: .*$/gm, ''))
      : undefined,
  };
}

export async function gatherFrpServer(settings: Settings): Promise<Facts['frpServer']> {
  const host = settings.BTCW_FRP_SERVER_ADDR ?? '127.0.0.1';
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PROBE_MS);
  });
  const known = lookup(host).then(
    () => true,
    () => false,
  );
  const resolved = await Promise.race([known, deadline]);
  clearTimeout(timer);
  if (!resolved) return { resolved: false, connectMs: undefined, error: '' };
  const certificate = fact(() => gatherFrpCertificate(settings));
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const socket = connect({ host, port: settings.BTCW_FRP_SERVER_PORT, timeout: PROBE_MS });
    const end = async (connectMs: number | undefined, error: string) => {
      socket.destroy();
      resolve({ resolved: true, connectMs, error, certificate: await certificate });
    };
    socket.once('connect', () => end(performance.now() - startedMs, ''));
    socket.once('timeout', () => end(undefined, 'ETIMEDOUT'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(undefined, error.code ?? error.message));
  });
}

/** Node's code for a certificate of another name. */
export const WRONG_NAME = 'ERR_TLS_CERT_ALTNAME_INVALID';

/** Has the frp server show its certificate, and checks it as frpc does. */
function gatherFrpCertificate(settings: Settings): Promise<CertificateFacts | undefined> {
  const { BTCW_FRP_SERVER_ADDR: host = '127.0.0.1', BTCW_FRP_TLS_CA_FILE: file } = settings;
  return new Promise((resolve) => {
    if (!file) return resolve(undefined);
    const socket = connectTls({
      host,
      port: settings.BTCW_FRP_SERVER_PORT,
      ca: readFileSync(file),
      rejectUnauthorized: false,
      timeout: PROBE_MS,
      // An address is no server name (RFC 6066).
      ...(isIP(host) === 0 && { servername: host }),
    });
    const end = (certificate?: CertificateFacts) => {
      socket.destroy();
      resolve(certificate);
    };
    socket.once('secureConnect', () => {
      const names = namesOf(socket.getPeerCertificate().subjectaltname ?? '');
      // Node still takes the subject for a name; Go, and so frpc, does not.
      const nameless = names.length === 0 ? WRONG_NAME : '';
      end({ problem: socket.authorized ? nameless : String(socket.authorizationError), names });
    });
    socket.once('timeout', () => end());
    socket.once('error', () => end());
  });
}

/** The names in a certificate. @example namesOf('DNS:frp.example.org, IP Address:192.0.2.1') */
export const namesOf = (subjectAltName: string): string[] =>
  [...subjectAltName.matchAll(/(?:DNS|IP Address):([^,]+)/g)].map(([, name = '']) => name);

/** Reads what a JWT says without checking its signature: its age is no secret. */
export function readToken(text: string, given: boolean): TokenFacts {
  try {
    const [, payload = '', signature] = text.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
      iat?: number;
      exp?: number;
    };
    if (!signature) throw new Error('no signature');
    const ms = (sec: number | undefined) => (typeof sec === 'number' ? sec * 1000 : undefined);
    return { given, wellFormed: true, issuedMs: ms(claims.iat), expiresMs: ms(claims.exp) };
  } catch {
    return { given, wellFormed: false, issuedMs: undefined, expiresMs: undefined };
  }
}

async function gatherToken(settings: Settings, passwordFile: string, given: string | undefined) {
  const backend = `http://127.0.0.1:${settings.BTCW_BACKEND_PORT}`;
  const password = given ? undefined : await fact(() => readFileSync(passwordFile, 'utf8').trim());
  const login =
    password === undefined
      ? undefined
      : await ask(`${backend}/api/v1/auth/token`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams({ username: settings.BTCW_ADMIN_USER, password }).toString(),
        });
  const token =
    given ??
    (await fact(() => (JSON.parse(login?.body ?? '') as { access_token?: string }).access_token)) ??
    undefined;
  if (!token) return { login, token: undefined, socket: undefined };
  const url = `${localUrl(settings).replace('http', 'ws')}/api/v1/ws?token=${encodeURIComponent(token)}`;
  const socket = await dialogue(url, TOPICS, DIALOGUE_MS);
  return { login, token: readToken(token, given !== undefined), socket };
}

async function gatherTunnel(settings: Settings): Promise<string> {
  const name = `${settings.BTCW_PROJECT}-frpc`;
  const { all } = await tryDocker(['logs', '--timestamps', '--tail', LOG_TAIL, name], {
    all: true,
    timeout: 3_000,
  });
  return String(all ?? '');
}

/** The lines of `docker logs --timestamps` from a moment on. */
export const linesSince = (log: string, sinceMs: number): string =>
  log
    .split('\n')
    .filter((line) => !(Date.parse(line.split(' ', 1)[0] ?? '') < sinceMs))
    .join('\n');

/** Gathers everything at once. Takes as long as its slowest fact: about a second, four where something hangs. */
export async function gatherFacts(
  settings: Settings,
  root: string,
  options: GatherOptions = {},
): Promise<Facts> {
  const project = settings.BTCW_PROJECT;
  const passwordPath = settings.BTCW_ADMIN_PASSWORD_FILE ?? join(root, 'secrets', project, 'admin-password');
  const addresses = hostAddresses();
  const loopback = (port: number, path: string, host = '127.0.0.1') => ask(`http://${host}:${port}${path}`);
  const health = settings.BTCW_BACKEND_HEALTH_PATH;
  const local = localUrl(settings);

  const [engine, containers, bridge, publishers, firewallRules, around, token, frpServer, frpcLog] =
    await Promise.all([
      gatherEngine(),
      fact(() => gatherContainers(project)),
      fact(async () =>
        bridgeFacts(String((await tryDocker(['network', 'inspect', 'bridge'], { timeout: 5_000 })).stdout)),
      ),
      fact(() => gatherPublishers(project)),
      fact(gatherFirewall),
      fact(() => gatherInside(settings)),
      fact(() => gatherToken(settings, passwordPath, options.token)),
      gatherFrpServer(settings),
      fact(() => gatherTunnel(settings)),
    ]);
  const atGateway = (port: number, path: string) =>
    // Without that address here the packets would leave the machine.
    addresses.includes(settings.BTCW_GATEWAY) ? loopback(port, path, settings.BTCW_GATEWAY) : undefined;
  const [localPage, remote, foreignHost, backend, frontend, backendAtGateway, frontendAtGateway, disk] =
    await Promise.all([
      ask(`${local}/`),
      ask(`${publicUrl(settings)}/`),
      ask(`${local}/`, { headers: { host: FOREIGN_HOST } }),
      loopback(settings.BTCW_BACKEND_PORT, health),
      loopback(settings.BTCW_FRONTEND_PORT, '/'),
      atGateway(settings.BTCW_BACKEND_PORT, health),
      atGateway(settings.BTCW_FRONTEND_PORT, '/'),
      engine.rootDir
        ? fact(async () => {
            const { bavail, blocks, bsize } = await statfs(engine.rootDir);
            return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
          })
        : undefined,
    ]);
  const frpc = containers?.frpc;
  return {
    nowMs: Date.now(),
    settings,
    passwordFile: relative(root, passwordPath),
    engine,
    containers: engine.problem ? undefined : containers,
    hostAddresses: addresses,
    bridgeGateway: bridge?.bridgeGateway,
    ports: listeners(settings).map((listener) => ({
      ...listener,
      holder: listenerOn(listener.port, listener.address),
      container: publishers?.get(listener.port),
    })),
    proxyDescriptors: await fact(() => gatherProxyDescriptors(settings.BTCW_NGINX_PORT)),
    firewallRules,
    ufw: (await fact(usesUfw)) ?? false,
    disk,
    local: localPage,
    remote,
    foreignHost,
    backend,
    frontend,
    backendAtGateway,
    frontendAtGateway,
    inside: around?.inside ?? {},
    nginxRefuses: around?.nginxRefuses ?? '',
    nginx: around?.nginx,
    login: token?.login,
    token: token?.token,
    socket: token?.socket,
    frpServer,
    tunnel:
      frpc && frpcLog !== undefined
        ? tunnelStory(linesSince(frpcLog, runBeganMs(frpc.startedAt)), settings)
        : undefined,
  };
}
