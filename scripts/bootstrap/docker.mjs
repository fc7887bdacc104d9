// Finds, installs and starts the Docker engine.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { UserError } from '../../stacks/errors.mjs';
import { aptInstall, isRoot, onPath, tryRun } from './step.mjs';

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
  await aptInstall(['docker.io', ...(hasSplitClient ? ['docker-cli'] : []), 'iptables'], 'Docker', report);
}

async function start() {
  if (!isRoot()) {
    throw new UserError('Docker is installed, but its engine is not running.', 'sudo systemctl start docker');
  }
  if (existsSync('/run/systemd/system')) {
    await tryRun('systemctl', ['enable', '--now', 'docker']);
  } else {
    const log = openSync(DAEMON_LOG, 'a');
    spawn('dockerd', [], { detached: true, stdio: ['ignore', log, log] }).unref();
  }
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline) {
    if ((await askEngine()).code === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const showLog = existsSync('/run/systemd/system')
    ? 'journalctl -u docker -n 50'
    : `tail -n 50 ${DAEMON_LOG}`;
  throw new UserError(
    `The Docker engine did not start within ${START_DEADLINE_MS / 1000} s.`,
    `${showLog} shows why.`,
  );
}

/** @param {(line: string) => void} report */
export async function ensureDocker(report) {
  let answer = await askEngine();
  let done = 'found';
  if (answer.code !== 0) {
    if (/permission denied/i.test(answer.output)) {
      throw new UserError(
        'The Docker engine refuses this user (permission denied on its socket).',
        'run sudo usermod -aG docker "$USER", then log out and in again.',
      );
    }
    if (process.env.DOCKER_HOST) {
      throw new UserError(
        `The Docker engine at DOCKER_HOST="${process.env.DOCKER_HOST}" does not answer.`,
        'start it, or unset DOCKER_HOST.',
      );
    }
    if (!(await onPath('dockerd'))) {
      await install(report);
      done = 'installed';
    }
    if ((await askEngine()).code !== 0) {
      await start();
      done = done === 'installed' ? 'installed and started' : 'started';
    }
    answer = await askEngine();
  }
  return { detail: `${answer.output}, ${done}` };
}
