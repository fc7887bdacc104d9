/**
 * Puts a container's configuration files into its volume; started by Terraform (stacks/constructs/config-volume.ts).
 * The files travel on standard input and are checked by the image's own program in a throw-away container.
 */
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { startScript } from '../../stacks/render/start-script.ts';
import { parseEnvFile } from '../../stacks/settings/env-file.ts';
import type { ConfigSpec } from '../../stacks/topology/config-spec.ts';
import type { ConfigFile } from '../../stacks/topology/service.ts';
import { secretText } from '../deployment/secrets.ts';
import { startOf } from '../deployment/start-watch.ts';
import { docker } from '../docker/client.ts';
import { type ContainerInspection, inspect, stateText } from '../docker/inspect.ts';
import { readLog } from '../docker/logs.ts';
import { fromEnvironment, fromTerraform } from '../lib/environment.ts';
import { execa } from '../lib/execa.ts';
import { excerptOf } from '../lib/log-excerpt.ts';
import { commandError } from '../lib/programs.ts';
import { redactor } from '../lib/redact.ts';
import { indent } from '../lib/text.ts';
import { waitFor } from '../lib/wait.ts';

const said = messages.commands.applyConfig;
const watched = messages.deployment.startWatch;

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

/** What the start script becomes, by Docker's rule: an entrypoint of the service's does away with the image's command. */
async function programOf(
  { entrypoint, command, container }: ConfigSpec,
  reference: string,
): Promise<string[]> {
  const [image] = await inspect('image', [reference]);
  const ofImage = entrypoint ? [] : (image?.Config.Cmd ?? []);
  const program = [...(entrypoint ?? image?.Config.Entrypoint ?? []), ...(command ?? ofImage)];
  if (program.length > 0) return program;
  throw new UserError(said.noProgram(container), said.noProgramFix);
}

async function contentOf(file: ConfigFile, spec: ConfigSpec, image: string): Promise<string> {
  if ('content' in file) return file.content;
  const text = secretText(file);
  if (file.path !== spec.environmentFile) return text;
  const { entries, problems } = parseEnvFile(text, file.secretFile, fromEnvironment);
  if (problems.length > 0) throw new UserError(problems.join('\n'));
  return startScript(entries, await programOf(spec, image));
}

/** What a failure of the throw-away container is called. */
function refusal({ container }: ConfigSpec, error: unknown): Error {
  const stderr = String((error as { stderr?: unknown }).stderr ?? '');
  if (/"\/bin\/sh": .*(no such file|not found)/.test(stderr)) {
    return new UserError(said.noShell(container), said.noShellFix);
  }
  return commandError(said.refused(container), error);
}

/** The secrets among the files, and the values of the variables in them. */
const secretsOf = ({ files }: ConfigSpec): string[] =>
  files.flatMap((file) => {
    if (!('secretFile' in file)) return [];
    const text = secretText(file).trim();
    return [text, ...parseEnvFile(text, '', fromEnvironment).entries.map(({ value }) => value)];
  });

const healthIn = ({ State }: ContainerInspection): string => State.Health?.Status ?? State.Status;
const isUp = (found: ContainerInspection): boolean => ['healthy', 'running'].includes(healthIn(found));
const isLost = (found: ContainerInspection): boolean => startOf(found, { oneOff: false }) === 'lost';

/** Why a container that was restarted is not healthy. */
function failureOf(container: string, found: ContainerInspection | undefined): string {
  if (!found || !isLost(found))
    return said.notHealthy(container, stateText(found ? healthIn(found) : 'missing'));
  const { State, RestartCount } = found;
  return State.Status === 'exited'
    ? watched.gaveUp(container, State.ExitCode)
    : watched.gaveUpAfter(container, RestartCount);
}

/** Makes the running container use its new files, and waits until it is healthy again, or exits again and again. */
async function activate(spec: ConfigSpec): Promise<void> {
  const { activation, container, reload = FIRST_RELOAD, startTimeoutSec } = spec;
  const inspected = async () => (await inspect('container', [container]))[0];
  if (activation === 'none' || !(await inspected())?.State.Running) return;
  if (activation === 'reload') {
    await docker(['exec', container, ...reload], { what: said.reloading(container) });
    return;
  }
  await docker(['restart', container], { what: said.restarting(container) });
  const isOver = (found: ContainerInspection | undefined) =>
    found !== undefined && (isUp(found) || isLost(found));
  const deadlineMs = startTimeoutSec ? startTimeoutSec * 1000 : HEALTHY_DEADLINE_MS;
  const { observation } = await waitFor(inspected, isOver, { deadlineMs });
  if (observation && isUp(observation)) return;
  const { text } = await readLog(container);
  const words = redactor(secretsOf(spec))(excerptOf(text));
  throw new UserError(`${failureOf(container, observation)}\n${indent(words)}`);
}

export async function applyConfig(): Promise<void> {
  const spec = fromTerraform('APPLY_CONFIG') as ConfigSpec;
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
    throw refusal(spec, error);
  }
}
