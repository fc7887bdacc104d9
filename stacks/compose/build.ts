/** Images: named, or built from a folder. */
import { join } from 'node:path/posix';
import type { BuildSecret, ContextBuild } from '../topology/image-source.ts';
import type { Context, KeyReader } from './draft.ts';
import { looksSecret } from './environment.ts';
import { secretFile } from './files.ts';
import type { Node } from './node.ts';
import { hostPath } from './paths.ts';
import { read } from './values.ts';

const REFERENCE =
  /^[a-z0-9][a-zA-Z0-9._/-]*(:\d+\/[a-z0-9._/-]+)?(:[A-Za-z0-9_][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/;
const URL_OR_REPOSITORY = /^([a-z+]+:\/\/|git@|github\.com\/)/;
const WITHOUT_EFFECT = ['cache_from', 'cache_to', 'no_cache', 'pull', 'tags', 'labels'];
const REFUSED = {
  dockerfile_inline:
    'is not supported: write it to a file beside the sources, and name that as "dockerfile".',
  additional_contexts: 'is not supported: a build has one folder.',
  ssh: 'is not supported: hand a file over as a build secret.',
  network: 'is not supported: builds are on the network that Docker gives them.',
  privileged: 'is not supported: builds have no more rights than Docker gives them.',
  platforms: 'is not supported: images are built for this host.',
};

export const image: KeyReader = (node, draft, { reader }) => {
  const reference = reader.text(node, 'an image');
  if (reference === undefined) return;
  if (REFERENCE.test(reference)) draft.image = { node, reference };
  else reader.report.problem(node, `should be an image such as "redis:8.2", got "${reference}".`);
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
  if (URL_OR_REPOSITORY.test(path))
    report.problem(node, `should be a folder of this host, got "${path}". Clone it first.`);
  else if (context.files.stat(folder)?.kind !== 'folder')
    report.problem(node, `there is no folder "${folder}".`);
  else if (!context.files.stat(name.startsWith('/') ? name : join(folder, name))) {
    report.problem(node, `there is no "${name}" in ${folder}.`);
  }
  return { kind: 'context', folder, ...(dockerfile && { dockerfile }) };
}

export const build: KeyReader = (node, draft, context) => {
  const { reader } = context;
  if (node.kind === 'scalar') {
    const path = reader.text(node, 'a folder');
    if (path) draft.build = located(node, path, undefined, context);
    return;
  }
  const known = ['context', 'dockerfile', 'args', 'target', 'secrets', ...WITHOUT_EFFECT];
  const fields = reader.fields(node, known, REFUSED);
  const text = (key: string) => read(fields, key, (entry) => reader.text(entry));
  for (const key of WITHOUT_EFFECT) {
    if (fields.has(key))
      reader.report.notice(
        `build.${key} has no effect: images are named after their content and built once`,
        draft.name,
      );
  }
  const args: Record<string, string> = {};
  for (const [name, given] of read(fields, 'args', (entry) => reader.assignments(entry)) ?? []) {
    const value = given?.text ?? reader.variables[name];
    if (value === undefined) continue;
    args[name] = value;
    if (looksSecret(name, value)) {
      reader.report.notice(
        'a build argument stays in the history of the image: take a build secret',
        `${name} of ${draft.name}`,
      );
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
