/** The age of what containers run: Debian's security updates reach an image only when it is built anew. */
import { messages } from '../../../messages/index.ts';
import { span } from '../../lib/text.ts';
import { type Check, listed } from './check.ts';
import { deployed, engine } from './host.ts';

const said = messages.doctor.images;

const DAY_MS = 86_400_000;
const OLD_DAYS = 30;

const age: Check = {
  id: 'image-age',
  name: said.ageName(OLD_DAYS),
  hop: 'host',
  dependsOn: [engine, deployed],
  level: 'warning',
  run: ({ containers, nowMs }) => {
    const ages = Object.entries(containers ?? {}).flatMap(([service, { packagesAtMs }]) =>
      packagesAtMs === undefined ? [] : [{ service, ms: nowMs - packagesAtMs }],
    );
    if (ages.length === 0) return { skipped: said.notBuiltHere };
    const oldest = span(Math.max(...ages.map(({ ms }) => ms)));
    const old = ages.filter(({ ms }) => ms > OLD_DAYS * DAY_MS).map(({ service }) => service);
    if (old.length === 0) return { ok: said.oldest(oldest) };
    return { problem: said.old(listed(old), oldest), fix: 'npm run images -- --fresh && npm run deploy' };
  },
};

export const imageChecks = (): Check[] => [age];
