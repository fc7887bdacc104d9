/** Pages and upstreams, asked from this host. */
import type { Topology } from '../../../stacks/topology/topology.ts';
import type { Upstream } from '../../../stacks/topology/upstream.ts';
import { localUrl, publicUrl, serviceUrl } from '../../../stacks/topology/urls.ts';
import { ask, type HttpAnswer } from '../../lib/http.ts';

export interface AnswerFacts {
  /** The page as a browser gets it: on this host, and through the tunnel. */
  readonly local: HttpAnswer;
  readonly remote: HttpAnswer;
  /** The local page under a host name that no service can know. */
  readonly foreignHost: HttpAnswer;
  /** Each upstream's health path at the first address of its service, where that is one of this host. */
  readonly direct: Readonly<Record<string, HttpAnswer>>;
  /** Each upstream's health path at the bridge address, where this host has that. */
  readonly atBridge: Readonly<Record<string, HttpAnswer | undefined>>;
}

/** A name nobody can own (RFC 6761). */
const FOREIGN_HOST = 'doctor.invalid';

/** Whether an address is one of this host, which all of 127.0.0.0/8 are. */
const isLocal = (address: string, hostAddresses: readonly string[]): boolean =>
  address.startsWith('127.') || hostAddresses.includes(address);

/**
 * Asks each upstream. An address that this host does not have is not asked: the packets would leave the machine.
 * @param baseUrl where an upstream is asked
 */
async function askUpstreams(
  { upstreams }: Topology,
  hostAddresses: readonly string[],
  baseUrl: (upstream: Upstream) => string,
): Promise<Record<string, HttpAnswer>> {
  const answers = await Promise.all(
    upstreams
      .map((upstream) => ({ ...upstream, url: `${baseUrl(upstream)}${upstream.healthPath}` }))
      .filter(({ url }) => isLocal(new URL(url).hostname, hostAddresses))
      .map(async ({ service, url }) => [service, await ask(url)] as const),
  );
  return Object.fromEntries(answers);
}

/** @param hostAddresses those that this host has */
export async function gatherAnswers(
  topology: Topology,
  hostAddresses: readonly string[],
): Promise<AnswerFacts> {
  const page = `${localUrl(topology)}/`;
  const [local, remote, foreignHost, direct, atBridge] = await Promise.all([
    ask(page),
    ask(`${publicUrl(topology)}/`),
    ask(page, { headers: { host: FOREIGN_HOST } }),
    askUpstreams(topology, hostAddresses, ({ service }) => serviceUrl(topology, service)),
    askUpstreams(topology, hostAddresses, ({ address }) => `http://${address}`),
  ]);
  return { local, remote, foreignHost, direct, atBridge };
}
