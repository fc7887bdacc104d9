/** One HTTP request whose failure is an answer, too; unlike `fetch` it may carry any Host header. */
import { type RequestOptions, request } from 'node:http';

export interface HttpAnswer {
  /** 0 where there was none. */
  readonly status: number;
  readonly body: string;
  /** From the request to the end of the answer. */
  readonly ms: number;
  /** The server's clock, out of its Date header; whole seconds. */
  readonly dateMs: number | undefined;
  /** Why there was no answer. @example 'ECONNREFUSED' */
  readonly error: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For all of it. @default 1500 */
  readonly deadlineMs?: number;
  /** @default - TCP to the url's host */
  readonly socketPath?: string;
}

const DEADLINE_MS = 1_500;
/** More than any answer that is looked at has. */
const MAX_BODY = 1024 * 1024;

export function ask(url: string, { body, deadlineMs = DEADLINE_MS, ...rest }: Ask = {}): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const end = (answer: Partial<HttpAnswer>) => {
      clearTimeout(timer);
      const ms = performance.now() - startedMs;
      resolve({ status: 0, body: '', dateMs: undefined, error: '', ...answer, ms });
      call.destroy();
    };
    const options: RequestOptions = { ...rest, agent: false };
    const call = request(url, options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (text.length < MAX_BODY) text += chunk;
      });
      response.on('error', (error: NodeJS.ErrnoException) => end({ error: error.code ?? error.message }));
      response.on('end', () => {
        const date = Date.parse(response.headers.date ?? '');
        end({
          status: response.statusCode ?? 0,
          body: text,
          dateMs: Number.isNaN(date) ? undefined : date,
        });
      });
    });
    const timer = setTimeout(() => end({ error: `no answer within ${deadlineMs / 1000} s` }), deadlineMs);
    call.on('error', (error: NodeJS.ErrnoException) => end({ error: error.code ?? error.message }));
    call.end(body);
  });
}
