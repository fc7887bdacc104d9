/** Brings the images that the user's own Dockerfiles begin with: what is on this engine, a mirror, or the registry. */
import { execa } from 'execa';
import { UserError } from '../../stacks/errors.mjs';
import { docker } from '../docker/client.ts';
import { inspect } from '../docker/inspect.ts';
import type { OwnBuild } from './own-build.ts';
import { dockerfileOf, shownPath } from './own-build.ts';

/** A registry that has not begun to answer by then is not waited for. */
const ANSWER_MS = 15_000;

/** An image, and which line of which file wants it. */
interface Wanted {
  readonly reference: string;
  readonly where: string;
}

/** Path on Docker Hub; undefined for an image of another registry. @example hubPath('nginx:1') // 'library/nginx:1' */
export function hubPath(reference: string): string | undefined {
  const path = reference.replace(/^(docker\.io|index\.docker\.io)\//, '');
  const [first = '', ...rest] = path.split('/');
  if (rest.length === 0) return `library/${path}`;
  // What has a dot or a port in its first part is a host.
  return /[.:]|^localhost$/.test(first) ? undefined : path;
}

/** The names under which an image is asked for, in order. */
export function candidates(reference: string, mirrors: readonly string[]): string[] {
  const path = hubPath(reference);
  return [...(path ? mirrors.map((mirror) => `${mirror}/${path}`) : []), reference];
}

/** Pulls an image. @returns why it could not be, in one line; undefined when it is here */
async function pull(reference: string, timeoutMs: number): Promise<string | undefined> {
  const child = execa('docker', ['pull', reference], { all: true, reject: false, timeout: timeoutMs });
  let answered = false;
  child.all.once('data', () => {
    answered = true;
  });
  const timer = setTimeout(() => answered || child.kill(), ANSWER_MS);
  const { exitCode, all } = await child;
  clearTimeout(timer);
  if (exitCode === 0) return undefined;
  if (!answered) return `no answer in ${ANSWER_MS / 1000} s`;
  const line = String(all).trim().split('\n').at(-1) ?? '';
  return line.replace(/^Error response from daemon: /, '').slice(0, 200);
}

const isHere = async (reference: string): Promise<boolean> =>
  (await inspect('image', [reference])).length > 0;

/**
 * Brings one image here, and has it under the wanted name.
 * @returns the name to build on, or why none answered
 */
async function bring(
  reference: string,
  { mirrors, timeoutMs }: OwnBuild['options'],
): Promise<{ readonly name: string } | { readonly why: string }> {
  const reasons: string[] = [];
  for (const candidate of candidates(reference, mirrors)) {
    const why = await pull(candidate, timeoutMs);
    if (why === undefined) {
      // A digest is no name that could be given.
      if (reference.includes('@')) return { name: candidate };
      if (candidate !== reference) await docker(['tag', candidate, reference]);
      return { name: reference };
    }
    reasons.push(`${candidate}: ${why}`);
  }
  return { why: reasons.join('; ') };
}

/** The images that builds want and that are not made here, each once. */
function wantedBy(builds: readonly OwnBuild[]): Wanted[] {
  const wanted = builds.flatMap(({ source, dockerfile, standIns }) =>
    dockerfile.bases
      .filter(({ reference }) => !standIns.has(reference))
      .map(({ reference, line }) => ({
        reference,
        where: `${shownPath(dockerfileOf(source))}, line ${line}`,
      })),
  );
  return wanted.filter(
    ({ reference }, index) => wanted.findIndex((other) => other.reference === reference) === index,
  );
}

/**
 * Sees to it that every image that builds begin with is here.
 * @returns other names for those that have no name of their own here
 * @throws {UserError} naming all that are not, and the ways out
 */
export async function ensureBases(builds: readonly OwnBuild[]): Promise<ReadonlyMap<string, string>> {
  const [first] = builds;
  const names = new Map<string, string>();
  if (!first) return names;
  const missing: string[] = [];
  await Promise.all(
    wantedBy(builds).map(async ({ reference, where }) => {
      if (await isHere(reference)) return;
      const brought = await bring(reference, first.options);
      if ('why' in brought) missing.push(`  ${reference} (${where}): ${brought.why}`);
      else names.set(reference, brought.name);
    }),
  );
  if (missing.length === 0) return names;
  const { options } = first;
  const ways = [
    ...(options.mirrors.length === 0
      ? ['BTCW_REGISTRY_MIRROR=docker.m.daocloud.io (or another mirror) has them asked for there']
      : []),
    ...(options.standIns ? [] : ['BTCW_STAND_INS=on makes python, node and nginx here']),
    'docker load -i FILE brings them from a host that has them (docker save -o FILE IMAGE)',
  ];
  throw new UserError(
    `Images that your Dockerfiles begin with are not on this host, and no registry gives them:\n${missing.sort().join('\n')}`,
    `${ways.join('; ')}.`,
  );
}
