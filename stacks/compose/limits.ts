/** Limits: of memory, processors, processes, open files; and what `deploy` says of them. */
import { messages } from '../../messages/index.ts';
import type { Draft, KeyReader } from './draft.ts';
import type { Node } from './node.ts';
import { type Reader, read } from './values.ts';

const { keys, limits: said, values } = messages.compose;

const isCount = (value: number): boolean => Number.isInteger(value) && value > 0;

/** Sets a limit; two keys may say the same, but not two things. */
function limit(
  draft: Draft,
  name: 'memoryMiB' | 'cpus' | 'pids',
  value: number | undefined,
  node: Node,
  { report }: Reader,
): void {
  if (value === undefined) return;
  const earlier = draft[name];
  if (earlier !== undefined && earlier !== value) report.problem(node, said.contradicts(earlier));
  draft[name] = value;
}

const processors = (node: Node, reader: Reader): number | undefined =>
  reader.number(node, values.processors, (value) => value > 0);

export const memLimit: KeyReader = (node, draft, { reader }) =>
  limit(draft, 'memoryMiB', reader.mebibytes(node), node, reader);
export const cpus: KeyReader = (node, draft, { reader }) =>
  limit(draft, 'cpus', processors(node, reader), node, reader);
export const pidsLimit: KeyReader = (node, draft, { reader }) =>
  limit(draft, 'pids', reader.number(node, values.processes, isCount), node, reader);

export const shmSize: KeyReader = (node, draft, { reader }) => {
  const size = reader.mebibytes(node);
  if (size) draft.definition.shmMiB = size;
};

export const ulimits: KeyReader = (node, draft, { reader }) => {
  const isLimit = (value: number) => Number.isInteger(value) && value >= -1;
  const number = (entry: Node) => reader.number(entry, values.limit, isLimit);
  const limits: Record<string, readonly [number, number]> = { ...draft.definition.ulimits };
  for (const [name, entry] of reader.map(node)) {
    const isPair = entry.kind === 'map';
    const fields = isPair
      ? reader.fields(entry, ['soft', 'hard'])
      : new Map([
          ['soft', entry],
          ['hard', entry],
        ]);
    const [soft, hard] = ['soft', 'hard'].map((key) => read(fields, key, number));
    if (soft !== undefined && hard !== undefined) limits[name] = [soft, hard];
    else if (isPair) reader.report.problem(entry, said.pair);
  }
  draft.definition.ulimits = limits;
};

/** Docker's policies by the conditions of a swarm. */
const CONDITIONS = { none: 'no', 'on-failure': 'on-failure', any: 'unless-stopped' } as const;
const CONDITION_NAMES = ['none', 'on-failure', 'any'] as const;

function restartPolicy(node: Node, draft: Draft, { reader }: { reader: Reader }): void {
  const fields = reader.fields(node, ['condition', 'max_attempts', 'delay', 'window']);
  const condition = read(fields, 'condition', (entry) => reader.word(entry, CONDITION_NAMES));
  const attempts = read(fields, 'max_attempts', (entry) => reader.number(entry, values.count, isCount));
  if (!condition) return;
  const policy = CONDITIONS[condition];
  draft.definition.restart = attempts && policy === 'on-failure' ? `on-failure:${attempts}` : policy;
}

export const deploy: KeyReader = (node, draft, context) => {
  const { reader } = context;
  const swarm = ['update_config', 'rollback_config', 'placement', 'endpoint_mode', 'labels'];
  const fields = reader.fields(node, ['resources', 'replicas', 'mode', 'restart_policy', ...swarm]);
  for (const key of swarm) if (fields.has(key)) reader.report.notice(said.swarm(key), draft.name);
  read(fields, 'mode', (entry) => reader.word(entry, ['replicated']));
  read(fields, 'replicas', (entry) => one(entry, reader));
  const policy = fields.get('restart_policy');
  // The service's own `restart` wins.
  if (policy && draft.definition.restart === undefined) restartPolicy(policy, draft, context);
  const resources = fields.get('resources');
  if (!resources) return;
  const parts = reader.fields(resources, ['limits', 'reservations']);
  const limits = parts.get('limits');
  const limited = limits && reader.fields(limits, ['cpus', 'memory', 'pids']);
  for (const [key, entry] of limited ?? []) {
    if (key === 'memory') memLimit(entry, draft, context);
    else (key === 'cpus' ? cpus : pidsLimit)(entry, draft, context);
  }
  const reserved = parts.get('reservations');
  if (reserved) {
    const noDevices = { devices: keys.devices };
    reader.fields(reserved, ['cpus', 'memory'], noDevices);
    reader.report.notice(keys.reservation, draft.name);
  }
};

/** A number of containers. */
function one(node: Node, reader: Reader): number | undefined {
  return reader.number(node, values.oneContainer, (value) => value === 1);
}
export const scale: KeyReader = (node, _, { reader }) => {
  one(node, reader);
};
