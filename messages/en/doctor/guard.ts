export const guard = {
  name: 'published ports are closed to neighbours on the LAN',
  closed: (version: string, container: string) => `Docker ${version}, closed by ${container}`,
  open: (gateway: string, services: string) =>
    `BTCW_GUARD is off: a neighbour on the LAN that routes ${gateway} to this host reaches ${services}`,
  openOnLoopback: (gateway: string, services: string, version: string) =>
    `BTCW_GUARD is off: a neighbour on the LAN that routes ${gateway} to this host reaches ${services}, and with Docker ${version} also 127.0.0.1 and containers' own addresses`,
};
