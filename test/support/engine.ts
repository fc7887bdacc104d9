/**
 * A Docker engine of the test's own, on a machine that is one but for its kernel: its own network and firewall,
 * processes, /run, /etc and disk. It can be restarted, filled up and shut off, and this host's engine never notices.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { docker, eventually, type RunProgram, tryProgram } from './deployment.ts';

/** Sparse: only what is written to it takes room on this host. */
const DISK_BYTES = 12 * 1024 ** 3;
const START_DEADLINE_MS = 30_000;
/** What the containers' control groups are below: those are the one thing that outlives the machine. */
const CGROUP = 'btcw-engine';

/**
 * The machine's first process: it runs until its standard input ends, however the tests do, and takes everything with
 * it. Its shell reaps what loses its parent.
 */
const BOOT = `
set -eu
mount -t tmpfs tmpfs /run
cp -a /etc /run/etc
mount --bind /run/etc /etc
mount -o loop "$1/disk" "$1/docker"
ip link set lo up
exec 3<&0
cat <&3 >/dev/null &
echo up
wait "$!"
`;

/** Options of dockerd, as daemon.json has them. */
export type EngineOptions = Readonly<Record<string, unknown>>;

/**
 * Starts a program with the root of another system, which sees the machine's folders: those of the kernel, sockets, and
 * the last one named.
 */
const ENTER = `
set -eu
system=$1 folder=$2
shift 2
mount --rbind "$system" "$system"
for path in /proc /sys /dev /run "$folder"; do
  mkdir -p "$system$path"
  mount --rbind "$path" "$system$path"
done
mkdir -p "$system/old"
cd "$system"
pivot_root . old
exec chroot . sh -c 'umount -l /old && exec "$@"' sh "$@"
`;

export class TestEngine {
  readonly folder: string;
  readonly dataRoot: string;
  /** Folder of the system whose engine is started. @default - this host's own */
  system: string | undefined;
  private machine: ChildProcessByStdio<Writable, Readable, null> | undefined;

  /** @param folder of its own, emptied first: a killed run leaves it behind */
  constructor(folder: string) {
    this.folder = folder;
    this.dataRoot = join(folder, 'docker');
  }

  /** Runs a program on the machine, in this folder. */
  readonly run: RunProgram = (program, args, env = {}) => {
    const pid = this.machine?.pid;
    const namespaces = ['--mount', '--net', `--pid=/proc/${pid}/ns/pid_for_children`];
    const command = ['env', `--chdir=${process.cwd()}`, program, ...args];
    const DOCKER_HOST = 'unix:///run/docker.sock';
    return tryProgram('nsenter', [`--target=${pid}`, ...namespaces, ...command], { DOCKER_HOST, ...env });
  };

  /** Runs a line of shell that has to succeed on the machine. */
  async shell(line: string): Promise<string> {
    const { code, output, stdout } = await this.run('sh', ['-c', line]);
    if (code !== 0) throw new Error(`${line}\n${output}`);
    return stdout;
  }

