import { describe, expect, it } from 'vitest';
import type { Finding } from '../../scripts/doctor/checks/check.ts';
import { diagnose } from '../../scripts/doctor/diagnose.ts';
import type { Facts } from '../../scripts/doctor/facts/facts.ts';
import { BOX, layoutOf } from '../../scripts/status/layout.ts';
import { pictureOf } from '../../scripts/status/picture.ts';
import { escapeXml, renderPicture, wrap } from '../../scripts/status/picture-svg.ts';
import type { ServiceDefinition } from '../../stacks/topology/service.ts';
import { containerFacts, healthyFacts, NOW_MS, REFUSED } from '../support/facts.ts';

/** A service of a user's, with what the picture depends on. */
const service = (name: string, rest: Partial<ServiceDefinition> = {}): ServiceDefinition => ({
  name,
  image: { kind: 'reference', reference: `${name}:1` },
  limits: { memoryMiB: 64, pids: 64 },
  health: ['CMD', 'true'],
  disruption: 'none',
  ...rest,
});
const onBridge = (port: number) => [{ container: port, host: port, addresses: ['127.0.0.1', '172.17.0.1'] }];

/** Four upstreams, two databases, and a worker that needs one of them. */
const extended = [
  service('grafana', {
    ports: onBridge(3100),
    routes: ['/grafana', '/grafana-live'],
    dependsOn: ['postgres'],
  }),
  service('jobs', { ports: onBridge(8100), routes: ['/jobs'], dependsOn: ['redis', 'postgres'] }),
  service('redis', { ports: onBridge(6379) }),
  service('postgres', { networks: [{ network: 'data' }] }),
  service('worker', { dependsOn: ['redis', 'jobs'] }),
];

describe('the picture', () => {
  const draw = (changes: Partial<Facts> = {}, environment: Record<string, string> = {}) => {
    const facts = healthyFacts(changes, environment);
    const picture = pictureOf(facts, diagnose(facts));
    return { picture, svg: renderPicture(picture) };
  };
  const states = (changes: Partial<Facts> = {}) =>
    Object.fromEntries(
      draw(changes)
        .picture.columns.flat()
        .map(({ hop, state }) => [hop, state]),
    );

  it('shows every hop with its address, no failed check, and how long each way takes', () => {
    const { svg, picture } = draw();
    for (const part of [
      'btc-watcher: no failed checks',
      '127.0.0.1:60001',
      '127.0.0.1:8501',
      '172.17.0.1:8000',
      '172.17.0.1:3000',
      '2.0 ms',
    ]) {
      expect(svg).toContain(part);
    }
    expect(new Set(picture.columns.flat().map(({ state }) => state))).toEqual(new Set(['up']));
    expect(svg).not.toContain('class="box down"');
  });

  it('has the broken hop alone in red, with its cause and fix', () => {
    const broken = {
      containers: { ...healthyFacts().containers, backend: containerFacts('backend', { status: 'exited' }) },
      inside: {
        ...healthyFacts().inside,
        backend: { status: 0, ms: 0, curl: 7, connected: false, asked: 2 },
      },
    };
    expect(states(broken)).toEqual({
      browser: 'up',
      frps: 'up',
      frpc: 'up',
      nginx: 'up',
      backend: 'down',
      frontend: 'up',
    });
    const { svg } = draw(broken);
    expect(svg.match(/class="box down"/g)).toHaveLength(1);
    expect(svg).toContain('backend: btc-watcher-backend has exited');
    expect(svg).toContain('Fix: docker start btc-watcher-backend');
  });

  it('claims nothing when Docker is away', () => {
    const engine = {
      problem: { what: 'away', fix: 'npm run up' },
      version: '',
      rootDir: '',
      skewMs: undefined,
    };
    const unknown = states({ engine, containers: undefined, remote: REFUSED, local: REFUSED });
    expect(new Set(Object.values(unknown))).toEqual(new Set(['unknown']));
  });

  it('is well-formed whatever a log line holds, and cuts or breaks what is long', () => {
    const nasty = `<script>&"'\u0007 ${'x'.repeat(300)}`;
    const { svg } = draw({
      containers: {
        ...healthyFacts().containers,
        nginx: containerFacts('nginx', { status: 'exited', lastLogLine: nasty }),
      },
    });
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('\u0007');
    expect(escapeXml('<a & "b">')).toBe('&lt;a &amp; &quot;b&quot;&gt;');
    expect(wrap('aa bb cccccc', 5)).toEqual(['aa bb', 'ccccc', 'c']);
    expect(wrap('nginx 已退出（代码 1）。重启', 12)).toEqual(['nginx 已退出', '（代码 1）。', '重启']);
    expect(draw({}, { BTCW_FRP_SERVER_ADDR: `${'long-name.'.repeat(6)}org` }).svg).toContain('…');
  });

  it('needs nothing from outside, scales, and knows dark pages', () => {
    const { svg } = draw({ nowMs: NOW_MS });
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 \d+ \d+"/);
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|@import|url\(|href/);
  });
});

