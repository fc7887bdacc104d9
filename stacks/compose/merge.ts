/**
 * One part of a compose file laid over another, as for `extends` and for an override file.
 * https://docs.docker.com/reference/compose-file/merge/
 */
import type { ListNode, MapNode, Node } from './node.ts';

/** Lists that are one whole: the later replaces the earlier. */
const WHOLE = new Set(['command', 'entrypoint', 'test']);
/** Lists of NAME=value, or maps. */
const ASSIGNMENTS = new Set(['environment', 'labels', 'args', 'extra_hosts']);
/** Lists of names, or maps. */
const NAMES = new Set(['depends_on', 'networks']);
/** Lists with one entry for each path in the container. */
const BY_TARGET = new Set(['volumes', 'secrets', 'configs', 'tmpfs']);

const textOf = (node: Node | undefined): string => (node?.kind === 'scalar' ? String(node.value ?? '') : '');

/** @example ['DEBUG=1', 'TOKEN'] becomes { DEBUG: '1', TOKEN: null } */
function assignments(node: Node): Node {
  if (node.kind !== 'list') return node;
  const entries = node.items.map((item): [string, Node] => {
    const [, name = '', sign = '', value = ''] = /^([^=:]*)([=:]?)([\s\S]*)$/.exec(textOf(item)) ?? [];
    return [name.trim(), { ...item, kind: 'scalar', value: sign ? value : null, written: '' }];
  });
  return { ...node, kind: 'map', entries: new Map(entries) };
}

/** @example depends_on: ['db'] becomes { db: { condition: service_started } } */
function names(node: Node, key: string): Node {
  if (node.kind !== 'list') return node;
  const entries = node.items.map((item): [string, Node] => {
    const condition: Node = { ...item, kind: 'scalar', value: 'service_started', written: '' };
    const fields = new Map<string, Node>(key === 'depends_on' ? [['condition', condition]] : []);
    return [textOf(item), { ...item, kind: 'map', entries: fields }];
  });
  return { ...node, kind: 'map', entries: new Map(entries) };
}

/** What stands for a list's entry where only one of its kind can be. @example './data:/data:ro' gives '/data' */
function targetOf(item: Node): string {
  if (item.kind === 'map') return textOf(item.entries.get('target') ?? item.entries.get('source'));
  // A variable's default may have a colon.
  const parts = textOf(item)
    .replace(/\$\{[^}]*\}/g, '')
    .split(':');
  return parts.findLast((part) => part.startsWith('/')) ?? textOf(item);
}

function mergeLists(base: ListNode, over: ListNode, key: string): ListNode {
  if (WHOLE.has(key)) return over;
  const keyOf = BY_TARGET.has(key) ? targetOf : (item: Node) => (item.kind === 'scalar' ? textOf(item) : '');
  const later = new Set(over.items.map(keyOf).filter(Boolean));
  return { ...over, items: [...base.items.filter((item) => !later.has(keyOf(item))), ...over.items] };
}

function mergeMaps(base: MapNode, over: MapNode): MapNode {
  const entries = new Map(base.entries);
  for (const [name, node] of over.entries) {
    const earlier = entries.get(name);
    entries.set(name, earlier ? mergeNodes(earlier, node, name) : node);
  }
  return { ...over, entries };
}

/** @param key name of what is merged. @example 'environment' */
export function mergeNodes(base: Node, over: Node, key = ''): Node {
  if (ASSIGNMENTS.has(key) && base.kind !== 'scalar' && over.kind !== 'scalar') {
    return mergePair(assignments(base), assignments(over), key);
  }
  if (NAMES.has(key) && base.kind !== 'scalar' && over.kind !== 'scalar') {
    return mergePair(names(base, key), names(over, key), key);
  }
  return mergePair(base, over, key);
}

function mergePair(base: Node, over: Node, key: string): Node {
  if (base.kind === 'map' && over.kind === 'map') return mergeMaps(base, over);
  if (base.kind === 'list' && over.kind === 'list') return mergeLists(base, over, key);
  if (over.kind === 'scalar' && over.value === null) return base;
  // A single path or name is a list of one.
  const asList = (node: Node): ListNode | undefined =>
    node.kind === 'list'
      ? node
      : node.kind === 'scalar'
        ? { ...node, kind: 'list', items: [node] }
        : undefined;
  const [first, second] = [asList(base), asList(over)];
  const isMixed = base.kind === 'list' || over.kind === 'list';
  const appended = !WHOLE.has(key) && (isMixed || key === 'env_file') && first && second;
  return appended ? mergeLists(first, second, key) : over;
}
