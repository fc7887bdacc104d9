/** `npm run docs`: writes .env.example, the page of the commands, and the settings' tables of both READMEs. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { COMMANDS_PAGES } from './docs/commands.ts';
import { PAGES } from './docs/render.ts';

for (const { file, render } of [...PAGES, ...COMMANDS_PAGES]) {
  const current = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const wanted = render(current);
  if (wanted !== current) writeFileSync(file, wanted);
  console.log(`✓ ${file}: ${wanted === current ? 'up to date' : 'written'}`);
}
