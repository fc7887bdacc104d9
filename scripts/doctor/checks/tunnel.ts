/** The tunnel, from the frp server to the public page. */
import { SETTINGS } from '../../../stacks/settings/definitions.ts';
import type { Topology } from '../../../stacks/topology/topology.ts';
import { frpServer, mainTunnel, publicUrl } from '../../../stacks/topology/urls.ts';
import { WRONG_NAME } from '../facts/tunnel.ts';
import {
  type Check,
  containerName,
  type Dependency,
  describeAnswer,
  type Hop,
  setAndDeploy,
} from './check.ts';
import { localPage } from './page.ts';

/** The usual one of an frp server. */
const FRP_PORT = Number(SETTINGS.BTCW_FRP_SERVER_PORT.default);

/** The frp server, also where it is not a service of this deployment. */
const serverHop = (topology: Topology): Hop => mainTunnel(topology).server ?? 'frps';

const onServer = (topology: Topology, command: string): string =>
  `ssh ${mainTunnel(topology).serverAddress} ${command}`;

const resolves = (topology: Topology): Check => ({
  id: 'frp-name',
  name: "the frp server's name resolves",
  hop: serverHop(topology),
  dependsOn: [],
  run: ({ frpServer: { resolved } }) => {
    const { serverAddress: name } = mainTunnel(topology);
    if (resolved) return { ok: name };
    return {
      problem: `the name ${name} does not resolve to an address`,
      fix: "sed -i 's/^BTCW_FRP_SERVER_ADDR=.*/BTCW_FRP_SERVER_ADDR=your.server/' .env && npm run deploy",
    };
  },
});

/** Whether frps runs, and its firewall lets the client through. */
const reachable = (topology: Topology): Check => {
  const { server, serverPort } = mainTunnel(topology);
  const address = frpServer(topology);
  return {
    id: 'frp-server',
    name: 'the frp server answers on its port',
    hop: serverHop(topology),
    dependsOn: [resolves(topology), ...(server ? [`container-${server}` as const] : [])],
    run: (facts) => {
      const { connectMs, error } = facts.frpServer;
      if (connectMs !== undefined) return { ok: `${address} in ${connectMs.toFixed(1)} ms` };
      if (server) {
        return { problem: `${address}: ${error}`, fix: `docker restart ${containerName(facts, server)}` };
      }
      return error === 'ECONNREFUSED'
        ? {
            problem: `nothing listens on ${address}: frps is not running there`,
            fix: onServer(topology, 'sudo systemctl restart frps'),
          }
        : {
            problem: `${address} does not answer (${error}): its firewall blocks that port`,
            fix: onServer(topology, `sudo ufw allow ${serverPort}/tcp`),
          };
    },
  };
};

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
        fix: onServer(topology, 'sudo systemctl restart frps'),
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
  run: ({ tunnel }) => {
    if (!tunnel) return undefined;
    if (tunnel.cause !== 'token') return { ok: 'not refused' };
    const { server, client } = mainTunnel(topology);
    return {
      problem: server
        ? `the embedded frp server refuses the token: ${server} and ${client} have different ones`
        : 'the frp server refuses the token: it should be its auth.token, in the file that BTCW_FRP_TOKEN_FILE names',
      fix: 'npm run deploy',
    };
  },
});

const proxyNameFree = (topology: Topology): Check => ({
  id: 'frp-proxy-name',
  name: 'the proxy name is free on the frp server',
  hop: mainTunnel(topology).client,
  dependsOn: clientRuns(topology),
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

const up = (topology: Topology): Check => ({
  id: 'tunnel',
  name: 'frpc logs: start proxy success',
  hop: mainTunnel(topology).client,
  dependsOn: [certificateMatches, tokenAccepted, proxyNameFree, remotePortFree].map((check) =>
    check(topology),
  ),
  run: (facts) => {
    const { tunnel } = facts;
    if (!tunnel) return undefined;
    const { name, client, serverPort } = mainTunnel(topology);
    if (tunnel.up) return { ok: `[${name}] start proxy success` };
    const { reason: problem } = tunnel;
    if (tunnel.cause === 'no-frps') {
      const whatListens = onServer(topology, `sudo ss -ltnp sport = :${serverPort}`);
      const usual = setAndDeploy('BTCW_FRP_SERVER_PORT', FRP_PORT);
      return { problem, fix: serverPort === FRP_PORT ? whatListens : usual };
    }
    return { problem, fix: `docker restart ${containerName(facts, client)}` };
  },
});

/** Where the page opens on this host and the tunnel is up, only the server's firewall is left. */
const publicPort = (topology: Topology): Check => ({
  id: 'public-port',
  name: 'the page opens through the tunnel',
  hop: serverHop(topology),
  dependsOn: [up(topology), localPage(topology)],
  run: ({ remote, local }) => {
    const url = publicUrl(topology);
    if (remote.status > 0 && remote.status < 500) return { ok: `${url} in ${remote.ms.toFixed(0)} ms` };
    const { remotePort, server } = mainTunnel(topology);
    const allow = `sudo ufw allow ${remotePort}/tcp`;
    return {
      problem: `the page opens on this host (status ${local.status}), but not at ${url} (${describeAnswer(remote)}), although the tunnel is up: the server's firewall blocks port ${remotePort}`,
      fix: server ? allow : onServer(topology, allow),
    };
  },
});

export const tunnelChecks = (topology: Topology): Check[] =>
  [resolves, reachable, certificateMatches, tokenAccepted, proxyNameFree, remotePortFree, up, publicPort].map(
    (check) => check(topology),
  );
