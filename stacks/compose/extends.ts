/** Which services a file has, each with what it extends. */
import { messages } from '../../messages/index.ts';
import type { FileSystem } from '../settings/rules.ts';
import { EXTENSION } from './extension.ts';
import { mergeNodes } from './merge.ts';
import { isMap, type MapNode, type Node, type Source } from './node.ts';
import { hostPath } from './paths.ts';
import { type Reader, read } from './values.ts';
import { parseYaml } from './yaml.ts';

const said = messages.compose.extends;

/** What is read from, and what for. */
export interface Loading {
  readonly reader: Reader;
  readonly files: FileSystem;
}

/** @returns the file's map; undefined after a problem */
export function loadFile(source: Source, { reader, files }: Loading): MapNode | undefined {
  const text = files.read(source.path);
  if (text !== undefined) return parseYaml(text, source, reader.report);
  reader.report.problem({ source, line: 1, key: 'YAML' }, said.unreadable);
  return undefined;
}

/** The services of a file by their names. */
export function servicesIn(root: MapNode): ReadonlyMap<string, Node> {
  const services = root.entries.get('services');
  return services && isMap(services) ? services.entries : new Map();
}

/** Resolves `extends`, in other files, too. Each file is read once. */
export class Extensions {
  private readonly roots = new Map<string, MapNode | undefined>();
  private readonly loading: Loading;

  constructor(loading: Loading, root: MapNode) {
    this.loading = loading;
    this.roots.set(root.source.path, root);
  }

  private rootOf(node: Node, path: string | undefined): MapNode | undefined {
    const file = path === undefined ? node.source.path : hostPath(node, path, this.loading);
    if (!this.roots.has(file)) {
      this.roots.set(file, loadFile({ path: file, name: path ?? node.source.name }, this.loading));
    }
    return this.roots.get(file);
  }

  /** @param chain those that extend this one: none may come again */
  resolve(node: Node, chain: readonly Node[] = []): MapNode | undefined {
    const { reader } = this.loading;
    if (!isMap(node)) {
      reader.report.problem(node, said.map);
      return undefined;
    }
    const place = node.entries.get('extends');
    if (!place) return node;
    const fields = reader.fieldsOr(place, 'service', ['service', 'file']);
    const name = read(fields, 'service', (entry) => reader.text(entry));
    if (name === undefined) {
      if (!fields.has('service')) reader.report.problem(place, messages.compose.values.needs('service'));
      return node;
    }
    const root = this.rootOf(
      place,
      read(fields, 'file', (entry) => reader.text(entry)),
    );
    const base = root && servicesIn(root).get(name);
    if (!base) {
      if (root) reader.report.problem(place, said.noService(name, root.source.name));
      return node;
    }
    if (base === node || chain.includes(base)) {
      reader.report.problem(place, said.itself);
      return node;
    }
    const resolved = this.resolve(base, [...chain, node]);
    if (!resolved) return node;
    // Routes are of one service: they would be both's.
    const inherited = new Map([...resolved.entries].filter(([key]) => key !== EXTENSION));
    const merged = mergeNodes({ ...resolved, entries: inherited }, node);
    return isMap(merged) ? { ...merged, key: node.key, line: node.line } : node;
  }
}
