/** How Go is found and told where to fetch from, with a stand-in for `go` that writes down how it is called. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ARCHITECTURE } from '../../scripts/bootstrap/environment.mjs';
import { TOOLCHAIN } from '../../scripts/bootstrap/go.mjs';

const folder = mkdtempSync(join(tmpdir(), 'btcw-go-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  rmSync(folder, { recursive: true });
  for (const name of ['bin', 'own']) mkdirSync(join(folder, name), { recursive: true });
});

const DEFAULT_PROXY = 'https://proxy.example.org,direct';

/** @param proxyAnswers whether the proxy that Go comes with does */
function installGo(path: string, version: string, proxyAnswers = true): void {
  const toolchain = join(folder, 'toolchain');
  writeFileSync(
    path,
    `#!/bin/sh
echo "${version} $1 GOPROXY=$GOPROXY GOTOOLCHAIN=$GOTOOLCHAIN" >> ${folder}/calls
case "$1" in
  version) echo "go version go${version} linux/${ARCHITECTURE}" ;;
  env) echo "\${GOPROXY:-${DEFAULT_PROXY}}" ;;
  list) exit ${proxyAnswers ? 0 : 1} ;;
  mod)
    if [ "$2" = edit ]; then echo "$*" >> ${folder}/calls; exit; fi
    if [ -e ${folder}/source ]; then echo '{"Dir": "${folder}/source"}'; exit; fi
    mkdir -p ${toolchain}/bin ${toolchain}/pkg/tool/linux_${ARCHITECTURE}
    cp ${folder}/newer ${toolchain}/bin/go
    touch ${toolchain}/pkg/tool/linux_${ARCHITECTURE}/compile
    echo '{"Dir": "${toolchain}"}' ;;
  build)
    if [ -n "$BUILD_FAILS" ]; then echo "dial tcp: i/o timeout" >&2; exit 1; fi
    if [ -e ../module ]; then cat ../module/window.go >> ${folder}/calls; fi
    while [ "$1" != -o ]; do shift; done
    echo built > "$2" ;;
esac
`,
    { mode: 0o755 },
  );
}

/** Builds a program. @returns the lines that the stand-in wrote down */
async function build(environment: Record<string, string> = {}, patch?: object): Promise<string[]> {
  const module = join(process.cwd(), 'scripts/bootstrap/go.mjs');
  const output = join(folder, 'out/program');
  const program = JSON.stringify({ module: join(folder, 'own'), packagePath: '.', output, patch });
  const script = `import { goBuild } from '${module}'; await goBuild(${program}, () => {});`;
  const PATH = `${join(folder, 'bin')}:/usr/bin:/bin`;
  await execa(process.execPath, ['--input-type=module', '-e', script], {
    env: { PATH, ...environment },
    extendEnv: false,
  });
  expect(readFileSync(join(folder, 'out/program'), 'utf8')).toBe('built\n');
  return readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
}

it('a recent Go is used as it is, and may fetch the toolchain that a module asks for', async () => {
  installGo(join(folder, 'bin/go'), '1.24.4');
  expect((await build()).at(-1)).toBe('1.24.4 build GOPROXY= GOTOOLCHAIN=auto');
  expect((await build({ GOTOOLCHAIN: 'local' })).at(-1)).toBe('1.24.4 build GOPROXY= GOTOOLCHAIN=auto');
});

it('an older Go fetches a newer one, which then builds', async () => {
  installGo(join(folder, 'bin/go'), '1.19.8');
  installGo(join(folder, 'newer'), '1.25.8');
  expect((await build()).at(-1)).toBe('1.25.8 build GOPROXY= GOTOOLCHAIN=auto');
});

it('another proxy is asked where the one that Go comes with does not answer', async () => {
  installGo(join(folder, 'bin/go'), '1.24.4', false);
  expect((await build()).at(-1)).toBe('1.24.4 build GOPROXY=https://goproxy.cn,direct GOTOOLCHAIN=auto');
});

it('a proxy that the user chose is not tried, and not replaced', async () => {
  installGo(join(folder, 'bin/go'), '1.24.4', false);
  const calls = await build({ GOPROXY: 'https://mirror.example.org' });
  expect(calls.filter((line) => line.includes(' list '))).toEqual([]);
  expect(calls.at(-1)).toContain('GOPROXY=https://mirror.example.org ');
});

it('fails when the build does, with what it printed and what to do about the module proxy', async () => {
  installGo(join(folder, 'bin/go'), '1.24.4');
  await expect(build({ BUILD_FAILS: '1' })).rejects.toThrow(
    /UserError: "go build .*" failed \(exit code 1\):\n {4}dial tcp: i\/o timeout\n {2}Fix: .* set GOPROXY/,
  );
});

describe('a patch', () => {
  const patch = { module: 'example.org/tunnel', file: join(folder, 'window.patch') };
  const text = (before: string) => `Why it is.

--- a/window.go
+++ b/window.go
@@ -1,1 +1,1 @@
-${before}
+const window = 768
`;
  beforeEach(() => {
    installGo(join(folder, 'bin/go'), '1.24.4');
    for (const name of ['go.mod', 'go.sum']) writeFileSync(join(folder, 'own', name), '');
    mkdirSync(join(folder, 'source'));
    writeFileSync(join(folder, 'source/window.go'), 'const window = 6144\n', { mode: 0o444 });
  });
  afterEach(() =>
    expect(readdirSync(join(folder, 'out'))).not.toContainEqual(expect.stringMatching('patched')),
  );

  it('is built from a copy of the module, which stays as it is', async () => {
    writeFileSync(patch.file, text('const window = 6144'));
    const calls = await build({}, patch);
    expect(calls).toContainEqual('mod edit -replace example.org/tunnel=../module');
    expect(calls.at(-1)).toBe('const window = 768');
    expect(readFileSync(join(folder, 'source/window.go'), 'utf8')).toBe('const window = 6144\n');
  });

  it('fails the build where the module is another than it was made for', async () => {
    writeFileSync(patch.file, text('const window = 5000'));
    await expect(build({}, patch)).rejects.toThrow(/patch --strip=1.* failed[\s\S]*Hunk #1 FAILED/);
  });
});

it('the toolchain that is fetched is as late as any module asks for', () => {
  const parts = (version: string) => version.split('.').map(Number);
  const [, fetchedMinor = 0, fetchedPatch = 0] = parts(TOOLCHAIN.replace('go', ''));
  const modules = readdirSync('assets/go').map((name) => readFileSync(`assets/go/${name}/go.mod`, 'utf8'));
  expect(modules.length).toBeGreaterThan(0);
  for (const text of modules) {
    const [, minor = 0, patch = 0] = parts(/^go (\S+)$/m.exec(text)?.[1] ?? '');
    expect(minor).toBeGreaterThan(0);
    expect(fetchedMinor * 1000 + fetchedPatch).toBeGreaterThanOrEqual(minor * 1000 + patch);
  }
});
