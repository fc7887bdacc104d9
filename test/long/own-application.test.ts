/**
 * An owner's application, from its compose file to its page through the tunnel, and all that happens to it afterwards.
 * For `npm run test:long`; needs Chromium, and room for its images (3 GB).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launch, visit } from '../browser/browser.ts';
import {
  docker,
  eventually,
  type Outcome,
  portsFrom,
  TestDeployment,
  tryProgram,
} from '../support/deployment.ts';
import { TestEngine } from '../support/engine.ts';
import { imageOf } from '../support/topology.ts';
import { TOPICS, Trader, TraderApi } from '../support/trader.ts';

/** Builds of its images included, on a busy host. */
const DEADLINE_MS = 30 * 60_000;
/** The slowest topic comes each 60 s. */
const TOPIC_MS = 75_000;
const ADMIN = 'admin';
const BUSY = 4;
const PROFILE = join(process.cwd(), 'test/apps/trader-profile.yaml');
/** No registry answers here, perhaps. */
const HERE = { BTCW_STAND_INS: 'on' };
const LONG = { timeout: 4 * DEADLINE_MS };
const PATHS = '/api,/docs,/redoc,/openapi.json,/health';
const NOTE = 'what was uploaded stays\n';

/** A clean clone of this repository, as a user has it: its commit, no packages, settings in its .env. */
class Clone {
  readonly folder: string;

  constructor(name: string) {
    this.folder = join(process.cwd(), '.build/checkouts', name);
  }

  async create(settings: Readonly<Record<string, string>>): Promise<void> {
    this.remove();
    mkdirSync(join(this.folder, '..'), { recursive: true });
    await execa('git', ['clone', '--quiet', process.cwd(), this.folder]);
    this.configure(settings);
  }

  configure(settings: Readonly<Record<string, string>>): void {
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(join(this.folder, '.env'), lines.join(''));
  }

  /** Runs one of the package's commands. */
  async run(command: string, ...args: readonly string[]): Promise<Outcome> {
    const result = await execa('npm', ['run', '--silent', command, '--', ...args], {
      cwd: this.folder,
      // Of the tests, and no settings.
      env: { BTCW_TEST_ROUNDS: undefined },
      all: true,
      reject: false,
      timeout: DEADLINE_MS,
      stdin: 'ignore',
    });
    return { code: result.exitCode ?? -1, output: result.all ?? '', stdout: result.stdout ?? '' };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** Logs in at the page's form; a live socket, the user and a value of each topic have to show. */
async function expectDashboard(base: string, password: string): Promise<void> {
  const { page, upgrades, problems, close } = await visit(browser);
  await page.goto(base);
  await page.fill('input[name=username]', ADMIN);
  await page.fill('input[name=password]', password);
  await page.click('button[type=submit]');
  await page
    .getByRole('status')
    .filter({ hasText: /^connected$/ })
    .waitFor();
  for (const topic of TOPICS) {
    await page.locator(`[data-topic=${topic}]`).filter({ hasText: '{' }).waitFor({ timeout: TOPIC_MS });
  }
  expect(upgrades).toEqual([101]);
  expect(problems).toEqual([]);
  await close();
}

/** The backend's own paths are the backend's through the tunnel, too, and never the page. */
async function expectRoutes(base: string): Promise<void> {
  const answers = await Promise.all(
    ['/docs', '/openapi.json', '/health'].map(async (path) => (await fetch(base + path)).text()),
  );
  const [docs, openapi, health] = answers;
  expect(docs).toContain('swagger-ui');
  expect(JSON.parse(openapi ?? '').info.title).toBe('Trader');
  expect(JSON.parse(health ?? '')).toMatchObject({ status: 'healthy', database: 'ok', redis: 'ok' });
}

async function expectCode(clone: Clone, code: number, command: string, ...args: string[]): Promise<string> {
  const outcome = await clone.run(command, ...args);
  expect(outcome.code, `${command} ${args.join(' ')}\n${outcome.output}`).toBe(code);
  return outcome.output;
}

/** Starts it: through the tunnel its paths and its page work, and it takes a file. */
async function expectUp(clone: Clone, base: string, { password }: Trader): Promise<TraderApi> {
  const api = new TraderApi(base, password);
  await expectCode(clone, 0, 'up');
  await expectRoutes(base);
  await expectDashboard(base, password);
  await api.upload('note.txt', NOTE);
  return api;
}

/** What says of itself that all is well, some times in a row. */
async function expectGreen(clone: Clone, rounds: number): Promise<void> {
  for (let round = 1; round <= rounds; round += 1) {
    await expectCode(clone, 0, 'verify');
    await expectCode(clone, 0, 'doctor');
  }
}

/** All images that the project's containers run, and this package's own, which they are built on. */
async function imagesOf({ project }: TestDeployment): Promise<string[]> {
  const filter = `label=btc-watcher.project=${project}`;
  const ids = await docker('ps', '--all', '--quiet', '--filter', filter);
  const images = await docker('inspect', '--format', '{{.Image}}', ...ids.split('\n').filter(Boolean));
  // By name: an archive of ids has none.
  const names = await docker(
    ...['image', 'inspect', '--format', '{{join .RepoTags "\\n"}}'],
    ...new Set(images.split('\n').filter(Boolean)),
  );
  const bases = await docker(
    ...['image', 'ls', '--filter', 'reference=btc-watcher/*', '--format', '{{.Repository}}:{{.Tag}}'],
  );
  return [...new Set([...bases.split('\n'), ...names.split('\n')])].filter(Boolean);
}

/** Processes that keep the host busy while something is done. */
async function underLoad(act: () => Promise<void>): Promise<void> {
  const load: ChildProcess[] = Array.from({ length: BUSY }, () =>
    spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }),
  );
  try {
    await act();
  } finally {
    for (const process of load) {
      process.kill('SIGKILL');
      await once(process, 'exit');
    }
  }
}