describe('the layout of the picture', () => {
  const overlap = (a: { x: number; y: number }, b: { x: number; y: number }) =>
    Math.abs(a.x - b.x) < BOX.width && Math.abs(a.y - b.y) < BOX.height;
  const layout = (services: readonly ServiceDefinition[] = []) => {
    const picture = pictureOf(healthyFacts({}, {}, services), []);
    return { picture, ...layoutOf(picture), svg: renderPicture(picture) };
  };

  it("is that of docs/topology.svg for the package's own services", () => {
    const { places, width, bottom } = layout();
    expect(Object.fromEntries(places)).toEqual({
      browser: { x: 24, y: 130 },
      frps: { x: 248, y: 130 },
      frpc: { x: 472, y: 130 },
      nginx: { x: 690, y: 130 },
      backend: { x: 916, y: 76 },
      frontend: { x: 916, y: 184 },
    });
    expect({ width, bottom }).toEqual({ width: 1090, bottom: 300 });
  });

  it('has the upstreams with their paths in one column, and what is behind them in the next', () => {
    const { picture } = layout(extended);
    expect(picture.columns.map((column) => column.map(({ hop }) => hop))).toEqual([
      ['browser'],
      ['frps'],
      ['frpc'],
      ['nginx'],
      ['backend', 'frontend', 'grafana', 'jobs'],
      ['redis', 'postgres', 'worker'],
    ]);
    const upstreamLinks = picture.links.filter(({ from }) => from === 'nginx');
    expect(upstreamLinks.map(({ to, label }) => `${to}: ${label}`)).toEqual([
      'backend: /api',
      'frontend: /',
      'grafana: /grafana, /grafana-live',
      'jobs: /jobs',
    ]);
    const dependencies = picture.links.filter(({ kind }) => kind === 'dependency');
    expect(dependencies.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'grafana postgres',
      'jobs redis',
      'jobs postgres',
      'worker redis',
      'worker jobs',
    ]);
  });

  it('has no two boxes that overlap and none outside, whatever services there are', () => {
    const many = Array.from({ length: 7 }, (_, index) =>
      service(`api-${index}`, {
        ports: onBridge(9000 + index),
        routes: [`/v${index}`],
        dependsOn: ['redis'],
      }),
    );
    const others = [service('redis'), ...Array.from({ length: 9 }, (_, index) => service(`worker-${index}`))];
    for (const services of [extended, [...many, ...others]]) {
      const { places, bottom, svg } = layout(services);
      const boxes = [...places];
      const [, width = 0, height = 0] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)?.map(Number) ?? [];
      const overlapping = boxes.flatMap(([name, place], index) =>
        boxes
          .slice(index + 1)
          .filter(([, other]) => overlap(place, other))
          .map(([other]) => `${name} ${other}`),
      );
      expect(overlapping).toEqual([]);
      const outside = boxes.filter(
        ([, { x, y }]) =>
          x < 0 || y < 0 || x + BOX.width > width || y + BOX.height > Math.min(height, bottom),
      );
      expect(outside).toEqual([]);
    }
  });

  it('has lines that pass no box, and a lane of its own for each box that they start at', () => {
    const { picture, places, routes } = layout(extended);
    const vertical = routes.flatMap(({ start, end, bendX }, index) =>
      bendX === undefined
        ? []
        : [
            {
              from: picture.links[index]?.from,
              bendX,
              top: Math.min(start.y, end.y),
              bottom: Math.max(start.y, end.y),
            },
          ],
    );
    for (const { bendX, top, bottom } of vertical) {
      const crossed = [...places].filter(
        ([, { x, y }]) => bendX >= x && bendX <= x + BOX.width && bottom > y && top < y + BOX.height,
      );
      expect(crossed).toEqual([]);
    }
    const lanes = new Map(vertical.map(({ bendX, from }) => [bendX, from]));
    for (const { bendX, from } of vertical) expect(lanes.get(bendX)).toBe(from);
  });

  it('has a service in red that nothing listens on, when it fails', () => {
    const finding: Finding = {
      id: 'container-worker',
      name: 'worker is running and healthy',
      hop: 'host',
      level: 'failure',
      ok: false,
      detail: 'btc-watcher-worker is exited',
      fix: 'docker start btc-watcher-worker',
    };
    const { columns } = pictureOf(healthyFacts({}, {}, extended), [finding]);
    const down = columns.flat().filter(({ state }) => state === 'down');
    expect(down.map(({ hop }) => hop)).toEqual(['worker']);
  });
});
