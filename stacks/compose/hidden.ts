/**
 * Secrets in command lines: a variable whose value looks secret is handed over as environment, and named where the value
 * was, so that it is in neither plan nor state nor `docker inspect`.
 */
import {
  hiddenVariable,
  hidesVariable,
  lineWithVariables,
  wordWithVariables,
} from '../render/start-script.ts';
import type { Health } from '../topology/health.ts';
import { START } from '../topology/secret-environment.ts';
import { SECRETS_DIR } from '../topology/secrets.ts';
import { addSecrets, type Context, type Draft } from './draft.ts';
import { looksSecret } from './environment.ts';
import type { Reader } from './values.ts';

/** As no variable of the application's own is called. */
const PREFIX = 'BTCW_HIDDEN_';

/** A reader that puts names in the place of what looks secret. */
export function hidingReader({ reader }: Context): Reader {
  const hidden = Object.entries(reader.variables).flatMap(([name, value = '']) =>
    looksSecret(name, value) ? [[name, hiddenVariable(PREFIX + name)] as const] : [],
  );
  return reader.with(Object.fromEntries(hidden));
}

/** Hands over what the words name. */
export function handOver(words: readonly string[], draft: Draft, { reader }: Context): void {
  for (const [name, value = ''] of Object.entries(reader.variables)) {
    if (!words.some((word) => word.includes(hiddenVariable(PREFIX + name)))) continue;
    const others = draft.definition.secretEnvironment ?? [];
    const isThere = others.some((other) => 'name' in other && other.name === PREFIX + name);
    if (!isThere) addSecrets(draft, { name: PREFIX + name, value });
  }
}

/** A health check with the service's secret environment, as in Compose it has all of it: by the start script. */
export function withEnvironment(health: Health): Health {
  const [kind, ...words] = health;
  const started = ['CMD', '/bin/sh', `${SECRETS_DIR}/${START}`];
  if (kind === 'CMD' && !words.some(hidesVariable)) return [...started, ...words];
  const line =
    kind === 'CMD'
      ? `exec ${words.map(wordWithVariables).join(' ')}`
      : words.map(lineWithVariables).join(' ');
  return [...started, '/bin/sh', '-c', line];
}