describe('an application by its own compose file', () => {
  const deployment = new TestDeployment('btcw-a-compose', portsFrom(21500));
  const trader = new Trader('compose');
  const clone = new Clone('own-application');
  const settings = {
    ...deployment.settings,
    ...HERE,
    BTCW_COMPOSE_FILE: trader.path('compose.yaml'),
    BTCW_BACKEND_PATHS: PATHS,
    BTCW_ADMIN_PASSWORD_FILE: trader.passwordFile,
    BTCW_APP_PROFILE: PROFILE,
  };
  let api: TraderApi;
  let userSince: string;

  beforeAll(async () => {
    await deployment.remove();
    trader.create({ BACKEND_PORT: '21501', FRONTEND_PORT: '21502', POSTGRES_PORT: '21505' });
    api = new TraderApi(deployment.public, trader.password);
    await clone.create(settings);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await deployment.printLogs();
  });
  afterAll(async () => {
    await deployment.remove();
    clone.remove();
    trader.remove();
  });

  /** Users, rows and files of before are there, and the page works. */
  const expectAsBefore = async () => {
    expect(await api.userSince()).toBe(userSince);
    expect(await api.uploads()).toEqual(['note.txt']);
    expect(await api.download('note.txt')).toBe(NOTE);
    await expectDashboard(deployment.public, trader.password);
  };

  it('comes from a clean clone to a logged-in dashboard through the tunnel', LONG, async () => {
    const output = await expectCode(clone, 0, 'up');
    expect(output).toContain('nginx');
    userSince = await api.userSince();
    await expectRoutes(deployment.public);
    await expectDashboard(deployment.public, trader.password);
    await api.upload('note.txt', NOTE);
  });

  it('is all green, three times in a row, under load, too', LONG, async () => {
    await expectGreen(clone, 3);
    await underLoad(() => expectGreen(clone, 3));
    expect(await expectCode(clone, 0, 'diff')).toContain('No changes');
  });

  it('has its secrets in no state and no container', LONG, async () => {
    const filter = `label=btc-watcher.project=${deployment.project}`;
    const containers = (await docker('ps', '--all', '--quiet', '--filter', filter))
      .split('\n')
      .filter(Boolean);
    const inspected = await docker('inspect', ...containers);
    const state = readFileSync(join(clone.folder, `terraform.${deployment.project}.tfstate`), 'utf8');
    for (const [name, secret] of Object.entries(trader.secrets)) {
      expect(inspected.includes(secret) || state.includes(secret), name).toBe(false);
    }
  });

  it('takes a change of its sources, and a rollback, with its data', LONG, async () => {
    trader.setVersion('1.1.0');
    expect(await expectCode(clone, 2, 'diff')).toContain('backend');
    await expectCode(clone, 0, 'deploy');
    expect(await api.version()).toBe('1.1.0');
    await expectAsBefore();
    await expectCode(clone, 0, 'rollback');
    expect(await api.version()).toBe('1.0.0');
    await expectAsBefore();
    trader.setVersion('1.0.0');
    expect(await expectCode(clone, 0, 'diff')).toContain('No changes');
  });

  it('comes back by itself when all its containers start at once, as after a reboot', LONG, async () => {
    const label = `label=btc-watcher.project=${deployment.project}`;
    const running = (await docker('ps', '--quiet', '--filter', label)).split('\n').filter(Boolean);
    await docker('kill', ...running);
    await docker('start', ...running);
    await eventually(
      () => clone.run('verify'),
      ({ code }) => code === 0,
      TOPIC_MS * 3,
    );
    await expectAsBefore();
    await expectGreen(clone, 1);
    expect(await expectCode(clone, 0, 'diff')).toContain('No changes');
  });

  it('is there again after destroy and up', LONG, async () => {
    await expectCode(clone, 0, 'destroy', '--yes');
    await expectCode(clone, 0, 'up');
    await expectAsBefore();
    await expectGreen(clone, 1);
  });

  it(
    'is there on another engine, restored from a backup, and after that engine restarted',
    LONG,
    async () => {
      const file = join(clone.folder, 'trader.backup');
      await expectCode(clone, 0, 'backup', file);
      const engine = new TestEngine(join(process.cwd(), '.build/own-application-engine'));
      const other = new Clone('own-application-restored');
      // Restoring goes by the settings of where it is done: an empty host has those of before, too.
      await other.create(settings);
      // Its machine reaches no registry of packages.
      cpSync(join(clone.folder, 'node_modules'), join(other.folder, 'node_modules'), { recursive: true });
      /** Runs one of the package's commands where the engine is. */
      const there = (command: string, ...args: readonly string[]) =>
        engine.run('env', [`--chdir=${other.folder}`, 'node', 'scripts/run.mjs', command, ...args]);
      const expectThere = async () => {
        const verified = await eventually(
          () => there('verify'),
          ({ code }) => code === 0,
          3 * TOPIC_MS,
        );
        expect(verified.code, verified.output).toBe(0);
        const script = `
        import { TraderApi } from '${process.cwd()}/test/support/trader.ts';
        const api = new TraderApi('${deployment.public}', '${trader.password}');
        console.log(JSON.stringify([await api.userSince(), await api.uploads(), await api.download('note.txt')]));`;
        writeFileSync(join(other.folder, 'ask.mts'), script);
        const { stdout, output } = await engine.run('node', [
          '--import',
          'tsx',
          join(other.folder, 'ask.mts'),
        ]);
        expect(JSON.parse(stdout || '[]'), output).toEqual([userSince, ['note.txt'], NOTE]);
      };
      try {
        await engine.create();
        await engine.load(await imagesOf(deployment));
        const restored = await there('restore', file, '--yes');
        expect(restored.code, restored.output).toBe(0);
        await expectThere();
        await engine.restart();
        await expectThere();
      } finally {
        await engine.remove();
        other.remove();
      }
    },
  );
});

