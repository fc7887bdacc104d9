/** frpc's log in the real image: what a program prints through logrun, counted in the files it leaves. */
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PROJECT_LABEL } from '../../stacks/topology/labels.ts';
import { docker, eventually, TestDeployment } from '../support/deployment.ts';
import { imageOf } from '../support/topology.ts';

const deployment = new TestDeployment('btcw-logs');
/** Of containers that are no deployment. */
const alone = new TestDeployment('btcw-logrun');
const label = ['--label', `${PROJECT_LABEL}=${alone.project}`];
const image = imageOf('frpc');
const DIR = '/var/log/frp';

/** A container hardened as the deployment's is, whose program is a script, or frpc itself. */
class Logged {
  readonly name: string;
  readonly volume: string;

  constructor(name: string, volume = `${alone.project}-${name}-log`) {
    this.name = `${alone.project}-${name}`;
    this.volume = volume;
  }

  async start(size: string, keepDays: number, program: readonly string[], volumeOptions: string[] = []) {
    await docker('volume', 'create', ...label, ...volumeOptions, this.volume);
    const hardened = ['--user', '10002:10002', '--read-only', '--cap-drop', 'ALL', '--network', 'none'];
    const limits = ['--memory', '128m', '--memory-swap', '128m', '--pids-limit', '64', '--tmpfs', '/tmp'];
    const logrun = ['-file', `${DIR}/frpc.log`, '-max-size', size, '-keep-days', String(keepDays), '--'];
    await docker(
      ...['run', '--detach', '--name', this.name, ...label, '--volume', `${this.volume}:${DIR}`],
      ...[...hardened, '--security-opt', 'no-new-privileges', ...limits],
      ...['--entrypoint', 'logrun', image, ...logrun, ...program],
    );
  }

  script(size: string, keepDays: number, script: string, volumeOptions: string[] = []) {
    return this.start(size, keepDays, ['bash', '-c', script], volumeOptions);
  }

  exec(script: string): Promise<string> {
    return docker('exec', this.name, 'bash', '-c', script);
  }

  async ended(): Promise<number> {
    return Number(await docker('wait', this.name));
  }

  async running(): Promise<boolean> {
    return (await docker('inspect', '--format', '{{.State.Running}}', this.name)) === 'true';
  }

  /** What Docker has of both streams. */
  async dockerLogs(): Promise<string> {
    const { all } = await execa('docker', ['logs', this.name], { all: true, maxBuffer: 1 << 28 });
    return all;
  }

  /** The files on the volume by name, as another container sees them. */
  async files(): Promise<string[]> {
    return (await this.reader(['ls', DIR])).split('\n').filter(Boolean);
  }

  read(file: string): Promise<string> {
    return this.reader(['zcat', '-f', `${DIR}/${file}`]);
  }

  /** All of the log, the oldest first. */
  all(): Promise<string> {
    return this.reader(['bash', '-c', `cd ${DIR} && shopt -s nullglob && zcat -f frpc.log-* frpc.log`]);
  }

  private async reader(command: string[]): Promise<string> {
    const mount = ['--volume', `${this.volume}:${DIR}:ro`];
    const args = ['run', '--rm', ...label, '--network', 'none', ...mount, '--entrypoint', command[0] ?? ''];
    const { stdout } = await execa('docker', [...args, image, ...command.slice(1)], {
      maxBuffer: 1 << 28,
      stripFinalNewline: false,
    });
    return stdout;
  }
}

/** How often each number was found in lines `line <number>`. */
function count(text: string): Map<number, number> {
  const found = new Map<number, number>();
  for (const [, number] of text.matchAll(/^line (\d+)$/gm))
    found.set(Number(number), (found.get(Number(number)) ?? 0) + 1);
  return found;
}

function expectEachOnce(text: string, last: number) {
  const found = count(text);
  const missing = Array.from({ length: last }, (_, index) => index + 1).filter(
    (number) => !found.has(number),
  );
  const doubled = [...found].filter(([, times]) => times > 1).map(([number]) => number);
  expect({ missing, doubled, found: found.size, nul: text.includes('\0') }).toEqual({
    missing: [],
    doubled: [],
    found: last,
    nul: false,
  });
}

beforeAll(async () => {
  await alone.remove();
  await deployment.remove();
  const { code, output } = await deployment.run('images', ['frpc']);
  expect(code, output).toBe(0);
});
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  await alone.printLogs();
  await deployment.printLogs();
});
afterAll(async () => {
  await alone.remove();
  await deployment.remove();
  expect([...(await alone.remains()), ...(await deployment.remains())]).toEqual([]);
});

