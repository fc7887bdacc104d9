/** Builds a user's own Dockerfile, with the images, package sources and authorities that the settings name. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { ARCHITECTURE } from '../bootstrap/environment.mjs';
import { docker, tryDocker } from '../docker/client.ts';
import { inspect } from '../docker/inspect.ts';
import { ExecaError, execa } from '../lib/execa.ts';
import { indent } from '../lib/text.ts';
import { fixFor, usefulLines } from './build-output.ts';
import { type Instruction, rewriteDockerfile, type Stage } from './dockerfile.ts';
import { isSource } from './options.ts';
import { argsOf, dockerfileOf, type OwnBuild, shownPath } from './own-build.ts';

const said = messages.images.ownBuilder;

/** Name that no file of a context has. */
const DOCKERFILE = '.btc-watcher.Dockerfile';
const AUTHORITIES = '/usr/local/share/ca-certificates/btc-watcher-build.crt';
/** The variables by which programs find authorities: OpenSSL, pip, requests, Node.js, curl, git, cargo. */
const AUTHORITY_VARIABLES = [
  ...['SSL_CERT_FILE', 'PIP_CERT', 'REQUESTS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'],
  ...['CURL_CA_BUNDLE', 'GIT_SSL_CAINFO', 'CARGO_HTTP_CAINFO'],
];
const PROXY = /^(HTTPS?|FTP|ALL|NO)_PROXY$/i;
const LOOPBACK = /\/\/(localhost|127\.|\[::1\])/;
const APT_MIRROR = 'APT_MIRROR';

/** What BuildKit would know of the platform. */
function platformArgs(): Record<string, string> {
  const of = (prefix: string) => ({
    [`${prefix}PLATFORM`]: `linux/${ARCHITECTURE}`,
    [`${prefix}OS`]: 'linux',
    [`${prefix}ARCH`]: ARCHITECTURE,
  });
  return { ...of('TARGET'), ...of('BUILD') };
}

const declared = (instructions: readonly Instruction[]): Set<string> =>
  new Set(
    instructions
      .filter(({ keyword }) => keyword === 'ARG')
      .flatMap(({ rest }) => rest.split(/\s+/).map((word) => word.split('=')[0] ?? '')),
  );

/** Arguments of a build that say where packages come from, of those that its Dockerfile may not know. */
const sourceArgs = (build: OwnBuild): string[] =>
  Object.keys(argsOf(build)).filter((name) => isSource(name) && !PROXY.test(name) && name !== APT_MIRROR);

/** The arguments that the builder gets. @param environment of this process */
export function buildArgs(
  build: OwnBuild,
  plainBuilder: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const known = declared(build.dockerfile.instructions);
  const isWanted = (name: string) => known.has(name) || PROXY.test(name) || sourceArgs(build).includes(name);
  const ofHost = Object.entries(environment).filter(
    // A proxy on this host's loopback is none in a container.
    ([name, value]) =>
      isSource(name) && value && (known.has(name) || PROXY.test(name)) && !LOOPBACK.test(value),
  );
  const given = { ...(plainBuilder && platformArgs()), ...Object.fromEntries(ofHost), ...argsOf(build) };
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      value !== undefined && isWanted(name) ? [[name, value]] : [],
    ),
  );
}

const hasRun = ({ instructions }: Stage): boolean => instructions.some(({ keyword }) => keyword === 'RUN');

/** The lines that a stage gets so that its programs find packages and authorities. */
export function stageLines(build: OwnBuild, stage: Stage, authorities: string | undefined): string[] {
  if (!hasRun(stage) || stage.from === 'scratch') return [];
  const isFirst = build.dockerfile.bases.some(({ reference }) => reference === stage.from);
  const own = declared(stage.instructions);
  const mirror = argsOf(build)[APT_MIRROR];
  const usesApt = stage.instructions.some(
    ({ keyword, rest }) => keyword === 'RUN' && /\bapt(-get)?\s/.test(rest),
  );
  return [
    ...sourceArgs(build)
      .filter((name) => !own.has(name))
      .map((name) => `ARG ${name}`),
    ...(isFirst && mirror && usesApt
      ? [
          `RUN find /etc/apt -name '*.list' -o -name '*.sources' | xargs sed -i -E 's#https?://(deb|security)\\.debian\\.org/#${mirror.replace(/\/$/, '')}/#; s#https?://(archive|security)\\.ubuntu\\.com/#${mirror.replace(/\/$/, '')}/#'`,
        ]
      : []),
    ...(isFirst && authorities ? [`COPY --from=${authorities} /authorities.pem ${AUTHORITIES}`] : []),
    ...(authorities ? AUTHORITY_VARIABLES.map((name) => `ARG ${name}=${AUTHORITIES}`) : []),
  ];
}

