/** Paths on the host, as compose files write them. */
import { join } from 'node:path/posix';
import { messages } from '../../messages/index.ts';
import type { Context } from './draft.ts';
import { folderOf, type Node } from './node.ts';

/** Absolute; relative ones begin at the folder of the file that they are in. */
export function hostPath(node: Node, path: string, { reader }: Pick<Context, 'reader'>): string {
  if (path === '~' || path.startsWith('~/')) return join(reader.variables.HOME ?? '/', path.slice(1));
  return path.startsWith('/') ? join(path) : join(folderOf(node), path);
}

/** A file that has to be there. @returns its absolute path; undefined after a problem */
export function existingFile(node: Node, path: string, context: Context): string | undefined {
  const file = hostPath(node, path, context);
  if (context.files.stat(file)?.kind === 'file') return file;
  context.reader.report.problem(node, messages.compose.paths.noFile(file));
  return undefined;
}
