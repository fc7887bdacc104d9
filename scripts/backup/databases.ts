/** Database servers in a deployment's containers: which ones there are, and how their data is taken out and put in. */
import { createReadStream, readFileSync } from 'node:fs';
import { Transform, type TransformCallback } from 'node:stream';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { hidesVariable, wordWithVariables } from '../../stacks/render/start-script.ts';
import type { Service } from '../../stacks/topology/service.ts';
import { docker, tryDocker } from '../docker/client.ts';
import { feedIn } from '../docker/stream.ts';

const said = messages.backup.databases;

/** A server that answers in a container. */
export interface Database {
  readonly service: Service;
  readonly kind: 'postgres' | 'redis';
  /** Its data folder, in the container. */
  readonly folder: string;
  /** Numeric user and group of that folder. */
  readonly owner: string;
}

/** Finds the role with all rights: the official images' variables say which it is, to process 1 at least. */
const POSTGRES_USER = `
value() { tr '\\0' '\\n' </proc/1/environ 2>/dev/null | sed -n "s/^$1=//p"; }
user=\${POSTGRES_USER:-$(value POSTGRES_USER)}
[ -n "$user" ] || user=$(cat "\${POSTGRES_USER_FILE:-/dev/null}")
export PGUSER="\${user:-postgres}" PGOPTIONS='-c statement_timeout=0'
`;

/** Takes the password from standard input, else from where the server has it. */
const REDIS_AUTH = `
cli=$(command -v redis-cli || command -v valkey-cli)
read -r REDISCLI_AUTH || true
[ -n "$REDISCLI_AUTH" ] || REDISCLI_AUTH=$(cat "\${REDIS_PASSWORD_FILE:-/dev/null}")
[ -n "$REDISCLI_AUTH" ] || REDISCLI_AUTH=\${REDIS_PASSWORD:-}
if [ -n "$REDISCLI_AUTH" ]; then export REDISCLI_AUTH; else unset REDISCLI_AUTH; fi
`;

/** Prints kind, owner and folder of the server that answers; nothing where none does. */
const PROBE = (redis: string) => `
report() { [ -n "$2" ] && echo "$1 $(stat -c %u:%g "$2") $2"; }
if command -v pg_dump >/dev/null && command -v postgres >/dev/null; then
  ${POSTGRES_USER}
  report postgres "$(psql -d template1 -XAtqc 'SHOW data_directory' 2>/dev/null)" && exit 0
fi
if command -v redis-cli >/dev/null || command -v valkey-cli >/dev/null; then
  ${redis}
  report redis "$($cli --no-auth-warning config get dir 2>/dev/null | sed -n 2p)"
fi
`;

const MARK_BYTES = 40;

/** Takes away the mark behind an RDB file that a server writes into a connection: 40 hexadecimal digits. */
export class WithoutMark extends Transform {
  private last = Buffer.alloc(0);

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    const all = Buffer.concat([this.last, chunk]);
    const end = Math.max(0, all.length - MARK_BYTES);
    this.last = all.subarray(end);
    done(null, all.subarray(0, end));
  }

  override _flush(done: TransformCallback): void {
    const isMark = /^[0-9a-f]{40}$/.test(this.last.toString('latin1'));
    done(null, isMark ? undefined : this.last);
  }
}

/** Runs a script in the container, with the environment that the service has. */
function shell({ containerName, config }: Service, script: string, ...args: string[]): string[] {
  const start = config?.start ? ['/bin/sh', `${config.path}/${config.start.path}`] : [];
  return ['exec', '-i', containerName, ...start, 'sh', '-c', script, 'sh', ...args];
}

/**
 * The password that a compose file gives to a Redis on its command line.
 * @returns the word as it stands there; '' for none
 */
export function redisPassword({
  entrypoint,
  command,
  config,
}: Pick<Service, 'entrypoint' | 'command' | 'config'>): string {
  const { start } = config ?? {};
  const words = [...(start?.entrypoint ?? entrypoint ?? []), ...(start?.command ?? command ?? [])];
  const at = words.indexOf('--requirepass');
  return at < 0 ? '' : (words[at + 1] ?? '');
}

/** A script that asks a Redis, and what its standard input is. */
function redisScript(service: Service, script: string): { readonly script: string; readonly input: string } {
  const word = redisPassword(service);
  // A variable's name; the value is in the service's environment.
  const hidden = hidesVariable(word) ? `REDIS_PASSWORD=${wordWithVariables(word)}` : '';
  return { script: `${hidden}${REDIS_AUTH}${script}`, input: hidden ? '\n' : `${word}\n` };
}

