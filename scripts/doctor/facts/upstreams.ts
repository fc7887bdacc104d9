/** The services behind the reverse proxy, as its container and as this host reach them. */
import type { Topology } from '../../../stacks/topology/topology.ts';
import type { Upstream } from '../../../stacks/topology/upstream.ts';
import { serviceUrl } from '../../../stacks/topology/urls.ts';
import { ask, type HttpAnswer } from '../../lib/http.ts';
import { isUp } from './containers.ts';
import type { DockerQuestions } from './docker.ts';
import { fact } from './fact.ts';
import type { HeldFacts } from './held.ts';
import { gatherNginx, type InsideFacts, insideAgain, type NginxFacts } from './nginx.ts';
import { otherHolder } from './ports.ts';
import type { Rounds } from './rounds.ts';

type Answers = Readonly<Record<string, HttpAnswer | undefined>>;

/** By service; what this host gets is asked only where the reverse proxy's container gets nothing. */
export interface UpstreamFacts extends Pick<NginxFacts, 'inside'> {
  /** The health path at the first address of its service, where that is one of this host. */
  readonly direct: Answers;
  /** The health path at the bridge address, where this host has that. */
  readonly atBridge: Answers;
}

/** As long as curl gets in the container. */
const UPSTREAM_DEADLINE_MS = 5_000;
/** Whether an address is one of this host, which all of 127.0.0.0/8 are. */
const isLocal = (address: string, hostAddresses: readonly string[]): boolean =>
  address.startsWith('127.') || hostAddresses.includes(address);

/** Whether there was an answer, whatever it was; where curl could not be run, nothing says otherwise. */
const hasAnswered = (answer: InsideFacts | undefined): boolean => (answer?.curl ?? 0) === 0;

/** Asks an upstream. An address that this host does not have is not asked: the packets would leave the machine. */
async function askUpstream(
  { healthPath }: Upstream,
  base: string,
  hostAddresses: readonly string[],
): Promise<HttpAnswer | undefined> {
  const url = `${base}${healthPath}`;
  if (!isLocal(new URL(url).hostname, hostAddresses)) return undefined;
  return ask(url, { deadlineMs: UPSTREAM_DEADLINE_MS });
}

/**
 * Asks for the second time what the reverse proxy does not reach, from its container and from this host at the same
 * moment: only where the one has an answer and the other has none, something is between them.
 * @param upstreams those whose container is healthy
 * @param inside what the first time gave
 * @param hostAddresses those that this host has
 * @param insideAgain asks from the reverse proxy's container
 */
export async function askUpstreamsAgain(
  topology: Topology,
  upstreams: readonly Upstream[],
  inside: NginxFacts['inside'],
  hostAddresses: readonly string[],
  rounds: Rounds,
  insideAgain: (upstream: Upstream) => Promise<InsideFacts | undefined>,
): Promise<UpstreamFacts> {
  let facts: UpstreamFacts = { inside, direct: {}, atBridge: {} };
  for (const upstream of upstreams) {
    const { service, address } = upstream;
    if (hasAnswered(inside[service])) continue;
    const [again, direct, atBridge] = await rounds.alone(() =>
      Promise.all([
        insideAgain(upstream),
        askUpstream(upstream, serviceUrl(topology, service), hostAddresses),
        askUpstream(upstream, `http://${address}`, hostAddresses),
      ]),
    );
    facts = {
      inside: { ...facts.inside, [service]: again },
      direct: { ...facts.direct, [service]: direct },
      atBridge: { ...facts.atBridge, [service]: atBridge },
    };
  }
  return facts;
}

export interface GatheringUpstreams {
  /** With what was asked again. */
  readonly facts: Promise<NginxFacts & UpstreamFacts>;
  /** Whether the reverse proxy has its port, and reaches a service: where it does not, that is what is wrong. */
  readonly isReached: (upstream: Upstream) => () => Promise<boolean>;
}

const NO_NGINX: NginxFacts = { inside: {}, nginxRefusal: '', nginx: undefined, oldWorkers: undefined };

/** @param hostAddresses those that this host has */
export function gatherUpstreams(
  topology: Topology,
  hostAddresses: readonly string[],
  docker: DockerQuestions,
  held: Promise<HeldFacts>,
): GatheringUpstreams {
  const gathering = fact(() => gatherNginx(topology, docker));
  const facts = Promise.all([gathering, held]).then(async ([nginx = NO_NGINX, { containers }]) => {
    const healthy = topology.upstreams.filter(({ service }) => isUp(containers?.[service]));
    const again = (upstream: Upstream) => insideAgain(topology, upstream);
    return {
      ...nginx,
      ...(await askUpstreamsAgain(topology, healthy, nginx.inside, hostAddresses, docker.rounds, again)),
    };
  });
  const isReached = (upstream: Upstream) => async () => {
    const { containers, ports } = await held;
    const isOther = ports.some(
      (port) => port.service === topology.proxy && otherHolder(topology, port, containers),
    );
    return !isOther && hasAnswered((await facts).inside[upstream.service]);
  };
  return { facts, isReached };
}
