import { describe, expect, it } from 'vitest';
import { diagnose } from '../../scripts/doctor/diagnose.ts';
import type { Facts } from '../../scripts/doctor/facts.ts';
import { byTime, isLater, lastError, logLine } from '../../scripts/lib/log-lines.ts';
import { redactor } from '../../scripts/lib/redact.ts';
import { cpuPercent, establishedOn } from '../../scripts/status/facts.ts';
import { topology } from '../../scripts/status/topology.ts';
import { escapeXml, renderTopology, wrap } from '../../scripts/status/topology-svg.ts';
import { containerFacts, healthyFacts, NOW_MS, REFUSED } from '../support/facts.ts';

describe('connections', () => {
  it('are the established ones on the port, as the netstat line of the document counts', () => {
    const table = `  sl  local_address rem_address   st
   0: 00000000:2135 00000000:0000 0A
   1: 030011AC:2135 010011AC:A1B2 01
   2: 030011AC:2135 010011AC:A1B3 06
   3: 030011AC:A001 010011AC:2135 01`;
    expect(establishedOn(table, 8501)).toBe(1);
  });
});

describe('CPU', () => {
  const usage = (cpuNs: number, systemNs: number) => ({
    cpuNs,
    systemNs,
    cpus: 2,
    memoryBytes: 0,
    memoryLimitBytes: 0,
  });
  it('is in percent of one CPU, and unknown without time between the readings', () => {
    expect(cpuPercent(usage(0, 0), usage(50, 200))).toBe(50);
    expect(cpuPercent(usage(0, 5), usage(50, 5))).toBeUndefined();
    expect(cpuPercent(usage(90, 0), usage(10, 200))).toBe(0);
  });
});

describe('log lines', () => {
  const line = (component: string, text: string) => {
    const read = logLine(component, text);
    if (!read) throw new Error(text);
    return read;
  };

  it('are merged by time, also where Docker leaves zeros out', () => {
    const lines = [
      line('nginx', '2026-11-22T12:00:00.5Z third'),
      line('frpc', '2026-11-22T12:00:00.45Z second'),
      line('backend', '2026-11-22T12:00:00Z first'),
    ];
    expect(byTime(lines).map(({ text }) => text)).toEqual(['first', 'second', 'third']);
  });

  it('are compared by time where a fraction lost its zeros', () => {
    expect(isLater('2026-11-22T12:00:00.123Z', '2026-11-22T12:00:00.12Z')).toBe(true);
    expect(isLater('2026-11-22T12:00:00Z', '2026-11-22T12:00:00.1Z')).toBe(false);
  });

  it('without a time are no lines', () => {
    expect(logLine('nginx', 'Error response from daemon')).toBeUndefined();
    expect(logLine('nginx', '2026-11-22T12:00:00Z ')).toMatchObject({ text: '' });
  });

  it('tell the last error in the words of each program, and no harmless line', () => {
    const error = (text: string) => lastError([line('x', `2026-11-22T12:00:00Z ${text}`)])?.text;
    for (const text of [
      '[error] 7#7: connect() failed',
      '2026 ERROR boom',
      '[E] [client] no',
      'panic: runtime',
      '[W] connect to server error: dial',
    ]) {
      expect(error(text)).toBe(text);
    }
    expect(error('"GET / HTTP/1.1" 200')).toBeUndefined();
    expect(error('GET /terrors 200')).toBeUndefined();
  });
});

describe('secrets', () => {
  it('are taken out by value, by shape and from query strings; short values hide nothing', () => {
    const redact = redactor(['s3cret-password', 'ab']);
    expect(redact('ab s3cret-password?')).toBe('ab ***?');
    expect(redact('Bearer eyJhbGciOi.eyJzdWIi.c2ln end')).toBe('Bearer *** end');
    expect(redact('GET /api/v1/ws?token=abc&x=1 HTTP/1.1')).toBe('GET /api/v1/ws?token=***&x=1 HTTP/1.1');
  });
});

describe('the picture', () => {
  const draw = (changes: Partial<Facts> = {}, environment: Record<string, string> = {}) => {
    const facts = healthyFacts(changes, environment);
    const picture = topology(facts, diagnose(facts));
    return { picture, svg: renderTopology(picture) };
  };
  const states = (changes: Partial<Facts> = {}) =>
    Object.fromEntries(draw(changes).picture.hops.map(({ hop, state }) => [hop, state]));

  it('shows every hop with its address, all well, and how long each way takes', () => {
    const { svg, picture } = draw();
    for (const part of [
      'all well',
      '127.0.0.1:60001',
      '127.0.0.1:8501',
      '172.17.0.1:8000',
      '172.17.0.1:3000',
      '2.0 ms',
    ]) {
      expect(svg).toContain(part);
    }
    expect(new Set(picture.hops.map(({ state }) => state))).toEqual(new Set(['up']));
    expect(svg).not.toContain('class="box down"');
  });

  it('has the broken hop alone in red, with its cause and fix', () => {
    const broken = {
      containers: { ...healthyFacts().containers, backend: containerFacts('backend', { status: 'exited' }) },
      inside: { ...healthyFacts().inside, backend: { status: 0, ms: 0, curl: 7 } },
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
    expect(svg).toContain('backend: btc-watcher-backend is exited');
    expect(svg).toContain('Fix: docker start btc-watcher-backend');
  });

  it('claims nothing when Docker is away', () => {
    const engine = {
      problem: { what: 'away', fix: 'npm run up' },
      version: '',
      rootDir: '',
      clockMs: undefined,
    };
    const seen = states({ engine, containers: undefined, remote: REFUSED, local: REFUSED });
    expect(new Set(Object.values(seen))).toEqual(new Set(['unknown']));
  });

  it('is well-formed whatever a log line holds, and cuts or breaks what is long', () => {
    const nasty = `<script>&"'\u0007 ${'x'.repeat(300)}`;
    const { svg } = draw({
      containers: {
        ...healthyFacts().containers,
        nginx: containerFacts('nginx', { status: 'exited', lastWords: nasty }),
      },
    });
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('\u0007');
    expect(escapeXml('<a & "b">')).toBe('&lt;a &amp; &quot;b&quot;&gt;');
    expect(wrap('aa bb cccccc', 5)).toEqual(['aa bb', 'ccccc', 'c']);
    expect(draw({}, { BTCW_FRP_SERVER_ADDR: `${'long-name.'.repeat(6)}org` }).svg).toContain('…');
  });

  it('needs nothing from outside, scales, and knows dark pages', () => {
    const { svg } = draw({ nowMs: NOW_MS });
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 \d+ \d+"/);
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|@import|url\(|href/);
  });
});
