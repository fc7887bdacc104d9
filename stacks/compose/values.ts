/** Values as Compose writes them: sizes, durations, lists that may be maps. Each reader reports what is no such value. */
import { messages } from '../../messages/index.ts';
import { interpolate } from '../settings/interpolate.ts';
import { own } from '../settings/own.ts';
import { isExtension, isNull, type Node, type Report, type ScalarNode } from './node.ts';

const said = messages.compose.values;

/** Variables of `.env` and the environment. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** A text, and whether something from outside of the file is in it. */
export interface Text {
  readonly text: string;
  readonly fromOutside: boolean;
}

/** A name with its value; none where the environment has it. */
export type Assignment = readonly [name: string, value: Text | undefined, node: Node];

const TRUE = /^(true|yes|on|y|1)$/i;
const FALSE = /^(false|no|off|n|0)$/i;
const UNIT = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 } as const;
const MIB = UNIT.m;
const SECONDS = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 } as const;

/** Numbers that YAML's versions read differently. @example '0440', '0x1F', '1_000' */
const AMBIGUOUS = /^[-+]?(0[0-9_]|0[xob]|\d[\d.]*_)/i;

/** Reads nodes with one set of variables. */
export class Reader {
  readonly report: Report;
  readonly variables: Variables;

  constructor(report: Report, variables: Variables) {
    this.report = report;
    this.variables = variables;
  }

  private expected(node: Node, what: string): undefined {
    const kind = node.kind === 'map' ? said.aMap : said.aList;
    const got = node.kind === 'scalar' ? `"${node.value ?? ''}"` : kind;
    this.report.problem(node, said.expected(what, got));
    return undefined;
  }

  /** @returns the text with its variables replaced; undefined after a problem */
  textOf(node: Node, what = said.text): Text | undefined {
    if (node.kind !== 'scalar' || node.value === null) return this.expected(node, what);
    if (typeof node.value === 'string') return this.replaced(node, node.value);
    if (typeof node.value === 'boolean') return { text: String(node.value), fromOutside: false };
    if (AMBIGUOUS.test(node.written)) {
      this.report.problem(node, said.ambiguous(node.written));
      return undefined;
    }
    return { text: String(node.value), fromOutside: false };
  }

  private replaced(node: ScalarNode, source: string): Text | undefined {
    let fromOutside = false;
    const result = interpolate(source, (name) => {
      const value = this.variable(name);
      fromOutside ||= value !== undefined;
      return value;
    });
    if ('problem' in result) {
      this.report.problem(node, said.variable(result.problem, source));
      return undefined;
    }
    const { value: text, unset } = result;
    for (const name of unset) this.report.problem(node, said.unset(name, `\${${name}:-}`));
    return unset.length > 0 ? undefined : { text, fromOutside };
  }

  /** The value of a variable; undefined where it is not set. */
  variable(name: string): string | undefined {
    return own(this.variables, name);
  }

  /** One that replaces some variables by something else. */
  with(variables: Variables): Reader {
    return new Reader(this.report, { ...this.variables, ...variables });
  }

  text(node: Node, what?: string): string | undefined {
    return this.textOf(node, what)?.text;
  }

  /** One of some words. */
  word<T extends string>(node: Node, words: readonly T[]): T | undefined {
    const text = this.text(node);
    if (text === undefined) return undefined;
    const word = words.find((known) => known === text);
    return word ?? this.expected(node, words.map((known) => `"${known}"`).join(said.or));
  }

  boolean(node: Node): boolean | undefined {
    const text = this.text(node, said.boolean);
    if (text === undefined) return undefined;
    if (TRUE.test(text)) return true;
    return FALSE.test(text) ? false : this.expected(node, said.boolean);
  }

  /** @param what what it should be */
  number(node: Node, what: string, accept: (value: number) => boolean): number | undefined {
    const text = this.text(node, what);
    if (text === undefined) return undefined;
    const value = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    return accept(value) ? value : this.expected(node, what);
  }

