import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { composeEnvironments } from '../../scripts/deployment/environments.ts';
import { assumedHost } from '../../scripts/deployment/host.ts';
import { placesOf } from '../../scripts/deployment/recovered-secrets.ts';
import { secretValues } from '../../scripts/deployment/secrets.ts';
import { shellQuote, startScript } from '../../stacks/render/start-script.ts';
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
  writeFileSync(file, 'A=1\n');

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
    expect(compose).toThrow(`${broken}, line 2: should be NAME=value`);
    expect(compose).toThrow(`${broken}, line 3: the quote " of B is not closed.`);
    expect(compose).not.toThrow(/hunter2/);
  });
});
