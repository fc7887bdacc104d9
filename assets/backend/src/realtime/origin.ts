/**
 * Whether a page of this origin may open the WebSocket: a browser's page must come from the same host and port.
 * Programs send no Origin. A page opened from disk sends `null` or `file://`: the WebSocket test page does,
 * and it holds a token only if its user gave it one, as no cookie is ever involved.
 *
 * @param host the Host header, which the proxies in front have to pass on unchanged, port included
 */
export function isAllowedOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined || origin === 'null' || origin === 'file://') return true;
  const page = URL.parse(origin);
  if (!page || !host) return false;
  // Parsed with the page's scheme, so that a default port is left out on both sides.
  return page.host !== '' && page.host === URL.parse(`${page.protocol}//${host}`)?.host;
}
