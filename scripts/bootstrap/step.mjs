// What bootstrap shows and how it runs programs. Plain JavaScript without dependencies: it runs before `npm ci`.
import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { messages } from '../../messages/bootstrap.mjs';
import { UserError } from '../../stacks/errors.mjs';
import { programEnvironment } from './environment.mjs';
import { installCommand, packagesOf, startDocker, thisFamily } from './system.mjs';

const said = messages.step;

/** A name and what is said of it, as the language has it. */
export const { labelled } = messages;

/** How often a line is told of what takes long, where lines are not rewritten. */
export const PLAIN_INTERVAL_MS = 10_000;
export const FRAME_MS = 100;
export const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/** A program may print long lines. */
export const LONGEST_NOTE = 100;
const TAIL_LINES = 15;

/** @param {number} startedMs @returns {string} */
const seconds = (startedMs) => `${((Date.now() - startedMs) / 1000).toFixed(1)} s`;

/** Whether stdout is a terminal whose lines can be rewritten. */
export const isTerminal = (env = process.env) =>
  Boolean(process.stdout.isTTY) && env.TERM !== 'dumb' && !env.CI;

/** @param {string} text what a program has printed @returns {string} its last line, as text alone */
export const lastLine = (text) =>
  stripVTControlCharacters(text)
    .split(/[\r\n]+/)
    .map((line) => line.replace(/\p{Cc}/gu, ' ').trim())
    .findLast((line) => line !== '') ?? '';

/** @param {string} text @returns {number} columns: Chinese characters take two */
const widthOf = (text) => [...text].reduce((sum, character) => sum + (character >= '\u2e80' ? 2 : 1), 0);

/** @param {string} text @param {number} width @returns {string} what fits */
function cut(text, width) {
  let end = 0;
  let columns = 0;
  for (const character of text) {
    columns += widthOf(character);
    if (columns > width) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** Rewrites a line of the terminal. @param {() => string} text @returns {() => void} removes it */
function rewrite(text) {
  const { stdout } = process;
  let frame = 0;
  let shown = '';
  const erase = () => {
    // A terminal that has become narrower has broken it.
    const rows = Math.max(1, Math.ceil(widthOf(shown) / stdout.columns));
    return `\r${'\x1b[1A'.repeat(rows - 1)}\x1b[J`;
  };
  const draw = () => {
    const before = erase();
    shown = cut(`${FRAMES[frame % FRAMES.length]} ${text()}`, stdout.columns - 1);
    frame += 1;
    stdout.write(before + shown);
  };
  draw();
  const timer = setInterval(draw, FRAME_MS);
  return () => {
    clearInterval(timer);
    stdout.write(erase());
  };
}

/** Prints a line now and then. @param {() => string} text @returns {() => void} ends it */
function repeat(text) {
  const timer = setInterval(() => console.log(`  … ${text()}`), PLAIN_INTERVAL_MS);
  return () => clearInterval(timer);
}

/** What `up` does, in order. */
const STEPS_OF_UP = ['docker', 'packages', 'engine', 'provider', 'images', 'deployment', 'verification'];

/**
 * The title of a step of `up`, with its number and how many there are.
 * @param {string} step @param {string} title @returns {string}
 * @example numbered('images', 'Images') // '5/7 Images'
 */
export const numbered = (step, title) => `${STEPS_OF_UP.indexOf(step) + 1}/${STEPS_OF_UP.length} ${title}`;

/**
 * Runs one named step, and prints what it did and how long it took. Meanwhile it shows the last line of the step's
 * program: on a terminal in one line that is rewritten, else every ten seconds.
 * @template T
 * @param {string} title
 * @param {(report: (line: string) => void) => Promise<{ detail: string, value?: T }>} work
 * @param {boolean} [quiet] print it only when it fails
 * @returns {Promise<T>}
 */
export async function step(title, work, quiet = false) {
  const startedMs = Date.now();
  let note = '';
  const text = () => labelled(title, `${seconds(startedMs)}${note && `, ${note}`}`);
  const stop = quiet ? () => {} : isTerminal() ? rewrite(text) : repeat(text);
  try {
    const { detail, value } = await work((line) => {
      note = cut(lastLine(line), LONGEST_NOTE) || note;
    });
    stop();
    if (!quiet) console.log(`✓ ${labelled(title, detail)} (${seconds(startedMs)})`);
    return /** @type {T} */ (value);
  } catch (error) {
    stop();
    console.error(`✗ ${title} (${seconds(startedMs)})`);
    throw error;
  }
}

/**
 * Works with a umask of its own, which programs that are started meanwhile keep.
 * @template T
 * @param {number} mask @param {() => T} work not asynchronous: the umask is the whole process's @returns {T}
 */
export function withUmask(mask, work) {
  const before = process.umask(mask);
  try {
    return work();
  } finally {
    process.umask(before);
  }
}

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] added to what programs get
 * @property {number} [timeoutMs]
 * @property {(line: string) => void} [onLine] called with each line the program prints
 */

/**
 * Runs a program to its end. Never throws: a program that cannot be started gives `code` -1.
 * @param {string} command @param {string[]} args @param {RunOptions} [options]
 * @returns {Promise<{ code: number, output: string }>}
 */
export function tryRun(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...programEnvironment(), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
    });
    let output = '';
    const collect = (/** @type {Buffer} */ chunk) => {
      const text = chunk.toString();
      output += text;
      for (const line of text.split('\n')) if (line.trim()) options.onLine?.(line);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ code: -1, output: `${output}${error.message}` }));
    child.on('close', (code) => resolve({ code: code ?? -1, output: output.trim() }));
  });
}

