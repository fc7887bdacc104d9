/** Shells in which a run gives the same result as in a plain one: what is built, what is planned, what is deployed. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { planImages } from '../../scripts/images/plan.ts';
import { docker, type Outcome, TestDeployment, tryProgram } from '../support/deployment.ts';
import { imageOf, topologyFor } from '../support/topology.ts';

const deployment = new TestDeployment('btcw-shells');
const BASE = 'btcw-shells/base:1';
// On a base of another name, images have other names, too: none of them is there.
const own = { BTCW_BASE_IMAGE: BASE };
const folder = join(process.cwd(), '.build/shells');
const deadMirror = join(folder, 'terraformrc');
const npmrc = join(folder, 'npmrc');

type Environment = Readonly<Record<string, string>>;

/** Variables that change what programs build. */
const BUILDS: Environment = {
  ...{ NODE_ENV: 'development', NODE_PATH: '/proc/nonexistent', NODE_OPTIONS: '--max-old-space-size=4096' },
  ...{ VITE_KEY: 'in-the-page', VITE_USER_NODE_ENV: 'development', BROWSERSLIST: 'ie 6' },
  ...{ GOOS: 'windows', GOARCH: 'arm', GOFLAGS: '-mod=mod -tags=none', GOPATH: 'relative', CGO_ENABLED: '1' },
  ...{ GO111MODULE: 'off', GOWORK: '/proc/nonexistent/go.work', GOTOOLCHAIN: 'local' },
  ...{ npm_config_userconfig: npmrc, npm_config_omit: 'optional', npm_config_dry_run: 'true' },
  ...{ DOCKER_DEFAULT_PLATFORM: 'linux/arm64', DOCKER_CONTENT_TRUST: '1', DOCKER_API_VERSION: '1.20' },
  ...{
    TAR_OPTIONS: '--exclude=*',
    GIT_DIR: '/proc/nonexistent',
    SOURCE_DATE_EPOCH: '1',
    LC_ALL: 'xx_YY.UTF-8',
  },
};
const TERRAFORM: Environment = {
  ...{ TF_WORKSPACE: 'staging', TF_CLI_ARGS_plan: '-destroy', TF_CLI_ARGS: '-no-such-flag', TF_LOG: 'json' },
  ...{ TF_DATA_DIR: '/proc/nonexistent', TF_INPUT: '1', TF_PLUGIN_CACHE_DIR: '/proc/nonexistent' },
  ...{ TF_CLI_CONFIG_FILE: deadMirror, CDKTF_OUTDIR: '/proc/nonexistent' },
};
const proxy = 'http://127.0.0.1:9';
const PROXIES: Environment = {
  ...{ HTTP_PROXY: proxy, HTTPS_PROXY: proxy, ALL_PROXY: proxy, NODE_USE_ENV_PROXY: '1' },
  ...{ http_proxy: proxy, https_proxy: proxy, all_proxy: proxy },
};

/** What is in an image's files. */
async function contentOf(image: string): Promise<string> {
  const hash =
    'find / -xdev -type f ! -path "/proc/*" ! -path "/sys/*" ! -path "/etc/host*" ! -name resolv.conf -exec sha256sum {} + | sort | sha256sum';
  const as = ['--user', '0:0', '--network', 'none', '--entrypoint', 'sh'];
  return docker('run', '--rm', ...as, image, '-c', hash);
}
const built = ['frontend', 'frpc'];
const contents = () => Promise.all(built.map((service) => contentOf(imageOf(service, own))));
const removeImages = (images: readonly string[]) =>
  docker('image', 'rm', '--force', ...images).catch(() => undefined);

const build = async (env: Environment = {}) => {
  for (const service of built) expectGood(await command('images', [service], { ...own, ...env }));
};
const command = (name: string, args: readonly string[] = [], env: Environment = {}): Promise<Outcome> =>
  deployment.run(name, args, env);
const expectGood = ({ code, output }: Outcome) => expect(code, output).toBe(0);
const expectUnchanged = ({ code, output }: Outcome) =>
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('No changes') });

beforeAll(async () => {
  await deployment.remove();
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    deadMirror,
    'provider_installation { network_mirror { url = "https://127.0.0.1:9/" } }\nplugin_cache_dir = "/proc/nonexistent"\n',
  );
  writeFileSync(
    npmrc,
    'omit=optional\nglobal=true\ndry-run=true\nbin-links=false\nprefix=/proc/nonexistent\n',
  );
  const [base] = planImages(topologyFor(), process.cwd()).all;
  await docker('tag', base?.reference ?? '', BASE);
  await removeImages(built.map((service) => imageOf(service, own)));
  expectGood(await command('images'));
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(async () => {
  await deployment.remove();
  const made = planImages(topologyFor(own), process.cwd()).all.map(({ reference }) => reference);
  await removeImages([...made, BASE]);
  rmSync(folder, { recursive: true });
});

it('builds the same images in a shell that is set up for other builds', async () => {
  await build(BUILDS);
  const hostile = await contents();
  await removeImages(built.map((service) => imageOf(service, own)));
  await build();
  expect(await contents()).toEqual(hostile);
}, 900_000);

describe('a deployment', () => {
  const diffIn = (line: string, env: Environment = {}) =>
    tryProgram('bash', ['-c', line, 'bash', process.execPath], { ...deployment.settings, ...env });

  it("is made with a mirror of providers that does not answer, and in another workspace's shell", async () => {
    rmSync(`cdktf.out/stacks/${deployment.project}`, { recursive: true, force: true });
    expectGood(await command('deploy', [], TERRAFORM));
    expectUnchanged(await command('diff'));
  });

  it.each([
    ['for Terraform', TERRAFORM],
    ['for builds', BUILDS],
    ['for proxies', PROXIES],
    ['for a home that is not there', { HOME: '/proc/nonexistent', TMPDIR: '/proc/nonexistent' }],
  ] as const)('is the same with variables %s', async (_, env) => {
    if (env === PROXIES) expectGood(await command('verify', [], env));
    expectUnchanged(await command('diff', [], env));
  });

  it.each([
    ['without any variable', 'exec env -i $(env | grep ^BTCW_) "$1" scripts/run.mjs diff'],
    ['with a closed standard input', 'exec "$1" scripts/run.mjs diff <&-'],
    ['with another umask', 'umask 0777; umask 0077; exec "$1" scripts/run.mjs diff'],
    ['with few files', 'ulimit -n 256; exec "$1" scripts/run.mjs diff'],
    ['in a locale that is not there', 'LC_ALL=tr_TR.UTF-8 LANG=xx exec "$1" scripts/run.mjs diff'],
  ])('is the same %s', async (_, line) => {
    expectUnchanged(await diffIn(line));
  });
});
