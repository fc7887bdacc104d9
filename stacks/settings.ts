/**
 * The one gate for settings: environment, then `.env`, then defaults. Nothing else reads `process.env`.
 * All problems are told at once, each as *name: rule, got "value". What to do.*
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { UserError } from './errors.ts';

const PREFIX = 'BTCW_';
const TYPO_DISTANCE = 4;
/** What BTCW_MAX_CONNECTIONS may be at most. */
export const HIGHEST_MAX_CONNECTIONS = 20_000;

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'should be a port between 1 and 65535')
  .transform(Number)
  .refine((value) => value >= 1 && value <= 65535, 'should be a port between 1 and 65535');

const ipv4 = (rule: string) => z.ipv4(rule);
const optional = <T extends z.ZodType>(schema: T) =>
  z
    .literal('')
    .transform(() => undefined)
    .or(schema);

const imageRule = 'should be an image with a fixed tag or digest, such as "nginx:1.28.0"';
const image = optional(
  z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9._/-]*(:\d+\/[a-z0-9._/-]+)?(:[A-Za-z0-9_][\w.-]{0,127}|@sha256:[0-9a-f]{64})$/,
      imageRule,
    )
    .refine((value) => !value.endsWith(':latest'), imageRule),
);

/** A path of something that exists, resolved against the folder the command runs in. */
const existing = (rule: string, accept: (path: string) => boolean) =>
  z
    .string()
    .transform((value) => resolve(value))
    .refine((path) => existsSync(path) && accept(path), rule);

