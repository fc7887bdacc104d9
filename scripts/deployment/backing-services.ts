/**
 * The databases and the like that an owner's services connect to, as their environment names them, and whether they
 * answer from where the services are. An application may be healthy without.
 */
import { existsSync, readFileSync } from 'node:fs';
import { messages } from '../../messages/index.ts';
import { parseEnvFile } from '../../stacks/settings/env-file.ts';
import type { DockerfileRecipe } from '../../stacks/topology/image-source.ts';
import type { Service } from '../../stacks/topology/service.ts';
import type { Topology } from '../../stacks/topology/topology.ts';
import { inspect, nameOf } from '../docker/inspect.ts';
import { type Reach, reach } from '../docker/reach.ts';
import { fromEnvironment } from '../lib/environment.ts';
import { isOwn } from './profile.ts';

const said = messages.deployment.backingServices;

/** An address in a variable of a service. */
export interface BackingService {
  /** @example 'DATABASE_URL' */
  readonly variable: string;
  readonly host: string;
  readonly port: number;
}

/** What one of them gives. */
export interface BackingAnswer extends BackingService {
  readonly reach: Reach;
}

/** Ports of what is no web page, by the beginnings of schemes and of variables. */
const PORTS: readonly (readonly [RegExp, RegExp, number])[] = [
  [/^postgres/, /^(PG|POSTGRES|DB_|DATABASE)/, 5432],
  [/^(mysql|mariadb)/, /^(MYSQL|MARIADB)/, 3306],
  [/^(redis|rediss|valkey)$/, /^(REDIS|VALKEY)/, 6379],
  [/^mongodb/, /^MONGO/, 27017],
  [/^amqps?$/, /^(RABBIT|AMQP)/, 5672],
  [/^nats$/, /^NATS/, 4222],
  [/^(memcached?)$/, /^MEMCACHE/, 11211],
  [/^clickhouse/, /^CLICKHOUSE/, 9000],
  [/^(mssql|sqlserver)/, /^MSSQL/, 1433],
  [/^kafka$/, /^KAFKA/, 9092],
];

const isPort = (port: number): boolean => Number.isInteger(port) && port > 0 && port < 65_536;

/** @example fromUrl('DATABASE_URL', 'postgresql+asyncpg://a:b@db/app') */
function fromUrl(variable: string, value: string): BackingService | undefined {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9.+-]*):\/\/(.*)$/is.exec(value.trim()) ?? [];
  // A driver's name may follow the scheme's.
  const [kind = ''] = scheme.toLowerCase().split('+');
  const [head = ''] = rest.split(/[?#]/);
  // A password that is not encoded: what would be taken for the host might be a part of it.
  if (rest.slice(head.length).includes('@')) return undefined;
  const [address = ''] = head.slice(head.lastIndexOf('@') + 1).split(/[/,]/);
  const [, bracketed, plain, given] = /^(?:\[([\da-f:]+)\]|([^:]*))(?::(\d+))?$/i.exec(address) ?? [];
  const host = bracketed ?? plain ?? '';
  const known = PORTS.find(([schemes]) => schemes.test(kind))?.[2];
  // Of pages, only those in the network of the services: others are for browsers, or elsewhere in the world.
  const isInner = /^https?$/.test(kind) && /^[a-z][\w-]*$/i.test(host) && host !== 'localhost';
  const port = given ? Number(given) : (known ?? 80);
  return host !== '' && isPort(port) && (known !== undefined || isInner)
    ? { variable, host, port }
    : undefined;
}

/** @example fromHost('REDIS_HOST', 'redis', { REDIS_PORT: '6380' }) */
function fromHost(
  variable: string,
  value: string,
  variables: Readonly<Record<string, string>>,
): BackingService | undefined {
  const [, host = '', inline] = /^([\w.-]+)(?::(\d+))?$/.exec(value.trim()) ?? [];
  const known = PORTS.find(([, names]) => names.test(variable))?.[2];
  const beside = variables[variable.replace(/HOST$/, 'PORT')];
  const port = Number(inline ?? beside ?? known);
  // What it listens on itself, or what it is called by others.
  if (known === undefined || host === '' || host === '0.0.0.0' || !isPort(port)) return undefined;
  return { variable, host, port };
}

/** The addresses of databases and the like among variables, by variable. Pure. */
export const backingServices = (variables: Readonly<Record<string, string>>): BackingService[] =>
  Object.entries(variables).flatMap(([variable, value]) => {
    if (/(^|_)(URL|URI|DSN)$/.test(variable)) return fromUrl(variable, value) ?? [];
    return /_HOST$|^PGHOST$/.test(variable) ? (fromHost(variable, value, variables) ?? []) : [];
  });

/** All variables of a service, the secret ones, too. */
export function variablesOf({
  environment,
  config,
}: Pick<Service, 'environment' | 'config'>): Record<string, string> {
  const file = config?.files.find(({ path }) => path === config.start?.path);
  if (!file || !('secretFile' in file) || !existsSync(file.secretFile)) return { ...environment };
  const text = readFileSync(file.secretFile, 'utf8');
  const { entries } = parseEnvFile(text, '', fromEnvironment);
  return { ...environment, ...Object.fromEntries(entries.map(({ name, value }) => [name, value])) };
}

/** What is wrong with an address; undefined where it answers. Without anything that is secret. Pure. */
export function backingProblem({ variable, host, port, reach: found }: BackingAnswer): string | undefined {
  const at = `${host}:${port}`;
  const isItself = /^(localhost|127\.|::1$)/.test(host);
  switch (found) {
    case 'open':
      return undefined;
    case 'unknown':
      return said.noHost(variable, host);
    case 'refused':
      return isItself ? said.refusedByItself(variable, at) : said.refused(variable, at);
    case 'silent':
      return said.noAnswer(variable, at);
    case 'unreachable':
      return said.noRoute(variable, at);
  }
}

/** Whether the images that are built here have what {@link reach} needs. */
const hasTools = (image: Service['image']): image is DockerfileRecipe => image.kind === 'dockerfile';

/** The owner's services that connect to something. */
export const connecting = ({ services }: Pick<Topology, 'services'>): Service[] =>
  services.filter(
    (service) => isOwn(service) && !service.oneOff && backingServices(variablesOf(service)).length > 0,
  );

/**
 * Tries what a service's environment names, from its network.
 * @returns undefined where it cannot be tried
 */
export async function askBackingServices(
  topology: Topology,
  service: Service,
  deadlineMs: number,
): Promise<BackingAnswer[] | undefined> {
  const targets = backingServices(variablesOf(service));
  if (targets.length === 0) return [];
  const helpers = topology.services
    .filter(({ image }) => hasTools(image))
    .map(({ containerName }) => containerName);
  const containers = await inspect('container', [service.containerName, ...helpers]);
  const container = containers.find((found) => nameOf(found) === service.containerName);
  const helper = containers.find((found) => helpers.includes(nameOf(found)));
  if (!helper) return undefined;
  const network = container?.State.Running
    ? `container:${service.containerName}`
    : (service.networks.at(-1)?.name ?? 'bridge');
  const answers = await reach(helper.Image, network, targets, deadlineMs);
  return answers && targets.map((target, index) => ({ ...target, reach: answers[index] ?? 'silent' }));
}
