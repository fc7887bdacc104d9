/** `npm run docs`: writes .env.example and the settings' tables of both READMEs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { PAGES } from './docs/render.ts';

for (const { file, render } of PAGES) {
  const current = readFileSync(file, 'utf8');
  const wanted = render(current);
  if (wanted !== current) writeFileSync(file, wanted);
  console.log(`✓ ${file}: ${wanted === current ? 'up to date' : 'written'}`);
}
