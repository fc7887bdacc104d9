/** The WebSockets of the checks before in both logs, and their token, which must be in none. */
import { serviceNamed, type Topology } from '../../stacks/topology/topology.ts';
import { apiUpstream, isOnHost } from '../deployment/routes.ts';
import { readLog, showLog } from '../docker/logs.ts';
import { type AppProfile, asText, filled, notInProfile } from '../lib/app-profile.ts';
import { type PlannedCheck, type Result, skip } from './check.ts';

/** Longer than the checks before the logs take. */
const LOG_SINCE = '2m';

/** Judges a log. @param expected what it should have; undefined where that is not known. Pure. */
export function logResult(log: string, expected: string | undefined, token: string): Result {
  if (token !== '' && log.includes(token)) return { ok: false, detail: 'the token is in the log' };
  if (expected === undefined) return { ok: true, detail: 'the token is not in it' };
  const found = log.includes(expected);
  return { ok: found, detail: found ? expected : `no line ${expected}` };
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
  const names = {
    proxy: 'nginx log: 101, without the token',
    backend: logText ? 'backend log: client connected' : 'backend log: without the token',
  };
  if (!webSocket?.token || !login) {
    const reason = notInProfile(profile, 'token');
    return [skip(names.proxy, reason), skip(names.backend, reason)];
  }
  const check = (
    name: string,
    container: string,
    expected: string | undefined,
    fix: string,
  ): PlannedCheck => ({
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
  const filter = `${showLog(backend)}; a token in its access log is kept with it: switch that log off, or filter it`;
  return [
    check(names.proxy, proxy, `GET ${webSocket.path.split('?', 1)[0]} HTTP/1.1" 101`, showLog(proxy)),
    isOnHost(topology, service)
      ? skip(names.backend, 'it runs on this host, in no container')
      : check(names.backend, backend, connected, profile.name === 'reference' ? showLog(backend) : filter),
  ];
}
