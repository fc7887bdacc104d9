/**
 * Whether an application of the owner's works once its containers are healthy: what it logs, whether the databases that
 * it names answer, whether its login does. Health checks say nothing of these.
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messages } from '../../messages/index.ts';
import type { Service } from '../../stacks/topology/service.ts';
import { serviceUrl } from '../../stacks/topology/urls.ts';
import { inspect, nameOf } from '../docker/inspect.ts';
import { readLog } from '../docker/logs.ts';
import { atEngineHost } from '../engine-host/engine-host.ts';
import type { AppProfile } from '../lib/app-profile.ts';
import { answerText, type HttpAnswer } from '../lib/http.ts';
import { errorLines } from '../lib/log-excerpt.ts';
import { logIn, tokenIn } from '../lib/login.ts';
import { redactor } from '../lib/redact.ts';
import { askBackingServices, backingProblem, connecting } from './backing-services.ts';
import { root } from './host.ts';
import { isOwn, isUnknownUser, userFix } from './profile.ts';
import type { Project } from './project.ts';
import { apiUpstream } from './routes.ts';
import { secretValues } from './secrets.ts';

const said = messages.deployment.applicationProblems;

export interface ApplicationProblem {
  readonly text: string;
  /** Whether the application cannot work, rather than that it may not. */
  readonly isBroken: boolean;
}

/** What an application says of itself it says soon. */
const LISTEN_MS = 3_000;
const LOGIN_MS = 5_000;
const REACH_MS = 10_000;
const ERROR_LINES = 3;
const LONGEST_LINE = 200;

const may = (text: string): ApplicationProblem => ({ text, isBroken: false });
const broken = (text: string): ApplicationProblem => ({ text, isBroken: true });

/** Judges the answer to a login. Pure. */
export function loginProblem(
  profile: AppProfile,
  answer: HttpAnswer,
  { user, passwordFile }: { readonly user: string; readonly passwordFile: string },
): ApplicationProblem | undefined {
  const { login } = profile;
  if (!login || (answer.status >= 200 && answer.status < 300 && tokenIn(answer.body, login) !== ''))
    return undefined;
  const { path } = login;
  const text = answerText(answer);
  // Before its first user is made, an application refuses everybody.
  const fix = isUnknownUser(answer, profile) ? userFix(profile, user, passwordFile) : undefined;
  if (fix) return may(said.loginUnknownUser(path, text, fix));
  if (answer.status >= 200 && answer.status < 300) {
    return may(said.loginNoToken(path, text, login.tokenKeys.join('.'), profile.name));
  }
  // No answer in time is none to judge by.
  return answer.timedOut ? may(said.login(path, text)) : broken(said.login(path, text));
}

/** What the new lines of its log report. */
async function logProblems(
  { containerName }: Service,
  startedAt: string,
  redact: (text: string) => string,
): Promise<ApplicationProblem[]> {
  const { text } = await readLog(containerName, { since: startedAt });
  const lines = errorLines(text, ERROR_LINES).map((line) => redact(line).slice(0, LONGEST_LINE));
  return lines.length > 0 ? [may(said.logsErrors(containerName, lines.join(' | ')))] : [];
}

async function backingProblems(project: Project, service: Service): Promise<ApplicationProblem[]> {
  const answers = (await askBackingServices(project.topology, service, REACH_MS)) ?? [];
  return answers.flatMap((answer) => {
    const problem = backingProblem(answer);
    return problem ? [broken(said.ofService(service.name, problem))] : [];
  });
}

async function tryLogin(project: Project, profile: AppProfile): Promise<ApplicationProblem[]> {
  const { settings, topology, secrets } = project;
  const { login } = profile;
  if (!login || profile.name === 'reference') return [];
  const base = serviceUrl(topology, apiUpstream(topology, profile).service);
  const [user, file] = [settings.BTCW_ADMIN_USER, secrets.adminPassword];
  const password = readFileSync(file, 'utf8').trim();
  const answer = await atEngineHost(() => logIn(base, login, user, password, LOGIN_MS));
  return [loginProblem(profile, answer, { user, passwordFile: relative(root, file) }) ?? []].flat();
}

/**
 * Asks right after a deployment. Of the package's own applications nothing is asked, and no time is taken.
 * @param changed whether anything was started just now, whose log then counts
 */
export async function applicationProblems(
  project: Project,
  profile: AppProfile,
  changed: boolean,
): Promise<ApplicationProblem[]> {
  const own = project.topology.services.filter((service) => isOwn(service) && !service.oneOff);
  if (own.length === 0) return [];
  const redact = redactor(secretValues(project, root));
  const readLogs = async () => {
    if (!changed) return [];
    await sleep(LISTEN_MS);
    const containers = await inspect(
      'container',
      own.map(({ containerName }) => containerName),
    );
    return Promise.all(
      own.map((service) => {
        const container = containers.find((found) => nameOf(found) === service.containerName);
        return container ? logProblems(service, container.State.StartedAt, redact) : [];
      }),
    );
  };
  const [logs, backing, login] = await Promise.all([
    readLogs(),
    Promise.all(connecting(project.topology).map((service) => backingProblems(project, service))),
    tryLogin(project, profile),
  ]);
  return [...backing.flat(), ...login, ...logs.flat()];
}
