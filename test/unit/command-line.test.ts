import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CATALOGUES } from '../../messages/index.ts';
import { intentOf, missingPackages, unknownOption } from '../../scripts/bootstrap/argv.mjs';
import { program, programIn } from '../../scripts/cli.ts';
import { COMMANDS_PAGES } from '../../scripts/docs/commands.ts';
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
    [['--env-file', 'up', 'status'], { command: 'status', envFile: 'up' }],
    [['status', '--env-file=a', '--env-file=b=c'], { command: 'status', envFile: 'b=c' }],
    [['status'], { envFile: undefined }],
    [['bundle', 'b.tar', '--json'], { command: 'bundle', json: true }],
    [['up', '--bundle', 'b.tar'], { command: 'up', bundleFile: 'b.tar', bundleKey: undefined }],
    [['up', '--bundle-key=k', '--bundle=b'], { bundleFile: 'b', bundleKey: 'k' }],
    [['exec', 'backend', 'ls', '--env-file', 'x'], { command: 'exec', envFile: undefined }],
  ])('%j', (argv, intent) => {
    expect(intentOf(argv, {})).toMatchObject(intent);
  });

  it('is a dry run where npm took the flag of this command', () => {
    const env = { npm_config_dry_run: 'true' };
    expect(intentOf(['up'], { ...env, npm_lifecycle_event: 'up' }).dryRun).toBe(true);
    expect(intentOf(['up'], { ...env, npm_lifecycle_event: 'test' }).dryRun).toBe(false);
  });

  it('is the file of settings that npm took', () => {
    const env = { npm_config_env_file: 'a.env' };
    expect(intentOf(['up'], { ...env, npm_lifecycle_event: 'up' }).envFile).toBe('a.env');
    expect(intentOf(['up'], { ...env, npm_lifecycle_event: 'test' }).envFile).toBeUndefined();
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
    expect(unknownOption(['up', '--(*'], help)).toBe('--(*');
  });

  it.each(COMMANDS_PAGES)('is the page of the commands, $file', ({ file, render }) => {
    const page = readFileSync(file, 'utf8');
    expect(page, 'it is stale. Run: npm run docs').toBe(render(page));
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

describe('a wrong command line', () => {
  const said = (language: 'en' | 'zh', ...argv: string[]): string => {
    const wrong = programIn(CATALOGUES[language].cli);
    let text = '';
    for (const command of [wrong, ...wrong.commands]) {
      command.exitOverride().configureOutput({
        writeErr: (part) => {
          text += part;
        },
      });
    }
    expect(() => wrong.parse(argv, { from: 'user' })).toThrow();
    return text;
  };

  it.each([
    [
      ['deploy', '--dryrun'],
      "error: unknown option '--dryrun'\n(Did you mean --dry-run?)\n",
      "错误：未知选项 '--dryrun'\n（是否要输入 --dry-run？）\n",
    ],
    [
      ['lags'],
      "error: unknown command 'lags'\n(Did you mean logs?)\n",
      "错误：未知命令 'lags'\n（是否要输入 logs？）\n",
    ],
    [
      ['deploy', '--xson', '--list'],
      "error: unknown option '--xson'\n(Did you mean --json?)\n",
      "错误：未知选项 '--xson'\n（是否要输入 --json？）\n",
    ],
    [['backup'], "error: missing required argument 'file'\n", "错误：缺少参数 'file'\n"],
    [
      ['logs', '--since'],
      "error: option '--since <time>' argument missing\n",
      "错误：选项 '--since <time>' 缺少值\n",
    ],
    [
      ['backup', 'a', 'b'],
      "error: too many arguments for 'backup'. Expected 1 argument but got 2.\n",
      "错误：'backup' 的参数过多。应为 1 个，实际为 2 个。\n",
    ],
    [
      ['status', 'a'],
      "error: too many arguments for 'status'. Expected 0 arguments but got 1.\n",
      "错误：'status' 的参数过多。应为 0 个，实际为 1 个。\n",
    ],
    [
      ['completion', 'ksh'],
      "error: command-argument value 'ksh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish.\n",
      "错误：参数 'shell' 的值 'ksh' 无效。可选：bash, zsh, fish。\n",
    ],
  ])('is told in both languages: %j', (argv, english, chinese) => {
    expect([said('en', ...argv), said('zh', ...argv)]).toEqual([english, chinese]);
  });

  it('is told with each of several names that are alike', () => {
    expect(said('en', 'heec')).toMatch(/\n\(Did you mean one of .*\?\)\n$/);
    expect(said('zh', 'heec')).toMatch(/\n（是否要输入其中之一：.*？）\n$/);
  });
});

describe('the help in Chinese', () => {
  it("has not a word of commander's own, which is English", () => {
    const chinese = programIn(CATALOGUES.zh.cli);
    for (const command of [chinese, ...chinese.commands]) {
      expect(command.helpInformation()).not.toMatch(
        /Usage:|Options:|Arguments:|Commands:|\[options\]|\[command\]|\(default|\(choices|display help/,
      );
    }
  });

  it('is what shells show beside the words that they complete', () => {
    const script = completionFor('fish', commandsOf(programIn(CATALOGUES.zh.cli)));
    expect(script).toContain(`-a status -d '${CATALOGUES.zh.cli.status.about}'`);
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

describe('a command that is set up', { timeout: 60_000 }, () => {
  const { BTCW_LANG: _, LC_ALL: __, LC_MESSAGES: ___, LANG: ____, ...UNSAID } = process.env;
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'btcw-language-'));
    for (const name of ['.env', 'password']) writeFileSync(join(folder, name), '\n');
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (env: Record<string, string>, ...args: string[]) => {
    const own = { BTCW_ENV_FILE: join(folder, '.env'), COLUMNS: '100', ...env };
    return spawnSync('./btcw', args, { env: { ...UNSAID, ...own }, encoding: 'utf8' });
  };
  const [en, zh] = [{ BTCW_LANG: 'en' }, { BTCW_LANG: 'zh' }];

  it.each([[zh], [{ LANG: 'zh_CN.UTF-8' }]])('speaks Chinese with %j', (env) => {
    expect(run(env, 'status', '--help').stdout).toMatch(/^用法： btcw status \[选项\]\n\n显示容器/);
    expect(run(env, 'status', '--jsn')).toMatchObject({
      status: 1,
      stderr: "错误：未知选项 '--jsn'\n（是否要输入 --json？）\n",
    });
    const { status, stderr } = run({ ...env, BTCW_NGINX_PROT: '1' }, 'verify');
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^✗ BTCW_NGINX_PROT：.*BTCW_NGINX_PORT/)]);
  });

  /** Keys and types, without what is said. */
  const shapeOf = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shapeOf);
    if (typeof value !== 'object' || value === null) return typeof value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, shapeOf(part)]));
  };

  it('reports JSON with the same keys in both languages', () => {
    // Nothing listens on the discard port.
    const remote = ['--url', 'http://127.0.0.1:9', '--password-file', join(folder, 'password')];
    const report = (env: Record<string, string>) => {
      const { stdout } = run(env, 'verify', '--json', ...remote);
      return JSON.parse(stdout) as { ok: boolean; checks: { detail: string }[] };
    };
    const [english, chinese] = [report(en), report(zh)];
    expect(english.checks.length).toBeGreaterThan(0);
    expect(shapeOf(chinese)).toEqual(shapeOf(english));
    expect(chinese.ok).toBe(english.ok);
  });
});

