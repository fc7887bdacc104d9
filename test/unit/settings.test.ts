import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSettings, SETTINGS } from '../../stacks/settings.ts';

let folder: string;
const file = (name: string, content: string, mode = 0o600) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'btcw-settings-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const problemsOf = (environment: Record<string, string>, dotEnv = ''): string => {
  try {
    parseSettings(environment, dotEnv);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('settings', () => {
  it('have the documented defaults where nothing is set', () => {
    const settings = parseSettings({}, '');
    expect(settings.BTCW_PROJECT).toBe('btc-watcher');
    expect(settings.BTCW_GATEWAY).toBe('172.17.0.1');
    expect([settings.BTCW_NGINX_PORT, settings.BTCW_BACKEND_PORT, settings.BTCW_FRONTEND_PORT]).toEqual([
      8501, 8000, 3000,
    ]);
    expect(settings.BTCW_FRP_SERVER_ADDR).toBeUndefined();
    expect(settings.BTCW_FRP_REMOTE_PORT).toBe(60001);
  });

  it('come from the environment before .env, and from .env before the defaults', () => {
    const dotEnv = 'BTCW_NGINX_PORT=1111\nBTCW_BACKEND_PORT="2222"\n# BTCW_FRONTEND_PORT=3333\n';
    const settings = parseSettings({ BTCW_NGINX_PORT: '4444' }, dotEnv);
    expect(settings.BTCW_NGINX_PORT).toBe(4444);
    expect(settings.BTCW_BACKEND_PORT).toBe(2222);
    expect(settings.BTCW_FRONTEND_PORT).toBe(3000);
  });

  it('cannot be changed once they are validated', () => {
    const settings = parseSettings({}, '');
    expect(() => Object.assign(settings, { BTCW_NGINX_PORT: 1 })).toThrow(TypeError);
  });

  it('take an empty value as not set, as .env.example shows it', () => {
    expect(parseSettings({ BTCW_FRP_SERVER_ADDR: '', BTCW_NGINX_PORT: '' }, '').BTCW_NGINX_PORT).toBe(8501);
  });

  it('leave other names of the environment alone', () => {
    expect(problemsOf({ PATH: '/bin', HOME: '/root' })).toBe('');
  });

  it('tell all problems at once, one on each line', () => {
    const problems = problemsOf({ BTCW_NGINX_PORT: 'abc', BTCW_GATEWAY: 'home', BTCW_PROJCT: 'x' }).split(
      '\n',
    );
    expect(problems).toHaveLength(3);
    expect(problems).toContain(
      'BTCW_NGINX_PORT: should be a port between 1 and 65535, got "abc". Set it in .env or the environment.',
    );
  });
});

describe('a wrong setting is refused, with its name, its value and the fix', () => {
  const wrong: [name: string, value: string, rule: RegExp][] = [
    ['BTCW_PROJECT', 'Btc_Watcher', /lower-case/],
    ['BTCW_PROJECT', 'a', /2 to 32/],
    ['BTCW_PROJECT', 'x'.repeat(33), /2 to 32/],
    ['BTCW_GATEWAY', 'docker0', /IPv4/],
    ['BTCW_GATEWAY', '172.17.0.256', /IPv4/],
    ['BTCW_GATEWAY', '127.0.0.1', /gateway/],
    ['BTCW_GATEWAY', '172.17.0.0', /gateway/],
    ['BTCW_GATEWAY', '0.0.0.1', /gateway/],
    ['BTCW_NGINX_BIND', 'localhost', /IPv4/],
    ['BTCW_NGINX_PORT', 'abc', /port between/],
    ['BTCW_NGINX_PORT', '0', /port between/],
    ['BTCW_NGINX_PORT', '65536', /port between/],
    ['BTCW_BACKEND_PORT', '-1', /port between/],
    ['BTCW_FRONTEND_PORT', '3000.5', /port between/],
    ['BTCW_BACKEND_IMAGE', 'my app', /fixed tag/],
    ['BTCW_BACKEND_IMAGE', 'myapp', /fixed tag/],
    ['BTCW_FRONTEND_IMAGE', 'myapp:latest', /fixed tag/],
    ['BTCW_NGINX_IMAGE', 'nginx', /fixed tag/],
    ['BTCW_BACKEND_CONTEXT', '/nowhere/at/all', /Dockerfile/],
    ['BTCW_BACKEND_ENV_FILE', '/nowhere/app.env', /exists/],
    ['BTCW_BACKEND_HEALTH_PATH', 'health', /begins with/],
    ['BTCW_BACKEND_HEALTH_PATH', '/a b', /begins with/],
    ['BTCW_FRONTEND_MODE', 'prod', /"static" or "dev"/],
    ['BTCW_FRP_SERVER_ADDR', 'http://example.org', /without scheme/],
    ['BTCW_FRP_SERVER_ADDR', 'example.org:7000', /without scheme or port/],
    ['BTCW_FRP_SERVER_PORT', 'seven', /port between/],
    ['BTCW_FRP_PROXY_NAME', 'freq service', /letters, digits/],
    ['BTCW_FRP_REMOTE_PORT', '99999', /port between/],
    ['BTCW_FRP_TOKEN_FILE', '/nowhere/token', /exist/],
    ['BTCW_FRP_TLS_CA_FILE', '/nowhere/ca.pem', /PEM/],
    ['BTCW_ADMIN_USER', 'ad min', /letters, digits/],
    ['BTCW_ADMIN_PASSWORD_FILE', '/nowhere/password', /exist/],
    ['BTCW_PRICE_FEED_URL', 'https://example.org', /ws:\/\//],
    ['BTCW_LOG_MAX_SIZE', '10 MB', /size such as/],
    ['BTCW_LOG_KEEP_DAYS', 'week', /number of days/],
    ['BTCW_LOG_KEEP_DAYS', '0', /number of days/],
    ['BTCW_LOG_KEEP_DAYS', '366', /number of days/],
    ['BTCW_MAX_CONNECTIONS', 'many', /number between/],
    ['BTCW_MAX_CONNECTIONS', '0', /number between/],
  ];
  it.each(wrong)('fails when %s is "%s"', (name, value, rule) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toMatch(rule);
    expect(problems).toContain(`${name}: `);
    expect(problems).toContain(`got "${value}"`);
    expect(problems.split('\n')).toHaveLength(1);
  });

  it('fails when a token file is empty', () => {
    const path = file('empty', '\n');
    expect(problemsOf({ BTCW_FRP_TOKEN_FILE: path })).toMatch(/one line with the token/);
  });

  it('fails when a token file has more than one line', () => {
    const path = file('two-lines', 'one\ntwo\n');
    expect(problemsOf({ BTCW_FRP_TOKEN_FILE: path })).toMatch(/one line with the token/);
  });

  it('fails when others can read a secret, and takes it once they cannot', () => {
    const path = file('open-token', 'secret-token\n', 0o644);
    expect(problemsOf({ BTCW_FRP_TOKEN_FILE: path })).toMatch(/chmod 600/);
    chmodSync(path, 0o600);
    expect(problemsOf({ BTCW_FRP_TOKEN_FILE: path })).toBe('');
  });

  it('fails when a password is short', () => {
    expect(problemsOf({ BTCW_ADMIN_PASSWORD_FILE: file('short', 'abc1234\n') })).toMatch(/at least 8/);
  });

  it('never shows what is in a secret file', () => {
    const path = file('shown', 'hunter2\nhunter3\n', 0o644);
    expect(problemsOf({ BTCW_ADMIN_PASSWORD_FILE: path })).not.toMatch(/hunter/);
  });

  it('fails when the CA file has no certificate', () => {
    expect(problemsOf({ BTCW_FRP_TLS_CA_FILE: file('ca.pem', 'not a certificate') })).toMatch(/PEM/);
  });

  it('fails when a build context has no Dockerfile', () => {
    mkdirSync(join(folder, 'context'));
    expect(problemsOf({ BTCW_FRONTEND_CONTEXT: join(folder, 'context') })).toMatch(/Dockerfile/);
  });

  it.each(['BACKEND', 'FRONTEND'])('fails when both an image and a context are given for the %s', (part) => {
    file('Dockerfile', 'FROM scratch\n');
    const problems = problemsOf({ [`BTCW_${part}_IMAGE`]: 'app:1', [`BTCW_${part}_CONTEXT`]: folder });
    expect(problems).toMatch(`BTCW_${part}_CONTEXT: should not be set together with BTCW_${part}_IMAGE`);
  });

  it('fails when dev mode is asked for with an image of the user', () => {
    expect(problemsOf({ BTCW_FRONTEND_MODE: 'dev', BTCW_FRONTEND_IMAGE: 'app:1' })).toMatch(
      /image of your own/,
    );
  });

  it('fails when days are set for the log file that an frpc image of the user does not write', () => {
    expect(problemsOf({ BTCW_FRPC_IMAGE: 'frpc:1', BTCW_LOG_KEEP_DAYS: '7' })).toMatch(
      /BTCW_LOG_KEEP_DAYS: should not be set together with BTCW_FRPC_IMAGE/,
    );
    expect(problemsOf({ BTCW_FRPC_IMAGE: 'frpc:1' })).toBe('');
    expect(problemsOf({ BTCW_LOG_KEEP_DAYS: '7' })).toBe('');
  });

  it('fails when two ports are the same', () => {
    expect(problemsOf({ BTCW_BACKEND_PORT: '8501' })).toMatch(
      /BTCW_BACKEND_PORT: should differ from BTCW_NGINX_PORT/,
    );
  });

  it("fails when a port is the embedded server's, but not with a server elsewhere", () => {
    expect(problemsOf({ BTCW_BACKEND_PORT: '7000' })).toMatch(/should differ/);
    expect(problemsOf({ BTCW_BACKEND_PORT: '7000', BTCW_FRP_SERVER_ADDR: 'frp.example.org' })).toBe('');
  });

  it.each([
    ['BTCW_NGINX_PROT', 'BTCW_NGINX_PORT'],
    ['BTCW_FRP_SERVER_ADRR', 'BTCW_FRP_SERVER_ADDR'],
    ['BTCW_ADMIN_USERS', 'BTCW_ADMIN_USER'],
  ])('fails when %s is set, and names %s', (unknown, likely) => {
    expect(problemsOf({ [unknown]: 'x' })).toBe(
      `${unknown}: is not a setting of this package; did you mean ${likely}?`,
    );
  });

  it('fails when .env has an unknown name that resembles none', () => {
    expect(problemsOf({}, 'BTCW_SOMETHING_ELSE_ENTIRELY=1')).toMatch(/see \.env\.example/);
  });
});

describe('.env.example and the tables of both READMEs', () => {
  const names = Object.keys(SETTINGS).sort();

  it('.env.example names every setting once, with its default', () => {
    const lines = readFileSync('.env.example', 'utf8')
      .split('\n')
      .filter((line) => /^#?BTCW_/.test(line));
    const given = Object.fromEntries(
      lines.map((line) => line.replace(/^#/, '').split('=') as [string, string]),
    );
    expect(lines).toHaveLength(names.length);
    expect(given).toEqual(
      Object.fromEntries(Object.entries(SETTINGS).map(([name, { default: value }]) => [name, value])),
    );
  });

  it('.env.example explains every setting in the words of its definition', () => {
    const text = readFileSync('.env.example', 'utf8');
    for (const { doc } of Object.values(SETTINGS)) expect(text).toContain(`# ${doc}\n`);
  });

  it.each(['README.md', 'README.zh-CN.md'])('%s lists exactly the settings there are', (readme) => {
    const listed = [...readFileSync(readme, 'utf8').matchAll(/^\| `(BTCW_\w+)`\s*\|/gm)].map(
      (match) => match[1],
    );
    expect(listed.sort()).toEqual(names);
  });
});
