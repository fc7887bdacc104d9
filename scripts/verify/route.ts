/** Whether the reverse proxy sends paths where they belong: they answer as their service does by itself. */
import { messages } from '../../messages/index.ts';
import { answerText, ask, askPage, type HttpAnswer } from '../lib/http.ts';
import type { Address } from './address.ts';
import type { PlannedCheck, Result } from './check.ts';
import { HTTP_DEADLINE_MS } from './login.ts';

const said = messages.verify.route;

/** A path, and where its service is asked for it without the reverse proxy. */
export interface Route {
  readonly path: string;
  /** @example 'backend' */
  readonly service: string;
  /** @example 'http://127.0.0.1:8000' */
  readonly base: string;
  /** Whether the reverse proxy sends it there: else only who answers is reported. */
  readonly isRouted: boolean;
}

const described = (answer: HttpAnswer): string =>
  answer.status > 0 && answer.contentType
    ? said.typed(answerText(answer), answer.contentType)
    : answerText(answer);

const isSame = (a: HttpAnswer, b: HttpAnswer): boolean =>
  a.status === b.status && a.contentType === b.contentType;

/** Judges what a path gives through the reverse proxy by what its service gives. Pure. */
export function routeResult(
  { path, service, isRouted }: Route,
  proxied: HttpAnswer,
  direct: HttpAnswer,
): Result {
  if (isSame(proxied, direct)) return { ok: proxied.status > 0, detail: described(proxied) };
  if (!isRouted) {
    return {
      skipped: said.notRouted(path, service, described(proxied)),
    };
  }
  return { ok: false, detail: said.differs(described(proxied), service, described(direct)) };
}

/** @param address that the reverse proxy is asked at */
export function routeCheck(
  { id, name, url }: Pick<Address, 'id' | 'name' | 'url'>,
  route: Route,
  fix: string,
  dependsOn: readonly PlannedCheck[],
): PlannedCheck {
  const { path, service, base } = route;
  return {
    id: `${id}.route.${path}`,
    name: said.name(name, path, service),
    dependsOn,
    fix,
    run: async () => {
      const askAt = (from: string) => ask(`${from}${path}`, { deadlineMs: HTTP_DEADLINE_MS });
      const [proxied, direct] = await Promise.all([askAt(url), askAt(base)]);
      return routeResult(route, proxied, direct);
    },
  };
}

/** Judges the page of an application that nothing is known of: one that asks for a login is one, too. Pure. */
export function pageResult(page: HttpAnswer, { mayBeMissing }: { readonly mayBeMissing: boolean }): Result {
  const { status } = page;
  const ok =
    (status >= 200 && status < 400) ||
    status === 401 ||
    status === 403 ||
    (mayBeMissing && status >= 400 && status < 500);
  return { ok, detail: described(page) };
}

/** The page, through redirects. */
export const getPage = (url: string): Promise<HttpAnswer> =>
  askPage(`${url}/`, { deadlineMs: HTTP_DEADLINE_MS });