describe('an application by settings only', () => {
  const deployment = new TestDeployment('btcw-a-settings', portsFrom(21510));
  const trader = new Trader('settings');
  const clone = new Clone('own-application-settings');
  const environment = trader.path('backend.env');

  beforeAll(async () => {
    await deployment.remove();
    trader.create();
    writeFileSync(environment, `ADMIN_PASSWORD='${trader.password}'\n`, { mode: 0o600 });
    await clone.create({
      ...deployment.settings,
      ...HERE,
      BTCW_BACKEND_CONTEXT: trader.path('backend'),
      BTCW_FRONTEND_CONTEXT: trader.path('frontend'),
      BTCW_POSTGRES: 'on',
      BTCW_REDIS: 'on',
      BTCW_BACKEND_PATHS: PATHS,
      BTCW_BACKEND_VOLUMES: '/app/user_data',
      BTCW_BACKEND_BEFORE_START: 'python -m app.migrate && python -m app.init_user',
      BTCW_BACKEND_GENERATE: 'SECRET_KEY,JWT_SECRET_KEY',
      BTCW_BACKEND_ENV_FILE: environment,
      BTCW_FRONTEND_CONTAINER_PORT: '80',
      BTCW_ADMIN_PASSWORD_FILE: trader.passwordFile,
      BTCW_APP_PROFILE: PROFILE,
    });
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await deployment.printLogs();
  });
  afterAll(async () => {
    await deployment.remove();
    clone.remove();
    trader.remove();
  });

  it('comes up, is all green, and keeps its data', LONG, async () => {
    const api = await expectUp(clone, deployment.public, trader);
    const since = await api.userSince();
    await expectGreen(clone, 3);
    expect(await expectCode(clone, 0, 'diff')).toContain('No changes');
    trader.setVersion('1.1.0');
    await expectCode(clone, 0, 'deploy');
    expect(await api.version()).toBe('1.1.0');
    await expectCode(clone, 0, 'destroy', '--yes');
    await expectCode(clone, 0, 'up');
    expect(await api.userSince()).toBe(since);
    expect(await api.download('note.txt')).toBe(NOTE);
    await expectDashboard(deployment.public, trader.password);
  });
});