describe('100,000 numbered lines', () => {
  const logged = new Logged('lines');
  // Told to stop, it notes the last number it has printed, and goes on from there when it is started again. What a
  // signal interrupts is not printed (bash says so itself) and not counted; it stops only between two numbers.
  const program = `
    i=$(cat ${DIR}/number.state 2>/dev/null || echo 0)
    trap 'stop=1' TERM
    until ((stop || i == 100000)); do
      echo "line $((i + 1))" && ((++i))
      if [ ! -e ${DIR}/number.state ]; then
        : {1..30} # the first run is in full flow when it is stopped, and cannot end before
        ((i < 60000)) || sleep 0.01
      fi
    done
    echo $i > ${DIR}/number.state`;
  const TWENTY = 20;

  it('are in the files exactly once, across at least twenty rotations and a restart in the middle', async () => {
    await logged.script('32k', 365, program);
    const printed = async () => Number((await logged.exec(`ls ${DIR} | wc -l`)).trim());
    expect(await eventually(printed, (files) => files > 5, 10_000)).toBeGreaterThan(5);
    await docker('stop', '--time', '10', logged.name);
    // Not after the start: the second run may be over by then.
    const middle = Number(await logged.read('number.state'));
    await docker('start', logged.name);
    expect(await logged.ended()).toBe(0);
    const rotated = (await logged.files()).filter((name) => name.startsWith('frpc.log-'));
    const text = await logged.all();
    expect(middle).toBeGreaterThan(0);
    expect(middle).toBeLessThan(100_000);
    expect(rotated.length).toBeGreaterThanOrEqual(TWENTY);
    expectEachOnce(text, 100_000);
    console.log(
      `restarted after line ${middle}; 100000 lines found in ${rotated.length} rotated files and one`,
    );
  });

  it('are with Docker, too', async () => {
    expectEachOnce(await logged.dockerLogs(), 100_000);
  });

  it('are compressed by the next start at the latest, and are still all there', async () => {
    const next = new Logged('lines-next', logged.volume);
    await next.script('32k', 365, 'sleep 2');
    await next.ended();
    const left = (await logged.files()).filter((name) => /-\d+$/.test(name));
    expect(left).toEqual([]);
    expectEachOnce(await logged.all(), 100_000);
  });
});

it('keeps the newest days, compresses what an earlier run left, and never touches what is not its own', async () => {
  const logged = new Logged('keep');
  await logged.script('1m', 3, 'echo now; exec sleep 600');
  const days = '1 2 3 4 5 6 7 8 9';
  await logged.exec(`for d in ${days}; do echo "old $d" > ${DIR}/frpc.log-2025-10-0$d-0001; done`);
  await logged.exec(`echo mine > ${DIR}/notes`);
  await docker('restart', '--time', '1', logged.name);
  const rotated = [7, 8, 9].map((day) => `frpc.log-2025-10-0${day}-0001.gz`);
  const kept = ['frpc.log', ...rotated, 'notes'];
  const files = await eventually(
    () => logged.files(),
    (names) => names.join() === kept.join(),
  );
  expect(files).toEqual(kept);
  expect(await logged.read(rotated[0] ?? '')).toBe('old 7\n');
  expect(await logged.read('frpc.log')).toBe('now\nnow\n');
});

describe('a full disk', () => {
  const logged = new Logged('full');
  const TMPFS = [
    '--opt',
    'type=tmpfs',
    '--opt',
    'device=tmpfs',
    '--opt',
    'o=size=1m,uid=10002,gid=10002,mode=0755',
  ];
  // It prints 20,000 lines for each file that appears in /tmp.
  const program = `
    i=0
    for part in 1 2 3; do
      until [ -e /tmp/$part ]; do sleep 0.1; done
      end=$((i + 20000))
      while ((i < end)); do echo "line $((++i))"; done
      echo "part $part"
    done
    exec sleep 600`;
  const print = async (part: number) => {
    await logged.exec(`touch /tmp/${part}`);
    const logs = await eventually(
      () => logged.dockerLogs(),
      (text) => text.includes(`part ${part}\n`) || text.endsWith(`part ${part}`),
      30_000,
    );
    expect(logs).toContain(`part ${part}`);
  };

  it('neither stops nor ends the program, whose output stays complete', async () => {
    await logged.script('10m', 7, program, TMPFS);
    await logged.exec(`head -c 900000 /dev/zero > ${DIR}/ballast`);
    await print(1);
    await print(2);
    expect(await logged.running()).toBe(true);
    const logs = await logged.dockerLogs();
    expectEachOnce(logs, 40_000);
    expect(logs).toContain('frpc.log cannot be written, going on without it');
  });

  it('is told in the file with the number of lines that it cost, once there is room', async () => {
    const kept = count(await logged.exec(`cat ${DIR}/frpc.log`)).size;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(40_000);
    await logged.exec(`rm ${DIR}/ballast`);
    // The program is silent now: it is told nevertheless.
    const told = async () =>
      /\[logrun\] (\d+) lines could not be written here/.exec(await logged.exec(`cat ${DIR}/frpc.log`))?.[1];
    const lost = Number(await eventually(told, (number) => number !== undefined, 20_000));
    // The program's 40,000 lines and its two "part" lines.
    expect(kept + lost).toBe(40_002);
    await print(3);
    const text = await logged.exec(`cat ${DIR}/frpc.log`);
    expect(text).not.toContain('\0');
    expect(
      text.split('\n').filter((line) => !/^(line \d+|part 3|.* \[logrun\] \d+ lines .*)$/.test(line)),
    ).toEqual([]);
    const found = count(text);
    expect([...found.values()].every((times) => times === 1)).toBe(true);
    expect(Array.from({ length: 20_000 }, (_, index) => found.has(40_001 + index))).not.toContain(false);
    console.log(
      `full disk: 40002 lines printed, ${kept} written, ${lost} counted as lost; then 20001 of 20001`,
    );
  });
});

