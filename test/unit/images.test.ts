import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tagOf } from '../../scripts/images/build.ts';
import { buildFiles, clutterNotice } from '../../scripts/images/context.ts';
import { debianMirror } from '../../scripts/images/debian.ts';
import { PLAIN_BUILDS } from '../../scripts/images/options.ts';
import { ownBuildProblems } from '../../scripts/images/own-build.ts';
import { buildArgs, stageLines } from '../../scripts/images/own-builder.ts';
import { planImages } from '../../scripts/images/plan.ts';
import type { DebianRecipe } from '../../stacks/topology/image-source.ts';
import { deploymentOf, type Environment } from '../support/topology.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'btcw-images-'));
  for (const path of [
    'assets/base',
    'assets/nginx',
    'assets/frp',
    'assets/go',
    'assets/guard',
    'assets/runtime',
    'package-lock.json',
  ]) {
    cpSync(path, join(root, path), { recursive: true });
  }
  const sources = {
    backend: ['build.mjs', 'Dockerfile'],
    frontend: ['index.html', 'vite.config.ts', 'nginx.conf', 'Dockerfile', 'Dockerfile.dev'],
  };
  for (const [app, files] of Object.entries(sources)) {
    mkdirSync(join(root, 'assets', app, 'src'), { recursive: true });
    mkdirSync(join(root, 'assets', app, 'public'));
    for (const name of ['package.json', 'src/main.ts', ...files])
      writeFileSync(join(root, 'assets', app, name), name);
  }
});
afterEach(() => rmSync(root, { recursive: true }));

const plan = (environment: Environment = {}) => planImages(deploymentOf(environment).topology, root);
const referenceOf = (service: string, environment: Environment = {}): string | undefined =>
  plan(environment).byService.get(service)?.reference;
const changedBy = (change: () => void): string[] => {
  const before = plan().all;
  change();
  const after = plan().all;
  return before
    .filter(({ name, reference }) => after.find((image) => image.name === name)?.reference !== reference)
    .map(({ name }) => name);
};

describe("an image's tag", () => {
  it('stays the same while nothing changes', () => {
    expect(changedBy(() => {})).toEqual([]);
  });

  it("changes with the application's sources, and no other's does", () => {
    expect(changedBy(() => writeFileSync(join(root, 'assets/backend/src/main.ts'), 'changed'))).toEqual([
      'backend',
    ]);
  });

  it('changes with what the image is built on', () => {
    expect(changedBy(() => writeFileSync(join(root, 'assets/nginx/Dockerfile'), 'changed'))).toEqual([
      'nginx',
      'frontend',
    ]);
  });

  it("changes with logrun for frpc alone, and not with logrun's tests", () => {
    expect(changedBy(() => writeFileSync(join(root, 'assets/go/logrun/main.go'), 'changed'))).toEqual([
      'frpc',
    ]);
    expect(changedBy(() => writeFileSync(join(root, 'assets/go/logrun/main_test.go'), 'changed'))).toEqual(
      [],
    );
  });

  it('changes with the watchdog for all that run it, and not with its tests', () => {
    expect(changedBy(() => writeFileSync(join(root, 'assets/go/watchdog/watch.go'), 'changed'))).toEqual(
      expect.arrayContaining(['nginx', 'frontend', 'backend', 'frpc', 'frps', 'guard']),
    );
    expect(changedBy(() => writeFileSync(join(root, 'assets/go/watchdog/watch_test.go'), 'changed'))).toEqual(
      [],
    );
  });

  it("does not change with the application's tests", () => {
    expect(
      changedBy(() => {
        mkdirSync(join(root, 'assets/backend/test'));
        writeFileSync(join(root, 'assets/backend/test/a.test.ts'), '');
      }),
    ).toEqual([]);
  });

  it('changes when a package the application depends on does, and not for another', () => {
    const lockFile = join(root, 'package-lock.json');
    const edit = (name: string) => () => {
      const lock = JSON.parse(readFileSync(lockFile, 'utf8'));
      lock.packages[`node_modules/${name}`].integrity = 'sha512-other';
      writeFileSync(lockFile, JSON.stringify(lock));
    };
    expect(changedBy(edit('vue'))).toEqual(['frontend']);
    expect(changedBy(edit('cdktf'))).toEqual([]);
  });
});