describe('an application whose programs run on this host', () => {
  const deployment = new TestDeployment('btcw-a-host', portsFrom(21520));
  const trader = new Trader('host');
  const clone = new Clone('own-application-host');
  const [postgres, redis] = ['btcw-a-host-db', 'btcw-a-host-cache'];
  const programs: ChildProcess[] = [];
  const GATEWAY = '172.17.0.1';
  const BACKEND = `${GATEWAY}:21527`;
  const FRONTEND = `${GATEWAY}:21528`;

  const removeDatabases = () => tryProgram('docker', ['rm', '--force', '--volumes', postgres, redis]);
  /** A program of the owner's, as started in a terminal. */
  const start = (folder: string, env: Record<string, string>, program: string, ...args: string[]) => {
    const child = spawn(program, args, {
      cwd: trader.path(folder),
      env: { ...process.env, ...env },
      stdio: 'ignore',
    });
    programs.push(child);
  };

  beforeAll(async () => {
    await deployment.remove();
    await removeDatabases();
    trader.create();
    await execa('python3', ['-m', 'venv', trader.path('venv')]);
    await execa(trader.path('venv/bin/pip'), [
      'install',
      '--quiet',
      '-r',
      trader.path('backend/requirements.txt'),
    ]);
    await execa('npm', ['ci', '--no-audit', '--no-fund'], { cwd: trader.path('frontend') });
    const databases = { BTCW_POSTGRES: 'on', BTCW_REDIS: 'on' };
    await deployment.run('images', [], databases);
    const { secrets } = trader;
    const [user, name] = ['POSTGRES_USER=trader', 'POSTGRES_DB=trader'];
    const password = `POSTGRES_PASSWORD=${secrets.POSTGRES_PASSWORD}`;
    const variables = [user, name, password].flatMap((variable) => ['--env', variable]);
    const detached = ['run', '--detach', '--name'];
    await docker(
      ...detached,
      postgres,
      '--publish',
      '127.0.0.1:21525:5432',
      ...variables,
      imageOf('postgres', databases),
    );
    await docker(
      ...[...detached, redis, '--publish', '127.0.0.1:21526:6379', imageOf('redis', databases)],
      ...['redis-server', '--requirepass', secrets.REDIS_PASSWORD ?? ''],
    );
    const env = {
      ...secrets,
      DATABASE_URL: `postgresql://trader:${secrets.POSTGRES_PASSWORD}@127.0.0.1:21525/trader`,
      REDIS_URL: `redis://:${secrets.REDIS_PASSWORD}@127.0.0.1:21526/0`,
      USER_DATA: trader.path('user_data'),
    };
    const python = trader.path('venv/bin/python');
    const migrate = () =>
      tryProgram('env', [`--chdir=${trader.path('backend')}`, python, '-m', 'app.migrate'], env);
    const migrated = await eventually(migrate, ({ code }) => code === 0, 60_000);
    expect(migrated.code, migrated.output).toBe(0);
    await execa(python, ['-m', 'app.init_user'], { cwd: trader.path('backend'), env });
    const [host = '', port = ''] = BACKEND.split(':');
    start('backend', env, python, '-m', 'uvicorn', 'app.main:app', '--host', host, '--port', port);
    const vite = trader.path('frontend/node_modules/.bin/vite');
    start('frontend', {}, vite, '--host', GATEWAY, '--port', FRONTEND.split(':')[1] ?? '', '--strictPort');
    // There is no container whose port could be chosen.
    const { BTCW_BACKEND_PORT: _, BTCW_FRONTEND_PORT: __, ...settings } = deployment.settings;
    await clone.create({
      ...settings,
      BTCW_BACKEND_ADDRESS: BACKEND,
      BTCW_FRONTEND_ADDRESS: FRONTEND,
      BTCW_BACKEND_PATHS: PATHS,
      BTCW_ADMIN_PASSWORD_FILE: trader.passwordFile,
      BTCW_APP_PROFILE: PROFILE,
    });
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await deployment.printLogs();
  });
  afterAll(async () => {
    for (const program of programs) program.kill('SIGKILL');
    await removeDatabases();
    await deployment.remove();
    clone.remove();
    trader.remove();
  });

  it('is reached through the tunnel, is all green, and has no container', LONG, async () => {
    const api = await expectUp(clone, deployment.public, trader);
    expect(await api.download('note.txt')).toBe(NOTE);
    await expectGreen(clone, 3);
    expect(await expectCode(clone, 0, 'diff')).toContain('No changes');
    const remains = await deployment.remains();
    expect(remains.filter((name) => /-(backend|frontend)$/.test(name))).toEqual([]);
  });
});

