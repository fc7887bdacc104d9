/** What this package reads of its user, each with bad input: properties of fast-check, run short and long. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import * as fc from 'fast-check';
import { parse as parseYaml, stringify } from 'yaml';
import { CATALOGUES } from '../../messages/index.ts';
import { archiveManifest, unpackArchive } from '../../scripts/backup/archive.ts';
import { readManifest } from '../../scripts/backup/manifest.ts';
import { intentOf, unknownOption } from '../../scripts/bootstrap/argv.mjs';
import { programIn } from '../../scripts/cli.ts';
import { soakSeconds } from '../../scripts/commands/verify.ts';
import { assumedHost } from '../../scripts/deployment/host.ts';
import { loginPathOf, profileOf } from '../../scripts/deployment/profile.ts';
import { changedSettings, lastRelease, releaseTime, relocated } from '../../scripts/deployment/releases.ts';
import { secretProblems } from '../../scripts/deployment/secret-problems.ts';
import { disk, readDotEnv } from '../../scripts/deployment/settings.ts';
import { backUpState, idsIn, judgeState, readState, volumesIn } from '../../scripts/deployment/state.ts';
import { readDockerfile } from '../../scripts/images/dockerfile.ts';
import { buildOptions } from '../../scripts/images/options.ts';
import { readNamedFile } from '../../scripts/lib/files.ts';
import { ask } from '../../scripts/lib/http.ts';
import { parseProfile } from '../../scripts/lib/profile-file.ts';
import { commandLine } from '../../scripts/lib/program.ts';
import { baseUrl, passwordIn } from '../../scripts/verify/remote.ts';
import { SETTING_NAMES } from '../../stacks/settings/definitions.ts';
import { decodeDotEnv, parseDotEnv } from '../../stacks/settings/dotenv.ts';
import { parseSettings } from '../../stacks/settings/parse.ts';
import { composedEnvironment } from '../../stacks/topology/secret-environment.ts';
import { secretFiles } from '../../stacks/topology/secrets.ts';
import { topologyOf } from '../../stacks/topology/topology.ts';
import { composeText, readCase } from './compose.ts';
import {
  hostileBytes,
  hostileDocument,
  hostileFile,
  hostilePaths,
  hostileText,
  judged,
  judgedLater,
  judgeLines,
} from './hostile.ts';
import { settingsOf } from './topology.ts';

/** Bad input of one kind. */
export interface BadInput {
  /** @example 'a compose file' */
  readonly name: string;
  /** Whether it starts processes: then there are fewer cases. @default false */
  readonly isSlow?: true;
  readonly property: () => fc.IRawProperty<[unknown]>;
}

/** How many cases there are of an input, where there are so many of others. */
export const runsOf = ({ isSlow }: BadInput, cases: number): number => (isSlow ? cases / 20 : cases);

