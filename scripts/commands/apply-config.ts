/**
 * Puts a container's configuration files into its volume; started by Terraform (stacks/constructs/config-volume.ts).
 * The files travel on standard input and are checked by the image's own program in a throw-away container.
 */
import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { UserError } from '../../stacks/errors.mjs';
import type { ConfigSpec } from '../../stacks/topology/config-spec.ts';
import type { ConfigFile } from '../../stacks/topology/service.ts';
import { docker } from '../docker/client.ts';
import { healthOf, inspect } from '../docker/inspect.ts';
import { readLog } from '../docker/logs.ts';
import { commandError } from '../lib/programs.ts';
import { tail } from '../lib/text.ts';
import { waitFor } from '../lib/wait.ts';

/** Of releases that were kept before the command was written down: nginx was the one that reloads. */
const FIRST_RELOAD = ['nginx', '-s', 'reload'];
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
complete=""
while read -r mode name data; do
  if [ "$mode" = end ]; then complete=yes; break; fi
  printf %s "$data" | base64 -d > "$DIR/$name"
  chmod "$mode" "$DIR/$name"
  chown "$OWNER" "$DIR/$name"
  names="$names $name"
done
# Cut off, as its sender was killed: what did not arrive must not be removed.
[ -n "$complete" ] || exit 3
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
        'correct that line of the file.',
      );
    }
    return [`export ${match[1]}=${shellQuote(match[2] ?? '')}`];
  });
  return `${['#!/bin/sh', ...lines, `exec ${program.map(shellQuote).join(' ')}`].join('\n')}\n`;
}

async function imageProgram(reference: string): Promise<string[]> {
  const [image] = await inspect('image', [reference]);
  return [...(image?.Config.Entrypoint ?? []), ...(image?.Config.Cmd ?? [])];
}

async function contentOf(file: ConfigFile, spec: ConfigSpec, image: string): Promise<string> {
  if ('content' in file) return file.content;
  const secret = readFileSync(file.secretFile, 'utf8');
  return file.path === spec.environmentFile ? startScript(secret, await imageProgram(image)) : secret;
}

/** Makes the running container use its new files, and waits until it is healthy again. */
async function activate({ activation, container, reload = FIRST_RELOAD }: ConfigSpec): Promise<void> {
  const inspected = async () => (await inspect('container', [container]))[0];
  if (activation === 'none' || !(await inspected())?.State.Running) return;
  if (activation === 'reload') {
    await docker(['exec', container, ...reload], { what: `Reloading ${container}` });
    return;
  }
  await docker(['restart', container], { what: `Restarting ${container}` });
  const observe = async () => {
    const state = await inspected();
    return state ? healthOf(state) : 'missing';
  };
  const { observation, timedOut } = await waitFor(observe, (health) => health === 'healthy', {
    deadlineMs: HEALTHY_DEADLINE_MS,
  });
  if (timedOut) {
    const { text } = await readLog(container, { tail: 20 });
    throw new UserError(`${container} is ${observation} after its restart:\n${tail(text)}`);
  }
}

export async function applyConfig(): Promise<void> {
  const spec = JSON.parse(process.env.APPLY_CONFIG ?? '') as ConfigSpec;
  const image = process.env.APPLY_IMAGE ?? '';
  const lines = await Promise.all(
    spec.files.map(async (file) => {
      const mode = 'content' in file ? '0644' : spec.secretMode;
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
      { input: `${lines.join('')}end\n`, timeout: HEALTHY_DEADLINE_MS },
    );
    if (received.stdout.includes('changed')) await activate(spec);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw commandError(`The new configuration of ${spec.container} was refused, the old one stays`, error);
  }
}
