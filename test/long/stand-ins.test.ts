// biome-ignore-all lint/suspicious/noTemplateCurlyInString: nginx and its templates write variables so
/** The stand-ins for images that no registry gives, built from nothing and used by Dockerfiles as projects have them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildOptions } from '../../scripts/images/options.ts';
import { planImages } from '../../scripts/images/plan.ts';
import { docker, eventually, tryProgram } from '../support/deployment.ts';
import { deploymentOf } from '../support/topology.ts';

const folder = mkdtempSync(join(tmpdir(), 'btcw-stand-ins-'));
const PROJECT = 'btcw-stand-ins';
const settings = {
  BTCW_PROJECT: PROJECT,
  BTCW_BACKEND_CONTEXT: join(folder, 'backend'),
  BTCW_FRONTEND_CONTEXT: join(folder, 'frontend'),
  BTCW_STAND_INS: 'on',
};
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};

const FILES = {
  'backend/Dockerfile': `FROM python:3.11-slim
WORKDIR /app
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
CMD ["tini", "--", "uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]
`,
  'backend/requirements.txt': 'fastapi==0.115.0\nuvicorn==0.30.6\n',
  'backend/main.py':
    'import sys\nfrom fastapi import FastAPI\napp = FastAPI()\n@app.get("/version")\ndef version(): return sys.version_info[:2]\n',
  'frontend/Dockerfile': `FROM node:18-alpine AS build
WORKDIR /app
COPY package*.json ./
RUN npm ci
COPY . .
RUN npm run build && node --version > dist/node.txt
FROM nginx:alpine
COPY default.conf.template /etc/nginx/templates/default.conf.template
COPY --from=build /app/dist /usr/share/nginx/html
`,
  'frontend/package.json':
    '{"name":"page","version":"1.0.0","type":"module","scripts":{"build":"vite build"},"devDependencies":{"vite":"5.4.20"}}',
  'frontend/default.conf.template':
    'server { listen ${PORT}; root /usr/share/nginx/html; location / { try_files $uri /index.html; } }\n',
  'frontend/index.html': '<!doctype html><h1>a page</h1><script type="module" src="/main.js"></script>',
  'frontend/main.js': 'console.log(1);\n',
};

const images = () => {
  const { settings: checked, topology } = deploymentOf(settings);
  return planImages(topology, process.cwd(), buildOptions(checked)).all;
};
const referenceOf = (name: string) => images().find((image) => image.name === name)?.reference ?? '';
const ofTest = () => images().filter(({ name }) => /^(stand-in|base-|backend|frontend)/.test(name));

/** Starts an image, as this package does, and gives the address of its port. */
async function start(name: string, port: number, ...options: string[]): Promise<string> {
  const container = `${PROJECT}-${name}`;
  const published = ['--publish', `127.0.0.1::${port}`];
  await docker('run', '--detach', '--name', container, ...published, ...options, referenceOf(name));
  return `http://${await docker('port', container, String(port))}`;
}
const read = (address: string) =>
  eventually(
    () =>
      fetch(address).then(
        (response) => response.text(),
        () => '',
      ),
    (text) => text !== '',
  );

beforeAll(async () => {
  for (const [path, text] of Object.entries(FILES)) write(path, text);
  await tryProgram('npm', ['install', '--package-lock-only', '--prefix', join(folder, 'frontend')]);
}, 120_000);
afterAll(async () => {
  for (const name of ['backend', 'frontend'])
    await tryProgram('docker', ['rm', '--force', `${PROJECT}-${name}`]);
  // The stand-ins stay, as all images that follow from this checkout: others may be built on them.
  for (const name of ['backend', 'frontend'])
    await tryProgram('docker', ['image', 'rm', '--force', referenceOf(name)]);
  rmSync(folder, { recursive: true });
});

/** Each build is waited for as a user does; the times are what docs/builds.md tells. */
async function build(name: string): Promise<string> {
  const { execa } = await import('execa');
  const { all } = await execa('node', ['scripts/run.mjs', 'images', name], {
    ...{ env: settings, all: true, timeout: 1_200_000 },
  });
  console.log(
    all
      .split('\n')
      .filter((line) => line.startsWith('✓'))
      .join('\n'),
  );
  return all;
}

describe('an application as projects have them is built without a registry', () => {
  it('with python, apt-get and pip', async () => {
    expect(await build('backend')).toContain('Image backend: built');
    expect(await read(`${await start('backend', 8000)}/version`)).toBe('[3,11]');
  }, 1_200_000);

  it('with node, npm and nginx, which starts without any capability, too', async () => {
    expect(await build('frontend')).toContain('Image frontend: built');
    const options = ['--env', 'PORT=3000', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
    const address = await start('frontend', 3000, ...options);
    expect(await read(`${address}/any/path`)).toContain('a page');
    expect(await read(`${address}/node.txt`)).toMatch(/^v18\./);
  }, 1_200_000);

  it('and nothing of what it was built with is in its environment', async () => {
    for (const name of ['backend', 'frontend']) {
      const [{ Config }] = JSON.parse(await docker('image', 'inspect', referenceOf(name)));
      expect(JSON.stringify(Config.Env)).not.toMatch(/CERT|CAINFO|BUNDLE/);
    }
  });

  it('sizes', async () => {
    const names = ofTest().map(({ reference }) => reference);
    const sizes = JSON.parse(await docker('image', 'inspect', ...names)) as {
      RepoTags: string[];
      Size: number;
    }[];
    console.log(sizes.map(({ RepoTags, Size }) => `${RepoTags[0]}: ${Math.round(Size / 1e6)} MB`).join('\n'));
    expect(sizes).toHaveLength(names.length);
  });
});
