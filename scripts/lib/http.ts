/** One HTTP request whose failure is an answer, too; unlike `fetch` it may carry any Host header. */
import { type Agent, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { messages } from '../../messages/index.ts';
import { skewOf } from './clock.ts';
import { connectionOptions } from './dial.ts';

export interface HttpAnswer {
  /** 0 where there was none. */
  readonly status: number;
  readonly body: string;
  /** From the request to the end of the answer. */
  readonly ms: number;
  /** How far the server's clock is ahead of this host's, out of its Date header; whole seconds. */
  readonly skewMs: number | undefined;
  /** Why there was no answer. @example 'ECONNREFUSED' */
  readonly error: string;
  /** Whether a deadline ended it: that is no answer, and no refusal either. */
  readonly timedOut: boolean;
  /** Whether the connection opened: then no firewall keeps it from that. */
  readonly connected: boolean;
  /** Without parameters. @example 'text/html' */
  readonly contentType?: string | undefined;
  /** Where a redirect leads, as the server wrote it. */
  readonly location?: string | undefined;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For all of one request. @default 1500 */
  readonly deadlineMs?: number;
  /** Keeps its connections between requests. @default - a connection of its own, of TCP to the url's host */
  readonly agent?: Agent;
  /** @default - TCP to the url's host */
  readonly socketPath?: string;
}

const DEADLINE_MS = 1_500;
/** More than any answer that is read has. */
const MAX_BODY = 1024 * 1024;

/** The error of a deadline that is over. @example 'no answer within 1.5 s' */
export const noAnswerWithin = (deadlineMs: number): string =>
  messages.lib.http.noAnswerWithin(deadlineMs / 1000);

const NO_ANSWER: HttpAnswer = {
  ...{ status: 0, body: '', ms: 0, skewMs: undefined },
  ...{ error: '', timedOut: false, connected: false },
};

/** Asks once. What cannot be sent, such as a URL that is none or a header with a line break, is an answer, too. */
export async function ask(url: string, options: RequestOptions = {}): Promise<HttpAnswer> {
  try {
    return await exchange(url, options);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('ERR_')) throw error;
    return { ...NO_ANSWER, error: message };
  }
}

function exchange(
  url: string,
  { body, deadlineMs = DEADLINE_MS, ...rest }: RequestOptions,
): Promise<HttpAnswer> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const askedMs = Date.now();
    let connected = false;
    const end = (answer: Partial<HttpAnswer>) => {
      clearTimeout(timer);
      const ms = performance.now() - startedMs;
      resolve({ ...NO_ANSWER, ...answer, connected, ms });
      call.destroy();
    };
    // The kernel gives up on a connection by itself, too.
    const fail = ({ code, message }: NodeJS.ErrnoException) =>
      end({ error: code ?? message, timedOut: code === 'ETIMEDOUT' });
    const isElsewhere = rest.agent || rest.socketPath;
    const way = (isElsewhere ? undefined : connectionOptions(url)) ?? { agent: false };
    const call = request(url, { ...way, ...rest }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (text.length < MAX_BODY) text += chunk;
      });
      response.on('error', fail);
      response.on('end', () => {
        const clockMs = Date.parse(response.headers.date ?? '');
        end({
          status: response.statusCode ?? 0,
          body: text,
          skewMs: skewOf(clockMs, askedMs, Date.now()),
          contentType: response.headers['content-type']?.split(';')[0]?.trim().toLowerCase(),
          location: response.headers.location,
        });
      });
    });
    const tooLate = { error: noAnswerWithin(deadlineMs), timedOut: true };
    const timer = setTimeout(() => end(tooLate), deadlineMs);
    call.on('socket', (socket) => {
      socket.once('connect', () => {
        connected = true;
      });
    });
    call.on('error', fail);
    call.end(body);
  });
}

const MAX_REDIRECTS = 5;

/** Gets a page as a browser does: through redirects. Options as {@link ask}. */
export async function askPage(url: string, options: RequestOptions = {}): Promise<HttpAnswer> {
  let current = url;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await ask(current, options);
    const redirected =
      answer.status >= 300 && answer.status < 400 && URL.canParse(answer.location ?? '', current)
        ? answer.location
        : undefined;
    if (redirected === undefined || redirects === MAX_REDIRECTS) return answer;
    current = new URL(redirected, current).href;
  }
}

/** An answer in a few words. @example 'status 200', 'ECONNREFUSED' */
export const answerText = ({ status, error }: Pick<HttpAnswer, 'status' | 'error'>): string =>
  status > 0 ? messages.lib.http.status(status) : error;
