/** What services have to do with each other: networks, names, order. */
import { messages } from '../../messages/index.ts';
import type { Dependency, KeyReader } from './draft.ts';
import { isNull, type Node } from './node.ts';
import { type Reader, read } from './values.ts';

const said = messages.compose.relations;

const CONDITIONS = ['service_started', 'service_healthy', 'service_completed_successfully'] as const;

export const networks: KeyReader = (node, draft, { reader }) => {
  // Which ones they are is of no concern: there is one for all services.
  if (node.kind === 'list') return void reader.texts(node);
  for (const [, entry] of reader.map(node)) {
    if (isNull(entry)) continue;
    const refused = {
      ipv4_address: said.address,
      ipv6_address: said.address,
      link_local_ips: said.address,
      mac_address: said.address,
    };
    const fields = reader.fields(entry, ['aliases', 'priority', 'gw_priority'], refused);
    draft.aliases.push(...(read(fields, 'aliases', (aliases) => reader.texts(aliases)) ?? []));
  }
};

/** The file's own networks: there is one for all services here. */
export function checkNetworks(map: ReadonlyMap<string, Node>, reader: Reader): void {
  const { report } = reader;
  if (map.size > 1) {
    report.notice(said.oneNetwork, ...map.keys());
  }
  for (const [name, node] of map) {
    if (isNull(node)) continue;
    const known = [
      'driver',
      'name',
      'external',
      'internal',
      'attachable',
      'ipam',
      'labels',
      'enable_ipv4',
      'enable_ipv6',
    ];
    const fields = reader.fields(node, known, {
      driver_opts: said.driverOptions,
    });
    const driver = read(fields, 'driver', (entry) => reader.text(entry));
    if (driver && driver !== 'bridge') report.problem(fields.get('driver') ?? node, said.driver(driver));
    if (read(fields, 'external', (entry) => reader.boolean(entry))) {
      report.problem(fields.get('external') ?? node, said.external);
    }
    if (read(fields, 'enable_ipv6', (entry) => reader.boolean(entry))) {
      report.problem(fields.get('enable_ipv6') ?? node, said.ipv6);
    }
    if (read(fields, 'internal', (entry) => reader.boolean(entry))) {
      report.notice(said.internal, name);
    }
    if (fields.has('ipam')) report.notice(said.ipam, name);
  }
}

export const dependsOn: KeyReader = (node, draft, { reader }) => {
  const list: Dependency[] = [];
  if (node.kind === 'list') {
    for (const item of node.items) {
      const service = reader.text(item);
      if (service) list.push({ node: item, service, condition: 'service_started', required: true });
    }
  } else {
    for (const [service, entry] of reader.map(node)) {
      const fields = reader.fields(entry, ['condition', 'required', 'restart']);
      if (read(fields, 'restart', (restart) => reader.boolean(restart))) {
        reader.report.notice(said.restart, draft.name);
      }
      list.push({
        node: entry,
        service,
        condition:
          read(fields, 'condition', (condition) => reader.word(condition, CONDITIONS)) ?? 'service_started',
        required: read(fields, 'required', (required) => reader.boolean(required)) ?? true,
      });
    }
  }
  draft.dependencies = list;
};

export const containerName: KeyReader = (node, draft, { reader }) => {
  const name = reader.text(node);
  if (!name) return;
  draft.aliases.push(name);
  reader.report.notice(said.containerName, name);
};

export const profiles: KeyReader = (node, _, { reader }) => void reader.texts(node);
