// Bundles the backend into dist/server.mjs, so that the image needs no node_modules. Runs under Node 20 and later.
import { readFileSync } from 'node:fs';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: ['src/index.ts'],
  outfile: 'dist/server.mjs',
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  // Fastify and its plugins are CommonJS: their require() of node: modules needs one inside an ES module.
  banner: {
    js: "import { createRequire as createBundleRequire } from 'node:module'; const require = createBundleRequire(import.meta.url);",
  },
  define: { BACKEND_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
});
