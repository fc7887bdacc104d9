import { once } from 'node:events';
import { createConnection, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assumedHost } from '../../scripts/deployment/host.ts';
import {
  gatewayProblem,
  hostProgramProblems,
  type Listener,
  listenersOf,
  type NetworkAddresses,
  portProblems,
} from '../../scripts/deployment/preflight.ts';
import { overlap, parseRoutes, type Route } from '../../scripts/lib/subnets.ts';
import { serviceNamed } from '../../stacks/topology/topology.ts';
import { deploymentOf, type Environment } from '../support/topology.ts';

/** A listener of nginx, elsewhere than by default. */
function nginxAt(address: string, number: number): Listener {
  const service = serviceNamed(deploymentOf().topology, 'nginx');
  const [port] = service.ports;
  if (!port) throw new Error('nginx has no port');
  return { service, port: { ...port, host: number }, address };
}

let server: Server;
let taken: Listener;
let takenPort: number;
beforeAll(async () => {
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  takenPort = (server.address() as { port: number }).port;
  taken = nginxAt('127.0.0.1', takenPort);
});
afterAll(() => server.close());

describe('a port', () => {
  it('that another program uses is told, with its setting, its number and the program', async () => {
    const [problem] = await portProblems([taken], new Set());
    expect(problem).toContain(`BTCW_NGINX_PORT: should be a free port, got "${takenPort}"`);
    expect(problem).toContain(`(process ${process.pid}) uses on 127.0.0.1`);
  });

  it('that an outgoing connection has is told apart, as it is free again soon', async () => {
    const connection = createConnection({ port: takenPort, host: '127.0.0.1' });
    await once(connection, 'connect');
    const port = connection.localPort ?? 0;
    const [problem] = await portProblems([nginxAt('127.0.0.1', port)], new Set());
    connection.destroy();
    expect(problem).toBe(
      `BTCW_NGINX_PORT: should be a free port, got "${port}", which an outgoing connection of this host uses on 127.0.0.1. Try again in a minute. To keep the port free: sudo sysctl -w net.ipv4.ip_local_reserved_ports=${port}`,
    );
  });

  it('that our own container holds is no problem', async () => {
    expect(await portProblems([taken], new Set([`127.0.0.1:${takenPort}`]))).toEqual([]);
  });

  it('on an address this host has not got is told for nginx, whose address the user chose', async () => {
    expect(await portProblems([nginxAt('203.0.113.9', 18999)], new Set())).toEqual([
      'BTCW_NGINX_BIND: should be an address of this host, got "203.0.113.9". See: ip -brief address',
    ]);
  });
});

describe('a program on this host', () => {
  const { topology } = deploymentOf({ BTCW_BACKEND_ADDRESS: '172.17.0.1:8100' });
  const problems = (listens: readonly string[], held: readonly string[] = []) =>
    hostProgramProblems(topology.hostPrograms, new Set(held), (_, address) =>
      listens.includes(address ?? '') ? { program: 'uvicorn', pid: 7, ancestors: [1] } : undefined,
    );

  it('that listens where it should is no problem', () => {
    expect(problems(['172.17.0.1'])).toEqual([]);
  });

  it.each([
    [[], [], /got "172\.17\.0\.1:8100", where nothing listens\. Start it with uvicorn --host 172\.17\.0\.1/],
    [['127.0.0.1'], [], /where uvicorn listens on 127\.0\.0\.1 only, which containers do not reach/],
    [['172.17.0.1'], ['172.17.0.1:8100'], /which a container of this deployment still has/],
  ])('fails when what listens is %j, and our containers hold %j', (listens, held, expected) => {
    expect(problems(listens, held).join()).toMatch(expected);
  });
});

describe('the listeners', () => {
  const addresses = (environment: Environment) =>
    listenersOf(deploymentOf(environment).topology)
      .map(({ address, port }) => `${address}:${port.host}`)
      .sort();

  it('are these and no others', () => {
    expect(addresses({})).toEqual([
      '127.0.0.1:3000',
      '127.0.0.1:60001',
      '127.0.0.1:7000',
      '127.0.0.1:8000',
      '127.0.0.1:8501',
      '127.0.0.1:8506',
      '172.17.0.1:3000',
      '172.17.0.1:8000',
    ]);
  });

  it("have no frp server's ports when the server is elsewhere", () => {
    expect(addresses({ BTCW_FRP_SERVER_ADDR: 'frp.example.org' })).not.toContain('127.0.0.1:7000');
  });
});

describe('an address for the bridge', () => {
  const { topology } = deploymentOf({ BTCW_GATEWAY: '172.30.5.1' });
  const defaultBridge = { name: 'bridge', subnet: '172.18.0.0/16', gateway: '172.18.0.1' };
  const problem = (
    networks: readonly NetworkAddresses[] = [],
    routes: readonly Route[] = [],
    bridgeGateway = '172.18.0.1',
  ) => gatewayProblem(topology, bridgeGateway, [defaultBridge, ...networks], routes);

  it("that is the default bridge's is fine", () => {
    expect(problem([], [], '172.30.5.1')).toBeUndefined();
  });

  it('that nobody has is fine: a network with it can be made', () => {
    expect(problem([], [{ device: 'eth0', subnet: '192.0.2.0/24' }])).toBeUndefined();
  });

  it("that this project's own network has is fine", () => {
    const own = { name: 'btc-watcher', subnet: '172.30.5.0/24', gateway: '172.30.5.1' };
    const route = { device: topology.bridge.device, subnet: '172.30.5.0/24' };
    expect(problem([own], [route])).toBeUndefined();
  });

  it('fails when the subnet of another Docker network overlaps, naming it and the address to use', () => {
    const other = { name: 'shop', subnet: '172.30.0.0/16', gateway: '172.30.0.1' };
    expect(problem([other])).toMatch(
      /BTCW_GATEWAY: .*got "172\.30\.5\.1", but Docker network "shop" has 172\.30\.0\.0\/16\. Use 172\.18\.0\.1/,
    );
  });

  it('fails when this host has a route there: the router may have that address', () => {
    expect(problem([], [{ device: 'eth0', subnet: '172.30.4.0/22' }])).toMatch(
      /but eth0 of this host leads to 172\.30\.4\.0\/22/,
    );
  });
});

describe('the routes of a host', () => {
  const TABLE = `Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
`;

  it('are read from the kernel, without the default one', () => {
    expect(parseRoutes(TABLE)).toEqual([
      { device: 'docker0', subnet: '172.17.0.0/16' },
      { device: 'eth0', subnet: '192.0.2.0/24' },
    ]);
    expect(parseRoutes('')).toEqual([]);
  });

  it("tell the address of Docker's default bridge, without asking the engine", () => {
    expect(assumedHost(parseRoutes(TABLE)).bridgeGateway).toBe('172.17.0.1');
    expect(assumedHost([{ device: 'docker0', subnet: '10.99.0.0/24' }]).bridgeGateway).toBe('10.99.0.1');
    expect(assumedHost([]).bridgeGateway).toBe('172.17.0.1');
  });

  it.each([
    ['172.17.0.0/16', '172.17.5.0/24', true],
    ['172.17.5.0/24', '172.17.0.0/16', true],
    ['172.17.0.0/24', '172.17.1.0/24', false],
    ['10.0.0.0/8', '10.255.255.255', true],
    ['192.168.0.0/23', '192.168.1.7/32', true],
  ])('%s and %s overlap: %s', (one, other, expected) => {
    expect(overlap(one, other)).toBe(expected);
  });
});
