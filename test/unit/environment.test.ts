/** The environment of the programs that are started, whatever the caller's is. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  pathWith,
  programEnvironment,
  settlePlaces,
  terraformEnvironment,
} from '../../scripts/bootstrap/environment.mjs';
import { folderForRoot, mountOptions, unfitForRoot } from '../../scripts/lib/mounts.ts';

const PLAIN = { PATH: '/usr/bin', HOME: '/home/owner', LANG: 'zh_CN.UTF-8' };

/** What may be in a shell, by the program that reads it: none of it may change a result. */
const HOSTILE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  terraform: {
    ...{ TF_WORKSPACE: 'staging', TF_CLI_ARGS: '-lock=false', TF_CLI_ARGS_plan: '-destroy', TF_LOG: 'json' },
    ...{ TF_DATA_DIR: '/elsewhere', TF_INPUT: '0', TF_PLUGIN_CACHE_DIR: '/cache', TF_VAR_x: '1' },
    ...{ TF_REATTACH_PROVIDERS: '{}', TF_CLI_CONFIG_FILE: '/dead-mirror', TF_ENCRYPTION: 'x' },
    ...{ CDKTF_OUTDIR: '/elsewhere', TERRAFORM_BINARY_NAME: 'terragrunt', SYNTH_HCL_OUTPUT: 'true' },
    ...{ TF_IN_AUTOMATION: '', CHECKPOINT_DISABLE: '' },
  },
  docker: {
    ...{ DOCKER_BUILDKIT: '0', DOCKER_DEFAULT_PLATFORM: 'linux/arm64', DOCKER_CONTENT_TRUST: '1' },
    ...{ DOCKER_API_VERSION: '1.20', BUILDX_BUILDER: 'far', BUILDKIT_PROGRESS: 'rawjson' },
  },
  tools: {
    ...{ TAR_OPTIONS: '--exclude=*', GIT_DIR: '/elsewhere/.git', GIT_WORK_TREE: '/', APT_CONFIG: '/x' },
    ...{ PERL5OPT: '-Mx', SOURCE_DATE_EPOCH: '1', DEBIAN_FRONTEND: 'gnome', DPKG_ROOT: '/x', ENV: '/x' },
  },
};
const BUILDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  node: {
    ...{ NODE_ENV: 'development', NODE_PATH: '/elsewhere', NODE_DEBUG: 'http', NODE_V8_COVERAGE: '/x' },
    ...{
      NODE_OPTIONS: '--require=/x.js --inspect --max-old-space-size=64',
      VITE_USER_NODE_ENV: 'development',
    },
    ...{ VITE_KEY: 'in the page', ESBUILD_BINARY_PATH: '/x', BROWSERSLIST: 'ie 6' },
  },
  npm: {
    ...{ npm_config_omit: 'optional', npm_config_dry_run: 'true', npm_config_global: 'true' },
    ...{ npm_config_ignore_scripts: 'true', NPM_CONFIG_PREFIX: '/x', npm_config_os: 'darwin' },
    ...{ npm_package_name: 'other', npm_lifecycle_event: 'up' },
  },
  go: {
    ...{ GOOS: 'windows', GOARCH: 'arm', GOFLAGS: '-mod=mod', GOAMD64: 'v4', GO111MODULE: 'off' },
    ...{ GOPATH: 'relative', GOCACHE: 'off', GOTOOLCHAIN: 'local', GOROOT: '/x', GOWORK: '/x/go.work' },
    ...{ CGO_ENABLED: '1', CGO_CFLAGS: '-x', GOEXPERIMENT: 'x', GODEBUG: 'x=1' },
  },
};

describe('what the caller has set', () => {
  it.each(Object.entries({ ...HOSTILE, ...BUILDS }))('for %s reaches no program', (_, hostile) => {
    expect(programEnvironment({ ...PLAIN, ...hostile })).toEqual(programEnvironment(PLAIN));
  });

  it.each(Object.entries(HOSTILE))('for %s reaches no terraform', (_, hostile) => {
    expect(terraformEnvironment({ ...PLAIN, ...hostile })).toEqual(terraformEnvironment(PLAIN));
  });

  it('for the application passes terraform, whose provisioners read it', () => {
    const own = { NODE_ENV: 'staging', VITE_API: '/api', GOARCH: 'arm', LANG: 'zh_CN.UTF-8', TAG: '7' };
    expect(terraformEnvironment(own)).toMatchObject(own);
  });

  it('of where things come from stays', () => {
    const sources = {
      ...{ DOCKER_HOST: 'ssh://me@nas', DOCKER_CONFIG: '/home/me/.docker', DOCKER_CERT_PATH: '/certs' },
      ...{ GOPROXY: 'https://mirror.example', GOMODCACHE: '/cache/go', GONOSUMDB: '*', GOPATH: '/go' },
      ...{ npm_config_registry: 'https://mirror.example', 'npm_config_@own:registry': 'https://own.example' },
      ...{ npm_config_https_proxy: 'http://proxy.example', NPM_CONFIG_CAFILE: '/ca.pem' },
      ...{ NODE_EXTRA_CA_CERTS: '/ca.pem', SSL_CERT_FILE: '/ca.pem', NODE_OPTIONS: '--use-openssl-ca' },
    };
    expect(programEnvironment(sources)).toMatchObject(sources);
  });

  it('as a proxy is not asked for this host', () => {
    const proxied = { https_proxy: 'http://proxy.example:3128', NO_PROXY: 'intranet.example' };
    for (const environment of [programEnvironment(proxied), terraformEnvironment(proxied)]) {
      expect(environment).toMatchObject({
        ...{ https_proxy: 'http://proxy.example:3128' },
        ...{ NO_PROXY: 'intranet.example,127.0.0.1,localhost,::1' },
        ...{ no_proxy: 'intranet.example,127.0.0.1,localhost,::1' },
      });
    }
    expect(programEnvironment(PLAIN)).not.toHaveProperty('NO_PROXY');
  });

  it('of the language is not for programs whose output is read here', () => {
    expect(programEnvironment({ ...PLAIN, LC_ALL: 'xx_YY' }).LC_ALL).toBe('C.UTF-8');
  });
});

