import { describe, expect, it } from 'vitest';
import { readTunnelLog, wentDownAt } from '../../scripts/deployment/tunnel.ts';
import { hanging, list, table } from '../../scripts/lib/report.ts';
import { cut, localTime, textWidth, wrap } from '../../scripts/lib/text.ts';
import { settingsOf } from '../support/topology.ts';

/** Rows as the commands print them. */
const TABLES = {
  verify: {
    head: ['', 'check', 'result'],
    rows: [
      ['✓', 'WebSocket with a wrong token is refused through the tunnel', 'status 403'],
      [
        '✗',
        'tunnel: frpc is connected to the frp server',
        'nothing listens on frp.example.org:7000: start frps there',
      ],
    ],
  },
  deploy: {
    head: ['container', 'image', 'health', 'address'],
    rows: [
      [
        'btc-watcher-backend',
        'btc-watcher/backend:1f0c3c2b9a77',
        'healthy',
        '127.0.0.1:8000, 172.17.0.1:8000',
      ],
      ['btc-watcher-frpc', 'btc-watcher/frpc:1f0c3c2b9a77', 'healthy', 'http://frp.example.org:60001 (down)'],
    ],
  },
  diff: {
    head: ['container', 'effect', 'because', 'outage'],
    rows: [
      [
        'btc-watcher-frpc',
        'restart (tunnel drops)',
        'BTCW_FRP_PROXY_NAME: freq-service → other\nBTCW_FRP_REMOTE_PORT: 60001 → 60002',
        '2 to 4 s',
      ],
      ['btc-watcher-nginx', 'none', '', ''],
    ],
  },
  status: {
    head: ['container', 'state', 'up', 'restarts', 'CPU', 'memory'],
    rows: [['btc-watcher-backend', 'healthy', '17 min', '0', '0.6 %', '33 of 512 MiB']],
  },
};
const names = Object.keys(TABLES) as (keyof typeof TABLES)[];

describe.each([60, 80, 100])('on a terminal of %i columns', (width) => {
  it.each(names)('the table of %s fits, and loses nothing', (name) => {
    const { head, rows } = TABLES[name];
    const text = table(head, rows, width);
    const tooWide = text.split('\n').filter((line) => textWidth(line) > width);
    expect(tooWide).toEqual([]);
    const words = (from: string) => from.split(/[\s│]+/).filter(Boolean);
    for (const value of rows.flat()) expect(words(text)).toEqual(expect.arrayContaining(words(value)));
  });
});

describe('a list', () => {
  it('has every line of a value below the value', () => {
    const rows = [
      ['one', 'a\nb c'],
      ['three', 'd'],
    ] as const;
    expect(list(rows, 80)).toBe('one   a\n      b c\nthree d');
    expect(list(rows, 8)).toBe('one   a\n      b\n      c\nthree d');
  });
});

describe('a table', () => {
  const { head, rows } = TABLES.verify;

  it('is a box where it fits', () => {
    expect(table(head, rows, 300)).toMatch(/^┌.*┐\n│/);
  });

  it('is a block for each row where it does not', () => {
    const text = table(head, rows, 60);
    expect(text).not.toContain('│');
    expect(text).toMatch(/^✓ check: WebSocket .*\n {4}\S.*\n {2}result: status 403\n\n✗ check: tunnel/);
  });

  it('of names and values goes on below the value', () => {
    expect(
      list(
        [
          ['Open', 'a b'],
          ['Connections', 'one two three'],
        ],
        20,
      ),
    ).toBe('Open        a b\nConnections one two\n            three');
    expect(
      list(
        [
          ['打开', 'a'],
          ['Log in', 'b'],
        ],
        20,
      ),
    ).toBe('打开   a\nLog in b');
  });
});

