/** The file's own way in from outside: this package has one already, so that it is left out. */
import { basename } from 'node:path/posix';
import { messages } from '../../messages/index.ts';
import type { FileSystem } from '../settings/rules.ts';
import { type Draft, hasRoutes } from './draft.ts';
import type { Report } from './node.ts';

const said = messages.compose.proxies;

const PROXY_IMAGE =
  /(^|\/)(nginx|nginx-unprivileged|openresty|caddy|traefik|haproxy|nginx-proxy|nginx-proxy-manager|swag|frpc?)(?=[:@]|$)/;
const PROXY_NAME = /^(nginx|caddy|traefik|haproxy|frpc?|(reverse[-_]?)?proxy)$/i;
/** They get certificates for a proxy, or know of its services. */
const COMPANION_IMAGE =
  /(^|\/)(certbot|acme-companion|docker-gen|letsencrypt-nginx-proxy-companion)(?=[:@]|$)/;
const TUNNEL_IMAGE = /(^|\/)frpc?(?=[:@]|$)/;
const WEB_PORTS = new Set([80, 443, 8443, 8501]);
/** What a proxy mounts for itself: all else is what it serves. */
const OWN_MOUNT =
  /^\/(etc|run|var\/(log|run|cache)|config)(\/|$)|^\/data$|acme|letsencrypt|certbot|certs?(\/|$)|ssl(\/|$)|\.(conf|cfg|toml|ya?ml|template|ini)$/;
const CONFIG_FILE = /(nginx[^/]*\.conf|\.conf|Caddyfile|haproxy\.cfg|frpc\.(toml|ini))(\.template)?$/;
const LOCATION = /(?:^|[{};\s])location\s+(?:=\s+|\^~\s+)?(\/[^\s{]*)\s*\{/g;

const mountsOf = ({ definition }: Draft) => [
  ...(definition.binds ?? []),
  ...(definition.volumes ?? []).map(({ path, purpose }) => ({ path, source: purpose })),
];

/** Whether a service is a reverse proxy, a frp client, or a helper of one; and not what the page is made of. */
export function isProxy(draft: Draft): boolean {
  const { name, image, build } = draft;
  if (hasRoutes(draft)) return false;
  const reference = image?.reference ?? '';
  if (COMPANION_IMAGE.test(reference) || TUNNEL_IMAGE.test(reference)) return true;
  const isOne = build ? PROXY_NAME.test(name) : PROXY_IMAGE.test(reference);
  if (!isOne) return false;
  const isPublished = draft.ports.some(
    ({ host, container }) => WEB_PORTS.has(host ?? 0) || WEB_PORTS.has(container),
  );
  return isPublished || mountsOf(draft).some(({ source }) => CONFIG_FILE.test(source));
}

/** The paths that the proxy's own configuration names, as far as they can be read. */
function locationsOf(draft: Draft, files: FileSystem): string[] {
  const configurations = (draft.definition.binds ?? []).filter(({ source }) => CONFIG_FILE.test(source));
  const texts = configurations.map(({ source }) => files.read(source) ?? '');
  return texts.flatMap((text) => [...text.matchAll(LOCATION)].map(([, path = '']) => path));
}

/** Leaves a proxy out, if nothing is lost with it. @returns paths that its own configuration sends somewhere */
export function leaveOut(draft: Draft, files: FileSystem, report: Report): readonly string[] {
  const { node, name, extension } = draft;
  const served = mountsOf(draft).filter(({ path }) => !OWN_MOUNT.test(path));
  const [first] = served;
  if (first && extension.keep === undefined) {
    report.problem(node, said.servesFiles(basename(first.source), first.path));
  }
  report.notice(said.leftOut, name);
  return locationsOf(draft, files);
}

/** Labels by which a proxy that is left out would have found its routes. */
const ROUTE_LABEL = /^(traefik\.(http|enable)|caddy(_|$))/;

/** Without its proxy, what a service's labels say of routes says nothing. */
export function checkRouteLabels(draft: Draft, report: Report): void {
  const { definition, node } = draft;
  if (hasRoutes(draft)) return;
  if (Object.keys(definition.labels ?? {}).some((label) => ROUTE_LABEL.test(label))) {
    report.problem(node.entries.get('labels') ?? node, said.labels);
  }
}
