/** What ends a program that hangs, so that Docker starts its container again: docs/decisions/0016-frozen-programs.md. */
import type { BuildContent, DockerfileRecipe } from './image-source.ts';

const MODULE = 'assets/go/watchdog';
const SOURCES = ['go.mod', 'main.go', 'watch.go'].map((name) => `${MODULE}/${name}`);

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
