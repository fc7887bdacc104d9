/** Gathers what is compared with the declaration. Read-only: it starts nothing and writes nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { execa } from 'execa';
import { tryDocker } from '../lib/programs.ts';
import type { DeclaredConfig, DeclaredContainer } from './declared.ts';
import {
  compare,
  compareFiles,
  type Difference,
  type InspectedContainer,
  type InspectedImage,
} from './drift.ts';

const READ_DEADLINE_MS = 10_000;

/** What `docker … inspect` prints of those that exist. */
async function inspectAll<T>(kind: 'container' | 'image', names: readonly string[]): Promise<T[]> {
  const result = await tryDocker([kind, 'inspect', ...names]);
  return JSON.parse(String(result.stdout) || '[]');
}

/**
 * Reads the files of a configuration volume through its container, which need not run for it.
 * @returns their contents by path; undefined where they cannot be read
 */
async function readConfig(container: string, mountPath: string): Promise<Map<string, string> | undefined> {
  const copied = await tryDocker(['cp', `${container}:${mountPath}/.`, '-'], {
    encoding: 'buffer',
    timeout: READ_DEADLINE_MS,
  });
  if (copied.exitCode !== 0) return undefined;
  const archive = copied.stdout as unknown as Uint8Array;
  const list = await execa('tar', ['-tf', '-'], { input: archive });
  const paths = list.stdout.split('\n').filter((path) => path !== '' && !path.endsWith('/'));
  const contents = await Promise.all(
    paths.map(async (path) => {
      const { stdout } = await execa('tar', ['-xOf', '-', path], {
        input: archive,
        stripFinalNewline: false,
      });
      return [path.replace(/^\.\//, ''), stdout] as const;
    }),
  );
  return new Map(contents);
}

/** What should be in the volume; undefined for what a script makes out of another file. */
function wantedFiles(config: DeclaredConfig): Map<string, string | undefined> {
  return new Map(
    config.files.map((file) => {
      if (file.path === config.environmentFile) return [file.path, undefined];
      if (file.content !== undefined) return [file.path, file.content];
      const secret = file.secretFile ?? '';
      return [file.path, existsSync(secret) ? readFileSync(secret, 'utf8') : undefined];
    }),
  );
}

/** The ids that Terraform's state has of the containers, by name. */
function knownIds(stateFile: string): Map<string, string> {
  if (!existsSync(stateFile)) return new Map();
  const state = JSON.parse(readFileSync(stateFile, 'utf8')) as {
    resources: { type: string; instances: { attributes: { name: string; id: string } }[] }[];
  };
  const containers = state.resources.filter((resource) => resource.type === 'docker_container');
  return new Map(
    containers.flatMap(({ instances }) =>
      instances.map(({ attributes }) => [attributes.name, attributes.id] as const),
    ),
  );
}

/** A declared container, and how what runs differs from it. */
export interface Reviewed {
  readonly declared: DeclaredContainer;
  readonly differences: readonly Difference[];
  /** Id of a container that has the declared name but was not made by a deployment; it is in the way. */
  readonly intruder?: string;
  /** Whether its configuration cannot be compared, as the container it is read through is gone. */
  readonly unread?: boolean;
}

/** Compares every declared container with what the engine has. */
export async function gatherDrift(
  declared: readonly DeclaredContainer[],
  stateFile: string,
): Promise<Reviewed[]> {
  const known = knownIds(stateFile);
  const ids = declared.flatMap(({ name }) => [name, ...(known.has(name) ? [known.get(name) ?? ''] : [])]);
  const [containers, images] = await Promise.all([
    inspectAll<InspectedContainer>('container', ids),
    inspectAll<InspectedImage & { RepoTags: string[] | null }>('image', [
      ...new Set(declared.map((one) => one.image)),
    ]),
  ]);
  return Promise.all(
    declared.map(async (one) => {
      const byName = containers.find(({ Name }) => Name === `/${one.name}`);
      const byId = containers.find(({ Id }) => Id === known.get(one.name));
      const is = byId ?? byName;
      // Before the first deployment there is nothing to read, either.
      if (!is) return { declared: one, differences: [], unread: known.has(one.name) };
      const image = images.find(({ RepoTags }) => RepoTags?.includes(one.image));
      const files = one.config && (await readConfig(is.Id, one.config.mountPath));
      const differences = [
        ...compare(one, is, image),
        ...(one.config ? compareFiles(files, wantedFiles(one.config)) : []),
      ];
      const intruder = byName && byName.Id !== known.get(one.name) ? byName.Id : undefined;
      return { declared: one, differences, ...(intruder && { intruder }) };
    }),
  );
}