describe('the page "your own application"', () => {
  const deployment = new TestDeployment('btcw-a-page', portsFrom(21540));
  const clone = new Clone('page/btcw');
  const project = join(clone.folder, '../trader');
  const blocks = [...readFileSync('docs/own-application.md', 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)];

  beforeAll(async () => {
    await deployment.remove();
    rmSync(project, { recursive: true, force: true });
    await clone.create(deployment.settings);
    cpSync('test/apps/trader', project, { recursive: true });
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await deployment.printLogs();
  });
  afterAll(async () => {
    await deployment.remove();
    rmSync(join(clone.folder, '..'), { recursive: true, force: true });
  });

  it.each(blocks.map(([, block = '']) => block))('can be followed: %s', LONG, async (block) => {
    const { exitCode, all } = await execa('sh', ['-e', '-c', block], {
      cwd: clone.folder,
      // Beside what else this host serves.
      env: { BTCW_TEST_ROUNDS: undefined, POSTGRES_PORT: '21545' },
      all: true,
      reject: false,
      timeout: DEADLINE_MS,
      stdin: 'ignore',
    });
    expect(exitCode, all).toBe(0);
  });

  it('ends at the dashboard', LONG, async () => {
    await expectDashboard(deployment.public, readFileSync(join(project, 'admin-password'), 'utf8').trim());
  });
});