describe('a file that is taken away', () => {
  const logged = new Logged('taken');
  const program = 'while :; do echo "line $((++i))"; sleep 0.1; done';

  it('is made again while the program runs', async () => {
    await logged.script('10m', 7, program);
    await eventually(
      () => logged.exec(`cat ${DIR}/frpc.log`),
      (text) => text.includes('line 3'),
    );
    await logged.exec(`rm ${DIR}/frpc.log`);
    const look = () => logged.exec(`cat ${DIR}/frpc.log 2>/dev/null || true`);
    expect(await eventually(look, (text) => /line \d/.test(text))).toMatch(/line \d/);
  });

  it('goes on without a hole when it is emptied by hand', async () => {
    await logged.exec(`: > ${DIR}/frpc.log`);
    const text = await eventually(
      () => logged.exec(`cat ${DIR}/frpc.log`),
      (now) => /line \d/.test(now),
    );
    expect(text).toMatch(/^line \d+(\n|$)/);
  });
});

describe('frpc that crashes', () => {
  it('leaves its own dump in the log and with Docker, and its exit code', async () => {
    const logged = new Logged('crash');
    await logged.script(
      '10m',
      7,
      [
        `printf 'serverAddr = "127.0.0.1"\\nserverPort = 17000\\nloginFailExit = false\\n' > /tmp/frpc.toml`,
        'exec frpc -c /tmp/frpc.toml',
      ].join('\n'),
    );
    await eventually(
      () => logged.dockerLogs(),
      (text) => text.includes('try to connect to server'),
    );
    // Go's runtime prints every goroutine and exits with 2, as it does for a panic.
    await docker('kill', '--signal', 'QUIT', logged.name);
    expect(await logged.ended()).toBe(2);
    for (const text of [await logged.all(), await logged.dockerLogs()]) {
      expect(text).toContain('try to connect to server');
      expect(text).toContain('SIGQUIT: quit');
      expect(text).toMatch(/^goroutine \d+ /m);
    }
  });

  it('ends the container when it is killed, so that Docker starts it again', async () => {
    const logged = new Logged('killed');
    await logged.script('10m', 7, 'echo "line 1"; kill -KILL $$');
    expect(await logged.ended()).toBe(137);
    expect(await logged.all()).toBe('line 1\n');
  });
});

describe('the deployment', () => {
  it("has the tunnel's lines in the file and with Docker, from before and after a restart", async () => {
    const deployed = await deployment.run('deploy');
    expect(deployed.code, deployed.output).toBe(0);
    const container = deployment.container('frpc');
    await docker('restart', container);
    const look = () => docker('exec', container, 'cat', `${DIR}/frpc.log`);
    const successes = (text: string) => text.match(/\[freq-service\] start proxy success/g)?.length ?? 0;
    const text = await eventually(look, (now) => successes(now) === 2);
    expect(successes(text)).toBe(2);
    expect(successes(await deployment.logs('frpc'))).toBe(2);
    expect((await deployment.run('diff')).code).toBe(0);
  });

  it('takes its log away with its volumes', async () => {
    expect((await deployment.run('destroy', ['--yes', '--volumes'])).code).toBe(0);
    const left = await docker('volume', 'ls', '--quiet', '--filter', 'name=btcw-logs-frpc');
    expect(left).toBe('');
  });
});