describe('./btcw, in a folder without packages', { timeout: 60_000 }, () => {
  let folder: string;
  let checkout: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'btcw-程序 '));
    checkout = join(folder, '我的 checkout');
    mkdirSync(checkout);
    for (const path of ['btcw', 'package.json', 'scripts', 'docs', 'messages', 'stacks/errors.mjs']) {
      cpSync(path, join(checkout, path), { recursive: true });
    }
    mkdirSync(join(folder, 'bin'));
    symlinkSync('../我的 checkout/btcw', join(folder, 'bin/first'));
    symlinkSync(join(folder, 'bin/first'), join(folder, 'bin/btcw'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (...args: string[]) =>
    spawnSync(join(folder, 'bin/btcw'), args, { cwd: '/', encoding: 'utf8' });
  const { BTCW_LANG: _, ...UNSAID } = process.env;
  const runWith = (env: Record<string, string>, ...args: string[]) =>
    spawnSync(join(folder, 'bin/btcw'), args, { cwd: folder, env: { ...UNSAID, ...env }, encoding: 'utf8' });

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

  it.each([[{ BTCW_LANG: 'zh' }], [{ LC_ALL: '', LC_MESSAGES: '', LANG: 'zh_CN.UTF-8' }]])(
    'speaks Chinese with %j',
    (env) => {
      expect(runWith(env, '--help').stdout).toMatch(/^用法： btcw \[选项\] \[命令\]\n/);
      expect(runWith(env, 'up', '--typo')).toMatchObject({ status: 1, stderr: "错误：未知选项 '--typo'\n" });
      expect(runWith(env, 'status').stderr).toBe('✗ 本软件尚未安装。\n  修复：./btcw up\n');
    },
  );

  it('speaks the language of its settings, wherever it is called and whatever file they are in', () => {
    const english = { LC_ALL: 'en_US.UTF-8' };
    const page = (...args: string[]) => runWith(english, '--help', ...args).stdout.split('\n')[0];
    const chinese = '用法： btcw [选项] [命令]';
    expect(page()).toBe('Usage: btcw [options] [command]');
    writeFileSync(join(folder, 'zh.env'), 'BTCW_LANG=zh\n');
    expect([page('--env-file', 'zh.env'), page('--env-file=zh.env')]).toEqual([chinese, chinese]);
    expect(runWith({ ...english, BTCW_ENV_FILE: join(folder, 'zh.env') }, '--help').stdout).toContain(
      chinese,
    );
    writeFileSync(join(checkout, '.env'), 'BTCW_LANG=zh\n');
    expect(page()).toBe(chinese);
    rmSync(join(checkout, '.env'));
  });

  it.each([
    [{ LANG: 'zh_CN.UTF-8' }, '✗ 缺少 Node.js。'],
    [{ LANG: 'zh_CN.UTF-8', BTCW_LANG: 'en' }, '✗ Node.js is missing.'],
    [{}, '✗ Node.js is missing.'],
  ])('says that Node.js is missing, with %j', (env, expected) => {
    mkdirSync(join(folder, 'without-node'), { recursive: true });
    for (const program of ['readlink', 'dirname']) {
      const path = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim();
      rmSync(join(folder, 'without-node', program), { force: true });
      symlinkSync(path, join(folder, 'without-node', program));
    }
    const PATH = join(folder, 'without-node');
    const { status, stderr } = spawnSync('/bin/sh', [join(checkout, 'btcw')], {
      env: { PATH, ...env },
      encoding: 'utf8',
    });
    expect([status, stderr.split('\n')[0]]).toEqual([1, expected]);
  });

  it('fails for all other commands, and names the one to begin with', () => {
    const { status, stderr } = run('status');
    expect([status, stderr]).toEqual([1, '✗ This package is not set up yet.\n  Fix: ./btcw up\n']);
  });
});

describe('a bundle that cannot be made', () => {
  const bundle = (source: string) => () =>
    buildSync({
      stdin: { contents: source, resolveDir: import.meta.dirname },
      bundle: true,
      platform: 'node',
      write: false,
      logLevel: 'silent',
    });
  const missing = (build: () => unknown) => {
    try {
      build();
    } catch (error) {
      return missingPackages(error);
    }
    throw new Error('it was made');
  };

  it('names the packages that are not installed', () => {
    const source = "import 'no-such-package'; import '@no/such'; import 'node:fs';";
    expect(missing(bundle(source))).toEqual(['no-such-package', '@no/such']);
  });

  it('names none where a source is wrong, or a file is not there', () => {
    expect(missing(bundle('let;;('))).toEqual([]);
    expect(missing(bundle("import './nowhere.ts';"))).toEqual([]);
  });
});