describe('a line', () => {
  it('is as wide as it is shown', () => {
    expect(textWidth('\x1b[32m✓\x1b[39m 隧道')).toBe(6);
  });

  it('is broken between Chinese characters, but not before what closes nor after what opens', () => {
    expect(wrap('隧道没有连通：请检查（云服务器）的防火墙。', 12)).toEqual([
      '隧道没有连',
      '通：请检查',
      '（云服务器）',
      '的防火墙。',
    ]);
    expect(wrap('运行 npm run deploy 再试', 10)).toEqual(['运行 npm', 'run deploy', '再试']);
    expect(wrap('文件 secrets/x/admin-password：至少 12 个字符', 12)).toEqual([
      '文件',
      'secrets/x/admin-password：',
      '至少 12 个字',
      '符',
    ]);
  });

  it('is cut where it does not fit, by the columns that it takes', () => {
    expect(cut('隧道没有连通', 12)).toBe('隧道没有连通');
    expect(cut('隧道没有连通', 11)).toBe('隧道没有连…');
    expect(cut('隧道没有连通', 10)).toBe('隧道没有…');
  });

  it('after a sign goes on below its beginning', () => {
    expect(hanging('✓', '隧道已连通：http://x', 12)).toBe('✓ 隧道已连\n  通：\n  http://x');
  });

  it('is broken between words only', () => {
    expect(wrap('a long http://frp.example.org:60001/x end', 12)).toEqual([
      'a long',
      'http://frp.example.org:60001/x',
      'end',
    ]);
  });

  it('is broken between Chinese characters, and never before what closes', () => {
    expect(wrap('容器 nginx（端口 8501）已停止，请检查。', 12)).toEqual([
      '容器 nginx',
      '（端口',
      '8501）已停',
      '止，请检查。',
    ]);
    for (const line of wrap('数据会保留：btc-watcher-data，未做任何更改。', 13)) {
      expect(textWidth(line)).toBeLessThanOrEqual(18);
      expect(line).not.toMatch(/^[。，：）]/);
    }
  });
});

describe('a time', () => {
  it("is on the host's clock with its zone, and no time is left as it is", () => {
    const time = '2026-11-22T10:03:11.045Z';
    expect(localTime(time)).toMatch(/^2026-11-2\d \d\d:\d\d:11 [\w+:-]+$/);
    expect(localTime(time, { ms: true })).toMatch(/:11\.045 /);
    expect(localTime('never')).toBe('never');
  });
});

describe("what frpc's log says of the tunnel", () => {
  const settings = settingsOf({ BTCW_FRP_SERVER_ADDR: 'frp.example.org' });
  const read = (...lines: string[]) => readTunnelLog(lines.join('\n'), settings);
  const success = '[I] [client/control.go:168] [1] [freq-service] start proxy success';

  it.each([
    ['[W] [freq-service] start error: your plan has no tunnels left', /"your plan has no tunnels left"/],
    ['[W] connect to server error: user is banned', /frp\.example\.org:7000 failed: "user is banned"/],
    ['[W] login to the server failed: who are you', /failed: "who are you"/],
    ['[W] connect to server error: register control error', /does not say why/],
    ['[E] pong message contains error: too slow', /"too slow"/],
    [
      "[E] StartWorkConn contains error: token in NewWorkConn doesn't match",
      /no connections .* "token in New/,
    ],
  ])('is that it is down, in the words of the server, also after a success: %s', (line, reason) => {
    const state = read(success, line);
    expect(state.up).toBe(false);
    expect(state.reason).toMatch(reason);
    expect(read(line, success).up).toBe(true);
  });

  it('is not that it is down where a connection came while the client logged in anew', () => {
    const line = 'StartWorkConn contains error: no client control found for run id [1]';
    expect(read(success, line).up).toBe(true);
  });
});

describe('the moment the tunnel went down', () => {
  const refused = (second: number) =>
    `2026-11-22T12:00:0${second}Z connect to server error: dial tcp: connection refused`;
  const success = '2026-11-22T12:00:01Z [freq-service] start proxy success';

  it('is the first failure after the last success, however often it was tried since', () => {
    expect(wentDownAt([refused(0), success, refused(2), refused(5), refused(9)].join('\n'))).toBe(refused(2));
    expect(wentDownAt([refused(3), refused(4)].join('\n'))).toBe(refused(3));
    expect(wentDownAt([refused(0), success].join('\n'))).toBeUndefined();
  });

  it('is not when nginx was away', () => {
    const other = '2026-11-22T12:00:02Z connect to local service [127.0.0.1:8501] error: connection refused';
    expect(wentDownAt([success, other, refused(4)].join('\n'))).toBe(refused(4));
  });
});
