// Runs a command of this package from one bundled file, made anew when a source is newer: that starts three times
// as fast as loading the sources one by one.
import { existsSync, readdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);
const bundle = '.build/btcw.mjs';

/** @param {string} path @returns {number} the latest change below it, in ms */
function newest(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

if (!existsSync('node_modules/.installed')) {
  console.error('✗ This package is not set up yet.\n  Fix: npm run up');
  process.exit(1);
}
const built = existsSync(bundle) ? statSync(bundle).mtimeMs : 0;
if (built < Math.max(...['stacks', 'scripts', 'package-lock.json'].map(newest))) {
  const { buildSync } = await import('esbuild');
  // Moved to its place when it is whole: another command may be starting from it.
  const aside = `${bundle}.${process.pid}.tmp`;
  buildSync({
    entryPoints: ['scripts/cli.ts'],
    outfile: aside,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
    // Bundled CommonJS packages still call require for Node's own modules.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  renameSync(aside, bundle);
}
await import(pathToFileURL(join(root, bundle)).href);
