/**
 * The stack by cdktn, the heir of cdktf, and by bindings that are written from the provider's own schema: what the move
 * will be (docs/decisions/0021-heir-of-cdktf.md), in a copy of the sources.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOST, type Json, type Synthesis, synthesise } from '../support/stack.ts';

type Support = typeof import('../support/stack.ts');

const folder = join(process.cwd(), '.build/heir', process.versions.node);
const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

const elsewhere = { ...HOST, bridgeGateway: '172.20.0.1', bridgeSubnet: '172.20.0.0/16', engineApi: '1.44' };
const full = {
  ...{ BTCW_GATEWAY: '172.17.0.1', BTCW_FRONTEND_MODE: 'dev' },
  ...{ BTCW_POSTGRES: 'on', BTCW_REDIS: 'on' },
};

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of ['stacks', 'scripts', 'messages', 'test/support']) {
    cpSync(name, join(folder, name), { recursive: true });
  }
  const provider = join(folder, 'stacks/provider.ts');
  const swapped = readFileSync(provider, 'utf8')
    .replaceAll(/'@cdktf\/provider-docker\/lib\/\w+\/index\.js'/g, "'./docker.ts'")
    .replaceAll("'cdktf'", "'cdktn'");
  expect(swapped).not.toMatch(/from '@?cdktf/);
  writeFileSync(provider, swapped);
  const { stdout } = await execa('npx', ['tsx', 'tools/bindings.ts', 'cdktn']);
  writeFileSync(join(folder, 'stacks/docker.ts'), stdout);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The JSON without the comment of its maker, and without what is another in each synthesis: fingerprints, a folder. */
function comparable({ text, packageFolder }: Synthesis): Json {
  const { '//': _, ...json } = JSON.parse(
    text.replaceAll(packageFolder, '/package').replaceAll(/[0-9a-f]{16,}/g, ''),
  );
  return json;
}

it('has the types that the constructs need', async () => {
  const config = { extends: join(process.cwd(), 'tsconfig.json'), include: ['stacks'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const { all } = await execa('npx', ['tsc', '--project', folder], { all: true, reject: false });
  expect(all).toBe('');
});

it.each([
  { of: 'default settings', settings: {}, host: HOST },
  { of: 'networks, databases, bind mounts and a newer engine', settings: full, host: elsewhere },
])('is the same to Terraform, but for what it says of its maker: $of', async ({ settings, host }) => {
  const heir: Support = await import(join(folder, 'test/support/stack.ts'));
  const [today, tomorrow] = [synthesise(settings, host), heir.synthesise(settings, host)];
  const versions = [today, tomorrow].map(({ json }) => json['//'].metadata.version);
  expect(versions).toEqual([dependencies.cdktf, devDependencies.cdktn]);
  expect(comparable(tomorrow)).toEqual(comparable(today));
});
