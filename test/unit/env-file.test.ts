// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's variables are written so
import { describe, expect, it } from 'vitest';
import { parseEnvFile } from '../../stacks/settings/env-file.ts';
import { isPlaceholder } from '../../stacks/settings/placeholders.ts';

/** What the environment has. */
const OUTSIDE: Readonly<Record<string, string>> = { OUT: 'outside', NONE: '' };
const read = (text: string) => parseEnvFile(text, 'app.env', (name) => OUTSIDE[name]);

/**
 * What `docker compose` hands to a container for each file: each row was given to its own reader, dotenv of compose-go
 * 2.16.2, with the same environment.
 */
const COMPOSE: readonly (readonly [text: string, variables: Readonly<Record<string, string>>])[] = [
  ['A=1', { A: '1' }],
  ['A=1\nB=2\n', { A: '1', B: '2' }],
  ['A=', { A: '' }],
  ['A=\nB=2', { A: '', B: '2' }],
  ['A=1\nA=2', { A: '2' }],
  ['\n\n  # comment\n\nA=1', { A: '1' }],
  ['\uFEFFA=1', { A: '1' }],
  ['A=1\r\nB=2\r\n', { A: '1', B: '2' }],
  ['export A=1', { A: '1' }],
  ['export\tA=1', { A: '1' }],
  ['exportA=1', { exportA: '1' }],
  ['A: 1', { A: '1' }],
  ['A:b=c', { A: 'b=c' }],
  ['  A  =  1  ', { A: '1' }],
  ['A=b=c==', { A: 'b=c==' }],
  ['A=a b  c', { A: 'a b  c' }],
  ['A=http://x:8000/y?z=1#top', { A: 'http://x:8000/y?z=1#top' }],
  ['A=1 # comment', { A: '1' }],
  ['A=1#none', { A: '1#none' }],
  ['A=1\t# none', { A: '1\t# none' }],
  ['A= # none', { A: '# none' }],
  ['A=["a","b"]', { A: '["a","b"]' }],
  ['A={"a": 1}', { A: '{"a": 1}' }],
  ['A=it\'s "so"', { A: 'it\'s "so"' }],
  ['A=a\\nb\\', { A: 'a\\nb\\' }],
  ['A="b" # comment', { A: 'b' }],
  ["A='b'# comment", { A: 'b' }],
  ['A="  b  "', { A: '  b  ' }],
  ['A=""', { A: '' }],
  ["A=''", { A: '' }],
  ['A="b # c"', { A: 'b # c' }],
  ['A="it\'s"', { A: "it's" }],
  ['A=\'say "x"\'', { A: 'say "x"' }],
  ['A="a\\"b"', { A: 'a"b' }],
  ["A='a\\'b'", { A: "a'b" }],
  ['A="a\\nb\\tc\\rd\\\\e"', { A: 'a\nb\tc\rd\\e' }],
  ["A='a\\nb\\\\c'", { A: 'a\\nb\\\\c' }],
  ['A="\\a\\b\\f\\v\\x"', { A: '\x07\b\f\v\\x' }],
  ['A="\\0101"', { A: 'A' }],
  ['A="a\nb\n\nc"\nB=1', { A: 'a\nb\n\nc', B: '1' }],
  ["A='a\r\nb'", { A: 'a\r\nb' }],
  [
    'A="-----BEGIN KEY-----\nabc=\n-----END KEY-----\n"',
    { A: '-----BEGIN KEY-----\nabc=\n-----END KEY-----\n' },
  ],
  ['A=中文 ✓', { A: '中文 ✓' }],
  ['OUT\nMISSING\nB=1', { OUT: 'outside', B: '1' }],
  ['export OUT\n', { OUT: 'outside' }],
  ['OUT=own', { OUT: 'own' }],
  ['A=1\nB=$A-${A}', { A: '1', B: '1-1' }],
  ['A=1\nB="$A ${A}"', { A: '1', B: '1 1' }],
  ["A=1\nB='$A ${A}'", { A: '1', B: '$A ${A}' }],
  ['OUT=own\nB=$OUT', { OUT: 'own', B: 'outside' }],
  ['A=${MISSING}', { A: '' }],
  ['A=${MISSING:-d}${NONE:-e}${NONE-f}${OUT:-g}', { A: 'deoutside' }],
  ['A=${MISSING-d}', { A: 'd' }],
  ['A=${MISSING:-${OUT}/x}', { A: 'outside/x' }],
  ['A=${MISSING:-a b}', { A: 'a b' }],
  ['A=${OUT:+set}${NONE:+set}${NONE+there}${MISSING+there}', { A: 'setthere' }],
  ['A=${OUT:?needed}', { A: 'outside' }],
  ['A=$$x $${y}', { A: '$x ${y}' }],
  ['A=100$ $5 $', { A: '100$ $5 $' }],
  ['A="a\\$b"', { A: 'a$b' }],
  ['A=p@ss/w:rd#1%$', { A: 'p@ss/w:rd#1%$' }],
];

