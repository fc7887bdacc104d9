import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { composeEnvironments, outsideValues } from '../../scripts/deployment/environments.ts';
import { assumedHost } from '../../scripts/deployment/host.ts';
import { placesOf } from '../../scripts/deployment/recovered-secrets.ts';
import { ensureSecrets, secretValues } from '../../scripts/deployment/secrets.ts';
import { exportedBy, shellQuote, startScript } from '../../stacks/render/start-script.ts';
import { envLine, parseEnvFile } from '../../stacks/settings/env-file.ts';
import type { SecretEnvironment, ServiceDefinition } from '../../stacks/topology/service.ts';
import { deploymentOf } from '../support/topology.ts';

const folder = mkdtempSync(join(tmpdir(), 'btcw-secret-env-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a shell, a template and a quoting rule might each make something else of. */
const AWKWARD = {
  PLAIN: 'plain',
  QUOTES: `it's "quoted" \`id\``,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: no template
  DOLLARS: '$HOME ${HOME} $$ $(id) \\$x',
  BACKSLASHES: 'a\\ \\\\ \\n \\" \\\' end\\',
  LINES: 'one\ntwo\r\n\nthree\n',
  UNICODE: '中文 ✓ \u{1F511}',
  EMPTY: '',
  BLANKS: '  both ends\t',
  SIGNS: 'a=b=c # no comment',
};

describe('the start script', () => {
  const print = ['node', '-e', 'console.log(JSON.stringify(process.env))'];
  const variables = Object.entries(AWKWARD).map(([name, value]) => ({ name, value }));
  const file = join(folder, 'start');

  it('hands values on byte for byte, and becomes the program of the service', () => {
    writeFileSync(file, startScript(variables, print));
    expect(JSON.parse(execFileSync('sh', [file], { encoding: 'utf8' }))).toMatchObject(AWKWARD);
  });

  it('becomes the program that it is given instead, with the same environment', () => {
    writeFileSync(file, startScript(variables, ['false']));
    expect(JSON.parse(execFileSync('sh', [file, ...print], { encoding: 'utf8' }))).toMatchObject(AWKWARD);
  });

  it.each(Object.entries(AWKWARD))('gives %s back, for a secret that is lost', (name, value) => {
    expect(exportedBy(startScript(variables, print), name)).toBe(value);
  });

  it('has no value of another name', () => {
    expect(exportedBy(startScript(variables, print), 'OTHER')).toBeUndefined();
  });

  it('quotes a word so that the shell reads exactly it', () => {
    const word = `a'b"c$d\ne`;
    expect(execFileSync('sh', ['-c', `printf %s ${shellQuote(word)}`], { encoding: 'utf8' })).toBe(word);
  });
});

it('a composed line is read back as exactly its value', () => {
  const text = Object.entries(AWKWARD)
    .map(([name, value]) => envLine(name, value))
    .join('');
  const { entries, problems } = parseEnvFile(text, 'x');
  expect(problems).toEqual([]);
  expect(Object.fromEntries(entries.map(({ name, value }) => [name, value]))).toEqual(AWKWARD);
});

const service = (
  secretEnvironment: readonly SecretEnvironment[],
  more: Partial<ServiceDefinition> = {},
): ServiceDefinition => ({
  name: 'worker',
  image: { kind: 'reference', reference: 'worker:1' },
  health: undefined,
  limits: { memoryMiB: 64, pids: 32 },
  disruption: 'jobs wait',
  secretEnvironment,
  ...more,
});
const deploymentWith = (definition: ServiceDefinition) =>
  deploymentOf({}, [definition], { ...assumedHost([]), packageFolder: folder });
const topologyOf = (definition: ServiceDefinition) => deploymentWith(definition).topology;
const workerOf = (definition: ServiceDefinition) =>
  topologyOf(definition).services.find(({ name }) => name === 'worker');

describe('a service with a secret environment', () => {
  const file = join(folder, 'own.env');
  writeFileSync(file, 'A=1\n', { mode: 0o600 });

  it('starts by a script in a volume of its own, which its own program follows', () => {
    const worker = workerOf(service([{ file }], { entrypoint: ['run'], command: ['--all'] }));
    expect(worker).toMatchObject({
      entrypoint: ['/bin/sh', '/run/secrets/start'],
      config: {
        path: '/run/secrets',
        owner: '0:0',
        secretMode: '0444',
        onChange: 'restart',
        files: [{ path: 'start', secretFile: file }],
        start: { path: 'start', entrypoint: ['run'], command: ['--all'] },
      },
    });
    expect(worker?.command).toBeUndefined();
  });

  it('has it read by its own user alone, where that is known', () => {
    expect(workerOf(service([{ file }], { user: '999:999' }))?.config).toMatchObject({
      owner: '999:999',
      secretMode: '0400',
    });
  });

  it('leaves a secret of the same name where it is', () => {
    const config = {
      ...{ path: '/run/secrets', owner: '0:0', onChange: 'nothing' as const },
      files: [{ path: 'start', secretFile: '/x' }],
    };
    const worker = workerOf(service([{ file }], { config }));
    expect(worker?.entrypoint).toEqual(['/bin/sh', '/run/secrets/start_']);
    expect(worker?.config).toMatchObject({
      onChange: 'restart',
      files: [
        { path: 'start', secretFile: '/x' },
        { path: 'start_', secretFile: file },
      ],
    });
  });

  it('has none of it where there is no source', () => {
    expect(workerOf(service([]))).toMatchObject({ secretEnvironment: [] });
    expect(workerOf(service([]))?.config).toBeUndefined();
  });
});

describe('several sources', () => {
  const first = join(folder, 'first.env');
  const second = join(folder, 'second.env');
  const secretFile = join(folder, 'password');
  const composed = join(folder, 'secrets/btc-watcher/worker-environment');
  writeFileSync(first, 'A=1\nHOST=db\n');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: no template
  writeFileSync(second, "A=2\nURL=postgres://${HOST}/x\nKEY='$1'\n");
  writeFileSync(secretFile, 'generated\n');
  const sources: SecretEnvironment[] = [
    { file: first },
    { file: second },
    { name: 'PASSWORD_URL', secretFile, before: 'redis://:', after: '@redis' },
    { name: 'GIVEN', value: AWKWARD.BACKSLASHES },
  ];

  it('are put together in one file for its owner alone, later ones winning', () => {
    mkdirSync(join(folder, 'secrets/btc-watcher'), { recursive: true });
    const topology = topologyOf(service(sources));
    composeEnvironments(topology, folder);
    expect(statSync(composed).mode & 0o777).toBe(0o600);
    const { entries } = parseEnvFile(readFileSync(composed, 'utf8'), composed);
    expect(Object.fromEntries(entries.map(({ name, value }) => [name, value]))).toEqual({
      A: '2',
      HOST: 'db',
      URL: 'postgres://db/x',
      KEY: '$1',
      PASSWORD_URL: 'redis://:generated@redis',
      GIVEN: AWKWARD.BACKSLASHES,
    });
    const { mtimeMs } = statSync(composed);
    composeEnvironments(topology, folder);
    expect(statSync(composed).mtimeMs).toBe(mtimeMs);
  });

  it('fail for a name that no shell exports', () => {
    const compose = () =>
      composeEnvironments(topologyOf(service([{ name: 'spring.password', value: 'y' }])), folder);
    expect(compose).toThrow('"spring.password" cannot be a secret variable');
  });

  it('are no secret that could be lost: the file follows from them', () => {
    const places = placesOf(topologyOf(service(sources)), folder);
    expect(places.map(({ file }) => file)).not.toContain(composed);
  });

  it('are all taken out of what is shown', () => {
    const values = secretValues(deploymentWith(service(sources)), folder);
    expect(values).toEqual(
      expect.arrayContaining(['postgres://db/x', AWKWARD.BACKSLASHES, 'redis://:generated@redis']),
    );
  });

  it('fail by file and line, never with a value', () => {
    const broken = join(folder, 'broken.env');
    writeFileSync(broken, 'A=1\nhunter2 is it\nB="open\n');
    const compose = () =>
      composeEnvironments(topologyOf(service([{ file: broken }, { name: 'X', value: 'y' }])), folder);
    expect(compose).toThrow('broken.env, line 2: should be NAME=value');
    expect(compose).toThrow('broken.env, line 3: the quote " of B is not closed.');
    expect(compose).not.toThrow(/hunter2/);
  });
});

describe('the secrets that are generated for the backend', () => {
  const own = mkdtempSync(join(tmpdir(), 'btcw-generate-'));
  afterAll(() => rmSync(own, { recursive: true }));
  const file = join(own, 'app.env');
  const names = 'SECRET_KEY,JWT_SECRET_KEY';
  const compose = (text: string, environment = {}) => {
    writeFileSync(file, text, { mode: 0o600 });
    const host = { ...assumedHost([]), packageFolder: own };
    const settings = { BTCW_BACKEND_ENV_FILE: file, BTCW_BACKEND_GENERATE: names, ...environment };
    const deployment = deploymentOf(settings, [], host);
    ensureSecrets(deployment.settings, own);
    return { ...deployment, notices: composeEnvironments(deployment.topology, own) };
  };
  const composed = join(own, 'secrets/btc-watcher/backend-environment');
  const values = () =>
    Object.fromEntries(
      parseEnvFile(readFileSync(composed, 'utf8'), '').entries.map(({ name, value }) => [name, value]),
    );

  it('are made once, and come after the file', () => {
    const { notices } = compose('A=1\n');
    const first = values();
    expect(first).toEqual({
      A: '1',
      SECRET_KEY: expect.stringMatching(/^[\w-]{43}$/),
      JWT_SECRET_KEY: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(first.SECRET_KEY).not.toBe(first.JWT_SECRET_KEY);
    expect(statSync(join(own, 'secrets/btc-watcher/SECRET_KEY')).mode & 0o777).toBe(0o600);
    compose('A=2\n');
    expect(values()).toEqual({ ...first, A: '2' });
    expect(notices).toEqual([]);
  });

  it('replace a placeholder of the file, and say so', () => {
    const { notices } = compose('A=1\nSECRET_KEY=your-secret-key\n');
    expect(notices).toEqual(['app.env, line 2: SECRET_KEY is replaced by the generated one.']);
    expect(values().SECRET_KEY).toMatch(/^[\w-]{43}$/);
  });

  it('fail beside a real secret of the same name: there would be two', () => {
    expect(() => compose('SECRET_KEY=kq3G0l7d9b\n')).toThrow(
      'app.env, line 1: SECRET_KEY is generated (BTCW_BACKEND_GENERATE), and should not be set here, too. Keep one of them.',
    );
  });

  it('are what is offered where a placeholder is refused', () => {
    const fail = () => compose('A=1\nJWT_SECRET_KEY=change-this\n', { BTCW_BACKEND_GENERATE: '' });
    expect(fail).toThrow(/^app\.env, line 2: JWT_SECRET_KEY has the placeholder of an example.*openssl rand/);
    expect(fail).toThrow(/BTCW_BACKEND_GENERATE=JWT_SECRET_KEY\.$/);
  });

  it('are found in the start script when their files are lost', () => {
    const places = placesOf(compose('A=1\n').topology, own).filter(({ variable }) => variable);
    expect(places.map(({ path, file, variable }) => ({ path, file, variable }))).toEqual(
      ['SECRET_KEY', 'JWT_SECRET_KEY'].map((name) => ({
        ...{ path: 'start', variable: name },
        file: join(own, 'secrets/btc-watcher', name),
      })),
    );
  });

  it('are told apart by what a file takes from the environment', () => {
    const { topology } = compose('A=1\nB=$BTCW_UNIT_OUTSIDE\n');
    expect(outsideValues(topology, file)).toBe('');
    process.env.BTCW_UNIT_OUTSIDE = 'x';
    expect(outsideValues(topology, file)).toBe('BTCW_UNIT_OUTSIDE=x');
    delete process.env.BTCW_UNIT_OUTSIDE;
  });

  it('name what nothing sets', () => {
    expect(compose('A=$NOWHERE_SET\n').notices).toEqual([
      'app.env: nothing sets $NOWHERE_SET: empty, as in Docker Compose. Use single quotes for a "$".',
    ]);
  });
});