function readable(path: string): string | undefined {
  try {
    return statSync(path).isFile() ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

const secretFile = (rule: string, accept: (content: string) => boolean) =>
  optional(
    existing(`${rule}, and the file should exist`, (path) => readable(path) !== undefined)
      .refine((path) => accept((readable(path) ?? '').trim()), rule)
      .refine(
        (path) => !existsSync(path) || (statSync(path).mode & 0o077) === 0,
        'should be a file only you can read (chmod 600)',
      ),
  );

const context = optional(
  existing('should be a folder with a Dockerfile', (path) => existsSync(resolve(path, 'Dockerfile'))),
);

const connectionsRule = `should be a number between 1 and ${HIGHEST_MAX_CONNECTIONS}`;

/** One row of the settings table: its documentation and its rule. */
interface Definition<T extends z.ZodType = z.ZodType> {
  readonly default: string;
  readonly doc: string;
  readonly schema: T;
}
const define = <T extends z.ZodType>(defaultValue: string, doc: string, schema: T): Definition<T> => ({
  default: defaultValue,
  doc,
  schema,
});

/** Every setting. `.env.example` and the README's tables are tested against this. */
export const SETTINGS = {
  BTCW_PROJECT: define(
    'btc-watcher',
    'prefix of every container, volume and network; a second project runs beside the first',
    z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/, 'should be 2 to 32 lower-case letters, digits and hyphens'),
  ),
  BTCW_GATEWAY: define(
    '172.17.0.1',
    'address of the Docker bridge through which nginx reaches backend and frontend',
    ipv4('should be an IPv4 address').refine(
      (value) => !/^(0|127|22[4-9]|23\d|24\d|25[0-5])\./.test(value) && !/\.(0|255)$/.test(value),
      "should be the address of a Docker bridge's gateway",
    ),
  ),
  BTCW_NGINX_BIND: define(
    '127.0.0.1',
    'host address nginx is published on',
    ipv4('should be an IPv4 address of this host'),
  ),
  BTCW_NGINX_PORT: define('8501', 'host port of nginx', port),
  BTCW_GUARD: define(
    'on',
    'on: a container keeps neighbours on the network from the ports that are for this host alone; off: none does',
    z.enum(['on', 'off'], 'should be "on" or "off"'),
  ),
  BTCW_BACKEND_PORT: define('8000', 'host port of the backend', port),
  BTCW_FRONTEND_PORT: define('3000', 'host port of the frontend', port),
  BTCW_BACKEND_IMAGE: define('', 'your own backend image, listening on $PORT (8000)', image),
  BTCW_BACKEND_CONTEXT: define('', 'or a folder with the Dockerfile to build it from', context),
  BTCW_BACKEND_ENV_FILE: define(
    '',
    'KEY=value lines handed to the backend, never kept in plan or state',
    optional(existing('should be a file that exists', (path) => readable(path) !== undefined)),
  ),
  BTCW_BACKEND_HEALTH_PATH: define(
    '/health',
    'path that answers 200 when the backend is well',
    z.string().regex(/^\/[\w./~%-]*$/, 'should be a path that begins with "/"'),
  ),
  BTCW_FRONTEND_IMAGE: define('', 'your own frontend image, listening on $PORT (3000)', image),
  BTCW_FRONTEND_CONTEXT: define('', 'or a folder with the Dockerfile to build it from', context),
  BTCW_FRONTEND_MODE: define(
    'static',
    'static: the built files; dev: Vite with hot reload of assets/frontend',
    z.enum(['static', 'dev'], 'should be "static" or "dev"'),
  ),
  BTCW_NGINX_IMAGE: define('', 'nginx image to use instead of the one built here', image),
  BTCW_FRPC_IMAGE: define('', 'frpc image to use instead of the one built here; writes no log file', image),
  BTCW_BASE_IMAGE: define('', 'Debian image to build on instead of the one made here', image),
  BTCW_FRP_SERVER_ADDR: define(
    '',
    'your frp server; empty: an embedded one on 127.0.0.1',
    optional(
      z
        .string()
        .regex(
          /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/,
          'should be a host name or an address, without scheme or port',
        ),
    ),
  ),
  BTCW_FRP_SERVER_PORT: define('7000', 'port of the frp server', port),
  BTCW_FRP_PROXY_NAME: define(
    'freq-service',
    'name of the tunnel, unique on the frp server',
    z.string().regex(/^[\w-]{1,64}$/, 'should be 1 to 64 letters, digits, "_" and "-"'),
  ),
  BTCW_FRP_REMOTE_PORT: define('60001', 'public port on the frp server', port),
  BTCW_FRP_TOKEN_FILE: define(
    '',
    "file with the frp server's token, 0600; empty: generated",
    secretFile('should hold one line with the token', (text) => text !== '' && !text.includes('\n')),
  ),
  BTCW_FRP_TLS_CA_FILE: define(
    '',
    "PEM file with the frp server's CA; empty: its certificate is not checked",
    optional(
      existing(
        'should be a PEM file with a certificate',
        (path) => readable(path)?.includes('-----BEGIN CERTIFICATE-----') ?? false,
      ),
    ),
  ),
  BTCW_ADMIN_USER: define(
    'admin',
    'login name',
    z.string().regex(/^[\w.-]{1,32}$/, 'should be 1 to 32 letters, digits, ".", "_" and "-"'),
  ),
  BTCW_ADMIN_PASSWORD_FILE: define(
    '',
    'file with the login password, 0600; empty: generated',
    secretFile(
      'should hold one line of at least 8 characters',
      (text) => text.length >= 8 && !text.includes('\n'),
    ),
  ),
  BTCW_PRICE_FEED_URL: define(
    '',
    "WebSocket of an exchange's trade stream; empty: simulated prices",
    optional(z.string().regex(/^wss?:\/\/[^\s/]+/, 'should be a ws:// or wss:// address')),
  ),
  BTCW_LOG_MAX_SIZE: define(
    '10m',
    "size of a container's log file before it is rotated; 3 are kept",
    z.string().regex(/^[1-9]\d{0,3}[kmg]$/, 'should be a size such as "10m" (k, m or g)'),
  ),
  BTCW_LOG_KEEP_DAYS: define(
    '7',
    "days of frpc's log file that are kept, compressed; days without a line do not count",
    z
      .string()
      .regex(/^\d{1,3}$/, 'should be a number of days between 1 and 365')
      .transform(Number)
      .refine((value) => value >= 1 && value <= 365, 'should be a number of days between 1 and 365'),
  ),
  BTCW_MAX_CONNECTIONS: define(
    '2500',
    'connections nginx serves at once; more get 503',
    z
      .string()
      .regex(/^\d{1,5}$/, connectionsRule)
      .transform(Number)
      .refine((value) => value >= 1 && value <= HIGHEST_MAX_CONNECTIONS, connectionsRule),
  ),
} as const;

export type SettingName = keyof typeof SETTINGS;
/** The validated settings by their names; frozen. */
export type Settings = Readonly<{ [Name in SettingName]: z.output<(typeof SETTINGS)[Name]['schema']> }>;

const names = Object.keys(SETTINGS) as SettingName[];

/** Turns the values into a problem line, in the one form all of them have. */
const problem = (name: string, rule: string, got: string, fix = 'Set it in .env or the environment.') =>
  `${name}: ${rule}, got "${got}". ${fix}`;

function unknownNames(given: Readonly<Record<string, string>>): string[] {
  return Object.keys(given)
    .filter((name) => name.startsWith(PREFIX) && !(name in SETTINGS))
    .map((name) => {
      const likely = names
        .map((known) => ({ known, far: distance(name, known) }))
        .sort((a, b) => a.far - b.far)[0];
      const hint =
        likely && likely.far <= TYPO_DISTANCE ? `did you mean ${likely.known}?` : 'see .env.example.';
      return `${name}: is not a setting of this package; ${hint}`;
    });
}

/**
 * Rules that look at more than one setting.
 * @param given what was set, before defaults
 */
function relations(settings: Settings, given: Readonly<Record<string, string>>): string[] {
  const problems: string[] = [];
  if (settings.BTCW_FRPC_IMAGE && given.BTCW_LOG_KEEP_DAYS) {
    problems.push(
      problem(
        'BTCW_LOG_KEEP_DAYS',
        'should not be set together with BTCW_FRPC_IMAGE, as only the frpc image built here writes a log file',
        given.BTCW_LOG_KEEP_DAYS,
        'Unset one of them.',
      ),
    );
  }
  for (const part of ['BACKEND', 'FRONTEND'] as const) {
    const [own, folder] = [settings[`BTCW_${part}_IMAGE`], settings[`BTCW_${part}_CONTEXT`]];
    if (own && folder) {
      problems.push(
        problem(
          `BTCW_${part}_CONTEXT`,
          `should not be set together with BTCW_${part}_IMAGE`,
          folder,
          'Unset one of them.',
        ),
      );
    }
    if (part === 'FRONTEND' && settings.BTCW_FRONTEND_MODE === 'dev' && (own || folder)) {
      problems.push(
        problem('BTCW_FRONTEND_MODE', 'should be "static" with an image of your own', 'dev', 'Unset it.'),
      );
    }
  }
  const taken = new Map<number, SettingName>();
  const local: SettingName[] = ['BTCW_NGINX_PORT', 'BTCW_BACKEND_PORT', 'BTCW_FRONTEND_PORT'];
  const embedded: SettingName[] = ['BTCW_FRP_SERVER_PORT', 'BTCW_FRP_REMOTE_PORT'];
  for (const name of settings.BTCW_FRP_SERVER_ADDR ? local : [...local, ...embedded]) {
    const value = settings[name] as number;
    const other = taken.get(value);
    if (other) problems.push(problem(name, `should differ from ${other}`, String(value)));
    taken.set(value, name);
  }
  return problems;
}

/**
 * Validates all settings together.
 * @param environment the environment, which wins
 * @param dotEnv the content of `.env`, or '' where there is none
 * @throws {UserError} with one line for each problem
 */
export function parseSettings(
  environment: Readonly<Record<string, string | undefined>>,
  dotEnv: string,
): Settings {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...parseEnv(dotEnv), ...environment })) {
    if (name.startsWith(PREFIX) && value !== undefined) given[name] = value.trim();
  }
  const problems = unknownNames(given);
  const values: Record<string, unknown> = {};
  for (const name of names) {
    // An empty value is what .env.example shows for "not set".
    const raw = given[name] || SETTINGS[name].default;
    const result = SETTINGS[name].schema.safeParse(raw);
    if (result.success) values[name] = result.data;
    else problems.push(problem(name, result.error.issues[0]?.message ?? 'is not valid', raw));
  }
  const settings = Object.freeze(values) as Settings;
  if (problems.length === 0) problems.push(...relations(settings, given));
  if (problems.length > 0) throw new UserError(problems.join('\n'));
  return settings;
}

/**
 * Reads the settings of the package in the current folder.
 * @throws {UserError} as {@link parseSettings}
 */
export function loadSettings(): Settings {
  return parseSettings(process.env, readable('.env') ?? '');
}
