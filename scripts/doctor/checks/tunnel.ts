/** The tunnel, from the frp server to the public page. */
import { SETTINGS, type SettingName } from '../../../stacks/settings/definitions.ts';
import type { Topology } from '../../../stacks/topology/topology.ts';
import { mainTunnel, publicUrl } from '../../../stacks/topology/urls.ts';
import type { ContainerFacts } from '../facts/facts.ts';
import { WRONG_NAME } from '../facts/tunnel.ts';
import {
  type Check,
  containerName,
  type Dependency,
  describeAnswer,
  logOf,
  setAndDeploy,
  sudo,
} from './check.ts';
import { onServer, openPort, reachable, resolves, restartServer, serverHop } from './frp-server.ts';
import { localPage } from './page.ts';

/** The usual one of an frp server. */
const FRP_PORT = Number(SETTINGS.BTCW_FRP_SERVER_PORT.default);

/** Where the client logs in, and what it then asks for. */
const CLIENT_SETTINGS: readonly SettingName[] = [
  'BTCW_FRP_SERVER_ADDR',
  'BTCW_FRP_SERVER_PORT',
  'BTCW_FRP_TOKEN_FILE',
  'BTCW_FRP_TLS_CA_FILE',
  'BTCW_FRP_PROXY_NAME',
  'BTCW_FRP_REMOTE_PORT',
];

/** What the client's log can be read for: it runs, its log is complete, and there is a server to log in to. */
function clientRuns(topology: Topology): Dependency[] {
  const { client } = mainTunnel(topology);
  return [`container-${client}`, `log-readable-${client}`, reachable(topology)];
}

/** Checked by doctor itself: frpc logs no more than that the session was shut down. */
const certificateMatches = (topology: Topology): Check => ({
  id: 'frp-certificate',
  name: "the frp server's certificate matches BTCW_FRP_TLS_CA_FILE",
  hop: serverHop(topology),
  dependsOn: clientRuns(topology),
  settings: CLIENT_SETTINGS,
  run: ({ tunnel, frpServer: { certificate }, settings }) => {
    const { BTCW_FRP_TLS_CA_FILE: file } = settings;
    if (!file) return { ok: 'not checked' };
    if (!tunnel || !certificate) return undefined;
    if (tunnel.up) return { ok: file };
    const { problem, names } = certificate;
    if (!problem) {
      if (tunnel.cause !== 'hung-up') return { ok: file };
      return {
        problem: `frpc refuses the frp server's certificate, which matches ${file}: that file has changed since the last deploy`,
        fix: 'npm run deploy',
      };
    }
    const { server, serverAddress } = mainTunnel(topology);
    const unset = "sed -i '/^BTCW_FRP_TLS_CA_FILE=/d' .env && npm run deploy";
    if (server) {
      return {
        problem: 'the embedded frp server makes a new certificate at each start: no CA file matches it',
        fix: unset,
      };
    }
    if (problem === WRONG_NAME) {
      const name = names.find((candidate) => !candidate.includes('*'));
      return {
        problem: `the frp server's certificate is for ${names.join(', ') || 'no name at all (subjectAltName)'}, not for ${serverAddress}`,
        fix: name ? setAndDeploy('BTCW_FRP_SERVER_ADDR', name) : unset,
      };
    }
    if (problem === 'CERT_HAS_EXPIRED') {
      return {
        problem: "the frp server's certificate has expired; frps reads a renewed one when it starts",
        fix: restartServer(topology, 'renew the certificate, then restart frps'),
      };
    }
    return {
      problem: `the frp server's certificate is not signed by the CA in ${file} (${problem})`,
      fix: `scp ${serverAddress}:/etc/frp/ca.crt ${file} && npm run deploy`,
    };
  },
});

const tokenAccepted = (topology: Topology): Check => ({
  id: 'frp-token',
  name: 'the frp server accepts the token',
  hop: mainTunnel(topology).client,
  dependsOn: clientRuns(topology),
  settings: CLIENT_SETTINGS,
  run: ({ tunnel, settings }) => {
    if (!tunnel) return undefined;
    if (tunnel.cause !== 'token') return { ok: 'not refused' };
    const { server, client } = mainTunnel(topology);
    if (server) {
      return {
        problem: `the embedded frp server refuses the token: ${server} and ${client} have different ones`,
        fix: 'npm run deploy',
      };
    }
    const { BTCW_FRP_TOKEN_FILE: file } = settings;
    if (!file) {
      return {
        problem: 'the frp server refuses the token, which deploy has generated: it has another',
        fix: "put the server's auth.token into a file (chmod 600), set BTCW_FRP_TOKEN_FILE to it in .env, then: npm run deploy",
      };
    }
    return {
      problem: `the frp server refuses the token in ${file}: it should be the auth.token of its frps.toml`,
      fix: `put the server's auth.token into ${file}, then: npm run deploy`,
    };
  },
});