describe('an environment file', () => {
  it.each(COMPOSE)('%j is read as Docker Compose reads it', (text, variables) => {
    const { entries, problems } = read(text);
    expect(problems).toEqual([]);
    expect(Object.fromEntries(entries.map(({ name, value }) => [name, value]))).toEqual(variables);
  });

  it.each([
    ['A=1\nhunter2 is it', 2, 'should be NAME=value'],
    ['A=1\n\n1A=2', 3, 'should be NAME=value'],
    // Compose would hand over variables that no shell can export.
    ['my.name=1', 1, 'with a name of letters, digits and "_"'],
    ['A="open\nB=2', 1, 'the quote " of A is not closed'],
    ["\nA='open", 2, "the quote ' of A is not closed"],
    ['A="b" c', 1, 'nothing but a comment should follow the closing quote of A'],
    ['A="b\nc" d\nB=1', 1, 'nothing but a comment should follow'],
    ['A=${MISSING:?ask the admin}', 1, 'A needs the variable MISSING, which is not set: ask the admin'],
    ['A=${NONE:?}', 1, 'A needs the variable NONE, which is empty'],
    ['A=${OUT', 1, 'A has a brace that is not closed'],
    ['A=${OUT/x/y}', 1, 'A should have "-", "?" or "+" after the name'],
    ['A=${}', 1, 'A should have the name of a variable in the braces'],
  ])('fails for %j by line %i', (text, line, problem) => {
    const { problems } = read(text);
    expect(problems[0]).toMatch(new RegExp(`^app\\.env, line ${line}: `));
    expect(problems[0]).toContain(problem);
    expect(problems.join()).not.toContain('hunter2');
  });

  it('tells what it takes from outside, and what nothing sets', () => {
    expect(read('A=$OUT\nB=$A$MISSING')).toMatchObject({
      asked: ['OUT', 'A', 'MISSING'],
      unset: ['MISSING'],
    });
  });
});

describe('a placeholder', () => {
  it.each([
    ['SECRET_KEY', 'your-secret-key-change-this-in-production'],
    ['JWT_SECRET_KEY', 'dev-key-change-in-production'],
    ['JWT_SECRET', 'change-this'],
    ['POSTGRES_PASSWORD', 'changeme'],
    ['ADMIN_PASSWORD', 'CHANGE_ME!'],
    ['DB_PASSWORD', 'password'],
    ['APP_SECRET', 'secret'],
    ['TELEGRAM_TOKEN', 'your_telegram_token'],
    ['BINANCE_API_KEY', '<api key>'],
    ['API_KEY', 'xxxx'],
    ['SECRET_KEY', 'example'],
    ['SECRET_KEY', 'my-secret-key'],
    ['ENCRYPTION_KEY', 'replace-with-openssl-rand'],
  ])('of %s is %j', (name, value) => {
    expect(isPlaceholder(name, value)).toBe(true);
  });

  it.each([
    ['SECRET_KEY', 'kq3G0l7d9b'],
    ['SECRET_KEY', ''],
    ['DB_PASSWORD', 'correct horse battery staple'],
    ['DB_PASSWORD', 'password-of-a-kind'],
    ['ACCESS_TOKEN_EXPIRE_MINUTES', '30'],
    ['PROJECT_NAME', 'example'],
    ['SECRET_NAME_PREFIX', 'x'],
    ['KEYBOARD', 'change-this'],
    ['TITLE', 'your site'],
    ['TOKEN_URL', '/api/v1/auth/login'],
  ])('is not what %s=%j has', (name, value) => {
    expect(isPlaceholder(name, value)).toBe(false);
  });
});
