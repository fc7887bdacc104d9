/** Secrets and configs: files that a service finds at a path of its own. */
import { createHash } from 'node:crypto';
import { messages } from '../../messages/index.ts';
import { START } from '../topology/secret-environment.ts';
import { SECRETS_DIR } from '../topology/secrets.ts';
import type { Context, Draft, KeyReader } from './draft.ts';
import type { Node } from './node.ts';
import { existingFile } from './paths.ts';
import { read } from './values.ts';

const said = messages.compose.files;

const FROM_ELSEWHERE = {
  external: said.external,
  environment: said.environment,
  content: said.content,
};

/** The file that a secret or config of the compose file is. @returns undefined after a problem */
function fileOf(
  node: Node,
  name: string,
  map: ReadonlyMap<string, Node>,
  context: Context,
): string | undefined {
  const { reader } = context;
  const entry = map.get(name);
  if (!entry) {
    reader.report.problem(node, said.notListed(name));
    return undefined;
  }
  const fields = reader.fields(entry, ['file', 'name', 'labels'], FROM_ELSEWHERE);
  const place = fields.get('file');
  if (!place) {
    if (entry.kind === 'map' && !Object.keys(FROM_ELSEWHERE).some((key) => entry.entries.has(key))) {
      reader.report.problem(entry, said.noFile);
    }
    return undefined;
  }
  const path = reader.text(place);
  return path ? existingFile(place, path, context) : undefined;
}

/** Those that no service has are looked at, too. */
export function checkFiles({ secrets, configs, reader }: Context): void {
  const known = ['file', 'name', 'labels', ...Object.keys(FROM_ELSEWHERE)];
  for (const node of [...secrets.values(), ...configs.values()]) reader.fields(node, known);
}

export const secretFile = (node: Node, name: string, context: Context): string | undefined =>
  fileOf(node, name, context.secrets, context);

/** What both lists have in common. */
function grants(
  node: Node,
  draft: Draft,
  context: Context,
): { source: string; target: string | undefined; node: Node }[] {
  const { reader } = context;
  return reader.list(node).flatMap((item) => {
    const fields = reader.fieldsOr(item, 'source', ['source', 'target', 'uid', 'gid', 'mode']);
    if (['uid', 'gid', 'mode'].some((key) => fields.has(key))) {
      reader.report.notice(said.owner, draft.name);
    }
    const source = read(fields, 'source', (entry) => reader.text(entry));
    if (source === undefined) return [];
    return [{ source, target: read(fields, 'target', (entry) => reader.text(entry)), node: item }];
  });
}

export const secrets: KeyReader = (node, draft, context) => {
  for (const { source, target = source, node: place } of grants(node, draft, context)) {
    const path = target.startsWith(`${SECRETS_DIR}/`) ? target.slice(SECRETS_DIR.length + 1) : target;
    if (path.includes('/')) {
      context.reader.report.problem(place, said.target(SECRETS_DIR, target));
      continue;
    }
    if (path === START) context.reader.report.problem(place, said.taken(START));
    const file = secretFile(place, source, context);
    if (file) draft.secretFiles.push({ path, secretFile: file });
  }
};

/** Mounted from where they are; their content is in a label, so that a change of it is one of the service. */
export const configs: KeyReader = (node, draft, context) => {
  const digest = createHash('sha256');
  const binds = [...(draft.definition.binds ?? [])];
  for (const { source, target = `/${source}`, node: place } of grants(node, draft, context)) {
    const file = fileOf(place, source, context.configs, context);
    if (!file) continue;
    binds.push({ source: file, path: target.startsWith('/') ? target : `/${target}` });
    digest.update(context.files.read(file) ?? '');
  }
  draft.definition.binds = binds;
  draft.definition.labels = {
    ...draft.definition.labels,
    'compose.configs': digest.digest('hex').slice(0, 12),
  };
};
