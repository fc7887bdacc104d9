import { describe, expect, it } from 'vitest';
import { secretProblems } from '../../scripts/deployment/secret-problems.ts';
import { isPassword } from '../../stacks/settings/rules.ts';
import { settingsOf } from '../support/topology.ts';

describe('a password', () => {
  it.each(['twelve chars', 'p4ssw0rd-1234\n', 'four are quite enough', 'a b c d'])('may be "%s"', (text) => {
    expect(isPassword(text)).toBe(true);
  });

  it.each(['', '\n', '   ', 'ab', 'eleven char', 'one two 3\n', 'two lines of\nlong enough'])(
    'fails when it is %j',
    (text) => {
      expect(isPassword(text)).toBe(false);
    },
  );
});

describe('the files of secrets', () => {
  const files = {
    adminPassword: '/p/secrets/x/admin-password',
    jwtSecret: '/p/secrets/x/jwt-secret',
    frpToken: '/p/secrets/x/frp-token',
    fingerprintKey: '/p/secrets/x/fingerprint-key',
    postgresPassword: '/p/secrets/x/postgres-password',
    redisPassword: '/p/secrets/x/redis-password',
  };
  const problems = (changed: Record<string, string>, environment: Record<string, string> = {}) =>
    secretProblems(settingsOf(environment), files, (file) => changed[file] ?? 'a-good-one-1234\n', '/p');

  it('have no problem as they are generated', () => {
    expect(problems({})).toEqual([]);
  });

  it('fail when one is empty, by its name and with what to do', () => {
    expect(problems({ [files.adminPassword]: '\n', [files.jwtSecret]: '' })).toEqual([
      expect.stringMatching(
        /^secrets\/x\/admin-password: should hold .* and is empty\. Write such a password/,
      ),
      expect.stringMatching(/^secrets\/x\/jwt-secret: should hold .* and is empty\. Remove the file/),
    ]);
  });

  it('fail when a database has one that does not fit into a URL', () => {
    expect(problems({ [files.postgresPassword]: 'twelve@chars:1\n' })).toEqual([
      expect.stringMatching(/^secrets\/x\/postgres-password: should hold one line of at least 12 letters/),
    ]);
  });

  const AWAY = { BTCW_FRP_SERVER_ADDR: 'frp.example.org' };

  it('fail when the token of a server elsewhere is short, with its length', () => {
    const [line = '', ...others] = problems({ [files.frpToken]: 'fifteen-letters\n' }, AWAY);
    expect(line).toMatch(
      /^secrets\/x\/frp-token: should hold a token of at least 16 .* frp\.example\.org is not this host, and has 15\. .*openssl rand/,
    );
    expect(line).not.toContain('fifteen-letters');
    expect(others).toEqual([]);
  });

  it('may have a short token for the embedded server, or one of 16 characters for any', () => {
    expect(problems({ [files.frpToken]: 'short\n' })).toEqual([]);
    expect(problems({ [files.frpToken]: 'a-token-of-16-ch\n' }, AWAY)).toEqual([]);
  });

  it('fail when one is short, and never show it', () => {
    const [line = ''] = problems({ [files.adminPassword]: 'hunter2\n' });
    expect(line).toContain('at least 12 characters, or of at least 4 words, and does not');
    expect(line).not.toContain('hunter2');
  });
});