const PROJECT = `bad-input-${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), 'btcw-bad-input-'));
const paths = hostilePaths(mkdtempSync(join(folder, 'hostile-')));

/** What {@link BAD_INPUT} has written. */
export function removeFiles(): void {
  rmSync(folder, { recursive: true });
  rmSync(join('.releases', PROJECT), { recursive: true, force: true });
}

const bad = <T>(name: string, arbitrary: fc.Arbitrary<T>, check: (input: T) => unknown): BadInput => ({
  name,
  property: () => fc.property(arbitrary, (input) => void check(input)) as fc.IRawProperty<[unknown]>,
});

const program = programIn(CATALOGUES.en.cli);
const FLAGS = [program, ...program.commands].flatMap(({ options }) =>
  options.flatMap(({ long, short }) => [long ?? [], short ?? []].flat()),
);
const word = hostileText([...FLAGS, ...paths.slice(0, 8)]);

/** A command with its options, each with a value where it takes one or where it does not, and words between them. */
export const commandLines: fc.Arbitrary<string[]> = fc
  .constantFrom(...program.commands)
  .chain((command) => {
    const own = [...command.options, ...program.options];
    const option =
      own.length === 0
        ? word.map((text) => [text])
        : fc
            .tuple(fc.constantFrom(...own), word, fc.constantFrom('=', ' ', ''))
            .map(([{ long, short }, value, sign]) => {
              const flag = long ?? short ?? '';
              return sign === '=' ? [`${flag}=${value}`] : sign === ' ' ? [flag, value] : [flag];
            });
    const rest = fc.array(
      fc.oneof(
        option,
        word.map((text) => [text]),
      ),
      { maxLength: 5 },
    );
    return fc.tuple(fc.oneof({ weight: 6, arbitrary: fc.constant(command.name()) }, word), rest);
  })
  .map(([name, rest]) => [name, ...rest.flat()]);

/** What commander says of a command line; no command is run. */
function parsed(words: readonly string[], language: 'en' | 'zh'): string {
  const own = programIn(CATALOGUES[language].cli);
  let text = '';
  const writeErr = (part: string) => {
    text += part;
  };
  const output = { writeErr, writeOut: () => {} };
  for (const command of [own, ...own.commands]) command.exitOverride().configureOutput(output);
  for (const command of own.commands) command.action(() => {});
  try {
    own.parse(commandLine(own, words), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
  }
  return text;
}

const environment = (names: readonly string[]): fc.Arbitrary<Record<string, string>> =>
  fc
    .array(fc.tuple(fc.constantFrom(...names), hostileText([...paths, ...names.slice(0, 3)])), {
      minLength: 1,
      maxLength: 3,
    })
    .map((entries) => Object.fromEntries(entries));

/** Everything that follows from settings without an engine. */
function useSettings(given: Record<string, string>, dotEnv: string | ReturnType<typeof parseDotEnv>): void {
  const input =
    JSON.stringify(given) +
    Object.values(given).join('\n') +
    (typeof dotEnv === 'string' ? dotEnv : dotEnv.text);
  const settings = judged(input, () => parseSettings(given, dotEnv, disk));
  if (!settings) return;
  judged(input, () => buildOptions(settings));
  const topology = judged(input, () => topologyOf(settings, [], assumedHost([]), loginPathOf));
  if (topology) judged(input, () => profileOf(settings, topology));
}

export const DOT_ENV = readFileSync('.env.example', 'utf8').replace(/^#(?=BTCW_)/gm, '');
const ENV_FILE = 'A=1\nexport B="two $A"\nC=\'three\'\nD=$' + '{A:-x}\n# no\nE: f\nG="a\nb"\n';

/** A file with an input, for what reads files; made anew each time. */
function fileOf(bytes: Uint8Array | string, mode = 0o600): string {
  const path = join(folder, 'file');
  writeFileSync(path, bytes);
  chmodSync(path, mode);
  return path;
}

const COMPOSE = [
  'fastapi',
  'django-celery',
  'secrets',
  'anchors',
  'extends',
  'traefik',
  'interpolation',
  'profiles',
];
export const COMPOSE_TEXTS = COMPOSE.map(composeText);
const composeDocument = hostileDocument(COMPOSE_TEXTS.map((text) => parseYaml(text, { merge: true }))).map(
  (document) => stringify(document),
);

function useCompose(text: string): void {
  const files = {
    'backend/Dockerfile': 'FROM scratch\n',
    'extends-common.yaml': composeText('extends-common'),
  };
  const { problems, notices, services } = readCase({ text, files, env: 'DB_PASSWORD=p@ss\nTAG=1\n' });
  judgeLines(text, [...problems, ...notices]);
  const settings = settingsOf();
  if (services.length > 0) judged(text, () => topologyOf(settings, services, assumedHost([]), loginPathOf));
}

const [, PROFILE = ''] = /```yaml\n(.*?)```/s.exec(readFileSync('docs/app-profile.md', 'utf8')) ?? [];

const STATE = {
  version: 4,
  serial: 3,
  lineage: 'x',
  resources: [
    {
      mode: 'managed',
      type: 'docker_container',
      name: 'C',
      instances: [
        {
          attributes: {
            id: 'abc',
            name: 'shop-nginx',
            labels: [{ label: 'btc-watcher.project', value: 'shop' }],
          },
        },
      ],
    },
    { mode: 'managed', type: 'docker_volume', name: 'V', instances: [{ attributes: { name: 'shop-data' } }] },
  ],
};

async function useState(text: string): Promise<void> {
  const place = { folder: join(folder, 'state'), proc: join(folder, 'state/proc') };
  rmSync(place.folder, { recursive: true, force: true });
  mkdirSync(place.proc, { recursive: true });
  writeFileSync(join(place.proc, 'locks'), '');
  const reading = judgeState(text, 'shop');
  if (reading.kind === 'broken') judgeLines(text, [reading.problem]);
  else {
    idsIn(reading.state, 'docker_container');
    volumesIn(reading.state);
  }
  writeFileSync(join(place.folder, 'terraform.shop.tfstate'), text);
  judged(text, () => readState('shop', place));
  judged(text, () => backUpState('shop', place));
}

const RELEASE = {
  settings: { BTCW_PROJECT: PROJECT, BTCW_NGINX_PORT: '8501' },
  images: { nginx: 'shop/nginx:1' },
  names: { 'docker_container.C': 'shop-nginx' },
  startSec: { 'shop-nginx': 2 },
  serial: 3,
};
const CONFIGURATION = { terraform: { backend: { local: { path: '/home/owner/a.tfstate' } } } };

function useRelease([release, configuration]: [string, string]): void {
  const kept = join('.releases', PROJECT, '2026-11-28T12-00-00.000Z');
  mkdirSync(kept, { recursive: true });
  writeFileSync(join(kept, 'release.json'), release);
  writeFileSync(join(kept, 'cdk.tf.json'), configuration);
  const input = release + configuration;
  const found = judged(input, () => lastRelease(PROJECT));
  if (!found) return;
  const differing = changedSettings(found, settingsOf()).map(({ from, to }) => `${from} ${to}`);
  judgeLines(input, [releaseTime(found), ...differing]);
  relocated(configuration, JSON.stringify(CONFIGURATION), '/home/owner');
}

/** A document as JSON, with changes to the document or to its text. */
const hostileJson = (document: unknown): fc.Arbitrary<string> =>
  fc.oneof(
    hostileDocument([document]).map((changed) => JSON.stringify(changed) ?? ''),
    hostileFile([JSON.stringify(document, null, 2)]),
  );

const MANIFEST = {
  format: 'btc-watcher-backup',
  schemaVersion: 1,
  project: 'shop',
  time: '2026-11-28T12:00:00.000Z',
  versions: { package: '0.1.0', docker: '28.0.0' },
  settings: { BTCW_POSTGRES: 'on' },
  members: [
    { kind: 'secret', path: 'secrets/jwt-secret', name: 'jwt-secret', size: 5, sha256: 'a'.repeat(64) },
  ],
};

/** A good archive, whose bytes are then damaged. */
function archive(): Buffer {
  const staged = join(folder, 'staged');
  mkdirSync(join(staged, 'secrets'), { recursive: true });
  writeFileSync(join(staged, 'manifest.json'), JSON.stringify(MANIFEST));
  writeFileSync(join(staged, 'secrets/jwt-secret'), 'hush\n');
  const tar = join(folder, 'good.tar');
  execFileSync('tar', ['-cf', tar, '-C', staged, 'manifest.json', 'secrets/jwt-secret']);
  return readFileSync(tar);
}

const damaged = (good: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 8 }), fc.boolean()).map(([at, bytes, isCut]) => {
    const from = at % good.length;
    return isCut
      ? good.slice(0, from)
      : Uint8Array.from([...good.slice(0, from), ...bytes, ...good.slice(from + bytes.length)]);
  });

const _SAID = CATALOGUES.en;
const HELP = readFileSync('docs/commands.md', 'utf8');

export const BAD_INPUT: readonly BadInput[] = [
  bad('a command line', fc.tuple(commandLines, fc.constantFrom('en', 'zh')), ([words, language]) => {
    const input = words.join('\n');
    intentOf(words, {});
    unknownOption(words, HELP);
    judged(input, () => {
      const text = parsed(words, language as 'en' | 'zh');
      judgeLines(input, text === '' ? [] : [text]);
      if (text && !/^(error: |错误：|Usage: |用法：|$)/.test(text))
        throw new Error(`unlike an error: ${text}`);
    });
  }),
  bad('a setting', fc.tuple(environment(SETTING_NAMES), fc.boolean()), ([given, isInFile]) => {
    const text = Object.entries(given)
      .map(([name, value]) => `${name}=${value}`)
      .join('\n');
    useSettings(isInFile ? {} : given, isInFile ? text : '');
  }),
  bad(
    'a name of a setting',
    environment(['BTCW_', 'btcw_port', 'BTWC_PROJECT', 'BTCW_NGINX_PROT', 'BTCW_toString', 'BTCW_名']),
    (given) => useSettings(given, ''),
  ),
  bad('a file of settings', hostileBytes([DOT_ENV, ENV_FILE, 'BTCW_PROJECT=shop\n']), (bytes) => {
    const input = new TextDecoder().decode(bytes);
    const decoded = decodeDotEnv(bytes);
    if ('problem' in decoded) judgeLines(input, [decoded.problem]);
    else useSettings({}, parseDotEnv(decoded.text));
  }),
  bad('a path to a file of settings', hostileText(paths), (path) => {
    judgeLines(path, readDotEnv(path, true).problems);
  }),
  bad('an environment file', hostileBytes([ENV_FILE, DOT_ENV]), (bytes) => {
    const decoded = decodeDotEnv(bytes, 'a.env');
    if (!('text' in decoded)) return;
    const { problems, notices } = composedEnvironment([{ file: 'a.env' }], {
      read: () => decoded.text,
      show: (file) => file,
      lookup: () => undefined,
      isGenerated: () => false,
    });
    judgeLines(decoded.text, [...problems, ...notices]);
  }),
  bad('a compose file, as text', hostileFile(COMPOSE_TEXTS), useCompose),
  bad('a compose file, as a document', composeDocument, useCompose),
  bad(
    'a profile of an application',
    fc.oneof(
      hostileFile([PROFILE]),
      hostileDocument([parseYaml(PROFILE)]).map((document) => stringify(document)),
    ),
    (text) => judged(text, () => parseProfile(text, 'app.yaml')),
  ),
  bad(
    'a Dockerfile',
    hostileFile(['ARG A=1\nFROM python:3 AS one\nRUN a \\\n b\nFROM one\nCOPY --from=one a b\n']),
    (text) => judged(text, () => readDockerfile(text, {})),
  ),
  bad(
    'a password or a token, in a file',
    hostileBytes(['correct horse battery staple\n', 'x'.repeat(20)]),
    (bytes) => {
      const text = new TextDecoder().decode(bytes);
      for (const settings of [settingsOf(), settingsOf({ BTCW_FRP_SERVER_ADDR: 'frp.example.org' })]) {
        const files = secretFiles(settings, '/home/owner');
        judgeLines(
          '',
          secretProblems(settings, files, () => text, '/home/owner'),
        );
      }
      const given = { BTCW_ADMIN_PASSWORD_FILE: fileOf(bytes), BTCW_FRP_TOKEN_FILE: fileOf(bytes) };
      useSettings(given, '');
    },
  ),
  bad('a path to a file of secrets', hostileText(paths), (path) => {
    judged(path, () => passwordIn(path));
    try {
      readNamedFile(path);
    } catch (error) {
      judgeLines(path, [(error as Error).message]);
    }
  }),
  bad('the manifest of a backup', hostileJson(MANIFEST), (text) =>
    judged(text, () => readManifest(text, 'a.tar')),
  ),
  {
    name: 'the state',
    property: () => fc.asyncProperty(hostileJson(STATE), useState) as fc.IRawProperty<[unknown]>,
  },
  {
    name: 'a backup',
    isSlow: true,
    property: () =>
      fc.asyncProperty(damaged(archive()), async (bytes) => {
        const file = fileOf(bytes);
        const target = mkdtempSync(join(folder, 'unpacked-'));
        await judgedLater('', () => archiveManifest(file));
        await judgedLater('', () => unpackArchive(file, target));
        rmSync(target, { recursive: true });
      }) as fc.IRawProperty<[unknown]>,
  },
  {
    name: 'an address',
    property: () =>
      fc.asyncProperty(hostileText(['http://127.0.0.1:9', 'http://127.0.0.1:9/a/']), async (text) => {
        const base = judged(text, () => baseUrl(text));
        // Nothing listens on the discard port, and nothing else is asked.
        if (base && new URL(base).host === '127.0.0.1:9') await judgedLater(text, () => ask(`${base}/api`));
      }) as fc.IRawProperty<[unknown]>,
  },
  bad('a release', fc.tuple(hostileJson(RELEASE), hostileJson(CONFIGURATION)), useRelease),
  bad('the time of a soak', hostileText(['90s', '2m']), (text) => judged(text, () => soakSeconds(text))),
];