describe('all tags', () => {
  const renewed = (edition?: string) =>
    planImages(deploymentOf().topology, root, {
      ...PLAIN_BUILDS,
      ...(edition && { edition }),
    });
  const tags = (edition?: string) => renewed(edition).all.map(({ reference }) => reference);

  it('change with the edition, and are the same for the same one', () => {
    const before = new Set(tags());
    expect(tags('2026-11-28').filter((tag) => before.has(tag))).toEqual([]);
    expect(tags('2026-11-28')).toEqual(tags('2026-11-28'));
    expect(renewed('2026-11-28').edition).toBe('2026-11-28');
  });

  it('follow from every file, module and patch that is put into an image', () => {
    const covers = (sources: readonly string[], path: string) =>
      sources.some(
        (source) => path === source || source.startsWith(`${path}/`) || path.startsWith(`${source}/`),
      );
    const recipes = renewed().all.flatMap(({ source }) => (source.kind === 'dockerfile' ? [source] : []));
    expect(recipes.length).toBeGreaterThan(5);
    for (const { name, sources, dockerfile, content = [] } of recipes) {
      const paths = content.flatMap((part) => {
        if (part.kind === 'copy') return [part.path];
        return part.kind === 'go' ? [part.module, ...(part.patch ? [part.patch.file] : [])] : [];
      });
      const unknown = [dockerfile, ...paths]
        // What `build` writes follows from the sources.
        .filter((path) => !/\/dist(\/|$)/.test(path))
        .filter((path) => !covers(sources, path));
      expect([name, unknown]).toEqual([name, []]);
    }
  });
});

describe("a Debian system's tag", () => {
  const base = (suite?: string) => {
    const source = { kind: 'debian', name: 'base', packages: 'assets/base/packages.txt' } as const;
    return imageOfSource({ ...source, ...(suite && { suite }) });
  };
  const imageOfSource = (image: DebianRecipe) => {
    const topology = deploymentOf({}).topology;
    const [first] = topology.services;
    if (!first) throw new Error('no service');
    return planImages({ ...topology, services: [{ ...first, image }] }, root).all[0]?.reference;
  };

  it('changes with the suite', () => {
    expect(base()).toBe(base('trixie'));
    expect(base('bookworm')).not.toBe(base());
  });
});

describe('images the user names', () => {
  it('are taken as they are, and are not built', () => {
    const image = plan({ BTCW_NGINX_IMAGE: 'nginx:1.28.0' }).byService.get('nginx');
    expect(image).toMatchObject({ name: 'nginx', reference: 'nginx:1.28.0' });
    expect(image?.buildName).toBeUndefined();
  });

  it('replace the base, with our packages added to it', () => {
    const [base, runtime, nginx] = plan({ BTCW_BASE_IMAGE: 'debian:trixie-slim' }).all;
    expect(base).toMatchObject({ name: 'base', source: { from: { reference: 'debian:trixie-slim' } } });
    expect(runtime).toMatchObject({ name: 'runtime', from: base });
    expect(nginx).toMatchObject({ name: 'nginx', from: runtime });
    expect(base?.reference).not.toBe(plan().all[0]?.reference);
  });

  it("are tagged by their folder's content, without what .dockerignore leaves out", () => {
    const folder = join(root, 'own');
    mkdirSync(join(folder, 'node_modules/x'), { recursive: true });
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch');
    writeFileSync(join(folder, 'node_modules/x/index.js'), '');
    writeFileSync(join(folder, '.dockerignore'), 'node_modules\n*.log\n');
    writeFileSync(join(folder, 'a.log'), '');
    expect(buildFiles(folder).files.map((file) => relative(folder, file))).toEqual([
      '.dockerignore',
      'Dockerfile',
    ]);
    const before = referenceOf('backend', { BTCW_BACKEND_CONTEXT: folder });
    writeFileSync(join(folder, 'a.log'), 'more');
    expect(referenceOf('backend', { BTCW_BACKEND_CONTEXT: folder })).toBe(before);
    writeFileSync(join(folder, 'Dockerfile'), 'FROM other');
    expect(referenceOf('backend', { BTCW_BACKEND_CONTEXT: folder })).not.toBe(before);
  });
});

