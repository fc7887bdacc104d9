/** Brings the images that are not made here: those that services run, and those that Dockerfiles begin with. */

import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { standInFor } from '../../stacks/topology/stand-ins.ts';
import { docker } from '../docker/client.ts';
import { inspect } from '../docker/inspect.ts';
import { execa } from '../lib/execa.ts';
import { during, type Note } from '../lib/live.ts';
import { paint } from '../lib/report.ts';
import { dockerfileOf, shownPath } from './own-build.ts';
import type { PlannedImage } from './plan.ts';

const said = messages.images.bases;

/** A registry that has not begun to answer by then is not waited for. */
const ANSWER_MS = 15_000;
const PULL_MS = 30 * 60_000;

/** An image, and what wants it. */
interface Wanted {
  readonly reference: string;
  /** @example 'backend/Dockerfile, line 1' */
  readonly where: string;
  readonly mirrors: readonly string[];
}

/** Path on Docker Hub; undefined for an image of another registry. @example hubPath('nginx:1') // 'library/nginx:1' */
export function hubPath(reference: string): string | undefined {
  const path = reference.replace(/^(docker\.io|index\.docker\.io)\//, '');
  const [first = '', ...rest] = path.split('/');
  if (rest.length === 0) return `library/${path}`;
  // What has a dot or a port in its first part is a host.
  return /[.:]|^localhost$/.test(first) ? undefined : path;
}

/** @example registryOf('ghcr.io/x/y:1') // 'ghcr.io' */
const registryOf = (reference: string): string =>
  hubPath(reference) ? 'docker.io' : (reference.split('/')[0] ?? reference);

/** The names under which an image is asked for, in order. */
export function candidates(reference: string, mirrors: readonly string[]): string[] {
  const path = hubPath(reference);
  return [...(path ? mirrors.map((mirror) => `${mirror}/${path}`) : []), reference];
}

/** Pulls an image. @returns why it could not be, in one line; undefined when it is here */
async function pull(reference: string, note: Note): Promise<string | undefined> {
  const child = execa('docker', ['pull', reference], { all: true, reject: false, timeout: PULL_MS });
  child.all.on('data', (chunk: Buffer) => note(chunk.toString()));
  let answered = false;
  child.all.once('data', () => {
    answered = true;
  });
  const timer = setTimeout(() => answered || child.kill(), ANSWER_MS);
  const { exitCode, all } = await child;
  clearTimeout(timer);
  if (exitCode === 0) return undefined;
  if (!answered) return said.noAnswer(ANSWER_MS / 1000);
  // What is before the last colon is where and how it was asked.
  return String(all).trim().split('\n').at(-1)?.split(': ').at(-1) ?? said.refused;
}

const isHere = async (reference: string): Promise<boolean> =>
  (await inspect('image', [reference])).length > 0;

/**
 * Brings one image here, and has it under the wanted name.
 * @returns the name to build on, or why none answered
 */
async function bring({
  reference,
  mirrors,
}: Wanted): Promise<{ readonly name: string } | { readonly why: string }> {
  const reasons: string[] = [];
  for (const candidate of candidates(reference, mirrors)) {
    const why = await during(messages.lib.live.fetches(candidate), (note) => pull(candidate, note));
    if (why === undefined) {
      // A digest is no name that could be given.
      if (reference.includes('@')) return { name: candidate };
      if (candidate !== reference) await docker(['tag', candidate, reference]);
      return { name: reference };
    }
    reasons.push(said.triedAt(registryOf(candidate), why));
  }
  return { why: reasons.join('; ') };
}

/** The images that planned ones are, or begin with, and that are not made here; each once. */
function wantedBy(images: readonly PlannedImage[]): Wanted[] {
  const wanted = images.flatMap(({ name, source, mirrors = [], ownBuild }): Wanted[] => {
    if (source.kind === 'reference') return [{ reference: source.reference, where: name, mirrors }];
    if (source.kind === 'dockerfile' && source.from.kind === 'reference')
      return [{ reference: source.from.reference, where: name, mirrors }];
    if (!ownBuild) return [];
    const file = shownPath(dockerfileOf(ownBuild.source));
    return ownBuild.dockerfile.bases
      .filter(({ reference }) => !ownBuild.standIns.has(reference))
      .map(({ reference, line }) => ({
        ...{ reference, where: said.line(file, line) },
        mirrors: ownBuild.options.mirrors,
      }));
  });
  return wanted.filter(
    ({ reference }, index) => wanted.findIndex((other) => other.reference === reference) === index,
  );
}

/** Whether stand-ins would do for an image. */
const canStandIn = (reference: string): boolean =>
  standInFor(reference, { BTCW_BASE_IMAGE: undefined }) !== undefined;

/**
 * Notes which images are here under the names that are wanted.
 * @returns what gives them these names back
 */
export async function rememberForeignImages(images: readonly PlannedImage[]): Promise<() => Promise<void>> {
  const ids = await Promise.all(
    wantedBy(images).map(async ({ reference }) => {
      const [image] = await inspect('image', [reference]);
      return [reference, image?.Id] as const;
    }),
  );
  return async () => {
    for (const [reference, id] of ids)
      if (id && !reference.includes('@')) await docker(['tag', id, reference]);
  };
}

/**
 * Sees to it that every image that is needed and not made here is on this host.
 * @param renew asks for newer ones in the place of those that are here, which stay where no registry has any
 * @returns other names for those that have no name of their own here
 * @throws {UserError} naming all that are not, and the ways out
 */
export async function ensureForeignImages(
  images: readonly PlannedImage[],
  renew = false,
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  const missing: Wanted[] = [];
  const lines: string[] = [];
  await Promise.all(
    wantedBy(images).map(async (wanted) => {
      const { reference, where } = wanted;
      const isPresent = await isHere(reference);
      // What a digest names is always the same.
      if (isPresent && (!renew || reference.includes('@'))) return;
      const brought = await bring(wanted);
      if ('name' in brought) {
        names.set(reference, brought.name);
        return;
      }
      if (isPresent) {
        console.error(`${paint('yellow', '!')} ${said.stays(reference, brought.why)}`);
        return;
      }
      missing.push(wanted);
      lines.push(`  ${said.missingOne(reference, where, brought.why)}`);
    }),
  );
  if (missing.length === 0) return names;
  const own = images.flatMap(({ ownBuild }) => ownBuild?.dockerfile.bases ?? []);
  const ways = [
    ...(missing.some(({ mirrors }) => mirrors.length === 0) ? [said.useMirror] : []),
    ...(missing.some(
      ({ reference }) => canStandIn(reference) && own.some((base) => base.reference === reference),
    )
      ? [said.useStandIns]
      : []),
    said.load,
  ];
  throw new UserError(said.missing(lines.sort().join('\n')), said.ways(ways.join('; ')));
}
