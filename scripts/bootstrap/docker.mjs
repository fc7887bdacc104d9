// Finds, installs and starts the Docker engine.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { messages } from '../../messages/bootstrap.mjs';
import { UserError } from '../../stacks/errors.mjs';
import { programEnvironment } from './environment.mjs';
import { installProgram, isRoot, onPath, tryRun } from './step.mjs';
import { startDocker } from './system.mjs';

const said = messages.docker;
const DAEMON_CONFIG = '/etc/docker/daemon.json';
const DAEMON_LOG = '/var/log/dockerd.log';
const START_DEADLINE_MS = 40_000;

/** @returns {Promise<{ code: number, output: string }>} the engine's version, or why it does not answer */
const askEngine = () =>
  tryRun('docker', ['version', '--format', '{{.Server.Version}}'], { timeoutMs: 10_000 });

/**
 * docker-proxy holds six descriptors for each connection and exits at its limit, so it is left out where the
 * engine is ours to configure; live-restore keeps containers (and their sockets) up while dockerd restarts.
 */
function configureNewEngine() {
  if (existsSync(DAEMON_CONFIG)) return;
  mkdirSync('/etc/docker', { recursive: true });
  writeFileSync(
    DAEMON_CONFIG,
    `${JSON.stringify({ 'userland-proxy': false, 'live-restore': true }, null, 2)}\n`,
  );
}

/** @param {(line: string) => void} report */
async function install(report) {
  if (isRoot()) configureNewEngine();
  // Since Debian 13 the client is a package of its own.
  const hasSplitClient = (await tryRun('apt-cache', ['show', 'docker-cli'])).code === 0;
  await installProgram('docker', 'Docker', report, hasSplitClient ? ['docker-cli'] : []);
}

async function start() {
  if (!isRoot()) {
    throw new UserError(said.notRunning, startDocker());
  }
  if (existsSync('/run/systemd/system')) {
    await tryRun('systemctl', ['enable', '--now', 'docker']);
  } else if (existsSync('/run/openrc')) {
    await tryRun('rc-service', ['docker', 'start']);
  } else {
    const log = openSync(DAEMON_LOG, 'a');
    const env = programEnvironment();
    spawn('dockerd', [], { env, detached: true, stdio: ['ignore', log, log] }).unref();
  }
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline) {
    if ((await askEngine()).code === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const showLog = existsSync('/run/systemd/system')
    ? 'journalctl -u docker -n 50'
    : `tail -n 50 ${DAEMON_LOG}`;
  throw new UserError(said.notStarted(START_DEADLINE_MS / 1000), said.showsWhy(showLog));
}

/** @param {(line: string) => void} report */
export async function ensureDocker(report) {
  let answer = await askEngine();
  let done = said.found;
  if (answer.code !== 0) {
    if (/permission denied/i.test(answer.output)) {
      throw new UserError(said.notAllowed, said.notAllowedFix);
    }
    if (process.env.DOCKER_HOST) {
      throw new UserError(said.hostSilent(process.env.DOCKER_HOST), said.hostSilentFix);
    }
    if (!(await onPath('dockerd'))) {
      await install(report);
      done = said.installed;
    }
    if ((await askEngine()).code !== 0) {
      await start();
      done = done === said.installed ? said.installedAndStarted : said.started;
    }
    answer = await askEngine();
  }
  return { detail: done(answer.output) };
}
