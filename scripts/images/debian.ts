/** How a Debian system is made of the distribution's packages. */
import { existsSync, readFileSync } from 'node:fs';
import type { DebianRecipe } from '../../stacks/topology/image-source.ts';

const NEWEST_SUITE = 'trixie';

export const suiteOf = ({ suite = NEWEST_SUITE }: DebianRecipe): string => suite;

/** Program that other images take packages from it with. */
export const EXPORT_PACKAGES = 'assets/base/export-packages';

/** Options of mmdebstrap: the smallest system that has apt, and of each package only what programs use. */
export const DEBIAN_OPTIONS: readonly string[] = [
  '--variant=minbase',
  ...['man', 'doc', 'locale', 'info'].map((part) => `--dpkgopt=path-exclude=/usr/share/${part}/*`),
];

/** The host's own Debian mirror, which is likely the near one; undefined where the host is no Debian. */
export function debianMirror(sources: string): string | undefined {
  const uris = /^(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+(\S+\/debian)\/?(?:\s|$)/m.exec(sources);
  return uris?.[1];
}

/** Lines for apt; none: mmdebstrap's own. */
export const sourcesFor = (suite: string, mirror: string | undefined): string[] =>
  mirror
    ? [
        `deb ${mirror} ${suite} main`,
        `deb ${mirror} ${suite}-updates main`,
        `deb ${mirror}-security ${suite}-security main`,
      ]
    : [];

/** What this host's apt fetches from. */
export function hostSources(): string {
  const files = ['/etc/apt/sources.list', '/etc/apt/sources.list.d/debian.sources'];
  return files.map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : '')).join('\n');
}
