/** HTTP/1 as it is on the wire: what a server got, and what a client got, with nothing taken for granted. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** Header lines by their names in lower case; of several with one name, the values in their order. */
export type Fields = Readonly<Record<string, string>>;

/** A request, as a server got it. */
export interface Request {
  readonly line: string;
  readonly headers: Fields;
  readonly body: string;
  readonly trailers: Fields;
}

/** An answer, as a client got it. */
export interface Answer {
  /** Status lines before the last one. */
  readonly interim: readonly string[];
  readonly status: string;
  readonly headers: Fields;
  readonly body: string;
  readonly trailers: Fields;
  /** Whether it came to its end, as far as that can be told. */
  readonly whole: boolean;
}

const DEADLINE_MS = 10_000;
const END_OF_HEAD = '\r\n\r\n';

function fieldsOf(pairs: readonly (readonly [string, string])[]): Fields {
  const fields: Record<string, string> = {};
  for (const [name, value] of pairs) {
    const key = name.toLowerCase();
    fields[key] = key in fields ? `${fields[key]}, ${value}` : value;
  }
  return fields;
}

const linesToFields = (lines: readonly string[]): Fields =>
  fieldsOf(
    lines.filter(Boolean).map((line) => [line.split(':', 1)[0] ?? '', line.replace(/^[^:]*:\s*/, '')]),
  );

const listToFields = (list: readonly string[]): Fields =>
  fieldsOf(list.flatMap((name, index) => (index % 2 ? [] : [[name, list[index + 1] ?? ''] as const])));

/** @returns what a chunked body holds, and whether its end is there */
function readChunks(text: string): Pick<Answer, 'body' | 'trailers' | 'whole'> {
  let [body, rest] = ['', text];
  for (;;) {
    const [line = ''] = rest.split('\r\n', 1);
    const size = Number.parseInt(line, 16);
    if (Number.isNaN(size) || rest.length < line.length + 2) return { body, trailers: {}, whole: false };
    rest = rest.slice(line.length + 2);
    if (size === 0) {
      const end = `\r\n${rest}`.indexOf(END_OF_HEAD);
      return {
        body,
        trailers: linesToFields(rest.slice(0, Math.max(0, end)).split('\r\n')),
        whole: end >= 0,
      };
    }
    body += rest.slice(0, size);
    rest = rest.slice(size + 2);
  }
}

/** @returns what has come so far; undefined before there is a head */
function parse(text: string, method: string): Answer | undefined {
  const interim: string[] = [];
  let rest = text;
  for (;;) {
    const end = rest.indexOf(END_OF_HEAD);
    if (end < 0) return undefined;
    const [line = '', ...lines] = rest.slice(0, end).split('\r\n');
    const status = line.replace(/^HTTP\/1\.\d /, '');
    rest = rest.slice(end + END_OF_HEAD.length);
    if (/^1(?!01)/.test(status)) {
      interim.push(status);
      continue;
    }
    const headers = linesToFields(lines);
    const head = { interim, status, headers, trailers: {} };
    if (method === 'HEAD' || /^(101|204|304)/.test(status)) return { ...head, body: rest, whole: true };
    if (headers['transfer-encoding'] === 'chunked') return { ...head, ...readChunks(rest) };
    const length = headers['content-length'];
    return { ...head, body: rest, whole: length !== undefined && rest.length >= Number(length) };
  }
}

interface Sending {
  /** Of this host, where it comes from. @default '127.0.0.1' */
  readonly from?: string;
  /** Whether the client ends its side when it has sent all. @default false */
  readonly end?: boolean;
}

/**
 * Sends bytes, and reads until the answer is whole or the other end closes.
 * @param request each character a byte
 * @returns undefined where there is no answer
 */
export function exchange(
  url: string,
  request: string,
  { from = '127.0.0.1', end }: Sending = {},
): Promise<Answer | undefined> {
  const { hostname: host, port } = new URL(url);
  const [method = ''] = request.split(' ', 1);
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), localAddress: from });
    const parts: string[] = [];
    const answer = () => parse(parts.join(''), method);
    const finish = (got: Answer | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(got);
    };
    const timer = setTimeout(() => finish(answer()), DEADLINE_MS);
    socket.on('data', (data) => {
      parts.push(data.toString('latin1'));
      const got = answer();
      if (got?.whole) finish(got);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      const got = answer();
      // Without a length the end of the connection is that of the body.
      const framed = got && ('content-length' in got.headers || 'transfer-encoding' in got.headers);
      finish(got && !framed ? { ...got, whole: true } : got);
    });
    if (end) socket.end(request, 'latin1');
    else socket.write(request, 'latin1');
  });
}

/** What it does with a request. */
export type Act = (request: IncomingMessage, response: ServerResponse) => unknown;

/** An application of the test's own, which takes whatever HTTP allows. */
export class BareBackend {
  readonly server: Server;
  /** The last request. */
  request: Request | undefined;

  /**
   * @param acts what it does at a path when it has the body; all others are answered with a word
   * @param streams what it does at a path as soon as a request begins
   */
  constructor(acts: Readonly<Record<string, Act>>, streams: Readonly<Record<string, Act>> = {}) {
    const options = { maxHeaderSize: 1024 * 1024, keepAliveTimeout: 5_000 };
    this.server = createServer(options, async (request, response) => {
      const { method, url = '', httpVersion, rawHeaders } = request;
      response.setHeader('Date', 'Sun, 01 Nov 2026 00:00:00 GMT').setHeader('Server', 'bare');
      const stream = streams[url];
      if (stream) return stream(request, response);
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      this.request = {
        line: `${method} ${url} HTTP/${httpVersion}`,
        headers: listToFields(rawHeaders),
        body: Buffer.concat(chunks).toString('latin1'),
        trailers: listToFields(request.rawTrailers),
      };
      const act = acts[url];
      if (act) return act(request, response);
      return response.end('well');
    });
    // Methods that Node.js does not know.
    this.server.on('clientError', (error: Error & { rawPacket?: Buffer }, socket: Duplex) => {
      const [line = ''] = String(error.rawPacket).split('\r\n', 1);
      this.request = { line, headers: {}, body: '', trailers: {} };
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    });
  }

  async listen(port: number, address: string): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(port, address, resolve));
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
