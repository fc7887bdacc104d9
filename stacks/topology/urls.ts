/** The addresses at which a deployment is opened. */
import { serviceNamed, type Topology, type Tunnel } from './topology.ts';

/** The one tunnel there is today. */
export function mainTunnel({ tunnels }: Topology): Tunnel {
  const [tunnel] = tunnels;
  if (!tunnel) throw new Error('The topology has no tunnel.');
  return tunnel;
}

/** @example socketOf('2001:db8::1', 7000) // '[2001:db8::1]:7000' */
export const socketOf = (address: string, port: number): string =>
  `${address.includes(':') ? `[${address}]` : address}:${port}`;

/** The address that the tunnel serves. @example 'http://47.108.221.231:60001' */
export function publicUrl(topology: Topology): string {
  const { serverAddress, remotePort } = mainTunnel(topology);
  return `http://${socketOf(serverAddress, remotePort)}`;
}

/** Where the frp client connects. @example '47.108.221.231:7000' */
export function frpServer(topology: Topology): string {
  const { serverAddress, serverPort } = mainTunnel(topology);
  return socketOf(serverAddress, serverPort);
}

/** Where a service's first port is reached on this host. @example 'http://127.0.0.1:8501' */
export function serviceUrl(topology: Topology, name: string): string {
  const [port] = serviceNamed(topology, name).ports;
  const [address = '127.0.0.1'] = port?.addresses ?? [];
  return `http://${address === '0.0.0.0' ? '127.0.0.1' : address}:${port?.host}`;
}

/** The address of the reverse proxy on this host. @example 'http://127.0.0.1:8501' */
export const localUrl = (topology: Topology): string => serviceUrl(topology, topology.proxy);
