import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import {
  columnsOf,
  type Definitions,
  PAGES,
  renderEnvExample,
  renderSettingsTable,
  renderTable,
  replaceTable,
} from '../../scripts/docs/render.ts';
import { UserError } from '../../stacks/errors.mjs';
import { HIGHEST_MAX_CONNECTIONS, SETTING_NAMES, SETTINGS } from '../../stacks/settings/definitions.ts';
import { parseSettings } from '../../stacks/settings/parse.ts';
import { frpServer, publicUrl } from '../../stacks/topology/urls.ts';
import { memoryFiles } from '../support/files.ts';
import { type Environment, settingsOf, topologyFor } from '../support/topology.ts';

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
    settingsOf(environment, dotEnv);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as Error).message;
  }
  return '';
};

describe('settings', () => {
  it('say in words of their own what a value should be', () => {
    const wrong = [
      '',
      ' ',
      '-1',
      '0',
      '99999999999',
      '127.0.0.1:1',
      '/a,a',
      ',',
      '"',
      'ö\n',
      'x'.repeat(300),
    ];
    z.config({ localeError: () => 'in words of zod' });
    try {
      const said = SETTING_NAMES.flatMap((name) =>
        wrong.flatMap((value) => {
          const { error } = SETTINGS[name].schema.safeParse(value);
          return error?.issues.map(({ message }) => `${name}: ${message}`) ?? [];
        }),
      );
      expect(said.length).toBeGreaterThan(SETTING_NAMES.length);
      expect(said.filter((line) => line.includes('in words of zod'))).toEqual([]);
    } finally {
      z.config(z.locales.en());
    }
  });

  it('have the documented defaults where nothing is set', () => {
    const settings = settingsOf();
    expect(settings.BTCW_PROJECT).toBe('btc-watcher');
    expect(settings.BTCW_GATEWAY).toBeUndefined();
    expect([settings.BTCW_NGINX_PORT, settings.BTCW_BACKEND_PORT, settings.BTCW_FRONTEND_PORT]).toEqual([
      8501, 8000, 3000,
    ]);
    expect(settings.BTCW_FRP_SERVER_ADDR).toBeUndefined();
    expect(settings.BTCW_FRP_REMOTE_PORT).toBe(60001);
  });

  it('come from the environment before .env, and from .env before the defaults', () => {
    const dotEnv = 'BTCW_NGINX_PORT=1111\nBTCW_BACKEND_PORT="2222"\n# BTCW_FRONTEND_PORT=3333\n';
    const settings = settingsOf({ BTCW_NGINX_PORT: '4444' }, dotEnv);
    expect(settings.BTCW_NGINX_PORT).toBe(4444);
    expect(settings.BTCW_BACKEND_PORT).toBe(2222);
    expect(settings.BTCW_FRONTEND_PORT).toBe(3000);
  });

  it('cannot be changed once they are validated', () => {
    const settings = settingsOf();
    expect(() => Object.assign(settings, { BTCW_NGINX_PORT: 1 })).toThrow(TypeError);
  });

  it('take an empty value as not set, as .env.example shows it', () => {
    expect(settingsOf({ BTCW_FRP_SERVER_ADDR: '', BTCW_NGINX_PORT: '' }).BTCW_NGINX_PORT).toBe(8501);
  });

  it('leave other names of the environment alone', () => {
    expect(problemsOf({ PATH: '/bin', HOME: '/home/owner' })).toBe('');
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

describe('a wrong setting is refused with its name, its value and the fix', () => {
  const wrong: [name: string, value: string, rule: RegExp][] = [
    ['BTCW_PROJECT', 'Btc_Watcher', /lower-case/],
    ['BTCW_PROJECT', 'a', /2 to 32/],
    ['BTCW_PROJECT', 'x'.repeat(33), /2 to 32/],
    ['BTCW_GATEWAY', 'docker0', /IPv4/],
    ['BTCW_GATEWAY', '172.17.0.256', /IPv4/],
    ['BTCW_GATEWAY', '127.0.0.1', /address of a Docker bridge/],
    ['BTCW_GATEWAY', '172.17.0.0', /address of a Docker bridge/],
    ['BTCW_GATEWAY', '0.0.0.1', /address of a Docker bridge/],
    ['BTCW_NGINX_BIND', 'localhost', /IPv4/],
    ['BTCW_NGINX_PORT', 'abc', /port between/],
    ['BTCW_NGINX_PORT', '0', /port between/],
    ['BTCW_NGINX_PORT', '65536', /port between/],
    ['BTCW_BACKEND_PORT', '-1', /port between/],
    ['BTCW_FRONTEND_PORT', '3000.5', /port between/],
    ['BTCW_BACKEND_IMAGE', 'my app', /fixed tag/],
    ['BTCW_BACKEND_IMAGE', 'myapp', /fixed tag/],
    ['BTCW_NGINX_IMAGE', 'nginx:latest', /fixed tag/],
    ['BTCW_NGINX_IMAGE', 'nginx', /fixed tag/],
    ['BTCW_BACKEND_CONTEXT', '/nowhere/at/all', /Dockerfile/],
    ['BTCW_BACKEND_ENV_FILE', '/nowhere/app.env', /exists/],
    ['BTCW_BACKEND_HEALTH_PATH', 'health', /begins with/],
    ['BTCW_BACKEND_HEALTH_PATH', '/a b', /begins with/],
    ['BTCW_FRONTEND_MODE', 'prod', /"static" or "dev"/],
    ['BTCW_FRP_SERVER_ADDR', 'http://example.org', /without scheme/],
    ['BTCW_FRP_SERVER_ADDR', 'example.org:7000', /without scheme or port/],
    ['BTCW_FRP_SERVER_ADDR', '256.1.1.1', /host name or an address/],
    ['BTCW_FRP_SERVER_ADDR', '2001:db8::1::2', /host name or an address/],
    ['BTCW_FRP_SERVER_ADDR', '[2001:db8::1]:7000', /without scheme or port/],
    ['BTCW_NGINX_BIND', '::1', /IPv4 address of this host/],
    ['BTCW_BACKEND_ADDRESS', '[::1]:8000', /IPv4 address of this host/],
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
    ['BTCW_MAX_CONNECTIONS', String(HIGHEST_MAX_CONNECTIONS + 1), /number between/],
    ['BTCW_GUARD', 'yes', /"on" or "off"/],
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
    expect(problemsOf({ BTCW_ADMIN_PASSWORD_FILE: file('short', 'abc1234\n') })).toMatch(/at least 12/);
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

  it.each([
    ['BTCW_NGINX_PROT', 'BTCW_NGINX_PORT'],
    ['BTCW_FRP_SERVER_ADRR', 'BTCW_FRP_SERVER_ADDR'],
    ['BTCW_ADMIN_USERS', 'BTCW_ADMIN_USER'],
  ])('fails when %s is set, and names %s', (unknown, likely) => {
    expect(problemsOf({ [unknown]: 'x' })).toBe(
      `${unknown}: is not a setting of this package; did you mean ${likely}?`,
    );
  });

  it('fails when .env has a name that every object has', () => {
    expect(problemsOf({}, 'toString=1')).toContain('toString');
  });

  it('fails when .env has an unknown name that resembles none', () => {
    expect(problemsOf({}, 'BTCW_SOMETHING_ELSE_ENTIRELY=1')).toMatch(/see \.env\.example/);
  });
});

describe('a setting is taken as it is usually written:', () => {
  const DIGEST = `sha256:${'0'.repeat(64)}`;

  it.each(['BTCW_BACKEND_IMAGE', 'BTCW_NGINX_IMAGE'] as const)('%s with a tag and a digest', (name) => {
    expect(settingsOf({ [name]: `hub.example:5000/app:1.2@${DIGEST}` })[name]).toBe(
      `hub.example:5000/app@${DIGEST}`,
    );
    expect(settingsOf({ [name]: `app@${DIGEST}` })[name]).toBe(`app@${DIGEST}`);
  });

  it.each(['2001:db8::1', '[2001:db8::1]'])('an frp server at %s', (address) => {
    const topology = topologyFor({ BTCW_FRP_SERVER_ADDR: address, BTCW_FRP_REMOTE_PORT: '60001' });
    expect([frpServer(topology), publicUrl(topology)]).toEqual([
      '[2001:db8::1]:7000',
      'http://[2001:db8::1]:60001',
    ]);
  });

  it('a path in the home folder', () => {
    vi.stubEnv('HOME', folder);
    const path = file('home-token', 'a-token\n');
    expect(settingsOf({}, 'BTCW_FRP_TOKEN_FILE=~/home-token').BTCW_FRP_TOKEN_FILE).toBe(path);
    vi.unstubAllEnvs();
  });
});

describe('settings that name a path', () => {
  const CERTIFICATE = '-----BEGIN CERTIFICATE-----\n';
  const files = memoryFiles({
    '/home/owner/project/token': { text: 'a-token\n' },
    '/home/owner/project/open': { text: 'a-token\n', mode: 0o640 },
    '/home/owner/project/app/Dockerfile': { text: 'FROM scratch\n', mode: 0o644 },
    '/etc/ca.pem': { text: CERTIFICATE, mode: 0o644 },
  });

  it('are checked against the files they are given, and become absolute', () => {
    const settings = parseSettings(
      { BTCW_FRP_TOKEN_FILE: 'token', BTCW_BACKEND_CONTEXT: 'app', BTCW_FRP_TLS_CA_FILE: '/etc/ca.pem' },
      '',
      files,
    );
    expect(settings.BTCW_FRP_TOKEN_FILE).toBe('/home/owner/project/token');
    expect(settings.BTCW_BACKEND_CONTEXT).toBe('/home/owner/project/app');
    expect(settings.BTCW_FRP_TLS_CA_FILE).toBe('/etc/ca.pem');
    expect(settings.BTCW_ADMIN_PASSWORD_FILE).toBeUndefined();
  });

  it.each([
    [
      'BTCW_FRP_TOKEN_FILE',
      'missing',
      'should exist, and should hold one line with the token, as UTF-8 text',
    ],
    ['BTCW_FRP_TOKEN_FILE', 'open', 'should be a file only you can read (chmod 600)'],
    [
      'BTCW_ADMIN_PASSWORD_FILE',
      'token',
      'should hold one line of at least 12 characters, or of at least 4 words: write such a password into the file; until the next deploy the old one stays valid',
    ],
    ['BTCW_BACKEND_ENV_FILE', 'app', 'should be a file that exists'],
    ['BTCW_BACKEND_ENV_FILE', 'open', 'should be a file only you can read (chmod 600)'],
    ['BTCW_FRONTEND_CONTEXT', 'other', 'should be a folder with a Dockerfile'],
    ['BTCW_FRP_TLS_CA_FILE', 'token', 'should be a PEM file with a certificate'],
  ])('fails when %s is "%s", with the path as it was written', (name, path, rule) => {
    expect(() => parseSettings({ [name]: path }, '', files)).toThrow(
      new UserError(`${name}: ${rule}, got "${path}". Set it in .env or the environment.`),
    );
  });

  it.each([
    ['a token with a mark of UTF-8 and the ends of lines of Windows', 'TOKEN', '\uFEFFtoken\r\n', true],
    ['a token in two lines', 'TOKEN', 'one\ntwo\n', false],
    ['a token in UTF-16', 'TOKEN', 't\0o\0k\0', false],
    ['an account', 'ACCOUNT', '\uFEFFuser = "me"\r\nmetadatas.token = "of mine"\r\n', true],
    ['an account as a table', 'ACCOUNT', 'user = "me"\n[metadatas]\ntoken = "of mine"\n', true],
    ['an account with what has a setting', 'ACCOUNT', 'user = "me"\nserverPort = 7001\n', false],
    ['an account that says nothing', 'ACCOUNT', '# none\n', false],
    ['an account that is no TOML', 'ACCOUNT', 'user: me\n', false],
  ])('take, or not, %s', (_, what, text, isTaken) => {
    const disk = memoryFiles({ '/home/owner/project/frp': { text } });
    const read = () => parseSettings({ [`BTCW_FRP_${what}_FILE`]: 'frp' }, '', disk);
    if (isTaken) expect(read).not.toThrow();
    else expect(read).toThrow(`BTCW_FRP_${what}_FILE: should hold`);
  });

  it.each([
    ['10.0.0.0/8, 2001:db8::1,127.0.0.1', ['10.0.0.0/8', '2001:db8::1', '127.0.0.1']],
    ['', []],
  ])('has the proxies in front that "%s" names', (text, addresses) => {
    expect(settingsOf({ BTCW_TRUSTED_FRONTS: text }).BTCW_TRUSTED_FRONTS).toEqual(addresses);
  });

  it.each(['proxy.example', '10.0.0.0/33', '300.0.0.1'])('fails when a proxy in front is %s', (text) => {
    expect(() => settingsOf({ BTCW_TRUSTED_FRONTS: text })).toThrow('should be addresses or networks');
  });

  it('has no other protocol with the embedded frp server', () => {
    expect(() => settingsOf({ BTCW_FRP_PROTOCOL: 'quic' })).toThrow('without BTCW_FRP_SERVER_ADDR');
    expect(() => settingsOf({ BTCW_FRP_PROTOCOL: 'quic', BTCW_FRP_SERVER_ADDR: '192.0.2.1' })).not.toThrow();
  });

  it('shows no password and no key of an address', () => {
    const wrong = () =>
      parseSettings({ BTCW_PRICE_FEED_URL: 'wss://me:hush@example.org/ws?key=hush' }, '', files);
    expect(wrong).toThrow(/without a user and a password, got "wss:\/\/…@example\.org\/ws\?…"/);
    expect(wrong).not.toThrow(/hush/);
  });

  it('are told with the other problems', () => {
    const environment = { BTCW_FRP_TOKEN_FILE: 'missing', BTCW_NGINX_PORT: 'abc' };
    expect(() => parseSettings(environment, '', files)).toThrow(
      /^BTCW_NGINX_PORT: .*\nBTCW_FRP_TOKEN_FILE: .*$/,
    );
  });
});

describe("the port of the tunnel's client at nginx", () => {
  const portFor = (environment: Environment) => settingsOf(environment).BTCW_FRP_LOCAL_PORT;

  it('is five above that of nginx, or the next that no other setting has', () => {
    expect(portFor({})).toBe(8506);
    expect(portFor({ BTCW_NGINX_PORT: '9000' })).toBe(9005);
    const inARow = { BTCW_NGINX_PORT: '9000', BTCW_BACKEND_PORT: '9001', BTCW_FRONTEND_PORT: '9002' };
    expect(portFor({ ...inARow, BTCW_FRP_SERVER_PORT: '9003', BTCW_FRP_REMOTE_PORT: '9004' })).toBe(9005);
    expect(portFor({ BTCW_NGINX_PORT: '9000', BTCW_FRONTEND_PORT: '9005' })).toBe(9006);
  });

  it('is below it where there is none above, and the one that is set', () => {
    expect(portFor({ BTCW_NGINX_PORT: '65535' })).toBe(65534);
    expect(portFor({ BTCW_FRP_LOCAL_PORT: '9100' })).toBe(9100);
  });
});

describe('the documentation of the settings', () => {
  const definition = (fields: Partial<Definitions[string]>): Definitions[string] => ({
    ...SETTINGS.BTCW_NGINX_PORT,
    ...fields,
  });
  const definitions: Definitions = {
    BTCW_LIMIT: definition({ group: 'limits', default: '7', en: 'days', zh: '天数' }),
    BTCW_NAME: definition({ group: 'deployment', default: '', en: 'a | b', zh: '名称：甲' }),
  };

  it.each(PAGES)('in $file is what the definitions say', ({ file, render }) => {
    const current = readFileSync(file, 'utf8');
    expect(current, `${file} is stale. Run: npm run docs`).toBe(render(current));
  });

  it('in .env.example has each setting under the heading of its group, commented out', () => {
    const text = renderEnvExample(definitions);
    expect(text).toContain('# ---- The deployment ----\n\n# a | b\n#BTCW_NAME=\n\n# ---- ');
    expect(text.endsWith('# ---- Limits ----\n\n# days\n#BTCW_LIMIT=7\n')).toBe(true);
  });

  it('leaves no setting out', () => {
    const names = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name);
    const example = names(renderEnvExample(SETTINGS), /^#(BTCW_\w+)=/gm);
    expect(example.toSorted()).toEqual(SETTING_NAMES.toSorted());
    expect(names(renderSettingsTable(SETTINGS, 'zh'), /^\| `(BTCW_\w+)`/gm)).toEqual(SETTING_NAMES);
  });

  it('is a table whose columns line up, a Chinese character being two columns wide', () => {
    const table = renderSettingsTable(definitions, 'zh');
    expect(table.split('\n')).toEqual([
      '| 设置         | 默认 | 含义     |',
      '| ------------ | ---- | -------- |',
      '| `BTCW_LIMIT` | `7`  | 天数     |',
      '| `BTCW_NAME`  |      | 名称：甲 |',
    ]);
    expect(new Set(table.split('\n').map(columnsOf)).size).toBe(1);
    expect(renderTable([['a | b'], ['c']])).toBe('| a \\| b |\n| ------ |\n| c      |');
  });

  const [BEGIN, END] = ['<!-- settings: written by npm run docs -->', '<!-- /settings -->'];
  it('replaces what is between the marks of a page, and nothing else', () => {
    const page = `before\n${BEGIN}\nold\n${END}\nafter\n`;
    expect(replaceTable(page, 'new')).toBe(`before\n${BEGIN}\n\nnew\n\n${END}\nafter\n`);
  });

  it.each([
    ['no mark', 'text'],
    ['one mark', BEGIN],
    ['its marks in the wrong order', `${END}${BEGIN}`],
    ['a mark twice', `${BEGIN}${END}${BEGIN}${END}`],
  ])('fails when a page has %s', (_, page) => {
    expect(() => replaceTable(page, 'new')).toThrow(/once each/);
  });
});
