/** YAML to nodes: anchors, aliases and merge keys are gone, places are kept. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  type ParsedNode,
  parseAllDocuments,
} from 'yaml';
import { messages } from '../../messages/index.ts';
import type { MapNode, Node, Report, ScalarNode, Source } from './node.ts';

const said = messages.compose.yaml;

const MERGE_KEY = '<<';
/** In place of a key, where a problem is about the file. */
const FILE = 'YAML';
/** Nodes that a file may grow to by its aliases: a few lines could ask for more memory than there is. */
const MOST_NODES = 50_000;

class Converter {
  private count = 0;

  private readonly document: Document.Parsed;
  private readonly lines: LineCounter;
  private readonly source: Source;
  private readonly report: Report;

  constructor(document: Document.Parsed, lines: LineCounter, source: Source, report: Report) {
    this.document = document;
    this.lines = lines;
    this.source = source;
    this.report = report;
  }

  private place(node: ParsedNode | null | undefined, key: string, line?: number) {
    const own = node?.range ? this.lines.linePos(node.range[0]).line : 1;
    return { source: this.source, line: line ?? own, key: key || FILE };
  }

  /** @param line that of its key; undefined where it has none */
  convert(node: ParsedNode | null, key: string, line?: number): Node {
    const place = this.place(node, key, line);
    this.count += 1;
    if (this.count > MOST_NODES) throw new RangeError(this.source.name);
    if (isAlias(node)) {
      const target = node.resolve(this.document) as ParsedNode | undefined;
      if (target) return this.convert(target, key, place.line);
      this.report.problem(place, said.noAnchor(node.source));
      return { kind: 'scalar', value: null, written: '', ...place };
    }
    if (isMap(node)) return { kind: 'map', entries: this.entries(node.items, key), ...place };
    if (isSeq(node)) {
      const items = node.items.map((item, index) => this.convert(item as ParsedNode, `${key}[${index}]`));
      return { kind: 'list', items, ...place };
    }
    const value = isScalar(node) ? (node.value as ScalarNode['value']) : null;
    return { kind: 'scalar', value, written: isScalar(node) ? (node.source ?? '') : '', ...place };
  }

  /** Those of a map. What a merge key brings comes first, as the map's own entries win. */
  private entries(pairs: readonly Pair[], key: string): Map<string, Node> {
    const merged = new Map<string, Node>();
    const own = new Map<string, Node>();
    for (const { key: name, value } of pairs as Pair<ParsedNode, ParsedNode | null>[]) {
      const text = isScalar(name) ? String(name.value ?? '') : undefined;
      const { line } = this.place(name, key);
      if (text === undefined) this.report.problem(this.place(name, key), said.key);
      else if (text === MERGE_KEY) this.merge(value, key, line, merged);
      else own.set(text, this.convert(value, key ? `${key}.${text}` : text, line));
    }
    return new Map([...merged, ...own]);
  }

  /** Of several merged maps, the first has the last word. */
  private merge(value: ParsedNode | null, key: string, line: number, into: Map<string, Node>): void {
    const node = this.convert(value, key, line);
    const maps = node.kind === 'list' ? node.items : [node];
    for (const map of maps) {
      if (map.kind !== 'map') this.report.problem({ ...map, line }, said.mergeKey);
      else for (const [name, entry] of map.entries) if (!into.has(name)) into.set(name, entry);
    }
  }
}

/** A line so far to the right: the parser of YAML calls itself for each level, until the stack ends or the process does. */
const TOO_DEEP = /^[ \t?:-]{500}/m;

/** @returns the file's one map; undefined after a problem */
export function parseYaml(text: string, source: Source, report: Report): MapNode | undefined {
  if (TOO_DEEP.test(text)) {
    report.problem({ source, line: 1, key: FILE }, said.tooLarge);
    return undefined;
  }
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const at = (position: number) => ({ source, line: lines.linePos(position).line, key: FILE });
  const start = { source, line: 1, key: FILE };
  const [document, second] = Array.isArray(documents) ? documents : [];
  if (!document) {
    report.problem(start, said.empty);
    return undefined;
  }
  for (const { code, pos } of [...document.errors, ...document.warnings])
    report.problem(at(pos[0]), said.syntax[code]);
  if (second) report.problem(at(second.range[0]), said.oneDocument);
  if (document.errors.length > 0) return undefined;
  try {
    const root = new Converter(document, lines, source, report).convert(document.contents, '');
    if (root.kind === 'map') return root;
    report.problem(start, said.root);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    report.problem(start, said.tooLarge);
  }
  return undefined;
}
