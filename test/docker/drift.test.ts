import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DeclaredContainer, readDeclared } from '../../scripts/review/declared.ts';
import type { Effect } from '../../scripts/review/effects.ts';
import { docker, TestDeployment } from '../support/deployment.ts';

const deployment = new TestDeployment('btcw-drift');
const name = (component: string) => deployment.container(component);
const declared = (component: string): DeclaredContainer => {
  const found = readDeclared('cdktf.out/stacks/btcw-drift').find((one) => one.component === component);
  if (!found) throw new Error(`no ${component}`);
  return found;
};

beforeAll(async () => {
  await deployment.remove();
  const { code, output } = await deployment.run('deploy');
  expect(code, output).toBe(0);
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(async () => {
  await deployment.remove();
  await docker('network', 'rm', 'btcw-drift-other').catch(() => undefined);
});

/** Runs a shell as root on a volume of the project. */
async function inVolume(volume: string, command: string): Promise<void> {
  const image = declared('nginx').image;
  await docker(
    'run',
    '--rm',
    '--network',
    'none',
    '--user',
    '0',
    '--volume',
    `${volume}:/v`,
    '--entrypoint',
    'sh',
    image,
    '-c',
    command,
  );
}

/** Replaces a container by one that somebody runs by hand: as it is declared, but for what `change` makes of it. */
async function byHand(
  component: string,
  change: (args: string[], one: DeclaredContainer) => string[],
  image?: string,
) {
  const one = declared(component);
  const args = [
    [
      '--name',
      one.name,
      '--restart',
      one.restart,
      '--memory',
      `${one.memoryMiB}m`,
      '--memory-swap',
      `${one.memoryMiB}m`,
    ],
    ['--pids-limit', String(one.pidsLimit), '--cap-drop', 'ALL', '--tmpfs', '/tmp', '--user', one.user ?? ''],
    ['--read-only', '--health-cmd', 'true', '--security-opt', 'no-new-privileges'],
    one.environment.flatMap((line) => ['--env', line]),
    Object.entries(one.labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]),
    Object.entries(one.logOptions).flatMap(([key, value]) => ['--log-opt', `${key}=${value}`]),
    one.ports.flatMap((port) => ['--publish', port.replace('->', ':')]),
    one.mounts.flatMap((mount) => ['--volume', mount.replace('->', ':').replace(' ', ':')]),
  ].flat();
  await docker('rm', '--force', one.name);
  await docker('run', '--detach', ...change(args, one), image ?? one.image);
}

const replaced = (from: string, to: string) => (args: string[]) =>
  args.map((arg) => (arg === from ? to : arg));

interface Drift {
  /** @example 'stopped' */
  readonly kind: string;
  readonly component: string;
  readonly make: () => Promise<unknown>;
  /** What `diff` says of it. */
  readonly told: RegExp;
  readonly effect: RegExp;
}

const drifts: Drift[] = [
  {
    kind: 'stopped',
    component: 'frontend',
    make: () => docker('stop', '--time', '2', name('frontend')),
    told: /state: exited instead of running/,
    effect: /^start$/,
  },
  {
    kind: 'killed',
    component: 'backend',
    make: () => docker('kill', name('backend')),
    told: /state: exited/,
    effect: /^start$/,
  },
  {
    kind: 'paused',
    component: 'frontend',
    make: () => docker('pause', name('frontend')),
    told: /state: paused/,
    effect: /^recreate/,
  },
  {
    kind: 'removed',
    component: 'frpc',
    make: () => docker('rm', '--force', name('frpc')),
    told: /not there/,
    effect: /^create$/,
  },
  {
    kind: 'renamed',
    component: 'frontend',
    make: () => docker('rename', name('frontend'), `${name('frontend')}-old`),
    told: /name: "btcw-drift-frontend-old" instead of "btcw-drift-frontend"/,
    effect: /^recreate/,
  },
  {
    kind: 'restart policy',
    component: 'frpc',
    make: () => docker('update', '--restart', 'no', name('frpc')),
    told: /restart policy: "no" instead of "unless-stopped"/,
    effect: /^update \(nothing drops\)/,
  },
  {
    kind: 'memory limit',
    component: 'frontend',
    make: () => docker('update', '--memory', '99m', '--memory-swap', '99m', name('frontend')),
    told: /memory limit: "99 MiB" instead of "64 MiB"/,
    effect: /^update/,
  },
  {
    kind: 'process limit',
    component: 'nginx',
    make: () => docker('update', '--pids-limit', '33', name('nginx')),
    told: /process limit: 33 instead of 64/,
    effect: /^update/,
  },
  {
    kind: 'nginx.conf edited by hand',
    component: 'nginx',
    make: () => inVolume(`${name('nginx')}-config`, 'sed -i s/3600s/5s/ /v/nginx.conf'),
    told: /nginx\.conf: was edited by hand/,
    effect: /^reload \(sockets stay\)/,
  },
  {
    kind: 'frpc.toml edited by hand',
    component: 'frpc',
    make: () => inVolume(`${name('frpc')}-config`, 'sed -i s/freq-service/other/ /v/frpc.toml'),
    told: /frpc\.toml: was edited by hand/,
    effect: /^restart \(tunnel drops\)/,
  },
  {
    kind: 'a secret edited by hand',
    component: 'backend',
    make: () => inVolume(`${name('backend')}-config`, 'echo another-password > /v/admin_password'),
    told: /admin_password: was edited by hand/,
    effect: /^restart \(sockets drop\)/,
  },
  {
    kind: 'a configuration file removed',
    component: 'frps',
    make: () => inVolume(`${name('frps')}-config`, 'rm /v/frps.toml'),
    told: /frps\.toml: is missing/,
    effect: /^restart/,
  },
  {
    kind: 'removed, after its configuration was edited',
    component: 'frps',
    make: async () => {
      await inVolume(`${name('frps')}-config`, 'echo "nonsense = [" > /v/frps.toml');
      await docker('rm', '--force', name('frps'));
    },
    told: /^not there$/,
    effect: /^create$/,
  },
  {
    kind: 'a foreign file in the configuration',
    component: 'nginx',
    make: () => inVolume(`${name('nginx')}-config`, 'touch /v/extra.conf'),
    told: /extra\.conf: does not belong there/,
    effect: /^reload/,
  },
  {
    kind: 'disconnected from its network',
    component: 'frontend',
    make: () => docker('network', 'disconnect', 'bridge', name('frontend')),
    told: /networks: none instead of bridge/,
    effect: /^recreate/,
  },
  {
    kind: 'connected to another network',
    component: 'backend',
    make: async () => {
      await docker('network', 'create', '--label', 'btc-watcher.project=btcw-drift-test', 'btcw-drift-other');
      await docker('network', 'connect', 'btcw-drift-other', name('backend'));
    },
    told: /networks: bridge, btcw-drift-other instead of bridge/,
    effect: /^recreate/,
  },
  {
    kind: 'configuration volume removed',
    component: 'nginx',
    make: async () => {
      await docker('rm', '--force', name('nginx'));
      await docker('volume', 'rm', `${name('nginx')}-config`);
    },
    told: /not there/,
    effect: /^create$/,
  },
  {
    kind: 'data volume removed',
    component: 'backend',
    make: async () => {
      await docker('rm', '--force', name('backend'));
      await docker('volume', 'rm', `${name('backend')}-data`);
    },
    told: /not there/,
    effect: /^create$/,
  },
  {
    kind: 'image retagged',
    component: 'frontend',
    make: () => docker('tag', declared('nginx').image, declared('frontend').image),
    told: /image: not the one that btc-watcher\/frontend:\w+ names/,
    effect: /^recreate/,
  },
  {
    kind: "image's tag removed",
    component: 'frontend',
    make: () => docker('rmi', '--force', '--no-prune', declared('frontend').image),
    told: /./,
    effect: /^recreate/,
  },
  {
    kind: 'run by hand with another environment',
    component: 'backend',
    make: () => byHand('backend', (args) => [...args, '--env', 'EXTRA=s3cret-value']),
    told: /environment: EXTRA differ/,
    effect: /^recreate/,
  },
  {
    kind: 'run by hand with another port',
    component: 'nginx',
    make: () => byHand('nginx', replaced('127.0.0.1:18501:8501', '127.0.0.1:18599:8501')),
    told: /ports: 127\.0\.0\.1:18599->8501 instead of 127\.0\.0\.1:18501->8501/,
    effect: /^recreate/,
  },
  {
    kind: 'run by hand with another label',
    component: 'frontend',
    make: () => byHand('frontend', (args) => [...args, '--label', 'maintainer=somebody']),
    told: /labels: maintainer differ/,
    effect: /^recreate/,
  },
  {
    kind: 'run by hand with other log options',
    component: 'frontend',
    make: () => byHand('frontend', replaced('max-size=10m', 'max-size=900m')),
    told: /log options: .*max-size=900m/,
    effect: /^recreate/,
  },
  {
    kind: 'run by hand as root',
    component: 'frontend',
    make: () => byHand('frontend', replaced('33:33', '0:0')),
    told: /user: "0:0" instead of "33:33"/,
    effect: /^recreate/,
  },
  {
    kind: 'run by hand with a writable root',
    component: 'frontend',
    make: () => byHand('frontend', (args) => args.filter((arg) => arg !== '--read-only')),
    told: /read-only root: false instead of true/,
    effect: /^recreate/,
  },
  {
    kind: 'run by hand with a capability',
    component: 'frontend',
    make: () => byHand('frontend', (args) => [...args, '--cap-add', 'NET_RAW']),
    told: /added capabilities: (CAP_)?NET_RAW instead of none/,
    effect: /^recreate/,
  },
  {
    kind: 'run by hand with another health check',
    component: 'frontend',
    make: () => byHand('frontend', (args) => args),
    told: /health check: \["CMD-SHELL","true"\] instead of \["CMD","curl"/,
    effect: /^recreate/,
  },
  {
    kind: 'run by hand with another volume',
    component: 'frontend',
    make: () => byHand('frontend', (args) => [...args, '--volume', `${name('backend')}-data:/data`]),
    told: /volumes: btcw-drift-backend-data->\/data rw instead of none/,
    effect: /^recreate/,
  },
];

describe('diff names, and deploy heals', () => {
  it.each(drifts)('$component: $kind', async ({ component, make, told, effect }) => {
    await make();
    const review = await deployment.run('diff', ['--json']);
    expect(review.code, review.output).toBe(2);
    const rows: Effect[] = JSON.parse(review.stdout).containers;
    const row = rows.find((one) => one.container === name(component));
    expect(row?.because.join('; ')).toMatch(told);
    expect(row?.effect).toMatch(effect);
    // Who is not concerned is not named: but for a removed volume or image, one container alone.
    expect(rows.map((one) => one.container)).toEqual([name(component)]);
    expect(review.output).not.toContain('s3cret-value');

    const deployed = await deployment.run('deploy');
    expect(deployed.code, deployed.output).toBe(0);
    const after = await deployment.run('diff');
    expect(after.output).toContain('No changes');
    expect(after.code).toBe(0);
  });

  it('all together in a deployment that still holds the whole contract', async () => {
    const { code, output } = await deployment.run('verify');
    expect(code, output).toBe(0);
  });

  it('fails when a container of somebody else has the name, and leaves it alone', async () => {
    await docker('rm', '--force', name('frontend'));
    const id = await docker('run', '--detach', '--name', name('frontend'), declared('frontend').image);
    const { code, output } = await deployment.run('deploy');
    expect([code, output]).toEqual([1, expect.stringContaining('exists that is not of this deployment')]);
    expect(await docker('inspect', '--format', '{{.State.Running}}', id)).toBe('true');
    await docker('rm', '--force', id);
    expect((await deployment.run('deploy')).code).toBe(0);
  });
});

describe('a review before a deployment', () => {
  const review = async (settings: Record<string, string>): Promise<Effect[]> =>
    JSON.parse((await deployment.run('diff', ['--json'], settings)).stdout).containers;

  it('names the settings that cause each effect, from what was deployed to what is now', async () => {
    const rows = await review({ BTCW_MAX_CONNECTIONS: '99', BTCW_FRP_PROXY_NAME: 'other' });
    expect(rows).toEqual([
      {
        container: name('frpc'),
        effect: 'restart (tunnel drops)',
        because: ['BTCW_FRP_PROXY_NAME: freq-service → other'],
        outage: '2 to 4 s',
      },
      {
        container: name('nginx'),
        effect: 'reload (sockets stay)',
        because: ['BTCW_MAX_CONNECTIONS: 2500 → 99'],
        outage: 'none',
      },
    ]);
  });

  it('tells a changed port as a new container that drops its sockets, and a reload of nginx', async () => {
    const rows = await review({ BTCW_BACKEND_PORT: '18009' });
    expect(rows.map(({ container, effect }) => `${container}: ${effect}`)).toEqual([
      'btcw-drift-backend: recreate (sockets drop)',
      'btcw-drift-guard: recreate (open to neighbours meanwhile)',
      'btcw-drift-nginx: reload (sockets stay)',
    ]);
  });

  it('changes nothing that a running container sees', async () => {
    const before = await docker('exec', name('nginx'), 'cat', '/etc/nginx/nginx.conf');
    const containers = await deployment.remains();
    await review({ BTCW_MAX_CONNECTIONS: '99' });
    expect(await docker('exec', name('nginx'), 'cat', '/etc/nginx/nginx.conf')).toBe(before);
    expect(await deployment.remains()).toEqual(containers);
  });
});
