/** Signals, as they reach terraform: a program in its place notes those that it gets. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OutputFile } from '../../scripts/lib/output-file.ts';
import { eventually } from '../support/deployment.ts';

/** Works for two seconds, in any case; says so when it is signalled, as terraform does, and then fails. */
const TERRAFORM = `#!/bin/sh
code=0
note() { echo "$1" >> signals; code=1; echo '{"@message":"\\\\nInterrupt received.\\\\n"}'; }
trap 'note INT' INT
trap 'note TERM' TERM
trap 'note HUP' HUP
echo $$ > pid
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  echo "{\\"step\\":$i}"
  sleep 0.1
done
echo done > result
# A provisioner's program, which terraform does not wait for when it is interrupted.
if [ $code = 1 ]; then (trap '' INT TERM; sleep 0.5; echo done > provisioner) & fi
exit $code
`;
const HARNESS = `
import { runTerraform } from './scripts/deployment/terraform-process.ts';
try {
  const code = await runTerraform('.', ['apply'], (line) => console.log(line));
  console.log('ended', code);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
`;

const home = mkdtempSync(join(tmpdir(), 'btcw-signals-'));
const harness = join(home, 'harness.mjs');
beforeAll(() => {
  buildSync({
    stdin: { contents: HARNESS, resolveDir: process.cwd() },
    outfile: harness,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
});
afterAll(() => rmSync(home, { recursive: true }));

/** Starts it as a shell does, in a process group of its own, and waits until terraform is at work. */
async function start() {
  const folder = mkdtempSync(join(home, 'run-'));
  writeFileSync(join(folder, 'terraform'), TERRAFORM, { mode: 0o755 });
  const child = spawn(process.execPath, [harness], {
    cwd: folder,
    env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Not 'exit', after which there can still be output to read.
  const end = once(child, 'close') as Promise<[number | null, string | null]>;
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += data;
    });
  }
  const read = (name: string) =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '';
  await eventually(
    async () => output,
    (text) => text.includes('{"step":2}'),
  );
  expect(output).toContain('{"step":2}');
  return {
    pid: Number(read('pid')),
    signalGroup: (signal: NodeJS.Signals) => process.kill(-(child.pid ?? 0), signal),
    ended: async () => {
      const [code, signal] = await end;
      return code ?? signal;
    },
    output: () => output,
    closeOutput: () => {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    result: () => read('result'),
    provisioner: () => read('provisioner'),
    /** Those that terraform got. */
    signals: () => read('signals').split('\n').filter(Boolean),
  };
}

const ENDING = 'Ending what was begun …\n';

describe.concurrent('terraform', { timeout: 30_000 }, () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'gets one SIGINT of a %s to the whole process group, and its end is waited for',
    async (signal) => {
      const run = await start();
      run.signalGroup(signal);
      expect(await run.ended()).toBe(1);
      expect(run.signals()).toEqual(['INT']);
      expect(run.result()).toBe('done\n');
      expect(run.provisioner()).toBe('done\n');
      expect(run.output()).toContain('{"step":20}');
      expect(
        run
          .output()
          .match(/^[A-Z].*\n/gm)
          ?.join(''),
      ).toMatch(new RegExp(`^${ENDING}Interrupted\\. `));
    },
  );

  it('gets one of many, and each further one is answered by a line', async () => {
    const run = await start();
    run.signalGroup('SIGINT');
    // npm hands Ctrl-C on: the same one comes twice.
    run.signalGroup('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 600));
    run.signalGroup('SIGTERM');
    expect(await run.ended()).toBe(1);
    expect(run.signals()).toEqual(['INT']);
    expect(run.output().split(ENDING)).toHaveLength(2);
    expect(run.output().split('Still ending what was begun …\n')).toHaveLength(2);
  });

  it('gets none besides the SIGTERM that systemd sends to each process of a unit', async () => {
    const run = await start();
    process.kill(run.pid, 'SIGTERM');
    run.signalGroup('SIGTERM');
    expect(await run.ended()).toBe(1);
    expect(run.signals()).toEqual(['TERM']);
    expect(run.result()).toBe('done\n');
  });

  it('goes on to its end when this process is killed, although nobody reads what it prints', async () => {
    const run = await start();
    run.signalGroup('SIGKILL');
    expect(await run.ended()).toBe('SIGKILL');
    expect(run.result()).toBe('');
    expect(
      await eventually(
        async () => run.result(),
        (text) => text !== '',
      ),
    ).toBe('done\n');
    expect(run.signals()).toEqual([]);
  });

  it('is waited for when nobody reads any more what this process prints', async () => {
    const run = await start();
    run.closeOutput();
    expect(await run.ended()).toBe(0);
    expect(run.result()).toBe('done\n');
  });

  it('is told from a failure when another process interrupts it', async () => {
    const run = await start();
    process.kill(run.pid, 'SIGINT');
    expect(await run.ended()).toBe(1);
    expect(run.output()).toContain('Interrupted. ');
  });

  it('is heard to its last line, and its exit code counts', async () => {
    const run = await start();
    expect(await run.ended()).toBe(0);
    expect(run.output().match(/"step"/g)).toHaveLength(20);
    expect(run.output()).toMatch(/ended 0\n$/);
  });
});

describe("a program's output in a file", () => {
  it('comes line by line, with characters and lines that were written in parts', () => {
    const output = new OutputFile();
    const bytes = Buffer.from('first\ngrün');
    writeFileSync(output.descriptor, bytes.subarray(0, 9));
    expect(output.newLines()).toEqual(['first']);
    writeFileSync(output.descriptor, bytes.subarray(9));
    expect(output.newLines()).toEqual([]);
    writeFileSync(output.descriptor, '\nlast');
    expect(output.newLines()).toEqual(['grün']);
    expect(output.rest).toBe('last');
    output.close();
  });
});
