export const page = {
  connectionsName: 'nginx accepts another connection (503)',
  no503: 'no 503',
  clientFull: (limit: number) =>
    `nginx answers 503 through the tunnel: all ${limit} connections that BTCW_MAX_CLIENT_CONNECTIONS allows the address of this host's network are open`,
  full: (limit: number) =>
    `nginx answers 503: all ${limit} connections that BTCW_MAX_CONNECTIONS allows are open`,
  fullForGood: (limit: number) =>
    `nginx answers 503: all ${limit} connections that BTCW_MAX_CONNECTIONS allows are open, and this host supports no more; a restart of nginx closes them`,

  localName: 'the page opens on this host',
  opened: (status: number, ms: string) => `status ${status} in ${ms} ms`,
  status: (status: number) => `status ${status}`,
  failed: (url: string, why: string) => `${url} fails (${why})`,
  deadPort: (url: string, why: string) =>
    `${url} fails (${why}): nginx is running, but its published port is dead`,

  viteName: (service: string) => `${service} accepts any host name (Vite: server.allowedHosts)`,
  otherName: (status: number) => `status ${status} for another name`,
  viteRefuses: (service: string) =>
    `${service} answers 403 to a request under another host name: Vite refuses hosts that are not in server.allowedHosts, so the page does not open through the tunnel`,
  startAgain: (command: string) => `${command}, and start it again`,

  devName: 'the development server is not public',
  built: 'the built files are served',
  fromHereAlone: 'it is reached from this host alone',
  devPublic: (server: string) => `Vite's development server, with the sources, is public on ${server}`,
};
