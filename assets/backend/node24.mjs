// Runs a script under the packaged Node 24, since the backend and its tests need node:sqlite: node node24.mjs SCRIPT ARGS...
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const node = createRequire(import.meta.url).resolve(`node-linux-${process.arch}/bin/node`);
const { status, error } = spawnSync(node, process.argv.slice(2), { stdio: 'inherit' });
if (error) throw error;
process.exitCode = status ?? 1;
