import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDotEnv } from '../../scripts/deployment/settings.ts';
import { decodeDotEnv, parseDotEnv } from '../../stacks/settings/dotenv.ts';
import { parseSettings } from '../../stacks/settings/parse.ts';
import { memoryFiles } from '../support/files.ts';

const valuesOf = (text: string): Record<string, string> => {
  const { entries, problems } = parseDotEnv(text);
  expect(problems).toEqual([]);
  return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
};

describe('a line of .env is read as Docker Compose reads it', () => {
  it.each([
    ['a plain value', 'A=8501', '8501'],
    ['an empty value', 'A=', ''],
    ['spaces around the name and the value', '  A = 8501  ', '8501'],
    ['a tab', '\tA=\t8501', '8501'],
    ['a value with spaces', 'A=a b  c', 'a b  c'],
    ['export', 'export A=8501', '8501'],
    ['"=" in a value', 'A=b=c', 'b=c'],
    ['double quotes', 'A="a b"', 'a b'],
    ['single quotes', "A='a b'", 'a b'],
    ['empty quotes', 'A=""', ''],
    ['spaces in quotes', 'A=" a "', ' a '],
    ['quotes within a value', 'A=a"b"\'c\'', 'a"b"\'c\''],
    ['a comment after a value', 'A=b # c', 'b'],
    ['"#" without a space', 'A=b#c', 'b#c'],
    ['a comment alone', 'A= # none', ''],
    ['"#" as the value', 'A=#1', '#1'],
    ['"#" in quotes', 'A="b # c"', 'b # c'],
    ['a comment after quotes', 'A="b" # c', 'b'],
    ['a comment right after quotes', "A='b'# c", 'b'],
    ['an escaped double quote', 'A="a\\"b"', 'a"b'],
    ['an escaped single quote', "A='a\\'b'", "a'b"],
    ['escapes in double quotes', 'A="a\\tb\\\\c"', 'a\tb\\c'],
    ['escapes in single quotes', "A='a\\tb'", 'a\\tb'],
    ['escapes without quotes', 'A=a\\tb', 'a\\tb'],
    ['"$" in single quotes', "A='$HOME'", '$HOME'],
    ['"$" that begins no variable', 'A=a$', 'a$'],
    ['Chinese letters', 'A=/srv/我的 项目', '/srv/我的 项目'],
    ['the other quote in quotes', 'A="it\'s"', "it's"],
  ])('%s', (_, line, value) => {
    expect(valuesOf(line)).toEqual({ A: value });
  });

  it.each(['\n', '\r\n', '\r'])('with %j at its end', (end) => {
    expect(valuesOf(`A=1${end}# c${end}${end}B="2"${end}`)).toEqual({ A: '1', B: '2' });
  });

  it('with the mark of UTF-8 before the first', () => {
    expect(valuesOf('\uFEFFA=1\nB=2')).toEqual({ A: '1', B: '2' });
  });

  it('with its number', () => {
    expect(parseDotEnv('# c\n\nA=1\n').entries).toEqual([{ name: 'A', value: '1', line: 3 }]);
  });

  it('as the example stands, where every setting is commented out', () => {
    expect(valuesOf(readFileSync('.env.example', 'utf8'))).toEqual({});
    const settings = readFileSync('.env.example', 'utf8').replaceAll(/^#(BTCW_)/gm, '$1');
    expect(() => parseSettings({}, settings, memoryFiles({}))).not.toThrow();
  });
});

describe('a line of .env that is not as meant', () => {
  it.each([
    ['BTCW_NGINX_PORT:20501', '"=" should follow the name, not ":"', 'Write BTCW_NGINX_PORT=20501'],
    ['BTCW_NGINX_PORT: 20501', '"=" should follow the name, not ":"', 'Write BTCW_NGINX_PORT=20501'],
    ['BTCW_NGINX_PORT：20501', '"=" should follow the name, not "："', 'Write BTCW_NGINX_PORT=20501'],
    ['BTCW_NGINX_PORT＝20501', '"=" should follow the name, not "＝"', 'Write BTCW_NGINX_PORT=20501'],
    ['BTCW_NGINX_PORT 20501', '"=" is missing after the name', 'Write BTCW_NGINX_PORT=20501'],
    ['BTCW_NGINX_PORT', 'should be NAME=value', 'got "BTCW_NGINX_PORT"'],
    ['=20501', 'should be NAME=value', 'got "=20501"'],
    ['BTCW-NGINX-PORT=20501', 'should be NAME=value', 'got "BTCW-NGINX-PORT=20501"'],
    ['set BTCW_NGINX_PORT=20501', '"=" is missing after the name', 'got "set BTCW_NGINX_PORT=20501"'],
    ['\u200BBTCW_NGINX_PORT=20501', 'should be NAME=value', 'got'],
    ['BTCW_NGINX_PORT="20501', 'the quote " is not closed on its line', 'got ""20501"'],
    ['BTCW_NGINX_PORT="20501" x', 'nothing but a comment should follow the closing quote', 'got "x"'],
    ['BTCW_NGINX_PORT=$PORT', '"$" is not replaced by a variable here', 'got "$PORT"'],
    ['BTCW_NGINX_PORT="$PORT"', '"$" is not replaced by a variable here', 'single quotes'],
  ])('fails when it is %s', (line, rule, more) => {
    const [problem, ...others] = parseDotEnv(`# settings\n${line}\nBTCW_GUARD=off\n`).problems;
    expect(others).toEqual([]);
    expect(problem).toMatch(/^\.env, line 2: /);
    expect(problem).toContain(rule);
    expect(problem).toContain(more);
  });

  it('keeps the lines after it', () => {
    const { entries } = parseDotEnv('BTCW_NGINX_PORT:20501\nBTCW_BACKEND_PORT=1\n');
    expect(entries).toEqual([{ name: 'BTCW_BACKEND_PORT', value: '1', line: 2 }]);
  });

  it('fails when a name is set twice, and names both lines', () => {
    expect(parseDotEnv('A=1\n\nA=1\n').problems).toEqual([
      '.env, line 3: A is set in line 1 already. Keep one of them.',
    ]);
  });
});

const problemsOf = (dotEnv: string, environment: Record<string, string> = {}): string[] => {
  try {
    parseSettings(environment, dotEnv, memoryFiles({}));
  } catch (error) {
    return (error as Error).message.split('\n');
  }
  return [];
};

describe('a name that is no setting', () => {
  it.each([
    ['BTWC_NGINX_PORT', 'did you mean BTCW_NGINX_PORT?'],
    ['btcw_nginx_port', 'did you mean BTCW_NGINX_PORT?'],
    ['NGINX_PORT', 'did you mean BTCW_NGINX_PORT?'],
    ['nginx_port', 'did you mean BTCW_NGINX_PORT?'],
    ['BTCW_PROJCT', 'did you mean BTCW_PROJECT?'],
    ['COMPOSE_PROJECT_NAME', 'see .env.example.'],
    ['PATH', 'see .env.example.'],
    ['BTCW_ENV_FILE', 'see .env.example.'],
  ])('fails when .env has %s', (name, hint) => {
    expect(problemsOf(`\n${name}=20501\n`)).toEqual([
      `.env, line 2: ${name}: is not a setting of this package; ${hint}`,
    ]);
  });

  it('fails when the environment has a setting in small letters', () => {
    expect(problemsOf('', { btcw_nginx_port: '1' })).toEqual([
      'btcw_nginx_port: is not a setting of this package; did you mean BTCW_NGINX_PORT?',
    ]);
  });

  it('is told with all other problems, and nothing of its value', () => {
    const problems = problemsOf('BTCW_GATEWAY:home\nDB_PASSWORD=hunter2\nBTCW_NGINX_PORT=abc\n', {
      BTCW_BACKEND_PORT: '0',
    });
    expect(problems).toEqual([
      '.env, line 1: "=" should follow the name, not ":", got "BTCW_GATEWAY:home". Write BTCW_GATEWAY=home',
      '.env, line 2: DB_PASSWORD: is not a setting of this package; see .env.example.',
      'BTCW_NGINX_PORT: should be a port between 1 and 65535, got "abc". Set it in .env, line 3.',
      'BTCW_BACKEND_PORT: should be a port between 1 and 65535, got "0". Set it in .env or the environment.',
    ]);
  });
});

describe('the file of settings', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'btcw-dotenv-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (name: string, content: string | Uint8Array) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const utf16 = (mark: readonly number[], text: string, swap: boolean) => {
    const bytes = Buffer.from(text, 'utf16le');
    return Buffer.concat([Buffer.from(mark), swap ? bytes.swap16() : bytes]);
  };

  it('may begin with the mark of UTF-8', () => {
    expect(readDotEnv(write('bom', '\uFEFFBTCW_PROJECT=ux\n'))).toMatchObject({
      entries: [{ name: 'BTCW_PROJECT', value: 'ux', line: 1 }],
      problems: [],
    });
  });

  it.each([
    ['UTF-16, little-endian', utf16([0xff, 0xfe], 'A=1\n', false), ': should be UTF-8 text, but is UTF-16'],
    ['UTF-16, big-endian', utf16([0xfe, 0xff], 'A=1\n', true), ': should be UTF-8 text, but is UTF-16'],
    ['UTF-16 without a mark', utf16([], 'A=1\n', false), ': should be UTF-8 text, but has NUL bytes'],
    ['GBK', Buffer.from([0x41, 0x3d, 0x31, 0x0a, 0x23, 0xd6, 0xd0, 0x0a]), ', line 2: is not UTF-8 text'],
  ])('fails when it is %s', (_, bytes, problem) => {
    const result = decodeDotEnv(bytes);
    expect('problem' in result && result.problem).toContain(`.env${problem}`);
    expect(readDotEnv(write('encoded', bytes)).problems).toHaveLength(1);
  });

  it('need not be there, unless it was asked for', () => {
    const missing = join(folder, 'missing');
    expect(readDotEnv(missing)).toEqual({ file: missing, entries: [], problems: [] });
    expect(readDotEnv(missing, true).problems).toEqual([`${missing}: there is no such file.`]);
  });

  it('fails when it is a folder', () => {
    mkdirSync(join(folder, 'folder'));
    expect(readDotEnv(join(folder, 'folder')).problems[0]).toContain('should be a file, but is a folder');
  });

  it.each([
    ['nowhere', 'nothing-here', 'leads nowhere'],
    ['to itself', 'to itself', 'leads to itself'],
  ])('fails when it is a link %s', (name, target, problem) => {
    symlinkSync(target, join(folder, name));
    expect(readDotEnv(join(folder, name)).problems[0]).toContain(problem);
  });

  it('fails when it is a device, without waiting for it', () => {
    expect(readDotEnv('/dev/zero').problems).toEqual(['/dev/zero: should be a file.']);
  });

  it('fails when this user may not read it', () => {
    const path = write('locked', 'A=1\n');
    chmodSync(path, 0o000);
    const isRoot = process.getuid?.() === 0;
    // Root may read everything.
    if (isRoot) process.seteuid?.(65_534);
    const { problems } = readDotEnv(path);
    if (isRoot) process.seteuid?.(0);
    expect(problems[0]).toContain('this user may not read it');
  });
});