/**
 * Runs a program that has to succeed.
 * @param {string} command @param {string[]} args @param {RunOptions & { fix?: string }} [options]
 * @returns {Promise<string>} what it printed
 * @throws {UserError} with the command and the last lines it printed
 */
export async function run(command, args, options = {}) {
  const { code, output } = await tryRun(command, args, options);
  if (code === 0) return output;
  const lines = output.split('\n').filter((line) => !/^npm (http|warn|error\s*$)/.test(line));
  // npm prints the cause first, and ends with its usage; other programs end with the cause.
  const useful = command === 'npm' ? lines.slice(0, TAIL_LINES) : lines.slice(-TAIL_LINES);
  throw new UserError(
    said.failed([command, ...args].join(' '), code, `    ${useful.join('\n    ')}`),
    options.fix ?? said.failedFix,
  );
}

/** @param {string} program @returns {Promise<boolean>} whether the program is on the PATH */
export async function onPath(program) {
  return (await tryRun('sh', ['-c', `command -v ${program}`])).code === 0;
}

export const isRoot = () => process.getuid?.() === 0;

/** What a first run needs of the distribution besides Docker. @type {readonly Program[]} */
const LATER = ['go', 'patch', 'mmdebstrap', 'newuidmap'];

/** @typedef {import('./system.mjs').Program} Program */

/** @param {Program} program @returns {Promise<Program[]>} it, and all else that would be asked for later */
async function withLaterOnes(program) {
  const missing = await Promise.all(LATER.map(async (name) => ((await onPath(name)) ? [] : [name])));
  return [...new Set([program, ...missing.flat()])];
}

/**
 * The command by which a system of another kind than Debian's gets what is missing.
 * @param {Program} program @param {import('./system.mjs').Family | undefined} family
 */
async function commandFor(program, family) {
  // Any Debian image is as good, and where it is none it is found in no package.
  if (program === 'mmdebstrap' || program === 'newuidmap') return said.useBaseImage;
  const packages = family && (await withLaterOnes(program)).flatMap((name) => packagesOf(family, name));
  if (!packages) return said.installByHand(program === 'docker' ? 'Docker Engine' : program);
  const command = installCommand(family, packages);
  return program === 'docker' ? `${command} && ${startDocker()}` : command;
}

/**
 * Installs Debian or Ubuntu packages, which only root can.
 * @param {string[]} packages @param {string} title what they are @param {(line: string) => void} report
 * @throws {UserError} when not root or when there is no apt-get, with the command to run
 */
export async function aptInstall(packages, title, report) {
  if (!(await onPath('apt-get'))) throw new UserError(said.missing(title), said.installByHand(title));
  if (!isRoot()) throw new UserError(said.asRoot(title), installCommand('debian', packages));
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-q'], { env, onLine: report });
  await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], {
    env,
    onLine: report,
  });
}

/**
 * Installs a program from the packages of Debian or Ubuntu.
 * @param {Program} program @param {string} title what it is called
 * @param {(line: string) => void} report
 * @param {string[]} [more] packages besides its own
 * @throws {UserError} as {@link aptInstall}; with the command of another distribution where this is one
 */
export async function installProgram(program, title, report, more = []) {
  if (!(await onPath('apt-get'))) {
    throw new UserError(said.missing(title), await commandFor(program, thisFamily()));
  }
  // Whoever has to run the command is to run one only.
  const programs = isRoot() ? [program] : await withLaterOnes(program);
  await aptInstall([...programs.flatMap((name) => packagesOf('debian', name)), ...more], title, report);
}
