import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { intentOf, unknownOption } from '../../scripts/bootstrap/argv.mjs';
import { program } from '../../scripts/cli.ts';
import { COMMANDS_PAGE } from '../../scripts/docs/commands.ts';
import { completionFor } from '../../scripts/lib/completion.ts';
import { commandLine, commandsOf } from '../../scripts/lib/program.ts';
import { hasColour } from '../../scripts/lib/report.ts';

/** What npm 11 sets besides, whatever the flags are. */
const ALWAYS = { npm_config_yes: '', npm_config_audit: '', npm_config_loglevel: 'notice' };

/** A command line as `npm run` starts it. */
const underNpm = (
  [command = '', ...rest]: readonly string[],
  env: Record<string, string>,
  lifecycle = command,
): string[] =>
  commandLine(program, [command, ...rest], { ...ALWAYS, npm_lifecycle_event: lifecycle, ...env });

describe('a flag that npm took', () => {
  it.each([
    ['deploy --dry-run', ['deploy'], { dry_run: 'true' }, ['--dry-run']],
    ['up --dry-run', ['up'], { dry_run: 'true' }, ['--dry-run']],
    ['rebuild --dry-run', ['rebuild'], { dry_run: 'true' }, ['--dry-run']],
    ['rollback --dry-run', ['rollback'], { dry_run: 'true' }, ['--dry-run']],
    ['destroy --dry-run', ['destroy'], { dry_run: 'true' }, ['--dry-run']],
    ['destroy --yes --volumes', ['destroy'], { yes: 'true', volumes: 'true' }, ['--yes', '--volumes']],
    ['deploy --json', ['deploy'], { json: 'true' }, ['--json']],
    ['deploy --rollback-on-failure', ['deploy'], { rollback_on_failure: 'true' }, ['--rollback-on-failure']],
    ['status --watch', ['status'], { watch: 'true' }, ['--watch']],
    ['status --svg=x.svg', ['status'], { svg: 'x.svg' }, ['--svg=x.svg']],
    ['logs --follow', ['logs'], { follow: 'true' }, ['--follow']],
    ['logs -f', ['logs'], { force: 'true' }, ['--follow']],
    ['logs --tail=2', ['logs'], { tail: '2' }, ['--tail=2']],
    ['logs nginx --since=10m', ['logs', 'nginx'], { since: '10m' }, ['--since=10m', 'nginx']],
    ['verify --soak=90s', ['verify'], { soak: '90s' }, ['--soak=90s']],
    [
      'verify --url=U --user=bob --password-file=f',
      ['verify'],
      { url: 'http://h:1', user: 'bob', password_file: 'f' },
      ['--url=http://h:1', '--user=bob', '--password-file=f'],
    ],
    ['doctor --token abc, npm 11', ['doctor'], { token_description: 'abc' }, ['--token=abc']],
    ['doctor --token=abc, npm 10', ['doctor'], { token: 'abc' }, ['--token=abc']],
    ['doctor --verbose', ['doctor'], { loglevel: 'verbose' }, ['--verbose']],
    [
      'images frontend --reference',
      ['images', 'frontend'],
      { reference: 'true' },
      ['--reference', 'frontend'],
    ],
    ['status --no-color', ['status'], { color: '' }, ['--no-color']],
    ['status --project=ux', ['status'], { project: 'ux' }, ['--project=ux']],
    ['deploy --json=false', ['deploy'], { json: '' }, []],
    ['deploy with nothing', ['deploy'], {}, []],
    ['deploy -- --dry-run', ['deploy', '--dry-run'], {}, ['--dry-run']],
    ['logs --tail=3 -- --tail 2', ['logs', '--tail', '2'], { tail: '3' }, ['--tail', '2']],
  ])('is given to the command: npm run %s', (_, argv, flags, expected) => {
    const env = Object.fromEntries(Object.entries(flags).map(([name, is]) => [`npm_config_${name}`, is]));
    expect(underNpm(argv, env)).toEqual([argv[0], ...expected]);
  });

  it.each([
    ['logs', ['2'], { tail: 'true' }, '--tail', 'npm run logs -- --tail 2'],
    ['logs', ['10m'], { since: 'true' }, '--since', 'npm run logs -- --since 10m'],
    ['logs', ['nginx', '2'], { tail: 'true' }, '--tail', 'npm run logs -- --tail LINES'],
    ['logs', ['2'], { tail: 'true', follow: 'true' }, '--tail', 'npm run logs -- --tail 2 --follow'],
    ['verify', ['5s'], { soak: 'true' }, '--soak', 'npm run verify -- --soak 5s'],
    ['verify', ['http://h:1'], { url: 'true' }, '--url', 'npm run verify -- --url http://h:1'],
    [
      'verify',
      ['u', 'bob'],
      { url: 'true', user: 'true' },
      '--url and --user',
      'npm run verify -- --url ADDRESS --user NAME',
    ],
    ['verify', ['f'], { password_file: 'true' }, '--password-file', 'npm run verify -- --password-file f'],
    ['doctor', ['abc'], { token: 'true' }, '--token', 'npm run doctor -- --token abc'],
    ['status', ['my file'], { svg: 'true' }, '--svg', "npm run status -- --svg 'my file'"],
    ['deploy', [], { env_file: 'true' }, '--env-file', 'npm run deploy -- --env-file FILE'],
  ])('fails without its value, and names the right call: %s %j %j', (command, args, flags, flag, call) => {
    const env = Object.fromEntries(Object.entries(flags).map(([name, is]) => [`npm_config_${name}`, is]));
    expect(() => underNpm([command, ...args], env)).toThrow(
      `npm keeps ${flag} for itself, without the value.\n  Fix: ${call}`,
    );
  });

  it('means nothing to a command that npm did not start', () => {
    expect(underNpm(['destroy'], { npm_config_yes: 'true' }, 'test')).toEqual(['destroy']);
    expect(commandLine(program, ['deploy'], { npm_config_dry_run: 'true' })).toEqual(['deploy']);
  });
});

