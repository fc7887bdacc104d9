#!/usr/bin/env node
// What `npx cdktf` starts: fetches the cdktf command line on first use, since deploying does not need it.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messages } from '../messages/bootstrap.mjs';
import { UserError } from '../stacks/errors.mjs';
import { settlePlaces, terraformEnvironment } from './bootstrap/environment.mjs';
import { ensureCdktf } from './bootstrap/packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
settlePlaces(root);

try {
  let isAnnounced = false;
  await ensureCdktf(root, () => {
    if (!isAnnounced) console.error(messages.cdktf.fetching);
    isAnnounced = true;
  });
  const program = join(root, 'tools/cdktf/node_modules/.bin/cdktf');
  const child = spawn(program, process.argv.slice(2), {
    stdio: 'inherit',
    env: terraformEnvironment(),
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('close', (code) => {
    process.exitCode = code ?? 1;
  });
} catch (error) {
  console.error(error instanceof UserError ? error.message : error);
  process.exitCode = 1;
}
