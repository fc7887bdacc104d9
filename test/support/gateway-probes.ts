/** What the gateway is tried with: requests of all kinds, and answers of all kinds to a plain one. */
import { gzipSync } from 'node:zlib';
import type { Act } from './bare-http.ts';

const KIB = 1024;
const many = (count: number) => Array.from({ length: count }, (_, index) => `X-Own-${index}: ${index}`);
/** A request as its bytes. @param line without the version for HTTP/1.1 */
export const request = (line: string, headers: readonly string[] = [], body = ''): string =>
  `${[
    `${line}${/ HTTP\/1\.\d$/.test(line) ? '' : ' HTTP/1.1'}`,
    'Host: localhost',
    'Connection: keep-alive',
    ...headers,
  ].join('\r\n')}\r\n\r\n${body}`;
const withBody = (method: string, body: string) =>
  request(`${method} /`, [`Content-Length: ${body.length}`], body);
const chunked = (headers: readonly string[] = [], trailers = '') =>
  request(
    'POST /',
    ['Transfer-Encoding: chunked', ...headers],
    `3\r\nabc\r\n4\r\ndefg\r\n0\r\n${trailers}\r\n`,
  );

const METHODS = [
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'PROPFIND',
  'MKCOL',
  'REPORT',
  'SEARCH',
  'PURGE',
  'QUERY',
  'BREW',
  'TRACE',
];
const PATHS = [
  '/a%2Fb',
  '/a%2fb/%2e%2e/c',
  '//a//b',
  '/a/./b',
  '/a/../b',
  '/../a',
  '/%E4%BD%A0%E5%A5%BD',
  '/ä½\u00a0',
  '/a;b=c',
  '/a b'.replace(' ', '+'),
  '/a?b=%00&c=d+e&%',
  '/a?',
  '/?a=/../b',
  '/a%00b',
  '/%zz',
  '/{a}|^`"',
  '/a#b',
  '/%61',
  '/a\\b',
];

