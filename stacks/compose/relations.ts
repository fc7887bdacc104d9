/** What services have to do with each other: networks, names, order. */
import type { Dependency, KeyReader } from './draft.ts';
import { isNull, type Node } from './node.ts';
import { type Reader, read } from './values.ts';

const CONDITIONS = ['service_started', 'service_healthy', 'service_completed_successfully'] as const;
const ADDRESS = "is not supported: addresses are Docker's to choose. Services find each other by name.";

export const networks: KeyReader = (node, draft, { reader }) => {
  // Which ones they are is of no concern: there is one for all services.
  if (node.kind === 'list') return void reader.texts(node);
  for (const [, entry] of reader.map(node)) {
    if (isNull(entry)) continue;
    const refused = {
      ipv4_address: ADDRESS,
      ipv6_address: ADDRESS,
      link_local_ips: ADDRESS,
      mac_address: ADDRESS,
    };
    const fields = reader.fields(entry, ['aliases', 'priority', 'gw_priority'], refused);
    draft.aliases.push(...(read(fields, 'aliases', (aliases) => reader.texts(aliases)) ?? []));
  }
};

/** The file's own networks: there is one for all services here. */
export function checkNetworks(map: ReadonlyMap<string, Node>, reader: Reader): void {
  const { report } = reader;
  if (map.size > 1) {
    report.notice(
      'all services are on one network of the project, which keeps no service from another',
      ...map.keys(),
    );
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
      driver_opts: 'is not supported: the network is made as Docker makes it.',
    });
    const driver = read(fields, 'driver', (entry) => reader.text(entry));
    if (driver && driver !== 'bridge')
      report.problem(fields.get('driver') ?? node, `should be "bridge", got "${driver}".`);
    if (read(fields, 'external', (entry) => reader.boolean(entry))) {
      report.problem(
        fields.get('external') ?? node,
        "is not supported: services here are on a network of the project's own.",
      );
    }
    if (read(fields, 'enable_ipv6', (entry) => reader.boolean(entry))) {
      report.problem(fields.get('enable_ipv6') ?? node, 'is not supported: the network has IPv4 addresses.');
    }
    if (read(fields, 'internal', (entry) => reader.boolean(entry))) {
      report.notice('a network that was internal leads to the internet here', name);
    }
    if (fields.has('ipam')) report.notice("addresses of the network are Docker's to choose", name);
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
        reader.report.notice(
          'is not restarted for the sake of what it depends on: its health check has to notice',
          draft.name,
        );
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
  reader.report.notice(
    'containers are called <project>-<service>; the name in the file is kept on the network',
    name,
  );
};

export const profiles: KeyReader = (node, _, { reader }) => void reader.texts(node);
