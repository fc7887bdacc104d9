/**
 * Which edition of its images a deployment has: part of their tags, so that with a new one all of them are built anew, on
 * today's packages. Kept beside the releases; where it is lost, the last release knows.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../lib/files.ts';
import { root } from './host.ts';
import { lastRelease } from './releases.ts';

/** As `timestamp()` writes it. */
const EDITION = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z$/;

const NONE = 'none';

const fileOf = (project: string): string => join(root, '.releases', `${project}.edition`);

/** @returns the moment of the last `images --fresh`; undefined where there was none */
export function editionOf(project: string): string | undefined {
  try {
    const text = readFileSync(fileOf(project), 'utf8').trim();
    if (EDITION.test(text)) return text;
    // The images of a bundle that were never renewed, whatever the last release had.
    if (text === NONE) return undefined;
  } catch {
    // It is in the last release, where there is one.
  }
  return lastRelease(project)?.edition;
}

/** @param edition none: they are not renewed ones */
export function keepEdition(project: string, edition: string | undefined): void {
  mkdirSync(dirname(fileOf(project)), { recursive: true, mode: 0o700 });
  writeFileAtomically(fileOf(project), `${edition ?? NONE}\n`);
}
