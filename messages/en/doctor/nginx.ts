export const nginx = {
  acceptedName: 'nginx accepts its configuration (nginx -t)',
  locations: (count: number) => `${count} proxied locations`,
  /** @param problem one of the messages below */
  location: (path: string, problem: string) => `location ${path}: ${problem}`,

  upgradeName: 'nginx upgrades WebSockets, and nothing else',
  httpVersion: (version: string) => `proxy_http_version is ${version}, a WebSocket needs 1.1`,
  noConnection: 'the Connection header is not passed on',
  fixedConnection: (value: string) =>
    `the Connection header is "${value}" for every request; it should be $connection_upgrade, from a map of $http_upgrade`,
  noUpgrade: 'the Upgrade header is not passed on',

  bufferingName: 'nginx passes messages on without buffering',
  buffering: 'proxy_buffering is on',

  timeoutsName: "nginx's timeouts are longer than the heartbeat interval",
  heartbeat: (sec: number) => `heartbeat every ${sec} s`,
  shortTimeout: (directive: string, sec: number, heartbeatSec: number) =>
    `${directive} is ${sec} s, the heartbeat interval is ${heartbeatSec} s: idle WebSockets are closed`,

  oldWorkersName: (most: number) => `nginx has at most ${most} old workers of earlier reloads`,
  oldWorkers: (count: number) => `${count} old workers`,
  tooManyOldWorkers: (count: number) =>
    `${count} old workers serve WebSockets that were opened before reloads, and take memory; a reload by this command ends the oldest, whose clients connect again`,

  upstreamsName: 'nginx connects to its upstreams at the bridge address',
  connectsTo: (path: string, server: string) => `location ${path} connects to ${server}`,
  expected: (others: string, expected: string) => `${others}; expected: ${expected}`,
};
