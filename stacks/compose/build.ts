/** Images: named, or built from a folder. */
import { join } from 'node:path/posix';
import { messages } from '../../messages/index.ts';
import { withoutTag } from '../settings/rules.ts';
import type { BuildSecret, ContextBuild } from '../topology/image-source.ts';
import type { Context, KeyReader } from './draft.ts';
import { looksSecret } from './environment.ts';
import { secretFile } from './files.ts';
import type { Node } from './node.ts';
import { hostPath } from './paths.ts';
import { read } from './values.ts';

const said = messages.compose.build;

const REFERENCE =
  /^[a-z0-9][a-zA-Z0-9._/-]*(:\d+\/[a-z0-9._/-]+)?(:[A-Za-z0-9_][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/;
const URL_OR_REPOSITORY = /^([a-z+]+:\/\/|git@|github\.com\/)/;
const WITHOUT_EFFECT = ['cache_from', 'cache_to', 'no_cache', 'pull', 'tags', 'labels'];
const REFUSED = {
  dockerfile_inline: said.dockerfileInline,
  additional_contexts: said.additionalContexts,
  ssh: said.ssh,
  network: said.network,
  privileged: said.privileged,
  platforms: said.platforms,
};

export const image: KeyReader = (node, draft, { reader }) => {
  const reference = reader.text(node, messages.compose.values.anImage);
  if (reference === undefined) return;
  if (REFERENCE.test(reference)) draft.image = { node, reference: withoutTag(reference) };
  else reader.report.problem(node, said.image(reference));
};

function secrets(node: Node, context: Context): BuildSecret[] {
  const { reader } = context;
  return reader.list(node).flatMap((item) => {
    const fields = reader.fieldsOr(item, 'source', ['source', 'target']);
    const source = read(fields, 'source', (entry) => reader.text(entry));
    const id = read(fields, 'target', (entry) => reader.text(entry)) ?? source;
    const file = source && secretFile(item, source, context);
    return id && file ? [{ id, file }] : [];
  });
}

/** Folder and Dockerfile, which have to be there. */
function located(node: Node, path: string, dockerfile: string | undefined, context: Context): ContextBuild {
  const { report } = context.reader;
  const folder = hostPath(node, path, context);
  const name = dockerfile ?? 'Dockerfile';
  if (URL_OR_REPOSITORY.test(path)) report.problem(node, said.remote(path));
  else if (context.files.stat(folder)?.kind !== 'folder') report.problem(node, said.noFolder(folder));
  else if (context.files.stat(name.startsWith('/') ? name : join(folder, name))?.kind !== 'file') {
    report.problem(node, said.noDockerfile(name, folder));
  }
  return { kind: 'context', folder, ...(dockerfile && { dockerfile }) };
}

export const build: KeyReader = (node, draft, context) => {
  const { reader } = context;
  if (node.kind === 'scalar') {
    const path = reader.text(node, messages.compose.values.aFolder);
    if (path) draft.build = located(node, path, undefined, context);
    return;
  }
  const known = ['context', 'dockerfile', 'args', 'target', 'secrets', ...WITHOUT_EFFECT];
  const fields = reader.fields(node, known, REFUSED);
  const text = (key: string) => read(fields, key, (entry) => reader.text(entry));
  for (const key of WITHOUT_EFFECT) {
    if (fields.has(key)) reader.report.notice(said.withoutEffect(key), draft.name);
  }
  const args: Record<string, string> = {};
  for (const [name, given] of read(fields, 'args', (entry) => reader.assignments(entry)) ?? []) {
    const value = given?.text ?? reader.variable(name);
    if (value === undefined) continue;
    args[name] = value;
    if (looksSecret(name, value)) {
      reader.report.notice(said.secretArgument, said.argument(name, draft.name));
    }
  }
  const target = text('target');
  const files = read(fields, 'secrets', (entry) => secrets(entry, context));
  draft.build = {
    ...located(fields.get('context') ?? node, text('context') ?? '.', text('dockerfile'), context),
    ...(Object.keys(args).length > 0 && { args }),
    ...(target && { target }),
    ...(files && files.length > 0 && { secrets: files }),
  };
};
