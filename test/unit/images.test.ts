import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { debianMirror } from '../../scripts/images/build.ts';
import { contextFiles } from '../../scripts/images/digest.ts';
import { planImages } from '../../scripts/images/plan.ts';
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

describe('images the user names', () => {
  it('are taken as they are, and are not built', () => {
    const image = plan({ BTCW_NGINX_IMAGE: 'nginx:1.28.0' }).byService.get('nginx');
    expect(image).toMatchObject({ name: 'nginx', reference: 'nginx:1.28.0' });
    expect(image?.buildName).toBeUndefined();
  });

  it('replace the base, with our packages added to it', () => {
    const [base, nginx] = plan({ BTCW_BASE_IMAGE: 'debian:trixie-slim' }).all;
    expect(base).toMatchObject({ name: 'base', source: { from: { reference: 'debian:trixie-slim' } } });
    expect(nginx).toMatchObject({ name: 'nginx', from: base });
    expect(base?.reference).not.toBe(plan().all[0]?.reference);
  });

  it("are tagged by their folder's content, without what .dockerignore leaves out", () => {
    const folder = join(root, 'own');
    mkdirSync(join(folder, 'node_modules/x'), { recursive: true });
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch');
    writeFileSync(join(folder, 'node_modules/x/index.js'), '');
    writeFileSync(join(folder, '.dockerignore'), 'node_modules\n*.log\n');
    writeFileSync(join(folder, 'a.log'), '');
    expect(contextFiles(folder).map((file) => relative(folder, file))).toEqual([
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

describe('the images that are needed', () => {
  it('come in the order they are built, and have frps only while it is embedded', () => {
    const names = (environment: Environment) => plan(environment).all.map(({ name }) => name);
    expect(names({})).toEqual(['base', 'nginx', 'backend', 'frontend', 'frpc', 'frps', 'guard']);
    expect(names({ BTCW_FRP_SERVER_ADDR: 'frp.example.org' })).not.toContain('frps');
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
