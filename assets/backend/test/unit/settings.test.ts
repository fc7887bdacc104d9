import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSecret, readSettings, SettingsError } from '../../src/settings.ts';
import { Home, SECRET } from '../support/backend.ts';

const home = new Home();
afterAll(() => home.remove());

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readSettings({ ...home.env, ...env });
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

describe('readSettings', () => {
  it('has a default for everything but the secrets', () => {
    const { DATA_DIR, ADMIN_PASSWORD_FILE, JWT_SECRET_FILE } = home.env;
    expect(readSettings({ DATA_DIR, ADMIN_PASSWORD_FILE, JWT_SECRET_FILE, PORT: '' })).toMatchObject({
      host: '0.0.0.0',
      port: 8000,
      adminUser: 'admin',
      jwtSecret: SECRET,
      priceFeedUrl: undefined,
      maxConnections: 5000,
      logLevel: 'info',
    });
  });

  it('tells all problems at once', () => {
    const problems = problemsOf({ PORT: '70000', LOG_LEVEL: 'loud', DATA_DIR: '/nowhere' });
    expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
      'DATA_DIR',
      'LOG_LEVEL',
      'PORT',
    ]);
  });

  it.each([
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['PORT', '1e3'],
    ['MAX_CONNECTIONS', '0'],
    ['PRICE_FEED_SEED', '4294967296'],
    ['ADMIN_USER', 'two words'],
    ['ADMIN_USER', 'a\nb'],
    ['LOG_LEVEL', 'trace'],
    ['PRICE_FEED_URL', 'https://example.org'],
    ['PRICE_FEED_URL', 'wss://user:pw@example.org'],
    ['PRICE_FEED_URL', 'example.org'],
    ['TRUSTED_PROXIES', 'nginx'],
    ['TRUSTED_PROXIES', '172.17.0.1'],
    ['TRUSTED_PROXIES', '172.17.0.0/33'],
    ['TRUSTED_PROXIES', '172.17.0/16'],
  ])('fails when %s is %j, naming both', (name, value) => {
    const [problem] = problemsOf({ [name]: value });
    expect(problem).toMatch(new RegExp(`^${name}: should be .*, got "`));
  });

  it('fails when the password file is empty but for its line break', () => {
    const path = join(home.path, 'empty');
    writeFileSync(path, '\n');
    expect(problemsOf({ ADMIN_PASSWORD_FILE: path })[0]).toMatch(/^ADMIN_PASSWORD_FILE: .*too short/);
  });
});

it('reads a secret without its line break and with everything else, spaces included', () => {
  const path = join(home.path, 'spaced');
  writeFileSync(path, ' pass word \r\n');
  expect(readSecret(path)).toBe(' pass word ');
});
