/** The machine that the engine is on: which it is, and what is said of it. */
import { describe, expect, it } from 'vitest';
import { bindProblems } from '../../scripts/deployment/preflight.ts';
import { machineOf } from '../../scripts/docker/engine.ts';
import { placed } from '../../scripts/engine-host/place.ts';
import { connectionOptions, dialingBy } from '../../scripts/lib/dial.ts';
import { listenersIn } from '../../scripts/lib/ports.ts';
import { deploymentOf } from '../support/topology.ts';

describe('the machine that an engine is on', () => {
  it.each([
    ['ssh://user@nas', 'nas'],
    ['ssh://user@nas.lan:2222/run/docker.sock', 'nas.lan'],
    ['tcp://192.0.2.7:2376', '192.0.2.7'],
    ['https://nas:2376', 'nas'],
    ['unix:///run/user/1000/docker.sock', undefined],
    [undefined, undefined],
    ['', undefined],
  ])('at %s is %s', (address, machine) => expect(machineOf(address)).toBe(machine));

  it('is named beside an address of the loopback, and beside no other', () => {
    expect(placed('http://127.0.0.1:8501', 'nas')).toBe('http://127.0.0.1:8501 on nas');
    expect(placed('http://192.168.1.5:8501', 'nas')).toBe('http://192.168.1.5:8501');
    expect(placed('http://127.0.0.1:8501', undefined)).toBe('http://127.0.0.1:8501');
  });

  it('has no folders of another one: only what mounts some is refused', () => {
    const problems = (mode: string) =>
      bindProblems(deploymentOf({ BTCW_FRONTEND_MODE: mode }).topology.services, 'nas');
    expect(problems('static')).toEqual([]);
    expect(problems('dev')).toEqual([
      expect.stringMatching(/^The engine is on nas, where frontend cannot mount .*assets\/frontend\.$/),
    ]);
  });
});

describe('who listens elsewhere', () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2135 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1F40 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 100 0 0 10 0`;
  const listener = listenersIn([table, '']);

  it('is nobody that can be named', () => {
    expect(listener(8501)).toEqual({ program: '', pid: 0, ancestors: [] });
    expect(listener(8501, '127.0.0.1')).toBeDefined();
  });

  it('is nobody at another address, and where a connection is', () => {
    expect(listener(8501, '172.17.0.1')).toBeUndefined();
    expect(listener(8000)).toBeUndefined();
  });
});

describe('a request', () => {
  it('is left to Node on this machine', () =>
    expect(connectionOptions('http://127.0.0.1:8501')).toBeUndefined());

  it.each([
    ['http://127.0.0.1:8501/page', { host: '127.0.0.1', port: 8501 }],
    ['ws://nas/ws', { host: 'nas', port: 80 }],
    ['http://[::1]:8501', { host: '::1', port: 8501 }],
  ])('for %s is dialed where the function is run', (url, target) => {
    const dialed: unknown[] = [];
    const stop = new Error('no connection');
    const dial = (wanted: unknown) => {
      dialed.push(wanted);
      throw stop;
    };
    expect(() => dialingBy(dial, () => connectionOptions(url)?.createConnection())).toThrow(stop);
    expect(dialed).toEqual([target]);
  });
});