describe('a build context without .dockerignore', () => {
  let folder: string;
  const write = (path: string, text = '') => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const sent = (copied: string[] = []) =>
    buildFiles(folder, copied).files.map((file) => relative(folder, file));
  const reference = () => referenceOf('backend', { BTCW_BACKEND_CONTEXT: folder });
  beforeEach(() => {
    folder = join(root, 'app');
    write('Dockerfile', 'FROM scratch\nCOPY . .\n');
    write('main.py');
    write('.gitignore', 'logs/\n*.pyc\ndist/\n');
    write('.env', 'SECRET=x');
    write('logs/app.log');
    write('dist/index.html');
    write('a.pyc');
    write('node_modules/x/index.js', 'x'.repeat(3000));
    execFileSync('git', ['init', '-q', folder]);
  });

  it('is sent without what git ignores, and without .env and .git', () => {
    expect(sent()).toEqual(['.gitignore', 'Dockerfile', 'main.py', 'node_modules/x/index.js']);
  });

  it('is sent with what the Dockerfile names', () => {
    expect(sent(['dist', './.env'])).toEqual(expect.arrayContaining(['.env', 'dist/index.html']));
    expect(sent(['dist/*.html'])).toContain('dist/index.html');
    expect(sent(['.'])).not.toContain('dist/index.html');
  });

  it('gives the same image after another line in a log, and another after a change of the source', () => {
    const before = reference();
    write('logs/app.log', 'more');
    write('.env', 'SECRET=y');
    expect(reference()).toBe(before);
    write('main.py', 'more');
    expect(reference()).not.toBe(before);
  });

  it('is sent whole where git has nothing to say, but for .env', () => {
    rmSync(join(folder, '.git'), { recursive: true });
    expect(sent()).toEqual(expect.arrayContaining(['logs/app.log', 'a.pyc', 'dist/index.html']));
    expect(sent()).not.toContain('.env');
  });

  it('is told once, with what is in it and what is left out', () => {
    const { clutter } = buildFiles(folder);
    expect(clutterNotice('app', folder, clutter)).toMatch(
      /^app has no \.dockerignore: node_modules \(3 KiB\) would be in the image; \.git \(\d+ KiB\), .*\.env \(1 KiB\).* left out of the build\. One there decides\.$/,
    );
  });

  it('has nothing to be told where there is a .dockerignore', () => {
    write('.dockerignore', '*\n!main.py\n');
    expect(buildFiles(folder)).toMatchObject({ files: [join(folder, 'main.py')], clutter: [] });
  });
});

