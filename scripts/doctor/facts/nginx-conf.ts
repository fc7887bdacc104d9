/** Reads an nginx configuration, as far as proxied WebSockets depend on it. Pure. */

interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly block?: readonly Directive[];
}

/** A location with a proxy_pass, and what applies there after nginx's inheritance. */
export interface ProxyLocation {
  /** @example '/api' */
  readonly path: string;
  /** Servers behind it. @example ['172.17.0.1:8000'] */
  readonly servers: readonly string[];
  readonly httpVersion: string;
  /** Headers it sets, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly buffering: boolean;
  readonly readTimeoutSec: number;
  readonly sendTimeoutSec: number;
}

export interface NginxConf {
  readonly locations: readonly ProxyLocation[];
  /** What `map $http_upgrade $name` defines. @example ['$connection_upgrade'] */
  readonly upgradeMaps: readonly string[];
}

const TOKEN = /\s+|#[^\n]*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[{};]|(?:[^\s{};"'\\$]|\\.|\$\{\w+\}|\$)+/gy;

function tokens(text: string): string[] {
  return (text.match(TOKEN) ?? []).filter((token) => !/^(\s|#)/.test(token));
}

const unquoted = (token: string): string => (/^["']/.test(token) ? token.slice(1, -1) : token);

function parse(list: readonly string[], from: { at: number }): Directive[] {
  const directives: Directive[] = [];
  let words: string[] = [];
  for (;;) {
    const token = list[from.at++];
    if (token === undefined || token === '}') return directives;
    if (token === ';' || token === '{') {
      const [name = '', ...args] = words;
      words = [];
      directives.push(token === ';' ? { name, args } : { name, args, block: parse(list, from) });
    } else {
      words.push(unquoted(token));
    }
  }
}

const UNIT_SEC: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, '': 1 };

/** A time as nginx writes it, in seconds. @example seconds('1m30s') // 90 */
export function seconds(text: string): number {
  return [...text.matchAll(/(\d+)(ms|[smhdw]|)/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (UNIT_SEC[unit ?? ''] ?? 1),
    0,
  );
}

/** All directives of a name, at any depth. */
function named(directives: readonly Directive[], name: string): Directive[] {
  return directives.flatMap((directive) => [
    ...(directive.name === name ? [directive] : []),
    ...named(directive.block ?? [], name),
  ]);
}

/** Each location with the blocks around it, the nearest first. */
function locations(
  blocks: readonly (readonly Directive[])[],
): { location: Directive; blocks: (readonly Directive[])[] }[] {
  return (blocks[0] ?? []).flatMap((directive) => {
    if (!directive.block) return [];
    const inner = [directive.block, ...blocks];
    const found = directive.name === 'location' ? [{ location: directive, blocks: inner }] : [];
    return [...found, ...locations(inner)];
  });
}

/** @param text nginx.conf, or what `nginx -T` prints */
export function readNginxConf(text: string): NginxConf {
  const top = parse(tokens(text), { at: 0 });
  const upstreams = new Map(
    named(top, 'upstream').map(({ args: [upstream = ''], block = [] }) => [
      upstream,
      block.filter(({ name }) => name === 'server').map(({ args }) => args[0] ?? ''),
    ]),
  );
  return {
    upgradeMaps: named(top, 'map')
      .filter(({ args }) => args[0] === '$http_upgrade')
      .map(({ args }) => args[1] ?? ''),
    locations: locations([top]).flatMap(({ location, blocks }) => {
      const pass = location.block?.find(({ name }) => name === 'proxy_pass')?.args[0];
      if (!pass) return [];
      // nginx takes a directive from the nearest level that has any of it.
      const nearest = (name: string) =>
        blocks
          .map((block) => block.filter((directive) => directive.name === name))
          .find((found) => found.length > 0) ?? [];
      const value = (name: string, otherwise: string) => nearest(name).at(-1)?.args[0] ?? otherwise;
      const host = pass.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
      return [
        {
          path: location.args.at(-1) ?? '',
          servers: upstreams.get(host) ?? [host],
          httpVersion: value('proxy_http_version', '1.0'),
          headers: Object.fromEntries(
            nearest('proxy_set_header').map(({ args }) => [(args[0] ?? '').toLowerCase(), args[1] ?? '']),
          ),
          buffering: value('proxy_buffering', 'on') !== 'off',
          readTimeoutSec: seconds(value('proxy_read_timeout', '60s')),
          sendTimeoutSec: seconds(value('proxy_send_timeout', '60s')),
        },
      ];
    }),
  };
}