/** The server in a service's container; undefined where none answers. */
export async function databaseOf(service: Service): Promise<Database | undefined> {
  const { script, input } = redisScript(service, '');
  const { stdout } = await tryDocker(shell(service, PROBE(script)), { input });
  const [, kind, owner = '', folder = ''] = /^(postgres|redis) (\d+:\d+) (\/.*)$/m.exec(String(stdout)) ?? [];
  return kind === 'postgres' || kind === 'redis' ? { service, kind, owner, folder } : undefined;
}

/** Whether a service is a PostgreSQL by its image: without asking it, which takes its time. */
export function isPostgres({ image }: Pick<Service, 'image'>): boolean {
  if (image.kind === 'dockerfile') return image.name === 'postgres';
  return (
    image.kind === 'reference' && /(^|[/_-])(postgres|postgis|pgvector|timescaledb)/.test(image.reference)
  );
}

const query = (service: Service, sql: string): Promise<string> =>
  docker(shell(service, `${POSTGRES_USER} exec psql -d template1 -XAtqc "$1"`, sql), {
    what: said.asking(service.containerName),
  });

/** What there is to dump of a server. */
export interface PostgresFacts {
  readonly version: number;
  readonly databases: readonly string[];
  readonly bytes: number;
}

export async function postgresFacts(service: Service): Promise<PostgresFacts> {
  const selected = 'FROM pg_database WHERE datallowconn AND NOT datistemplate';
  const sql = `SELECT json_build_object('version', current_setting('server_version_num')::int / 10000,
    'databases', (SELECT json_agg(datname ORDER BY datname) ${selected}),
    'bytes', (SELECT sum(pg_database_size(datname)) ${selected}))`;
  return JSON.parse(await query(service, sql)) as PostgresFacts;
}

/** Commands that print a dump. */
export const dumpDatabase = (service: Service, database: string): string[] =>
  shell(service, `${POSTGRES_USER} exec pg_dump -Fc -d "$1"`, database);
export const dumpRoles = (service: Service): string[] =>
  shell(service, `${POSTGRES_USER} exec pg_dumpall --globals-only`);
export function dumpRedis(service: Service): { readonly args: string[]; readonly input: string } {
  const { script, input } = redisScript(service, 'exec "$cli" --no-auth-warning --rdb -');
  return { args: shell(service, script), input };
}

/**
 * What makes the roles of a dump where they are missing. Those that are there stay, and the one with all rights keeps its
 * password: that is for the service's own configuration to say.
 * @param owner that role, as SQL writes it
 */
export const rolesScript = (dump: string, owner: string): string =>
  dump
    .split('\n')
    // They would forbid \gexec, which runs what a query returns.
    .filter((line) => !/^\\(un)?restrict /.test(line))
    .map((line) => {
      const [, role] = /^CREATE ROLE (.*);$/.exec(line) ?? [];
      if (role) return `SELECT $x$CREATE ROLE ${role}$x$ WHERE to_regrole($x$${role}$x$) IS NULL \\gexec`;
      return line.startsWith(`ALTER ROLE ${owner} `) ? line.replace(/ PASSWORD '[^']*'/, '') : line;
    })
    .join('\n');

export async function loadRoles(service: Service, file: string): Promise<void> {
  const owner = await query(service, 'SELECT quote_ident(current_user)');
  const script = `${POSTGRES_USER} exec psql -d template1 -XAtq -v ON_ERROR_STOP=1 -o /dev/null -f -`;
  await docker(shell(service, script), {
    what: said.makingRoles(service.containerName),
    input: rolesScript(readFileSync(file, 'utf8'), owner.trim()),
  });
}

/** Replaces a database with a dump. */
export async function loadDatabase(service: Service, database: string, file: string): Promise<void> {
  const script = `${POSTGRES_USER}
    dropdb --maintenance-db=template1 --if-exists --force "$1" && exec pg_restore --create --exit-on-error -d template1`;
  await feedIn(
    said.loading(database, service.containerName),
    shell(service, script, database),
    createReadStream(file),
  );
}

/** @throws {UserError} where the server could not read a dump */
export async function requireVersion(service: Service, dumped: number): Promise<void> {
  const { version } = await postgresFacts(service);
  if (version >= dumped) return;
  throw new UserError(
    said.tooOld(dumped, service.containerName, version),
    said.tooOldFix(service.name, dumped),
  );
}
