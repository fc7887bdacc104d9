/**
 * Puts a container's configuration files into its volume; started by Terraform (stacks/constructs/config-volume.ts).
 * The files travel on standard input and are checked by the image's own program in a throw-away container.
 */
import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import type { Activation } from '../../stacks/constructs/config-volume.ts';
import { UserError } from '../../stacks/errors.ts';
import { docker, programFailed, tail, tryDocker } from '../lib/programs.ts';
import { waitFor } from '../lib/wait.ts';

/** What the construct hands over. */
interface Spec {
  readonly container: string;
  readonly volume: string;
  readonly mountPath: string;
  readonly owner: string;
  readonly secretMode: string;
  readonly check: readonly string[];
  readonly activation: Activation;
  readonly environmentFile: string;
  readonly files: readonly {
    readonly path: string;
    readonly content?: string;
    readonly secretFile?: string;
  }[];
}

const HEALTHY_DEADLINE_MS = 60_000;

/**
 * Runs in the throw-away container: writes the files where the program will find them, runs the check, and moves into
 * the volume what differs. Prints "changed" when something did.
 */
const RECEIVE = `
set -eu
umask 077
mkdir -p "$DIR"
names=""
while read -r mode name data; do
  printf %s "$data" | base64 -d > "$DIR/$name"
  chmod "$mode" "$DIR/$name"
  chown "$OWNER" "$DIR/$name"
  names="$names $name"
done
"$@" >&2
chmod 0755 /volume
for name in $names; do
  cmp -s "$DIR/$name" "/volume/$name" && continue
  cp -p "$DIR/$name" "/volume/.next"
  mv "/volume/.next" "/volume/$name"
  echo changed
done
for old in /volume/*; do
  case " $names " in *" \${old##*/} "*) ;; *) [ -e "$old" ] && rm -rf "$old" && echo changed ;; esac
done
exit 0
`;

/** A POSIX shell word that stands for exactly this text. */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * Turns KEY=value lines, read as `docker run --env-file` reads them, into a script that exports them and starts a
 * program.
 * @throws {UserError} for a line that is no KEY=value, named by its number and never shown: it may be a secret
 */
export function startScript(environment: string, program: readonly string[]): string {
  const lines = environment.split('\n').flatMap((raw, index) => {
    const line = raw.replace(/\r$/, '').trimStart();
    if (line === '' || line.startsWith('#')) return [];
    const match = /^([A-Za-z_]\w*)=(.*)$/.exec(line);
    if (!match) {
      throw new UserError(
        `BTCW_BACKEND_ENV_FILE: line ${index + 1} should be KEY=value.`,
        'mend that line of the file.',
      );
    }
    return [`export ${match[1]}=${shellQuote(match[2] ?? '')}`];
  });
  return `${['#!/bin/sh', ...lines, `exec ${program.map(shellQuote).join(' ')}`].join('\n')}\n`;
}

async function imageProgram(image: string): Promise<string[]> {
  const inspection = await docker(['image', 'inspect', '--format', '{{json .Config}}', image]);
  const config = JSON.parse(inspection) as { Entrypoint?: string[] | null; Cmd?: string[] | null };
  return [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
}

async function contentOf(file: Spec['files'][number], spec: Spec, image: string): Promise<string> {
  if (file.secretFile === undefined) return file.content ?? '';
  const secret = readFileSync(file.secretFile, 'utf8');
  return file.path === spec.environmentFile ? startScript(secret, await imageProgram(image)) : secret;
}

/** Makes the running container use its new files, and waits until it is healthy again. */
async function activate(spec: Spec): Promise<void> {
  if (spec.activation === 'none') return;
  const state = await tryDocker(['inspect', '--format', '{{.State.Running}}', spec.container]);
  if (state.stdout !== 'true') return;
  if (spec.activation === 'reload') {
    await docker(['exec', spec.container, 'nginx', '-s', 'reload'], { what: 'Reloading nginx' });
    return;
  }
  await docker(['restart', spec.container], { what: `Restarting ${spec.container}` });
  const { observation, timedOut } = await waitFor(
    async () =>
      String((await tryDocker(['inspect', '--format', '{{.State.Health.Status}}', spec.container])).stdout),
    (health) => health === 'healthy',
    { deadlineMs: HEALTHY_DEADLINE_MS },
  );
  if (timedOut) {
    const logs = await tryDocker(['logs', '--tail', '20', spec.container], { all: true });
    throw new UserError(`${spec.container} is ${observation} after its restart:\n${tail(String(logs.all))}`);
  }
}

export async function applyConfig(): Promise<void> {
  const spec = JSON.parse(process.env.APPLY_CONFIG ?? '') as Spec;
  const image = process.env.APPLY_IMAGE ?? '';
  const lines = await Promise.all(
    spec.files.map(async (file) => {
      const mode = file.secretFile === undefined ? '0644' : spec.secretMode;
      return `${mode} ${file.path} ${Buffer.from(await contentOf(file, spec, image)).toString('base64')}\n`;
    }),
  );
  const limits = ['--rm', '-i', '--network', 'none', '--user', '0:0', '--security-opt', 'no-new-privileges'];
  // What writing, owning and checking other users' files takes.
  const capabilities = [
    '--cap-drop',
    'ALL',
    ...['CHOWN', 'DAC_OVERRIDE', 'FOWNER'].flatMap((cap) => ['--cap-add', cap]),
  ];
  const environment = ['--env', `DIR=${spec.mountPath}`, '--env', `OWNER=${spec.owner}`];
  const mount = ['--mount', `type=volume,source=${spec.volume},target=/volume,volume-nocopy`];
  try {
    const check = spec.check.length > 0 ? spec.check : ['true'];
    const received = await execa(
      'docker',
      [
        'run',
        ...limits,
        ...capabilities,
        ...environment,
        ...mount,
        '--entrypoint',
        '/bin/sh',
        image,
        '-c',
        RECEIVE,
        'sh',
        ...check,
      ],
      { input: lines.join(''), timeout: HEALTHY_DEADLINE_MS },
    );
    if (received.stdout.includes('changed')) await activate(spec);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw programFailed(`The new configuration of ${spec.container} was refused, the old one stays`, error);
  }
}