/** Requests, by what they try. */
const REQUESTS: Readonly<Record<string, string>> = {
  'a page': request('GET /'),
  HEAD: request('HEAD /'),
  ...Object.fromEntries(METHODS.map((method) => [method, request(`${method} /`)])),
  'a method in lower case': request('get /'),
  'OPTIONS *': request('OPTIONS *'),
  CONNECT: request('CONNECT localhost:80'),
  'HTTP/1.0': request('GET / HTTP/1.0'),
  'HTTP/1.0, no Host': 'GET / HTTP/1.0\r\n\r\n',
  'HTTP/1.1, no Host': 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n',
  'a whole address': request('GET http://localhost/a?b'),
  ...Object.fromEntries(PATHS.map((path) => [`path ${path}`, request(`GET ${path}`)])),
  'path of 15 KiB': request(`GET /${'a'.repeat(15 * KIB)}`),
  'path of 20 KiB': request(`GET /${'a'.repeat(20 * KIB)}`),
  'a cookie of 15 KiB': request('GET /', [`Cookie: a=${'b'.repeat(15 * KIB)}`]),
  'a cookie of 20 KiB': request('GET /', [`Cookie: a=${'b'.repeat(20 * KIB)}`]),
  'headers of 28 KiB': request(
    'GET /',
    ['A', 'B'].map((name) => `X-${name}: ${'b'.repeat(14 * KIB)}`),
  ),
  '500 headers': request('GET /', many(500)),
  'two cookies': request('GET /', ['Cookie: a=1', 'Cookie: b=2']),
  'a header twice': request('GET /', ['X-Own: 1', 'x-own: 2']),
  'a header with "_"': request('GET /', ['X_Own: 1']),
  'a header with "."': request('GET /', ['X.Own: 1']),
  'an empty header': request('GET /', ['X-Own:']),
  'UTF-8 and Latin-1 in a header': request('GET /', ['X-Own: ä½\u00a0 é']),
  'what browsers send': request('GET /', [
    'Accept: */*',
    'Accept-Encoding: gzip, br, zstd',
    'Accept-Language: zh-CN',
    'Authorization: Bearer a.b.c',
    'Cache-Control: no-cache',
    'DNT: 1',
    'If-Modified-Since: Sun, 01 Nov 2026 00:00:00 GMT',
    'If-None-Match: "a", W/"b"',
    'Origin: https://a.example',
    'Pragma: no-cache',
    'Range: bytes=0-1',
    'Referer: https://a.example/b?c',
    'Sec-Fetch-Mode: cors',
    'User-Agent: Mozilla/5.0 (X11)',
    'X-Requested-With: a',
  ]),
  'hop-by-hop headers': request('GET /', [
    'TE: trailers',
    'Keep-Alive: timeout=9',
    'Proxy-Connection: keep-alive',
    'Upgrade-Insecure-Requests: 1',
  ]),
  'what a client says of itself': request('GET /', [
    'X-Forwarded-For: 203.0.113.7',
    'X-Forwarded-Proto: https',
    'X-Real-IP: 203.0.113.7',
    'X-Forwarded-Host: a.example',
    'X-Forwarded-Port: 444',
    'X-Forwarded-Prefix: /a',
    'X-Forwarded-Server: a',
    'Forwarded: for=203.0.113.7',
    'Via: 1.1 a',
  ]),
  'POST with a body': withBody('POST', 'a'.repeat(100)),
  'POST of 1 MiB': withBody('POST', 'a'.repeat(KIB * KIB)),
  'POST of 11 MiB': withBody('POST', 'a'.repeat(11 * KIB * KIB)),
  'GET with a body': withBody('GET', 'abc'),
  'DELETE with a body': withBody('DELETE', 'abc'),
  'POST with no body': request('POST /', ['Content-Length: 0']),
  'a chunked body': chunked(),
  'a chunked body with trailers': chunked(['Trailer: X-Own'], 'X-Own: 1\r\n'),
  'Expect: 100-continue': request('POST /', ['Expect: 100-continue', 'Content-Length: 3'], 'abc'),
  'a compressed body': request('POST /', ['Content-Encoding: gzip', 'Content-Length: 3'], '\x1f\x8b\x08'),
  'both lengths': request('POST /', ['Content-Length: 3', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
};

const answer =
  (status: number, headers: Readonly<Record<string, string | string[]>> = {}, body?: string | Buffer): Act =>
  (_, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.writeHead(status).end(body);
  };
/** Bytes, and the end of the connection. */
const bytes =
  (...lines: string[]): Act =>
  (_, response) =>
    response.socket?.end(lines.join('\r\n'), 'latin1');
const HEAD_DATE = ['Date: Sun, 01 Nov 2026 00:00:00 GMT', 'Server: bare'];

const STATUSES = [
  201, 202, 203, 205, 226, 300, 305, 400, 401, 402, 403, 404, 405, 406, 409, 410, 413, 414, 416, 417, 418,
  422, 425, 426, 428, 429, 431, 451, 494, 497, 499, 500, 501, 502, 503, 504, 505, 507, 511, 599,
];

/** Answers, by what they try. */
export const ANSWERS: Readonly<Record<string, Act>> = {
  ...Object.fromEntries(
    STATUSES.map((status) => [
      `${status}`,
      answer(status, { 'Content-Type': 'text/plain' }, `says ${status}`),
    ]),
  ),
  '204': answer(204),
  '206': answer(206, { 'Content-Range': 'bytes 1-3/9', 'Accept-Ranges': 'bytes' }, 'bcd'),
  '304': answer(304, { ETag: '"a"', 'Cache-Control': 'max-age=60' }),
  '301 to an address': answer(301, { Location: 'http://a.example/b' }),
  '302 to a path': answer(302, { Location: '/b?c=d' }),
  '303 to a relative path': answer(303, { Location: '../b' }),
  '307 to the application itself': answer(307, { Location: 'http://172.17.0.1:21640/b' }),
  '308 to a host named backend': answer(308, {
    Location: 'http://backend/b',
    Refresh: '5; url=http://backend/c',
  }),
  'its own reason': (_, response) => response.writeHead(200, 'Quite Well').end('well'),
  'early hints': (_, response) => {
    response.writeEarlyHints({ link: '</a.css>; rel=preload' });
    response.end('well');
  },
  '102 first': (_, response) => {
    response.writeProcessing();
    response.end('well');
  },
  'a header of 15 KiB': answer(200, { 'X-Own': 'a'.repeat(15 * KIB) }, 'well'),
  'headers of 20 KiB': answer(200, { 'X-Own': ['a'.repeat(10 * KIB), 'b'.repeat(10 * KIB)] }, 'well'),
  '200 headers': answer(
    200,
    Object.fromEntries(many(200).map((line) => line.split(': ') as [string, string])),
    'well',
  ),
  'three cookies': answer(
    200,
    { 'Set-Cookie': ['a=1; Path=/; HttpOnly', 'b=2; Domain=backend; Secure', 'c=3; SameSite=None'] },
    'well',
  ),
  'headers of all kinds': answer(
    200,
    {
      'X-Own': ['1', '2'],
      X_Own: '3',
      'X.Own': '4',
      'X-Empty': '',
      Vary: 'Origin',
      'Access-Control-Allow-Origin': '*',
      Via: '1.1 a',
      'X-Frame-Options': 'DENY',
      Pragma: 'a',
    },
    'well',
  ),
  'bytes of Latin-1 in a header': answer(200, { 'X-Own': 'é' }, 'well'),
  'what nginx obeys': answer(
    200,
    {
      'X-Accel-Redirect': '/other',
      'X-Accel-Buffering': 'yes',
      'X-Accel-Limit-Rate': '1',
      'X-Accel-Charset': 'gbk',
      'X-Accel-Expires': '60',
      'Content-Type': 'text/plain',
    },
    'well',
  ),
  compressed: answer(
    200,
    { 'Content-Encoding': 'gzip', 'Content-Type': 'text/html', ETag: 'W/"a"' },
    gzipSync('well'),
  ),
  'no type': answer(200, {}, 'well'),
  'validators that fit': answer(
    200,
    { ETag: '"a"', 'Last-Modified': 'Sun, 01 Nov 2026 00:00:00 GMT', 'Content-Type': 'text/html' },
    'all of it',
  ),
  chunks: (_, response) => {
    response.write('a');
    response.end('b');
  },
  trailers: (_, response) => {
    response.writeHead(200, { Trailer: 'X-Own' });
    response.write('a');
    response.addTrailers({ 'X-Own': '1' });
    response.end();
  },
  '1 MiB': answer(200, {}, Buffer.alloc(KIB * KIB, 'a')),
  'no length': bytes('HTTP/1.1 200 OK', ...HEAD_DATE, '', 'until the end'),
  'HTTP/1.0': bytes('HTTP/1.0 200 OK', ...HEAD_DATE, '', 'until the end'),
  'Connection: close': answer(200, { Connection: 'close' }, 'well'),
  'no answer': (_, response) => response.socket?.destroy(),
  'cut short': bytes('HTTP/1.1 200 OK', ...HEAD_DATE, 'Content-Length: 99', '', 'a'),
  'cut short in chunks': bytes(
    'HTTP/1.1 200 OK',
    ...HEAD_DATE,
    'Transfer-Encoding: chunked',
    '',
    '1',
    'a',
    '',
  ),
};
export const pathOf = (name: string): string => `/answers/${encodeURIComponent(name)}`;

/** All of them, as bytes. The first is what the others are compared with. */
export const PROBES: Readonly<Record<string, string>> = {
  ...REQUESTS,
  ...Object.fromEntries(
    Object.keys(ANSWERS).map((name) => [`answer ${name}`, request(`GET ${pathOf(name)}`)]),
  ),
  ...Object.fromEntries(
    ['chunks', '1 MiB', '404', '302 to a path'].map((name) => [
      `HEAD, answer ${name}`,
      request(`HEAD ${pathOf(name)}`),
    ]),
  ),
  'HTTP/1.0, answer chunks': request(`GET ${pathOf('chunks')} HTTP/1.0`),
};