const proxyNameFree = (topology: Topology): Check => ({
  id: 'frp-proxy-name',
  name: 'the proxy name is free on the frp server',
  hop: mainTunnel(topology).client,
  dependsOn: clientRuns(topology),
  settings: CLIENT_SETTINGS,
  run: ({ tunnel }) => {
    if (!tunnel) return undefined;
    const { name } = mainTunnel(topology);
    if (tunnel.cause !== 'proxy-name') return { ok: name };
    return {
      problem: `another client of the frp server has a proxy named ${name}`,
      fix: setAndDeploy('BTCW_FRP_PROXY_NAME', `${name}-2`),
    };
  },
});

const remotePortFree = (topology: Topology): Check => ({
  id: 'frp-remote-port',
  name: 'the remote port is available on the frp server',
  hop: serverHop(topology),
  dependsOn: clientRuns(topology),
  settings: CLIENT_SETTINGS,
  run: ({ tunnel }) => {
    if (!tunnel) return undefined;
    const { remotePort, server } = mainTunnel(topology);
    const fix = setAndDeploy('BTCW_FRP_REMOTE_PORT', remotePort + 1);
    if (tunnel.cause === 'remote-port') {
      return { problem: `port ${remotePort} is taken on the frp server`, fix };
    }
    if (tunnel.cause === 'port-not-allowed') {
      // The embedded server's were written by deploy.
      return {
        problem: `the frp server's allowPorts does not include port ${remotePort}`,
        fix: server ? 'npm run deploy' : fix,
      };
    }
    return { ok: String(remotePort) };
  },
});

/** How long after its start a client that has not logged anything is only not ready yet. */
const LOGIN_MS = 15_000;
const isStarting = (container: ContainerFacts | undefined): boolean =>
  container !== undefined && container.inspectedMs - container.startedAtMs < LOGIN_MS;

const up = (topology: Topology): Check => ({
  id: 'tunnel',
  name: 'frpc logs: start proxy success',
  hop: mainTunnel(topology).client,
  dependsOn: [certificateMatches, tokenAccepted, proxyNameFree, remotePortFree].map((check) =>
    check(topology),
  ),
  settings: CLIENT_SETTINGS,
  run: (facts) => {
    const { tunnel } = facts;
    if (!tunnel) return undefined;
    const { name, client, serverPort } = mainTunnel(topology);
    if (tunnel.up) return { ok: `[${name}] start proxy success` };
    const { reason: problem } = tunnel;
    if (tunnel.cause === 'nothing-said' && isStarting(facts.containers?.[client])) return undefined;
    if (tunnel.cause === 'no-frps') {
      const whatListens = onServer(
        topology,
        `see which program listens on port ${serverPort}`,
        `ss -ltnp sport = :${serverPort}`,
      );
      const usual = setAndDeploy('BTCW_FRP_SERVER_PORT', FRP_PORT);
      return { problem, fix: serverPort === FRP_PORT ? whatListens : usual };
    }
    return { problem, fix: `docker restart ${containerName(facts, client)}` };
  },
});

/** Where the page opens on this host and the tunnel is up, what is left is the way to the server's port, and frp. */
const publicPort = (topology: Topology): Check => ({
  id: 'public-port',
  name: 'the page opens through the tunnel',
  hop: serverHop(topology),
  dependsOn: [up(topology), localPage(topology)],
  settings: ['BTCW_FRP_SERVER_ADDR', 'BTCW_FRP_REMOTE_PORT'],
  run: (facts) => {
    const { remote, local } = facts;
    const url = publicUrl(topology);
    if (remote.status > 0 && remote.status < 500) return { ok: `${url} in ${remote.ms.toFixed(0)} ms` };
    const { remotePort, server, client } = mainTunnel(topology);
    const problem = `the page opens on this host (status ${local.status}), but not at ${url} (${describeAnswer(remote)}), although the tunnel is up`;
    if (remote.connected) {
      return {
        problem: `${problem}: the connection opens, so it is no firewall`,
        fix: logOf(facts, client),
      };
    }
    if (!remote.timedOut) {
      const listens = `ss -ltnp sport = :${remotePort}`;
      return {
        problem: `${problem}: nothing takes connections to port ${remotePort} there`,
        fix: server ? sudo(listens) : onServer(topology, `see what listens on port ${remotePort}`, listens),
      };
    }
    return {
      problem: `${problem}: the server's firewall blocks port ${remotePort}`,
      fix: server ? sudo(`ufw allow ${remotePort}/tcp`) : openPort(topology, remotePort),
    };
  },
});

export const tunnelChecks = (topology: Topology): Check[] =>
  [resolves, reachable, certificateMatches, tokenAccepted, proxyNameFree, remotePortFree, up, publicPort].map(
    (check) => check(topology),
  );
