/** An application of another shape than the reference, as a folder with a Dockerfile: an owner's build context. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { imageOf } from './topology.ts';

export const PROFILE = 'test/support/foreign-app/profile.yaml';

/** @returns the folder; removing it is the caller's */
export async function foreignApp(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'btcw-foreign-app-'));
  const app = join(folder, 'app');
  mkdirSync(app);
  await build({
    entryPoints: ['test/support/foreign-app/server.ts'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: join(app, 'server.mjs'),
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'silent',
  });
  // Node is in the image of the reference backend; of all else there this application uses nothing.
  writeFileSync(
    join(app, 'Dockerfile'),
    `FROM ${imageOf('backend')}
USER 0
WORKDIR /srv
COPY server.mjs /srv/server.mjs
HEALTHCHECK NONE
ENTRYPOINT ["node", "/srv/server.mjs"]
`,
  );
  return app;
}
