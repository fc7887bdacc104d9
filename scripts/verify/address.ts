/** The checks of one address that a deployment is opened at: page, API, tokens, WebSocket. */
import { messages } from '../../messages/index.ts';
import type { Topology } from '../../stacks/topology/topology.ts';
import { apiUpstream, pageUpstream, seeLog } from '../deployment/routes.ts';
import { type AppProfile, notInProfile } from '../lib/app-profile.ts';
import { answerText, ask } from '../lib/http.ts';
import { forgedToken } from '../lib/login.ts';
import { once, type PlannedCheck, skip } from './check.ts';
import { HTTP_DEADLINE_MS } from './login.ts';
import { getPage, pageResult, type Route, routeCheck } from './route.ts';
import { type SocketChecks, type SocketTokens, socketChecks } from './socket.ts';

const said = messages.verify.address;

export interface Address {
  /** What the ids of its checks begin with. */
  readonly id: 'local' | 'tunnel' | 'remote';
  /** What its checks begin with. @example 'tunnel 60001' */
  readonly name: string;
  /** Without a slash at its end. @example 'http://47.108.221.231:60001' */
  readonly url: string;
  /** What to do where the frontend, the backend or the reverse proxy fails. */
  readonly fixes: { readonly frontend: string; readonly backend: string; readonly proxy: string };
}

/** What an address is asked for. */
export interface Application {
  readonly profile: AppProfile;
  /** Paths that are compared with what their services answer by themselves. */
  readonly routes: readonly Route[];
  /** Whether one service has everything, and maybe no page. */
  readonly isOneService: boolean;
  /** The good token. */
  readonly token: () => Promise<string>;
  /** One that has expired. @default - none can be made: the backend's key is not known */
  readonly expired?: () => Promise<string>;
}

const WRONG_TOKEN = 'not.a.token';

/** What shows the logs of the services that the checks are about, by what they do. @param where how a command is given */
export function logsOf(
  topology: Topology,
  profile: AppProfile,
  where = (command: string) => command,
): Address['fixes'] {
  const log = (service: string) => where(seeLog(topology, service));
  return {
    backend: log(apiUpstream(topology, profile).service),
    frontend: log(pageUpstream(topology).service),
    proxy: log(topology.proxy),
  };
}

/** The checks of an address, by what those of another may depend on. */
export interface AddressChecks extends SocketChecks {
  readonly page: PlannedCheck;
  readonly api: readonly PlannedCheck[];
  /** Whose token it is, and that one of another key is nobody's. */
  readonly who: readonly PlannedCheck[];
}

/** In the order in which they are run. */
export const listed = ({ page, api, who, upgrades, topics, ping }: AddressChecks): PlannedCheck[] => [
  page,
  ...api,
  ...who,
  ...upgrades,
  topics,
  ping,
];

/** What the checks of an address depend on beside one another. */
export interface AddressDependencies {
  readonly page: readonly PlannedCheck[];
  readonly api: readonly PlannedCheck[];
  readonly login: PlannedCheck;
  /** The same checks of an address that this one leads to. @default - it leads to none */
  readonly behind?: AddressChecks;
}

const options = { deadlineMs: HTTP_DEADLINE_MS };

/** Of the reference application its counters are asked for; any other's paths answer as its service does. */
function apiChecks(
  { id, name, url, fixes }: Address,
  { profile, routes }: Application,
  dependsOn: readonly PlannedCheck[],
): PlannedCheck[] {
  const compared = routes.map((route) => routeCheck({ id, name, url }, route, fixes.proxy, dependsOn));
  const { statsPath } = profile;
  if (!statsPath) return compared;
  const reached: PlannedCheck = {
    id: `${id}.api`,
    name: said.reachesBackend(name),
    dependsOn,
    fix: fixes.backend,
    run: async () => {
      const answer = await ask(`${url}${statsPath}`, options);
      // An application may show its counters to those alone who have logged in.
      const ok = answer.status === 200 || (profile.name !== 'reference' && answer.status === 401);
      return { ok, detail: answerText(answer) };
    },
  };
  return [reached, ...compared];
}

/**
 * Asks the API with the good token, and with one that has its content and another key's signature.
 * @param behind the same checks of the address that this one leads to
 */
function whoChecks(
  { id, name, url, fixes }: Address,
  { profile, token }: Application,
  dependsOn: readonly PlannedCheck[],
  behind: readonly PlannedCheck[] = [],
): PlannedCheck[] {
  const { whoPath } = profile;
  if (!whoPath) {
    const reason = notInProfile(profile, 'whoPath');
    return [skip(`${id}.forged-token`, said.refusesForged(name), reason)];
  }
  const askWith = (bearer: string) =>
    ask(`${url}${whoPath}`, { ...options, headers: { authorization: `Bearer ${bearer}` } });
  const valid: PlannedCheck = {
    id: `${id}.token`,
    name: said.acceptsToken(name),
    dependsOn: [...dependsOn, ...behind.slice(0, 1)],
    fix: fixes.backend,
    run: async () => {
      const answer = await askWith(await token());
      return { ok: answer.status === 200, detail: answerText(answer) };
    },
  };
  const forged: PlannedCheck = {
    id: `${id}.forged-token`,
    name: said.refusesForged(name),
    dependsOn: [valid, ...behind.slice(1)],
    fix: said.forgedFix(whoPath, fixes.backend),
    run: async () => {
      const answer = await askWith(forgedToken(await token()));
      return { ok: [401, 403].includes(answer.status), detail: answerText(answer) };
    },
  };
  return [valid, forged];
}

/** All but the soak. */
export function addressChecks(
  address: Address,
  application: Application,
  needs: AddressDependencies,
): AddressChecks {
  const { id, name, url, fixes } = address;
  const { profile, token, expired, isOneService } = application;
  const { behind } = needs;
  /** Depends on the same check of the address behind. */
  const after = (check: PlannedCheck, same: PlannedCheck | undefined): PlannedCheck =>
    same ? { ...check, dependsOn: [...check.dependsOn, same] } : check;

  const page = after(
    {
      id: `${id}.page`,
      name: said.page(name),
      dependsOn: needs.page,
      fix: fixes.frontend,
      run: async () => {
        const answer = await getPage(url);
        if (profile.name !== 'reference') return pageResult(answer, { mayBeMissing: isOneService });
        return { ok: answer.status === 200 && /<html/i.test(answer.body), detail: answerText(answer) };
      },
    },
    behind?.page,
  );
  const api = apiChecks(address, application, needs.api).map((check, index) =>
    after(check, behind?.api[index]),
  );
  const [reached] = api;
  const before = [...needs.api, ...(reached ? [reached] : []), needs.login];
  const who = whoChecks(address, application, before, behind?.who);
  const tokens: SocketTokens = {
    wrong: async () => WRONG_TOKEN,
    forged: once(async () => forgedToken(await token())),
    ...(expired && { expired }),
    valid: token,
  };
  const reachedApi = reached ? [reached] : needs.api;
  const sockets = socketChecks(address, profile, tokens, { api: reachedApi, login: needs.login, behind });
  return { page, api, who, ...sockets };
}