/** An image with the authorities alone: a file in the context would be copied with it. @returns its name */
async function ensureAuthorities(files: readonly string[], work: string): Promise<string | undefined> {
  if (files.length === 0) return undefined;
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  const name = `btc-watcher/authorities:${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
  if ((await inspect('image', [name])).length > 0) return name;
  writeFileSync(join(work, 'authorities.pem'), text);
  const archive = join(work, 'authorities.tar');
  await execa('tar', ['-cf', archive, '-C', work, 'authorities.pem']);
  await docker(['import', archive, name], { what: said.authorities });
  return name;
}

/** Whether the docker client can build with BuildKit. */
export const hasBuildKit = async (): Promise<boolean> =>
  (await tryDocker(['buildx', 'version'])).exitCode === 0;

/** The error of a failed build. */
function failure(what: string, error: unknown, minutes: number): Error {
  if (!(error instanceof ExecaError)) return error as Error;
  const output = String(error.all ?? error.stderr ?? '');
  const lines = indent(usefulLines(output).join('\n'));
  if (error.timedOut) {
    return new UserError(said.tooSlow(what, minutes, lines), said.tooSlowFix);
  }
  return new UserError(said.failed(what, lines), fixFor(output));
}

/**
 * Builds it.
 * @param names other names of images that have none of their own here
 * @param options of `docker build`, beside those that follow from the Dockerfile
 */
export async function runOwnBuild(
  build: OwnBuild,
  names: ReadonlyMap<string, string>,
  workFolder: string,
  options: readonly string[],
  progress: (line: string) => void,
): Promise<void> {
  const { source, dockerfile, text, files, standIns } = build;
  mkdirSync(workFolder, { recursive: true });
  const work = mkdtempSync(join(workFolder, 'own-'));
  try {
    const canBuildKit = await hasBuildKit();
    const isNeeded =
      dockerfile.buildKit.length > 0 ||
      dockerfile.isFasterWithBuildKit ||
      Boolean(source.secrets?.length) ||
      /\$\{?(BUILD|TARGET)(PLATFORM|ARCH|OS)\b/.test(text);
    const authorities = await ensureAuthorities(build.options.authorities, work);
    writeFileSync(
      join(work, DOCKERFILE),
      rewriteDockerfile(text, dockerfile, {
        base: (reference) => standIns.get(reference)?.reference ?? names.get(reference),
        afterFrom: (stage) => stageLines(build, stage, authorities),
        plainBuilder: !canBuildKit,
      }),
    );
    // The builder reads it, and takes it out of what COPY sees.
    writeFileSync(join(work, '.dockerignore'), `${DOCKERFILE}\n.dockerignore\n`);
    const list = join(work, 'files');
    const paths = files.files
      .map((file) => relative(source.folder, file))
      .filter((path) => path !== '.dockerignore');
    writeFileSync(list, paths.join('\0'));
    const archive = execa(
      'tar',
      [
        ...['-cf', '-', '--owner=0', '--group=0', '--numeric-owner', '--no-recursion'],
        ...['-C', source.folder, '--null', '--verbatim-files-from', '-T', list],
        ...['-C', work, DOCKERFILE, '.dockerignore'],
      ],
      { buffer: false },
    );
    const args = Object.entries(buildArgs(build, !canBuildKit, process.env));
    const docker = execa(
      'docker',
      [
        ...['build', '-f', DOCKERFILE, ...options],
        ...(source.target ? ['--target', source.target] : []),
        // A proxy may have a password, which is not for the list of processes.
        ...args.flatMap(([name, value]) => ['--build-arg', PROXY.test(name) ? name : `${name}=${value}`]),
        ...(source.secrets ?? []).flatMap(({ id, file }) => ['--secret', `id=${id},src=${file}`]),
        '-',
      ],
      {
        ...{ all: true, timeout: build.options.timeoutMs },
        env: {
          ...Object.fromEntries(args.filter(([name]) => PROXY.test(name))),
          ...(canBuildKit && isNeeded && { DOCKER_BUILDKIT: '1' }),
        },
      },
    );
    docker.all.on('data', (chunk: Buffer) => progress(chunk.toString().trim().split('\n').at(-1) ?? ''));
    await archive.pipe(docker);
  } catch (error) {
    const minutes = build.options.timeoutMs / 60_000;
    throw failure(said.building(shownPath(dockerfileOf(source))), error, minutes);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
