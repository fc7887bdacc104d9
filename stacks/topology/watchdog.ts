/** What ends a program that hangs, so that Docker starts its container again: docs/decisions/0016-frozen-programs.md. */
import type { Settings } from '../settings/definitions.ts';
import type { BuildContent, DockerfileRecipe } from './image-source.ts';
import { GUARD_LOCK, type VolumeMount } from './service.ts';

const MODULE = 'assets/go/watchdog';
const SOURCES = ['go.mod', 'guard.go', 'main.go', 'watch.go'].map((name) => `${MODULE}/${name}`);

/**
 * A program of an image built here, as the watchdog runs it.
 * @param url that the program answers while it works. @default - it is only noticed when it is stopped
 */
export const watched = (program: readonly string[], url?: string): string[] => [
  'watchdog',
  ...(url ? ['-url', url] : []),
  '--',
  ...program,
];

/** The guard keeps it locked while its rules hold. */
export const guardLock = (path: string): VolumeMount => ({
  purpose: GUARD_LOCK,
  path,
  ...{ shared: true, readOnly: true, empty: true },
});

/** Where the watchdog finds this, the program waits for the guard's rules. */
export const afterGuard = ({ BTCW_GUARD }: Pick<Settings, 'BTCW_GUARD'>): VolumeMount[] =>
  BTCW_GUARD === 'on' ? [guardLock('/run/guard')] : [];

/** An image with the watchdog. @param files of the folder of its Dockerfile that are copied into it. @default [] */
export function withWatchdog(recipe: DockerfileRecipe, files: readonly string[] = []): DockerfileRecipe {
  const folder = recipe.dockerfile.replace(/\/[^/]*$/, '');
  const copies = files.map((to): BuildContent => ({ kind: 'copy', path: `${folder}/${to}`, to }));
  return {
    ...recipe,
    sources: [...recipe.sources, ...SOURCES],
    content: [
      ...(recipe.content ?? []),
      ...copies,
      { kind: 'go', module: MODULE, packagePath: '.', to: 'watchdog' },
    ],
  };
}
