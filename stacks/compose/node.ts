/** What a compose file says, with the place of each thing: a problem names file, line and key. */
import { dirname } from 'node:path/posix';
import { messages } from '../../messages/index.ts';

/** A file that was read. */
export interface Source {
  /** Absolute path. */
  readonly path: string;
  /** As the user calls it. @example 'compose.yaml' */
  readonly name: string;
}

interface Place {
  readonly source: Source;
  /** Of its key, counted from 1. */
  readonly line: number;
  /** @example 'services.api.ports[0]' */
  readonly key: string;
}

/** A value that is no map and no list. */
export interface ScalarNode extends Place {
  readonly kind: 'scalar';
  readonly value: string | number | bigint | boolean | null;
  /** As it is written, for numbers: 0440 is no number that YAML's readers agree on. */
  readonly written: string;
}
export interface ListNode extends Place {
  readonly kind: 'list';
  readonly items: readonly Node[];
}
export interface MapNode extends Place {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Node>;
}
export type Node = ScalarNode | ListNode | MapNode;

/** The folder that relative paths begin at. */
export const folderOf = ({ source }: Place): string => dirname(source.path);

export const isNull = (node: Node): boolean => node.kind === 'scalar' && node.value === null;

export const isMap = (node: Node): node is MapNode => node.kind === 'map';

/** Whether a key is for others than Compose. @example isExtension('x-logging') // true */
export const isExtension = (key: string): boolean => key.startsWith('x-');

/** Collects what is wrong, and what was changed on the way. */
export class Report {
  private readonly lines = new Set<string>();
  private readonly changes = new Map<string, Set<string>>();

  /** @param what a rule with the reason and the way out. @example 'is not supported: …' */
  problem(node: Place, what: string): void {
    this.lines.add(messages.compose.node.problem(node.source.name, node.line, node.key, what));
  }

  /** A change that needs no place, as it concerns several. @param who services or keys that it concerns */
  notice(what: string, ...who: readonly string[]): void {
    const names = this.changes.get(what) ?? new Set();
    for (const name of who) names.add(name);
    this.changes.set(what, names);
  }

  /** Takes over what another one has collected. */
  add(other: Report): void {
    for (const line of other.lines) this.lines.add(line);
    for (const [what, who] of other.changes) this.notice(what, ...who);
  }

  get problems(): readonly string[] {
    return [...this.lines];
  }

  /** Each change once, with all that it concerns. */
  get notices(): readonly string[] {
    const { at } = messages.settings.problem;
    return [...this.changes].map(([what, who]) => (who.size > 0 ? at([...who].join(', '), what) : what));
  }
}
