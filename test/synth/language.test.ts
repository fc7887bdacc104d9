import { afterEach, expect, it, vi } from 'vitest';
import type { Environment } from '../support/topology.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

/** The JSON for Terraform, as a run in that language writes it; without fingerprints, as secrets are generated. */
async function synthesisedIn(language: 'en' | 'zh', environment: Environment): Promise<string> {
  vi.resetModules();
  vi.stubEnv('BTCW_LANG', language);
  const { CATALOGUES, messages } = await import('../../messages/index.ts');
  expect(messages).toBe(CATALOGUES[language]);
  const { synthesise } = await import('../support/stack.ts');
  const { packageFolder, text } = synthesise(environment);
  return text.replaceAll(packageFolder, '').replace(/"[0-9a-f]{16}"/g, '"fingerprint"');
}

it.each<readonly [what: string, environment: Environment]>([
  ['the default deployment', {}],
  [
    'one with all that there is',
    {
      BTCW_POSTGRES: 'on',
      BTCW_REDIS: 'on',
      BTCW_FRONTEND_MODE: 'dev',
      BTCW_BACKEND_IMAGE: 'app:1',
      BTCW_BACKEND_BEFORE_START: 'alembic upgrade head',
      BTCW_BACKEND_GENERATE: 'SECRET_KEY',
    },
  ],
])(
  '%s is the same in every language',
  async (_, environment) => {
    const english = await synthesisedIn('en', environment);
    expect(await synthesisedIn('zh', environment)).toBe(english);
    // cdktf is loaded here: seven seconds on a busy host.
  },
  60_000,
);
