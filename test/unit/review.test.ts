import { describe, expect, it } from 'vitest';
import type { DeclaredContainer } from '../../scripts/review/declared.ts';
import { compare, compareFiles, type InspectedContainer } from '../../scripts/review/drift.ts';
import { effects, replacements } from '../../scripts/review/effects.ts';

const declared: DeclaredContainer = {
  name: 'btc-watcher-nginx',
  component: 'nginx',
  address: 'docker_container.Nginx',
  configAddress: 'terraform_data.Nginx_Files',
  limitAddress: 'terraform_data.Nginx_Limit',
  image: 'btc-watcher/nginx:1',
  environment: ['A=1'],
  labels: { project: 'x' },
  ports: ['127.0.0.1:8501->8501'],
  mounts: ['btc-watcher-nginx-config->/etc/nginx ro'],
  network: 'bridge',
  user: '33:33',
  entrypoint: ['nginx'],
  restart: 'unless-stopped',
  readOnly: true,
  capabilities: [],
  memoryMiB: 64,
  pidsLimit: 64,
  logOptions: { 'max-size': '10m' },
  healthcheck: ['CMD', 'true'],
  config: { mountPath: '/etc/nginx', activation: 'reload', environmentFile: '', files: [] },
};
const image = { Id: 'sha256:1', Config: { Env: ['PATH=/bin'], Labels: { built: 'yes' } } };
const asDeclared: InspectedContainer = {
  Id: 'abc',
  Name: '/btc-watcher-nginx',
  Image: 'sha256:1',
  State: { Status: 'running' },
  Config: {
    Env: ['A=1', 'PATH=/bin'],
    Labels: { built: 'yes', project: 'x' },
    User: '33:33',
    Entrypoint: ['nginx'],
    Healthcheck: { Test: ['CMD', 'true'] },
  },
  HostConfig: {
    PortBindings: { '8501/tcp': [{ HostIp: '127.0.0.1', HostPort: '8501' }] },
    RestartPolicy: { Name: 'unless-stopped' },
    ReadonlyRootfs: true,
    Memory: 64 * 1024 * 1024,
    PidsLimit: 64,
    LogConfig: { Type: 'json-file', Config: { 'max-size': '10m' } },
    NetworkMode: 'bridge',
    CapAdd: null,
    CapDrop: ['ALL'],
    Privileged: false,
  },
  Mounts: [
    { Type: 'volume', Name: 'btc-watcher-nginx-config', Source: '/x', Destination: '/etc/nginx', RW: false },
  ],
  NetworkSettings: { Networks: { bridge: {} } },
};

describe('a container', () => {
  it('that is as declared has no difference, whatever order the engine lists things in', () => {
    expect(compare(declared, asDeclared, image)).toEqual([]);
  });

  it('whose environment differs is told by the name, never by the value', () => {
    const Config = { ...asDeclared.Config, Env: ['A=1', 'PATH=/bin', 'KEY=s3cret'] };
    expect(compare(declared, { ...asDeclared, Config }, image)).toEqual([
      { what: 'environment', detail: 'KEY differ', mend: 'container' },
    ]);
  });

  it('is not called different for what its image brings', () => {
    const richer = { ...image, Config: { Env: ['PATH=/bin', 'LANG=C'], Labels: { built: 'yes' } } };
    const Config = { ...asDeclared.Config, Env: ['A=1', 'PATH=/bin', 'LANG=C'] };
    expect(compare(declared, { ...asDeclared, Config }, richer)).toEqual([]);
  });
});

describe('configuration files', () => {
  const wanted = new Map<string, string | undefined>([
    ['nginx.conf', 'a'],
    ['start', undefined],
  ]);

  it('are told as edited, missing or foreign, and never by their content', () => {
    const files = new Map([
      ['nginx.conf', 'secret'],
      ['extra', 'secret'],
    ]);
    const found = compareFiles(files, wanted);
    expect(found.map(({ what, detail }) => `${what} ${detail}`)).toEqual([
      'nginx.conf was edited by hand',
      'start is missing',
      'extra does not belong there',
    ]);
    expect(JSON.stringify(found)).not.toContain('secret');
  });

  it('that a script makes are only looked for', () => {
    const files = new Map([
      ['nginx.conf', 'a'],
      ['start', 'anything'],
    ]);
    expect(compareFiles(files, wanted)).toEqual([]);
  });
});

describe('the effect', () => {
  const review = (
    planned: { address: string; action: string }[],
    settings = [],
    images = new Map<string, string>(),
  ) => effects([{ declared, differences: [] }], planned, settings, images);

  it('of nothing is no row', () => {
    expect(review([])).toEqual([]);
  });

  it('of a new container outweighs that of a new configuration', () => {
    const [row] = review([
      { address: declared.address, action: 'replace' },
      { address: 'terraform_data.Nginx_Files', action: 'replace' },
    ]);
    expect(row?.effect).toBe('recreate (sockets drop)');
  });

  it('of a new image names both tags', () => {
    const [row] = review(
      [{ address: declared.address, action: 'replace' }],
      [],
      new Map([['nginx', 'btc-watcher/nginx:0']]),
    );
    expect(row?.because).toEqual(['image: btc-watcher/nginx:0 → btc-watcher/nginx:1']);
  });
});

describe('what terraform is told to replace', () => {
  const difference = (mend: 'container' | 'update' | 'config' | 'limit') => ({
    what: 'x',
    detail: 'y',
    mend,
  });

  it.each([
    ['container', [declared.address]],
    ['config', ['terraform_data.Nginx_Files']],
    ['limit', ['terraform_data.Nginx_Limit']],
    ['update', []],
  ] as const)('for a difference that a new %s mends is %j', (mend, addresses) => {
    expect(replacements([{ declared, differences: [difference(mend)] }])).toEqual(addresses);
  });

  it('is not what it does by itself, and not what it does not know', () => {
    const differences = [difference('container')];
    expect(
      replacements([{ declared, differences }], [{ address: declared.address, action: 'create' }]),
    ).toEqual([]);
    expect(replacements([{ declared, differences, intruder: 'id' }])).toEqual([]);
  });
});