it('no proxy is asked for this host by a Node that asks one for all else', async () => {
  const script = `
    import { createServer } from 'node:http';
    import WebSocket, { WebSocketServer } from 'ws';
    import { ask } from './scripts/lib/http.ts';
    const server = createServer((_, response) => response.end('here')).listen(0, '127.0.0.1', async () => {
      new WebSocketServer({ server }).on('connection', (socket) => socket.send('here, too'));
      const address = '127.0.0.1:' + server.address().port;
      console.log((await ask('http://' + address)).body);
      new WebSocket('ws://' + address).on('message', (data) => { console.log(String(data)); process.exit(); });
    });`;
  // The images' Node, which is newer than that of many hosts.
  const node = join('node_modules', `node-linux-${process.arch}`, 'bin/node');
  const proxied = {
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: 'http://127.0.0.1:9',
    http_proxy: 'http://127.0.0.1:9',
  };
  const { stdout } = await execa(node, ['--input-type=module', '-e', script], { env: proxied });
  expect(stdout).toBe('here\nhere, too');
});

describe('a place', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'btcw-places-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const settled = (env: Record<string, string>) => {
    settlePlaces(folder, env);
    return env;
  };

  it('is as the caller has it where that serves', () => {
    const { PATH = '' } = process.env;
    expect(settled({ HOME: folder, TMPDIR: folder, PATH })).toMatchObject({ HOME: folder, TMPDIR: folder });
  });

  it("of what is synthesised is not the caller's", () => {
    expect(settled({ CDKTF_OUTDIR: folder, SYNTH_HCL_OUTPUT: 'true' })).not.toHaveProperty('CDKTF_OUTDIR');
    expect(settled({ SYNTH_HCL_OUTPUT: 'true' })).not.toHaveProperty('SYNTH_HCL_OUTPUT');
  });

  it('is the home of the user where none is set, and one of its own where there is none', () => {
    expect(settled({}).HOME).toMatch(/^\//);
    const own = join(folder, '.build/home');
    writeFileSync(join(folder, 'file'), '');
    for (const HOME of ['/proc/nonexistent', 'relative', join(folder, 'file')]) {
      expect(settled({ HOME }).HOME, HOME).toBe(own);
    }
  });

  it('for temporary files is another where it is not there, full, or too long for a socket', () => {
    const long = join(folder, 'x'.repeat(80));
    mkdirSync(long);
    for (const TMPDIR of ['/proc/nonexistent', 'relative', long, '/proc']) {
      expect(settled({ TMPDIR }).TMPDIR, TMPDIR).toBe('/tmp');
    }
  });

  it('of programs has the standard ones, and this Node before another', () => {
    const other = join(folder, 'node');
    writeFileSync(other, '#!/bin/sh\n');
    chmodSync(other, 0o755);
    const node = join(folder, 'own');
    mkdirSync(node);
    symlinkSync(process.execPath, join(node, 'node'));
    const path = (given: string[]) => pathWith(given.join(delimiter), join(node, 'node')).split(delimiter);
    expect(path([node, '/usr/bin'])[0]).toBe(node);
    expect(path([folder, node])[0]).toBe(node);
    expect(path([])).toContain('/usr/sbin');
  });
});

describe('a folder in which a system is made', () => {
  const TABLE = `/dev/sda1 / ext4 rw,relatime 0 0
tmpfs /tmp tmpfs rw,nosuid,nodev,noexec 0 0
/dev/sdb1 /mnt/with\\040space ext4 rw,noexec 0 0
/dev/sda1 /tmp/own ext4 rw 0 0
`;

  it('has the options of the mount that it is on', () => {
    const options = (path: string) => mountOptions(path, TABLE);
    expect(options('/tmp/x')).toContain('noexec');
    expect(options('/tmp/own/x')).toEqual(['rw']);
    expect(options('/tmpfiles')).toEqual(['rw', 'relatime']);
    expect(options('/mnt/with space')).toContain('noexec');
  });

  it('is none where programs do not run, or that is too small', () => {
    const gib = 1024 ** 3;
    expect(unfitForRoot(['rw', 'relatime'], 2 * gib)).toBeUndefined();
    expect(unfitForRoot(['rw', 'noexec'], 2 * gib)).toBe('is mounted with "noexec"');
    expect(unfitForRoot(['rw'], gib / 2)).toBe('has 512 MiB of free space');
    expect(() => folderForRoot(['/proc'])).toThrow(/no folder .* \/proc: .*\.\n.*set TMPDIR/);
    expect(folderForRoot(['/proc', process.cwd()])).toBe(process.cwd());
  });
});
