import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { asLines, declaredMounts, declaredPorts } from '../../scripts/diff/drift.ts';
import type { Effect } from '../../scripts/diff/effects.ts';
import { labelsOf } from '../../stacks/topology/labels.ts';
import { serviceNamed } from '../../stacks/topology/topology.ts';
import { docker, TestDeployment } from '../support/deployment.ts';
import { deploymentOf, imageOf } from '../support/topology.ts';

const deployment = new TestDeployment('btcw-drift');
const name = (service: string) => deployment.container(service);
const { topology } = deploymentOf(deployment.settings);

beforeAll(async () => {
  await deployment.remove();
  // A killed run leaves it behind.
  await docker('network', 'rm', 'btcw-drift-other').catch(() => undefined);
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
    imageOf('nginx'),
    '-c',
    command,
  );
}

/** Replaces a container by one that somebody runs by hand: as it is declared, but for what `change` makes of it. */
async function byHand(service: string, change: (args: string[]) => string[]) {
  const declared = serviceNamed(topology, service);
  const { limits, log, user = '' } = declared;
  const memory = `${limits.memoryMiB}m`;
  const options = (flag: string, values: readonly string[]) => values.flatMap((value) => [flag, value]);
  const args = [
    ['--name', declared.containerName, '--restart', 'unless-stopped'],
    ['--memory', memory, '--memory-swap', memory, '--pids-limit', String(limits.pids)],
    ['--cap-drop', 'ALL', '--tmpfs', '/tmp', '--user', user],
    ['--read-only', '--health-cmd', 'true', '--security-opt', 'no-new-privileges'],
    options('--env', asLines(declared.environment)),
    options('--label', asLines(labelsOf(topology.project, service))),
    options('--log-opt', [`max-size=${log.maxSize}`, `max-file=${log.files}`]),
    options(
      '--publish',
      declaredPorts(declared).map((port) => port.replace('->', ':')),
    ),
    options(
      '--volume',
      declaredMounts(declared).map((mount) => mount.replace('->', ':').replace(' ', ':')),
    ),
  ].flat();
  await docker('rm', '--force', declared.containerName);
  await docker('run', '--detach', ...change(args), imageOf(service));
}

const replaced = (from: string, to: string) => (args: string[]) =>
  args.map((arg) => (arg === from ? to : arg));

interface Drift {
  /** @example 'stopped' */
  readonly kind: string;
  readonly service: string;
  readonly make: () => Promise<unknown>;
  /** What `diff` says of it. */
  readonly cause: RegExp;
  readonly effect: RegExp;
}

