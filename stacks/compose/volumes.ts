/** Volumes, folders of the host and file systems in memory. */
import { basename, join } from 'node:path/posix';
import { messages } from '../../messages/index.ts';
import type { Bind, Tmpfs, VolumeMount } from '../topology/service.ts';
import type { Context, Draft, KeyReader } from './draft.ts';
import { isNull, type Node } from './node.ts';
import { hostPath } from './paths.ts';
import { read } from './values.ts';

const { values, volumes: said } = messages.compose;

/** Short options that change nothing on a Linux host. */
const WITHOUT_EFFECT = new Set(['rw', 'cached', 'delegated', 'consistent']);
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$/;
/** Who has one of these has the host. */
const HOST_ITSELF =
  /^\/$|^\/(proc|sys|dev|boot)(\/|$)|\/docker\.sock$|^\/var\/lib\/docker(\/|$)|^(\/var)?\/run\/?$/;
const DEFAULT_TMPFS_MIB = 64;

/** A mount, however it was written. */
interface Mount {
  readonly node: Node;
  readonly source: string | undefined;
  readonly target: string;
  readonly readOnly: boolean;
}

const add = <T>(list: readonly T[] | undefined, item: T): T[] => [...(list ?? []), item];

function addVolume(
  { node, source, target, readOnly }: Mount,
  draft: Draft,
  { volumes, reader }: Context,
): void {
  const mount = { path: target, ...(readOnly && { readOnly }) };
  let volume: VolumeMount;
  if (source === undefined) {
    // "config" names the volume of a service's configuration files.
    const purpose = target.slice(1).replace(/[^a-zA-Z0-9_.-]/g, '-');
    volume = { purpose: purpose === 'config' ? 'config-files' : purpose, ...mount };
  } else {
    if (!volumes.has(source)) {
      reader.report.problem(node, said.noVolume(source));
    }
    volume = { purpose: source, ...mount, shared: true };
  }
  draft.definition.volumes = add(draft.definition.volumes, volume);
}

function addBind({ node, source = '', target, readOnly }: Mount, draft: Draft, context: Context): void {
  const { report } = context.reader;
  const path = hostPath(node, source, context);
  if (HOST_ITSELF.test(path)) {
    report.problem(node, said.host(path));
    return;
  }
  if (!context.files.stat(path)) {
    // Docker would make a folder of it.
    if (/^[^.].*\.\w+$/.test(basename(path))) report.problem(node, said.noPath(path));
    else report.notice(said.madeByDocker, path);
  }
  const bind: Bind = { source: path, path: target, ...(!readOnly && { writable: true }) };
  draft.definition.binds = add(draft.definition.binds, bind);
}

function addTmpfs(path: string, sizeMiB: number | undefined, draft: Draft): void {
  // Every service has one there.
  if (path === '/tmp') {
    if (sizeMiB) draft.definition.tmpMiB = sizeMiB;
    return;
  }
  const tmpfs: Tmpfs = { path, sizeMiB: sizeMiB ?? DEFAULT_TMPFS_MIB };
  draft.definition.tmpfs = add(draft.definition.tmpfs, tmpfs);
}

const isPath = (text: string): boolean => /^(\.|~|\/)/.test(text);

/** @returns a path in the container; undefined after a problem */
function target(node: Node, text: string, { reader }: Context): string | undefined {
  if (text.startsWith('/') && join(text) !== '/') return join(text).replace(/\/$/, '');
  reader.report.problem(node, said.target(text));
  return undefined;
}

function shortVolume(node: Node, draft: Draft, context: Context): void {
  const { reader } = context;
  const text = reader.text(node, values.aVolume);
  if (text === undefined) return;
  const [first = '', second, options = ''] = text.split(':');
  const path = target(node, second ?? first, context);
  if (!path) return;
  let readOnly = false;
  for (const option of options.split(',').filter(Boolean)) {
    if (option === 'ro') readOnly = true;
    else if (!WITHOUT_EFFECT.has(option)) reader.report.problem(node, said.option(option));
  }
  const mount: Mount = { node, source: second === undefined ? undefined : first, target: path, readOnly };
  if (second !== undefined && isPath(first)) addBind(mount, draft, context);
  else addVolume(mount, draft, context);
}

function longVolume(node: Node, draft: Draft, context: Context): void {
  const { reader } = context;
  const known = ['type', 'source', 'target', 'read_only', 'bind', 'volume', 'tmpfs', 'consistency'];
  const fields = reader.fields(node, known);
  const type = read(fields, 'type', (entry) => reader.word(entry, ['volume', 'bind', 'tmpfs']));
  for (const key of ['type', 'target']) if (!fields.has(key)) reader.report.problem(node, values.needs(key));
  const path = read(fields, 'target', (entry) => target(entry, reader.text(entry) ?? '', context));
  if (!path || !type) return;
  const source = read(fields, 'source', (entry) => reader.text(entry));
  const readOnly = read(fields, 'read_only', (entry) => reader.boolean(entry)) ?? false;
  const options = (key: string, names: readonly string[]) =>
    reader.fields(fields.get(key) ?? { ...node, kind: 'map', entries: new Map() }, names);
  options('bind', ['create_host_path']);
  options('volume', []);
  const size = read(options('tmpfs', ['size']), 'size', (entry) => reader.mebibytes(entry));
  const mount: Mount = { node, source, target: path, readOnly };
  if (type === 'tmpfs') addTmpfs(path, size, draft);
  else if (type === 'volume') addVolume(mount, draft, context);
  else if (source === undefined) reader.report.problem(node, values.needs('source'));
  else addBind(mount, draft, context);
}

export const volumes: KeyReader = (node, draft, context) => {
  for (const item of context.reader.list(node)) {
    if (item.kind === 'map') longVolume(item, draft, context);
    else shortVolume(item, draft, context);
  }
};

/** @example '/run:size=64m,mode=1777' */
export const tmpfs: KeyReader = (node, draft, context) => {
  const { reader } = context;
  for (const item of reader.list(node, true)) {
    const [where = '', options = ''] = reader.text(item)?.split(':') ?? [];
    const path = target(item, where, context);
    let size: number | undefined;
    for (const option of options.split(',').filter(Boolean)) {
      const [name, value = ''] = option.split('=');
      if (name === 'size') size = reader.mebibytes({ ...item, kind: 'scalar', value, written: value });
      // Those of every file system in memory here.
      else if (!['rw', 'nosuid', 'nodev', 'noexec', 'mode=1777'].includes(option)) {
        reader.report.problem(item, said.tmpfsOption(option));
      }
    }
    if (path) addTmpfs(path, size, draft);
  }
};

/** The file's own volumes: each is one of the project's. */
export function checkVolumes(
  map: ReadonlyMap<string, Node>,
  used: ReadonlySet<string>,
  { reader }: Pick<Context, 'reader'>,
): void {
  const { report } = reader;
  for (const [name, node] of map) {
    if (isNull(node)) continue;
    if (!NAME.test(name)) report.problem(node, said.name);
    const fields = reader.fields(node, ['name', 'driver', 'external', 'labels'], {
      driver_opts: said.driverOptions,
    });
    if (!used.has(name)) continue;
    const external = read(fields, 'external', (entry) => reader.boolean(entry));
    if (external) {
      report.problem(node, said.external);
    }
    const driver = read(fields, 'driver', (entry) => reader.text(entry));
    if (driver && driver !== 'local') report.problem(fields.get('driver') ?? node, said.driver(driver));
    if (fields.has('name')) report.notice(said.named, name);
  }
}
