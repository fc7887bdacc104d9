/** The page, asked from this host: as it is here, and through the tunnel. */
import { serviceNamed, type Topology } from '../../../stacks/topology/topology.ts';
import { localUrl, publicUrl } from '../../../stacks/topology/urls.ts';
import { readLog } from '../../docker/logs.ts';
import { ask, type HttpAnswer } from '../../lib/http.ts';
import { answered, type Rounds } from './rounds.ts';

export interface PageFacts {
  /** The page as a browser gets it: on this host, and through the tunnel. */
  readonly local: HttpAnswer;
  readonly remote: HttpAnswer;
  /** The local page under a host name that no service can know. */
  readonly foreignHost: HttpAnswer;
  /** The limit past which the reverse proxy refused a connection last; undefined where none of these was refused. */
  readonly limitedBy: string | undefined;
}

/** A name nobody can own (RFC 6761). */
const FOREIGN_HOST = 'doctor.invalid';

/** Lines of nginx's log that are read: a flood may write many, of one limit. */
const LOG_LINES = 20;

/** The zone whose limit nginx has last told of. @param log of nginx @example 'client' */
export const limitIn = (log: string): string | undefined =>
  [...log.matchAll(/limiting connections by zone "(\w+)"/g)].at(-1)?.[1];

/** Where the way to a page is known to be broken, a second try adds nothing. */
interface Ways {
  readonly rounds: Rounds;
  /** Whether the reverse proxy reaches who serves the page. */
  readonly isReached: () => Promise<boolean>;
  /** Whether the client's log says so. */
  readonly isTunnelUp: boolean;
}

export async function gatherPages(
  topology: Topology,
  { rounds, isReached, isTunnelUp }: Ways,
): Promise<PageFacts> {
  const page = `${localUrl(topology)}/`;
  const askTwice = (url: string, isWorthwhile: () => Promise<boolean>, headers?: Record<string, string>) =>
    rounds.ask({
      ask: (deadlineMs) => ask(url, { deadlineMs, ...(headers && { headers }) }),
      isAnswer: answered,
      isWorthwhile,
    });
  const local = askTwice(page, isReached);
  const opens = async () => (await local).status > 0;
  const [remote, foreignHost] = await Promise.all([
    askTwice(`${publicUrl(topology)}/`, async () => isTunnelUp && (await opens())),
    askTwice(page, opens, { host: FOREIGN_HOST }),
  ]);
  const pages = { local: await local, remote, foreignHost };
  const isRefused = Object.values(pages).some(({ status }) => status === 503);
  const { containerName } = serviceNamed(topology, topology.proxy);
  const log = isRefused ? (await readLog(containerName, { tail: LOG_LINES })).text : '';
  return { ...pages, limitedBy: limitIn(log) };
}
