import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { env } from 'node:process';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import vue from '@vitejs/plugin-vue';
import { defineConfig, type Plugin } from 'vite';

const compress = promisify(gzip);
const TEXT_FILE = /\.(html|js|css|svg|json|txt)$/;

/** Writes a `.gz` beside every text file of the build, for nginx's gzip_static. */
function precompress(): Plugin {
  let outDir: string;
  return {
    name: 'precompress',
    apply: 'build',
    configResolved(config) {
      outDir = resolve(config.root, config.build.outDir);
    },
    async closeBundle(error) {
      if (error) return;
      const names = await readdir(outDir, { recursive: true });
      await Promise.all(
        names
          .filter((name) => TEXT_FILE.test(name))
          .map(async (name) => {
            const file = join(outDir, name);
            const level = constants.Z_BEST_COMPRESSION;
            await writeFile(`${file}.gz`, await compress(await readFile(file), { level }));
          }),
      );
    },
  };
}

/** Where `npm run dev` and `npm run preview` find the backend; behind nginx neither is used. */
const proxy = { '/api': { target: env.VITE_BACKEND_URL ?? 'http://127.0.0.1:8000', ws: true } };

export default defineConfig({
  plugins: [vue(), precompress()],
  cacheDir: env.VITE_CACHE_DIR ?? 'node_modules/.vite',
  server: {
    port: 3000,
    strictPort: true,
    // The tunnel's address is the user's own, so no list can name it in advance.
    allowedHosts: env.VITE_ALLOWED_HOSTS === '*' ? true : [],
    // hmr.clientPort stays unset: the client then uses the page's own host and port, 8501 or 60001.
    watch: env.VITE_USE_POLLING ? { usePolling: true, interval: 300 } : {},
    proxy,
  },
  preview: { proxy },
  build: {
    reportCompressedSize: false,
    chunkSizeWarningLimit: 550,
    // Apart from the dashboard's own code, so that a new version of that leaves it in the browsers' caches.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'echarts', test: /[\\/](echarts|zrender)[\\/]/ }] } },
    },
  },
});