describe('what is known of a command line before packages are installed', () => {
  it.each([
    [['up'], { command: 'up', help: false, version: false, dryRun: false }],
    [['up', '--help'], { command: 'up', help: true }],
    [['up', '-h'], { command: 'up', help: true }],
    [[], { command: '', help: true }],
    [['help'], { help: true }],
    [['--version'], { version: true }],
    [['up', '-V'], { version: true }],
    [['up', '--dry-run'], { dryRun: true }],
    [['--project', 'ux', 'up', '-q'], { command: 'up', quiet: true }],
    [['--env-file', 'up', 'status'], { command: 'status' }],
  ])('%j', (argv, intent) => {
    expect(intentOf(argv, {})).toMatchObject(intent);
  });

  it('is a dry run where npm took the flag of this command', () => {
    const env = { npm_config_dry_run: 'true' };
    expect(intentOf(['up'], { ...env, npm_lifecycle_event: 'up' }).dryRun).toBe(true);
    expect(intentOf(['up'], { ...env, npm_lifecycle_event: 'test' }).dryRun).toBe(false);
  });

  it('is what exec is asked for, and not what the command that it runs is', () => {
    const words = ['exec', '--project', 'x', 'backend', 'ls', '--help', '-q', '--json'];
    expect(intentOf(words, {})).toMatchObject({ command: 'exec', help: false, quiet: false });
    expect(intentOf(['exec', '--help'], {}).help).toBe(true);
    const line = ['exec', '--project', 'x', 'backend', '--', 'ls', '--help', '-q', '--json'];
    expect(commandLine(program, words, {})).toEqual(line);
    expect(commandLine(program, line, {})).toEqual(line);
  });

  it('is whether all of its options are there', () => {
    const help = '  --env-file <file>  read\n  -q, --quiet  print';
    expect(unknownOption(['up', '--env-file=x', '-q', '--quiet'], help)).toBeUndefined();
    expect(unknownOption(['up', '--env'], help)).toBe('--env');
    expect(unknownOption(['up', '--typo=1'], help)).toBe('--typo');
  });

  it('is the page of the commands', () => {
    const page = readFileSync(COMMANDS_PAGE.file, 'utf8');
    expect(page, 'it is stale. Run: npm run docs').toBe(COMMANDS_PAGE.render(page));
  });

  it.each(['README.md', 'README.zh-CN.md'])('are all named in %s', (file) => {
    const names = [...readFileSync('docs/commands.md', 'utf8').matchAll(/^## btcw ([a-z]+)$/gm)].map(
      ([, name]) => name,
    );
    expect(names).toContain('restore');
    const text = readFileSync(file, 'utf8');
    expect(names.filter((name) => !text.includes(`./btcw ${name}`))).toEqual([]);
  });
});

describe('colours', () => {
  it.each([
    [{ FORCE_COLOR: '1' }, true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true],
    [{ FORCE_COLOR: '0' }, false],
    [{ NO_COLOR: '1' }, false],
  ])('with %j: %j', (env, expected) => {
    expect(hasColour(env)).toBe(expected);
  });
});

describe('completion in bash', () => {
  const complete = (...words: string[]): string[] => {
    const script = `${completionFor('bash', commandsOf(program))}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _btcw
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    return stdout.split('\n').filter(Boolean);
  };

  it.each([
    [
      ['btcw', 'de'],
      ['deploy', 'destroy'],
    ],
    [['btcw', 'logs', '--fo'], ['--follow']],
    [['btcw', '--quiet', 'completion', ''], expect.arrayContaining(['bash', 'zsh', 'fish'])],
  ])('of %j gives %j', (words, expected) => {
    expect(complete(...words)).toEqual(words.includes('de') ? expect.arrayContaining(expected) : expected);
  });

  it.each(['zsh', 'fish'] as const)('names every command in %s, too', (shell) => {
    const script = completionFor(shell, commandsOf(program));
    for (const { name } of commandsOf(program)) expect(script).toContain(name);
  });
});

describe('./btcw, in a folder without packages', () => {
  let folder: string;
  let checkout: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'btcw-程序 '));
    checkout = join(folder, '我的 checkout');
    mkdirSync(checkout);
    for (const path of ['btcw', 'package.json', 'scripts', 'docs/commands.md', 'stacks/errors.mjs']) {
      cpSync(path, join(checkout, path), { recursive: true });
    }
    mkdirSync(join(folder, 'bin'));
    symlinkSync('../我的 checkout/btcw', join(folder, 'bin/first'));
    symlinkSync(join(folder, 'bin/first'), join(folder, 'bin/btcw'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (...args: string[]) =>
    spawnSync(join(folder, 'bin/btcw'), args, { cwd: '/', encoding: 'utf8' });

  it('shows its version', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(run('--version')).toMatchObject({ status: 0, stdout: `${version}\n` });
  });

  it.each([
    [['--help'], 'Usage: btcw [options] [command]'],
    [['up', '--help'], 'Usage: btcw up [options]'],
    [[], 'Usage: btcw [options] [command]'],
  ])('shows help and installs nothing: %j', (args, usage) => {
    const { status, stdout } = run(...args);
    expect([status, stdout.split('\n')[0]]).toEqual([0, usage]);
  });

  it('installs nothing in a dry run', () => {
    const { status, stdout } = run('up', '--dry-run');
    expect([status, stdout]).toEqual([2, expect.stringContaining('not set up yet')]);
  });

  it('fails for an option that up does not have, before it installs anything', () => {
    expect(run('up', '--typo')).toMatchObject({ status: 1, stderr: "error: unknown option '--typo'\n" });
  });

  it('fails for all other commands, and names the one to begin with', () => {
    const { status, stderr } = run('status');
    expect([status, stderr]).toEqual([1, '✗ This package is not set up yet.\n  Fix: ./btcw up\n']);
  });
});