  port(node: Node): number | undefined {
    const isPort = (value: number) => Number.isInteger(value) && value >= 1 && value <= 65535;
    return this.number(node, said.portNumber, isPort);
  }

  /** @returns MiB, rounded up. @example 512 for '512m', '0.5g' or 536870912 */
  mebibytes(node: Node): number | undefined {
    const text = this.text(node, said.size);
    if (text === undefined) return undefined;
    const [, number, unit = 'b'] = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(text) ?? [];
    const bytes = Number(number) * UNIT[(unit.toLowerCase() || 'b') as keyof typeof UNIT];
    return bytes > 0 ? Math.ceil(bytes / MIB) : this.expected(node, said.size);
  }

  /** @returns seconds, rounded up. @example 90 for '1m30s' */
  seconds(node: Node): number | undefined {
    const text = this.text(node, said.duration);
    if (text === undefined) return undefined;
    if (!/^(\d+(\.\d+)?(h|ms|us|µs|ns|m|s))+$/.test(text)) return this.expected(node, said.duration);
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)/g)];
    const total = parts.reduce(
      (sum, [, number, unit]) => sum + Number(number) * SECONDS[unit as keyof typeof SECONDS],
      0,
    );
    return Math.ceil(total);
  }

  /** The items of a list; one value is a list of one where that is allowed. */
  list(node: Node, orOne = false): readonly Node[] {
    if (node.kind === 'list') return node.items;
    if (isNull(node)) return [];
    if (orOne && node.kind === 'scalar') return [node];
    this.expected(node, said.aList);
    return [];
  }

  texts(node: Node, orOne = false): string[] {
    return this.list(node, orOne).flatMap((item) => this.text(item) ?? []);
  }

  /** The entries of a map, without `x-` ones; none for one that is empty. */
  map(node: Node, what = said.aMap): readonly (readonly [string, Node])[] {
    if (isNull(node)) return [];
    if (node.kind === 'map') return [...node.entries].filter(([key]) => !isExtension(key));
    this.expected(node, what);
    return [];
  }

  /**
   * A map whose keys are known: what each is for, and a reason for those that are not supported.
   * @returns the entries that have a reader
   */
  fields(
    node: Node,
    known: readonly string[],
    refused: Readonly<Record<string, string>> = {},
  ): Map<string, Node> {
    const fields = new Map<string, Node>();
    for (const [key, entry] of this.map(node)) {
      if (known.includes(key)) fields.set(key, entry);
      else this.report.problem(entry, own(refused, key) ?? said.unknownKey);
    }
    return fields;
  }

  /** As {@link fields}; one value alone is one of them. @param short which one */
  fieldsOr(
    node: Node,
    short: string,
    known: readonly string[],
    refused: Readonly<Record<string, string>> = {},
  ): Map<string, Node> {
    return node.kind === 'map' ? this.fields(node, known, refused) : new Map([[short, node]]);
  }

  /** A map, or a list of NAME=value. */
  assignments(node: Node, separators = /=/): Assignment[] {
    if (node.kind === 'map') {
      return this.map(node).flatMap(([name, value]): Assignment[] => {
        if (isNull(value)) return [[name, undefined, value]];
        const text = this.textOf(value);
        return text ? [[name, text, value]] : [];
      });
    }
    return this.list(node).flatMap((item): Assignment[] => {
      const whole = this.textOf(item, said.assignment);
      if (!whole) return [];
      const { index } = separators.exec(whole.text) ?? {};
      if (index === undefined) return [[whole.text, undefined, item]];
      const text = whole.text.slice(index + 1);
      return [[whole.text.slice(0, index), { ...whole, text }, item]];
    });
  }
}

/** A field of a map that is there, read. */
export const read = <T>(
  fields: ReadonlyMap<string, Node>,
  key: string,
  reader: (node: Node) => T | undefined,
): T | undefined => {
  const node = fields.get(key);
  return node && reader(node);
};