describe("the build of a user's own Dockerfile", () => {
  let folder: string;
  const dockerfile = (text: string) => writeFileSync(join(folder, 'Dockerfile'), text);
  const source = () => ({ kind: 'context', folder }) as const;
  const imageFor = (options = {}, more = {}) => {
    const definition = {
      ...{ name: 'app', health: undefined, disruption: '', limits: { memoryMiB: 64, pids: 8 } },
      image: { ...source(), ...more },
    };
    const { topology } = deploymentOf({}, [definition]);
    return planImages(topology, process.cwd(), { ...PLAIN_BUILDS, ...options });
  };
  const buildFor = (options = {}, more = {}) => {
    const build = imageFor(options, more).byService.get('app')?.ownBuild;
    if (!build) throw new Error('no build was read');
    return build;
  };
  const tag = (options = {}, more = {}) => imageFor(options, more).byService.get('app')?.reference;
  beforeEach(() => {
    folder = join(root, 'own');
    mkdirSync(folder);
    dockerfile('FROM python:3.12-slim AS base\nRUN pip install x\nFROM base\nRUN y\n');
  });

  it('gives another image for other arguments, another target or another Dockerfile', () => {
    writeFileSync(join(root, 'other.Dockerfile'), 'FROM x:1');
    const tags = [
      tag(),
      tag({ args: { VITE_API: '/api' } }),
      tag({}, { args: { A: '1' } }),
      tag({}, { target: 'base' }),
      tag({}, { dockerfile: '../other.Dockerfile' }),
      tag({ standIns: true }),
    ];
    expect(new Set(tags).size).toBe(tags.length);
  });

  it('gives the same image from other mirrors, through a proxy, and with other authorities', () => {
    const args = {
      PIP_INDEX_URL: 'https://m/simple',
      npm_config_registry: 'https://n',
      HTTPS_PROXY: 'http://p',
    };
    expect(tag({ args, mirrors: ['m.io'], authorities: ['/x.pem'] })).toBe(tag());
  });

  it('has its stand-ins built before it, and says how they differ', () => {
    const names = imageFor({ standIns: true }).all.map(({ name }) => name);
    expect(names.indexOf('stand-in-python-3.13')).toBeLessThan(names.indexOf('app'));
    expect(names.indexOf('stand-in-python-3.13')).toBeGreaterThan(names.indexOf('base'));
    expect(buildFor({ standIns: true }).differences).toEqual([
      'python:3.12-slim: Python 3.13 instead of 3.12',
    ]);
    expect(imageFor().all.map(({ name }) => name)).not.toContain('stand-in-python-3.13');
  });

  it('fails before it begins: by the line, for what cannot be', () => {
    dockerfile('FROM node:20-alpine AS x\nFROM x\nRUN apk add git\nRUN --mount=type=secret,id=c ls\n');
    expect(ownBuildProblems(buildFor({ standIns: true }), false)).toEqual([
      expect.stringMatching(
        /own\/Dockerfile, line 4: RUN --mount needs BuildKit, which is not here: apt-get install/,
      ),
      expect.stringMatching(/own\/Dockerfile, line 3: there is no apk in the stand-in for node:20-alpine/),
    ]);
    expect(ownBuildProblems(buildFor(), true)).toEqual([]);
  });

  it('gets the arguments that its Dockerfile or Docker knows, and no proxy on the loopback of this host', () => {
    dockerfile('ARG A\nFROM x:1\nARG PIP_INDEX_URL\nARG TARGETARCH\nRUN y\n');
    const environment = {
      HTTP_PROXY: 'http://127.0.0.1:7890',
      NO_PROXY: 'x',
      PIP_INDEX_URL: 'p',
      HOME: '/h',
    };
    expect(buildArgs(buildFor({ args: { A: '1', B: '2' } }), true, environment)).toEqual({
      ...{ A: '1', NO_PROXY: 'x', PIP_INDEX_URL: 'p' },
      TARGETARCH: expect.stringMatching(/^(amd|arm)/),
    });
  });

  it('has every stage find packages and authorities, and keeps none of it in the image', () => {
    const args = { PIP_INDEX_URL: 'https://m/simple', APT_MIRROR: 'http://m' };
    dockerfile('FROM x:1 AS b\nRUN apt-get update\nFROM b\nARG PIP_INDEX_URL\nRUN y\nFROM z:1\nCOPY a b\n');
    const build = buildFor({ args });
    const [first = [], second = [], third = []] = build.dockerfile.stages.map((stage) =>
      stageLines(build, stage, 'authorities:1'),
    );
    expect(first[0]).toBe('ARG PIP_INDEX_URL');
    expect(first[1]).toMatch(/^RUN find \/etc\/apt .*#http:\/\/m\/#/);
    expect(first).toContain(
      'COPY --from=authorities:1 /authorities.pem /usr/local/share/ca-certificates/btc-watcher-build.crt',
    );
    expect(first.at(-1)).toMatch(/^ARG CARGO_HTTP_CAINFO=/);
    expect(second.every((line) => line.startsWith('ARG ') && !line.includes('PIP_INDEX'))).toBe(true);
    expect(third).toEqual([]);
  });
});

describe('the images that are needed', () => {
  it('come in the order they are built, and have frps only while it is embedded', () => {
    const names = (environment: Environment) => plan(environment).all.map(({ name }) => name);
    expect(names({})).toEqual([
      ...['base', 'runtime', 'nginx', 'backend', 'frontend', 'frpc', 'frps', 'guard'],
    ]);
    expect(names({ BTCW_FRP_SERVER_ADDR: 'frp.example.org' })).not.toContain('frps');
  });
});

describe('a reference', () => {
  it.each([
    ['redis', 'redis:latest'],
    ['docker.io/library/redis:8', 'redis:8'],
    ['docker.io/bitnami/redis:8', 'bitnami/redis:8'],
    ['localhost:5000/app', 'localhost:5000/app:latest'],
    ['btc-watcher/nginx:1f0c', 'btc-watcher/nginx:1f0c'],
    ['a@sha256:00', 'a@sha256:00'],
  ])('%s is %s to the engine', (reference, tag) => {
    expect(tagOf(reference)).toBe(tag);
  });
});

describe("the host's Debian mirror", () => {
  it.each([
    ['deb http://mirror.example/debian bookworm main', 'http://mirror.example/debian'],
    ['deb [arch=amd64] https://mirror.example/debian/ trixie main', 'https://mirror.example/debian'],
    ['Types: deb\nURIs: http://mirror.example/debian\nSuites: trixie', 'http://mirror.example/debian'],
    ['deb http://mirror.example/ubuntu noble main', undefined],
    ['', undefined],
  ])('of %j is %s', (sources, mirror) => {
    expect(debianMirror(sources)).toBe(mirror);
  });
});