const drifts: Drift[] = [
  {
    kind: 'stopped',
    service: 'frontend',
    make: () => docker('stop', '--time', '2', name('frontend')),
    cause: /state: exited instead of running/,
    effect: /^start$/,
  },
  {
    kind: 'killed',
    service: 'backend',
    make: () => docker('kill', name('backend')),
    cause: /state: exited/,
    effect: /^start$/,
  },
  {
    kind: 'paused',
    service: 'frontend',
    make: () => docker('pause', name('frontend')),
    cause: /state: paused/,
    effect: /^recreate/,
  },
  {
    kind: 'removed',
    service: 'frpc',
    make: () => docker('rm', '--force', name('frpc')),
    cause: /does not exist/,
    effect: /^create$/,
  },
  {
    kind: 'renamed',
    service: 'frontend',
    make: () => docker('rename', name('frontend'), `${name('frontend')}-old`),
    cause: /name: "btcw-drift-frontend-old" instead of "btcw-drift-frontend"/,
    effect: /^recreate/,
  },
  {
    kind: 'restart policy',
    service: 'frpc',
    make: () => docker('update', '--restart', 'no', name('frpc')),
    cause: /restart policy: "no" instead of "unless-stopped"/,
    effect: /^update \(nothing drops\)/,
  },
  {
    kind: 'memory limit',
    service: 'frontend',
    make: () => docker('update', '--memory', '99m', '--memory-swap', '99m', name('frontend')),
    cause: /memory limit: "99 MiB" instead of "64 MiB"/,
    effect: /^update/,
  },
  {
    kind: 'process limit',
    service: 'nginx',
    make: () => docker('update', '--pids-limit', '33', name('nginx')),
    cause: /process limit: 33 instead of 64/,
    effect: /^update/,
  },
  {
    kind: 'nginx.conf edited by hand',
    service: 'nginx',
    make: () => inVolume(`${name('nginx')}-config`, 'sed -i s/3600s/5s/ /v/nginx.conf'),
    cause: /nginx\.conf: was edited by hand/,
    effect: /^reload \(sockets stay\)/,
  },
  {
    kind: 'frpc.toml edited by hand',
    service: 'frpc',
    make: () => inVolume(`${name('frpc')}-config`, 'sed -i s/freq-service/other/ /v/frpc.toml'),
    cause: /frpc\.toml: was edited by hand/,
    effect: /^restart \(tunnel drops\)/,
  },
  {
    kind: 'a secret edited by hand',
    service: 'backend',
    make: () => inVolume(`${name('backend')}-config`, 'echo another-password > /v/admin_password'),
    cause: /admin_password: was edited by hand/,
    effect: /^restart \(sockets drop\)/,
  },
  {
    kind: 'a configuration file removed',
    service: 'frps',
    make: () => inVolume(`${name('frps')}-config`, 'rm /v/frps.toml'),
    cause: /frps\.toml: is missing/,
    effect: /^restart/,
  },
  {
    kind: 'removed, after its configuration was edited',
    service: 'frps',
    make: async () => {
      await inVolume(`${name('frps')}-config`, 'echo "nonsense = [" > /v/frps.toml');
      await docker('rm', '--force', name('frps'));
    },
    cause: /^does not exist$/,
    effect: /^create$/,
  },
  {
    kind: 'a foreign file in the configuration',
    service: 'nginx',
    make: () => inVolume(`${name('nginx')}-config`, 'touch /v/extra.conf'),
    cause: /extra\.conf: does not belong there/,
    effect: /^reload/,
  },
  {
    kind: 'disconnected from its network',
    service: 'frontend',
    make: () => docker('network', 'disconnect', 'bridge', name('frontend')),
    cause: /networks: none instead of bridge/,
    effect: /^recreate/,
  },
  {
    kind: 'connected to another network',
    service: 'backend',
    make: async () => {
      await docker('network', 'create', '--label', 'btc-watcher.project=btcw-drift-test', 'btcw-drift-other');
      await docker('network', 'connect', 'btcw-drift-other', name('backend'));
    },
    cause: /networks: bridge, btcw-drift-other instead of bridge/,
    effect: /^recreate/,
  },
  {
    kind: 'configuration volume removed',
    service: 'nginx',
    make: async () => {
      await docker('rm', '--force', name('nginx'));
      await docker('volume', 'rm', `${name('nginx')}-config`);
    },
    cause: /does not exist/,
    effect: /^create$/,
  },
  {
    kind: 'data volume removed',
    service: 'backend',
    make: async () => {
      await docker('rm', '--force', name('backend'));
      await docker('volume', 'rm', `${name('backend')}-data`);
    },
    cause: /does not exist/,
    effect: /^create$/,
  },
  {
    kind: 'run by hand with another environment',
    service: 'backend',
    make: () => byHand('backend', (args) => [...args, '--env', 'EXTRA=s3cret-value']),
    cause: /environment: EXTRA differ/,
    effect: /^recreate/,
  },
  {
    kind: 'run by hand with another port',
    service: 'nginx',
    make: () => byHand('nginx', replaced('127.0.0.1:18501:8501', '127.0.0.1:18599:8501')),
    cause: /ports: .*127\.0\.0\.1:18599->8501.* instead of .*127\.0\.0\.1:18501->8501/,
    effect: /^recreate/,
  },
  {
    kind: 'run by hand with another label',
    service: 'frontend',
    make: () => byHand('frontend', (args) => [...args, '--label', 'maintainer=somebody']),
    cause: /labels: maintainer differ/,
    effect: /^recreate/,
  },
  {
    kind: 'run by hand with other log options',
    service: 'frontend',
    make: () => byHand('frontend', replaced('max-size=10m', 'max-size=900m')),
    cause: /log options: .*max-size=900m/,
    effect: /^recreate/,
  },
  {
    kind: 'run by hand as root',
    service: 'frontend',
    make: () => byHand('frontend', replaced('33:33', '0:0')),
    cause: /user: "0:0" instead of "33:33"/,
    effect: /^recreate/,
  },
  {
    kind: 'run by hand with a writable root',
    service: 'frontend',
    make: () => byHand('frontend', (args) => args.filter((arg) => arg !== '--read-only')),
    cause: /read-only root: false instead of true/,
    effect: /^recreate/,
  },
  {
    kind: 'run by hand with a capability',
    service: 'frontend',
    make: () => byHand('frontend', (args) => [...args, '--cap-add', 'NET_RAW']),
    cause: /added capabilities: (CAP_)?NET_RAW instead of none/,
    effect: /^recreate/,
  },
  {
    kind: 'run by hand with another health check',
    service: 'frontend',
    make: () => byHand('frontend', (args) => args),
    cause: /health check: \["CMD-SHELL","true"\] instead of \["CMD","curl"/,
    effect: /^recreate/,
  },
  {
    kind: 'run by hand with another volume',
    service: 'frontend',
    make: () => byHand('frontend', (args) => [...args, '--volume', `${name('backend')}-data:/data`]),
    cause:
      /btcw-drift-backend-data->\/data rw, btcw-drift-guard-lock->\/run\/guard ro instead of btcw-drift-guard/,
    effect: /^recreate/,
  },
];

const imageSettings = { BTCW_FRONTEND_CONTEXT: '' };
/** An image of its own, since others run the package's at the same time. */
const ownFrontend = () => {
  const { BTCW_FRONTEND_CONTEXT } = imageSettings;
  return imageOf('frontend', { ...deployment.settings, BTCW_FRONTEND_CONTEXT });
};
const imageDrifts: readonly Drift[] = [
  {
    kind: 'image retagged',
    service: 'frontend',
    make: () => docker('tag', imageOf('nginx'), ownFrontend()),
    cause: /image: not the one that btcw-drift\/frontend:\w+ names/,
    effect: /^recreate/,
  },
  {
    kind: "image's tag removed",
    service: 'frontend',
    make: () => docker('rmi', '--force', '--no-prune', ownFrontend()),
    cause: /./,
    effect: /^recreate/,
  },
];

describe('diff names, and deploy heals', () => {
  const heals = async ({ service, make, cause, effect }: Drift, settings: Record<string, string> = {}) => {
    await make();
    const review = await deployment.run('diff', ['--json'], settings);
    expect(review.code, review.output).toBe(2);
    const rows: Effect[] = JSON.parse(review.stdout).containers;
    const row = rows.find(({ container }) => container === name(service));
    expect(row?.because.join('; ')).toMatch(cause);
    expect(row?.effect).toMatch(effect);
    // Nothing else is named: but for a removed volume or image, one container alone.
    expect(rows.map(({ container }) => container)).toEqual([name(service)]);
    expect(review.output).not.toContain('s3cret-value');

    const deployed = await deployment.run('deploy', [], settings);
    expect(deployed.code, deployed.output).toBe(0);
    const after = await deployment.run('diff', [], settings);
    expect(after.output).toContain('No changes');
    expect(after.code).toBe(0);
  };

  it.each(drifts)('$service: $kind', (drift) => heals(drift));

  describe('of an image', () => {
    beforeAll(async () => {
      imageSettings.BTCW_FRONTEND_CONTEXT = mkdtempSync(join(tmpdir(), 'btcw-drift-'));
      writeFileSync(join(imageSettings.BTCW_FRONTEND_CONTEXT, 'Dockerfile'), `FROM ${imageOf('frontend')}\n`);
      const { code, output } = await deployment.run('deploy', [], imageSettings);
      expect(code, output).toBe(0);
    });
    afterAll(async () => {
      expect((await deployment.run('deploy')).code).toBe(0);
      rmSync(imageSettings.BTCW_FRONTEND_CONTEXT, { recursive: true });
      await docker(
        'rmi',
        '--force',
        ...(await docker('images', '--quiet', 'btcw-drift/frontend')).split('\n'),
      );
    });

    it.each(imageDrifts)('$service: $kind', (drift) => heals(drift, imageSettings));
  });

  it('all together in a deployment that still holds the whole contract', async () => {
    const { code, output } = await deployment.run('verify');
    expect(code, output).toBe(0);
  });

  it('fails when a container of somebody else has the name, and leaves it alone', async () => {
    await docker('rm', '--force', name('frontend'));
    const id = await docker('run', '--detach', '--name', name('frontend'), imageOf('frontend'));
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
    expect(rows).toMatchObject([
      {
        container: name('frpc'),
        effect: 'restart (tunnel drops)',
        because: ['BTCW_FRP_PROXY_NAME: freq-service → other', 'BTCW_MAX_CONNECTIONS: 2500 → 99'],
        // What it took last time.
        outage: expect.stringMatching(/^(about \d+|2 to 4) s$/),
      },
      {
        container: name('frps'),
        effect: 'update (nothing drops)',
        because: ['BTCW_MAX_CONNECTIONS: 2500 → 99'],
        outage: 'none',
      },
      {
        container: name('guard'),
        effect: 'recreate (its rules stay meanwhile)',
        because: ['BTCW_MAX_CONNECTIONS: 2500 → 99'],
        outage: expect.stringContaining('until healthy'),
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
      'btcw-drift-guard: recreate (its rules stay meanwhile)',
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
