import { randomInt } from 'node:crypto';
import { accessSync, constants, readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { LOG_LEVELS, type LogLevel } from './log.ts';

/** Everything the backend is told from outside. Frozen; nothing else reads the environment. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly adminUser: string;
  /** Read again at each login, so that a changed password needs no restart. */
  readonly adminPasswordFile: string;
  readonly jwtSecret: string;
  readonly dataDir: string;
  /** A trade stream, or undefined for the simulated walk. */
  readonly priceFeedUrl: URL | undefined;
  /** Seed of the simulated walk, an unsigned 32-bit integer. */
  readonly priceFeedSeed: number;
  readonly maxConnections: number;
  readonly logLevel: LogLevel;
  /** Network of the proxies whose X-Forwarded-For is believed, as a.b.c.d/n; undefined where none is. */
  readonly trustedProxies: string | undefined;
}

/** One or more settings are wrong: `problems` has a line for each, with name, rule, value and fix. */
export class SettingsError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

// HS256 needs a key of at least the hash's size (RFC 7518, section 3.2).
const MIN_SECRET_BYTES = 32;
const MAX_SEED = 2 ** 32 - 1;

/** @throws SettingsError that names all problems at once */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const problems: string[] = [];
  const reject = (name: string, rule: string, got: string, fix: string) => {
    problems.push(`${name}: should be ${rule}, got "${got}". ${fix}`);
  };

  /** An empty value counts as unset: the deployment passes every name. */
  const text = (name: string, fallback: string) => env[name] || fallback;

  const integer = (name: string, fallback: number, min: number, max: number) => {
    const got = text(name, String(fallback));
    const value = Number(got);
    if (/^\d+$/.test(got) && value >= min && value <= max) return value;
    reject(
      name,
      `a whole number from ${min} to ${max}`,
      got,
      `Set ${name} to one, or leave it empty for the default.`,
    );
    return fallback;
  };

  const secretFile = (name: string, fallback: string, minBytes: number) => {
    const path = text(name, fallback);
    const rule = `the path of a readable file with at least ${minBytes} byte${minBytes === 1 ? '' : 's'}`;
    try {
      const content = readSecret(path);
      if (Buffer.byteLength(content) >= minBytes) return { path, content };
      reject(name, rule, path, 'The file is too short: write a longer random value to it.');
    } catch (error) {
      reject(name, rule, path, `Mount the secret there, or correct ${name} (${errorCode(error)}).`);
    }
    return { path, content: '' };
  };

  const adminUser = text('ADMIN_USER', 'admin');
  if (!/^[\w.@-]{1,64}$/.test(adminUser)) {
    reject('ADMIN_USER', '1 to 64 letters, digits or . _ - @', adminUser, 'Choose another name.');
  }

  const dataDir = text('DATA_DIR', '/data');
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const fix = `Mount a volume there that user ${process.getuid?.()} may write (${errorCode(error)}).`;
    reject('DATA_DIR', 'a writable folder', dataDir, fix);
  }

  const trustedProxies = text('TRUSTED_PROXIES', '');
  if (trustedProxies && !isNetwork(trustedProxies)) {
    const fix = 'Name the network that the reverse proxy is in, or leave it empty where there is none.';
    reject('TRUSTED_PROXIES', 'an IPv4 network such as 172.17.0.0/16', trustedProxies, fix);
  }

  const logLevel = text('LOG_LEVEL', 'info');
  if (!isLogLevel(logLevel)) {
    reject('LOG_LEVEL', `one of ${LOG_LEVELS.join(', ')}`, logLevel, 'Set LOG_LEVEL to one of them.');
  }

  const priceFeed = text('PRICE_FEED_URL', '');
  const priceFeedUrl = URL.parse(priceFeed) ?? undefined;
  if (priceFeed && !(priceFeedUrl && isFeedUrl(priceFeedUrl))) {
    const fix =
      'Use for example wss://stream.binance.com:9443/ws/btcusdt@trade, or leave it empty to simulate.';
    reject('PRICE_FEED_URL', 'a ws:// or wss:// address without user and password', redact(priceFeed), fix);
  }

  const settings: Settings = {
    host: text('HOST', '0.0.0.0'),
    port: integer('PORT', 8_000, 0, 65_535),
    adminUser,
    adminPasswordFile: secretFile('ADMIN_PASSWORD_FILE', '/run/secrets/admin_password', 1).path,
    jwtSecret: secretFile('JWT_SECRET_FILE', '/run/secrets/jwt_secret', MIN_SECRET_BYTES).content,
    dataDir,
    priceFeedUrl,
    priceFeedSeed: integer('PRICE_FEED_SEED', randomInt(MAX_SEED), 0, MAX_SEED),
    maxConnections: integer('MAX_CONNECTIONS', 5_000, 1, 1_000_000),
    logLevel: isLogLevel(logLevel) ? logLevel : 'info',
    trustedProxies: trustedProxies || undefined,
  };
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.freeze(settings);
}

/**
 * The content of a secret file, without the line break that editors and `echo` put at its end.
 * @throws the file system's error when the file cannot be read
 */
export function readSecret(path: string): string {
  return readFileSync(path, 'utf8').replace(/[\r\n]+$/, '');
}

function isLogLevel(value: string): value is LogLevel {
  return (LOG_LEVELS as readonly string[]).includes(value);
}

function isNetwork(text: string): boolean {
  const [address = '', bits = ''] = text.split('/', 2);
  return isIPv4(address) && /^\d{1,2}$/.test(bits) && Number(bits) <= 32;
}

function isFeedUrl(url: URL): boolean {
  return (url.protocol === 'ws:' || url.protocol === 'wss:') && !url.username && !url.password;
}

/** Feeds may carry a key in their query, and a mistyped one a password before the `@`. */
function redact(url: string): string {
  return url.replace(/\?.*/, '?...').replace(/\/\/.*@/, '//...@');
}

function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