  /** A machine with an empty disk, and its engine started. */
  async create(options: EngineOptions = {}): Promise<void> {
    await this.remove();
    mkdirSync(this.dataRoot, { recursive: true });
    const disk = join(this.folder, 'disk');
    writeFileSync(disk, '');
    truncateSync(disk, DISK_BYTES);
    // No blocks kept back for root, so that a full disk is full for Docker, too.
    await tryProgram('mkfs.ext4', ['-q', '-m', '0', disk]);
    const namespaces = ['--mount', '--net', '--pid', '--fork', '--mount-proc'];
    this.machine = spawn('unshare', [...namespaces, 'sh', '-c', BOOT, 'sh', this.folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await Promise.race([once(this.machine.stdout, 'data'), once(this.machine, 'exit')]);
    if (this.machine.exitCode !== null) throw new Error('The machine does not come up.');
    await this.start(options);
  }

  /**
   * A cable between the machine and this host, for an engine that is reached through the network; it goes with the machine.
   * @param network its first three numbers. @example '10.251.7'
   * @returns the machine's address
   */
  async cable(network: string): Promise<string> {
    const [here, there] = [`${network}.1`, `${network}.2`];
    const name = `btcw-${network.split('.').at(-1)}`;
    const ip = async (...args: string[]) => {
      const { code, output } = await tryProgram('ip', args);
      if (code !== 0) throw new Error(output);
    };
    await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(this.machine?.pid));
    await ip('address', 'add', `${here}/24`, 'dev', name);
    await ip('link', 'set', name, 'up');
    await this.shell(`ip address add ${there}/24 dev eth0 && ip link set eth0 up`);
    return there;
  }

  async start(options: EngineOptions = {}): Promise<void> {
    const config = join(this.folder, 'daemon.json');
    const driver = { 'cgroup-parent': `/${CGROUP}`, 'exec-opts': ['native.cgroupdriver=cgroupfs'] };
    writeFileSync(config, JSON.stringify({ ...driver, ...options }));
    const dockerd = `dockerd --data-root ${this.dataRoot} --config-file ${config}`;
    await this.shell(`setsid ${this.inSystem(dockerd)} >>${this.log} 2>&1 &`);
    const answer = await eventually(
      () => this.run('docker', ['version']),
      ({ code }) => code === 0,
      START_DEADLINE_MS,
    );
    if (answer.code !== 0) throw new Error(`The engine does not start.\n${this.lastWords()}`);
  }

  /** A command as the machine's system has it: that of another one, where the engine is. */
  inSystem(command: string): string {
    if (!this.system) return command;
    const enter = join(this.folder, 'enter.sh');
    writeFileSync(enter, ENTER);
    return `unshare --mount sh ${enter} ${this.system} ${this.folder} ${command}`;
  }

  async stop(signal = 'TERM'): Promise<void> {
    await this.shell(
      `pid=$(cat /run/docker.pid); kill -${signal} $pid; while kill -0 $pid 2>/dev/null; do sleep 0.1; done`,
    );
  }

  async restart(options: EngineOptions = {}): Promise<void> {
    await this.stop();
    await this.start(options);
  }

  /**
   * Ends everything at once, as a power cut does: no process is asked, and what a kernel keeps in memory is gone. Only
   * the disk stays.
   */
  async cutPower(): Promise<void> {
    // The machine's first process has one child, which waits for these tests.
    await this.shell(`
      for status in /proc/[0-9]*/stat; do
        read -r pid name state parent rest <"$status" || continue
        case "$pid $parent $name" in '1 '* | "$$ "* | *' 1 (cat)') ;; *) kill -9 "$pid" ;; esac
      done 2>/dev/null
      sleep 1
      awk '$2 ~ "^/run/|^${this.dataRoot}/" { print $2 }' /proc/mounts | sort -r | xargs -r umount -l
      find /run -mindepth 1 -maxdepth 1 ! -name etc -exec rm -rf {} +
      # Debian 12's nft crashes on what iptables has put in.
      for table in raw mangle nat filter; do iptables -t $table -F; iptables -t $table -X; done
      nft flush ruleset || exit 1
      for link in $(ls /sys/class/net | grep -v '^lo$'); do ip link delete "$link" 2>/dev/null || true; done
    `);
  }

  /** Hands over images of this host's engine. */
  async load(images: readonly string[]): Promise<void> {
    const archive = join(this.folder, 'images.tar');
    await docker('save', '--output', archive, ...images);
    await this.shell(`docker load --quiet --input ${archive}`);
    rmSync(archive);
  }

  /** What the engine itself said last. */
  lastWords(): string {
    return readFileSync(this.log, 'utf8').split('\n').slice(-20).join('\n');
  }

  async remove(): Promise<void> {
    if (this.machine?.exitCode === null && this.machine.signalCode === null) {
      this.machine.stdin.end();
      await once(this.machine, 'exit');
    }
    rmSync(this.folder, { recursive: true, force: true });
    await tryProgram('find', ['/sys/fs/cgroup', '-depth', '-path', `*/${CGROUP}*`, '-type', 'd', '-delete']);
  }

  private get log(): string {
    return join(this.folder, 'dockerd.log');
  }
}
