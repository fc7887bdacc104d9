/** The WebSockets of the checks before in both logs, and their token, which must be in none. */
import { messages } from '../../messages/index.ts';
import { serviceNamed, type Topology } from '../../stacks/topology/topology.ts';
import { apiUpstream, isOnHost } from '../deployment/routes.ts';
import { readLog, showLog } from '../docker/logs.ts';
import { type AppProfile, asText, filled, notInProfile } from '../lib/app-profile.ts';
import { type PlannedCheck, type Result, skip } from './check.ts';

const said = messages.verify.logs;

/** Longer than the checks before the logs take. */
const LOG_SINCE = '2m';

/** Judges a log. @param expected what it should have; undefined where that is not known. Pure. */
export function logResult(log: string, expected: string | undefined, token: string): Result {
  if (token !== '' && log.includes(token)) return { ok: false, detail: said.tokenInLog };
  if (expected === undefined) return { ok: true, detail: said.tokenNotInLog };
  const found = log.includes(expected);
  return { ok: found, detail: found ? expected : said.noLine(expected) };
}

/**
 * @param dependsOn the check that opened a WebSocket
 */
export function logChecks(
  topology: Topology,
  profile: AppProfile,
  user: string,
  token: () => Promise<string>,
  dependsOn: readonly PlannedCheck[],
): PlannedCheck[] {
  const { webSocket, login, logText } = profile;
  const proxyRow = ['log.proxy', said.proxy] as const;
  const backendRow = ['log.backend', logText ? said.backendConnected : said.backend] as const;
  if (!webSocket?.token || !login) {
    const reason = notInProfile(profile, 'token');
    return [skip(...proxyRow, reason), skip(...backendRow, reason)];
  }
  const check = (
    [id, name]: readonly [id: string, name: string],
    container: string,
    expected: string | undefined,
    fix: string,
  ): PlannedCheck => ({
    id,
    name,
    dependsOn,
    fix,
    run: async () => {
      const { text } = await readLog(container, { since: LOG_SINCE });
      return logResult(text, expected, await token());
    },
  });
  const { service } = apiUpstream(topology, profile);
  const backend = serviceNamed(topology, service).containerName;
  const proxy = serviceNamed(topology, topology.proxy).containerName;
  const connected = logText && asText(filled(logText, { user }));
  const filter = said.filter(showLog(backend));
  return [
    check(proxyRow, proxy, `GET ${webSocket.path.split('?', 1)[0]} HTTP/1.1" 101`, showLog(proxy)),
    isOnHost(topology, service)
      ? skip(...backendRow, said.onHost)
      : check(backendRow, backend, connected, profile.name === 'reference' ? showLog(backend) : filter),
  ];
}
