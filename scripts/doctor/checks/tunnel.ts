/** The tunnel, from the frp server to the public page. */
import { messages } from '../../../messages/index.ts';
import { SETTINGS, type SettingName } from '../../../stacks/settings/definitions.ts';
import type { Topology } from '../../../stacks/topology/topology.ts';
import { mainTunnel, publicUrl } from '../../../stacks/topology/urls.ts';
import { WRONG_NAME } from '../../deployment/frp-certificate.ts';
import { makeCertificate, otherName, whyNotPinned } from '../../deployment/frp-pin.ts';
import type { ContainerFacts } from '../facts/facts.ts';
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

const said = messages.doctor.tunnel;
const { accept: howToAccept } = messages.deployment.frpPin;
const DEPLOY = 'npm run deploy';

/** The usual one of an frp server. */
const FRP_PORT = Number(SETTINGS.BTCW_FRP_SERVER_PORT.default);

/** Where the client logs in, and what it then asks for. */
const CLIENT_SETTINGS: readonly SettingName[] = [
  'BTCW_FRP_SERVER_ADDR',
  'BTCW_FRP_SERVER_PORT',
  'BTCW_FRP_TOKEN_FILE',
  'BTCW_FRP_ACCOUNT_FILE',
  'BTCW_FRP_PROTOCOL',
  'BTCW_FRP_TCP_MUX',
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
  name: said.certificateName,
  hop: serverHop(topology),
  dependsOn: clientRuns(topology),
  settings: CLIENT_SETTINGS,
  run: ({ tunnel, trust: { certificate, pin }, settings }) => {
    const { BTCW_FRP_TLS_CA_FILE: file } = settings;
    if (!file && !pin) return { ok: said.notChecked };
    if (!tunnel || !certificate) return undefined;
    const { server, serverAddress } = mainTunnel(topology);
    const expired = {
      problem: said.expired,
      fix: restartServer(topology, messages.doctor.frpServer.renewCertificate),
    };
    if (!file) {
      const { problem, fingerprint } = certificate;
      if (problem === '') return { ok: said.isPinned };
      if (problem === 'CERT_HAS_EXPIRED') return expired;
      return { problem: said.otherThanPinned(pin?.text ?? '', fingerprint), fix: howToAccept };
    }
    if (tunnel.up) return { ok: file };
    const { problem, names } = certificate;
    if (!problem) {
      if (tunnel.cause !== 'hung-up') return { ok: file };
      return {
        problem: said.fileChanged(file),
        fix: 'npm run deploy',
      };
    }
    const unset = "sed -i '/^BTCW_FRP_TLS_CA_FILE=/d' .env && npm run deploy";
    if (server) {
      return { problem: said.newCertificate, fix: unset };
    }
    if (problem === WRONG_NAME) {
      const name = names.find((candidate) => !candidate.includes('*'));
      return {
        problem: said.otherName(names.join(', ') || said.nameless, serverAddress),
        fix: name ? setAndDeploy('BTCW_FRP_SERVER_ADDR', name) : unset,
      };
    }
    if (problem === 'CERT_HAS_EXPIRED') return expired;
    return {
      problem: said.notSigned(file, problem),
      fix: `scp ${serverAddress}:/etc/frp/ca.crt ${file} && npm run deploy`,
    };
  },
});

/** Where it does not, whoever is between this host and the server can be the server. */
const serverIsChecked = (topology: Topology): Check => ({
  id: 'frp-trust',
  name: said.trustName,
  hop: mainTunnel(topology).client,
  level: 'warning',
  dependsOn: [certificateMatches(topology)],
  settings: CLIENT_SETTINGS,
  run: ({ trust: { certificate, pin }, settings: { BTCW_FRP_TLS_CA_FILE: file } }) => {
    const { server, serverAddress: host } = mainTunnel(topology);
    if (server) return { ok: said.sameHost };
    if (file) return { ok: said.byCa(file) };
    if (pin) return pin.isDeployed ? { ok: said.byPin(pin.text) } : { problem: said.pinUnused, fix: DEPLOY };
    if (!certificate) return undefined;
    if (certificate.problem === '') return { problem: said.notPinned, fix: DEPLOY };
    const problem = said.cannotBePinned(whyNotPinned(certificate));
    const name = otherName(certificate);
    if (name) return { problem, fix: setAndDeploy('BTCW_FRP_SERVER_ADDR', name) };
    const [command, ...lines] = makeCertificate({ host });
    return { problem, fix: said.makeCertificate(host, command, lines.join(', ')) };
  },
});

/** frpc logs no more than that the connection was closed. */
const tcpMuxMatches = (topology: Topology): Check => ({
  id: 'frp-tcp-mux',
  name: said.tcpMuxName,
  hop: mainTunnel(topology).client,
  dependsOn: clientRuns(topology),
  settings: CLIENT_SETTINGS,
  run: ({ tunnel, tcpMux, settings: { BTCW_FRP_TCP_MUX: setting } }) => {
    if (!tunnel) return undefined;
    const server = tcpMux ? 'on' : 'off';
    if (tcpMux === undefined || server === setting) return { ok: setting };
    return { problem: said.tcpMuxDiffers(String(tcpMux)), fix: setAndDeploy('BTCW_FRP_TCP_MUX', server) };
  },
});

const tokenAccepted = (topology: Topology): Check => ({
  id: 'frp-token',
  name: said.tokenName,
  hop: mainTunnel(topology).client,
  dependsOn: clientRuns(topology),
  settings: CLIENT_SETTINGS,
  run: ({ tunnel, settings }) => {
    if (!tunnel) return undefined;
    if (tunnel.cause !== 'token') return { ok: said.notRefused };
    const { server, client } = mainTunnel(topology);
    if (server) {
      return {
        problem: said.embeddedRefuses(server, client),
        fix: 'npm run deploy',
      };
    }
    const { BTCW_FRP_TOKEN_FILE: file } = settings;
    if (!file) {
      return { problem: said.refusesGenerated, fix: said.setTokenFile };
    }
    return { problem: said.refuses(file), fix: said.replaceToken(file) };
  },
});

const proxyNameFree = (topology: Topology): Check => ({
  id: 'frp-proxy-name',
  name: said.proxyNameName,
  hop: mainTunnel(topology).client,
  dependsOn: clientRuns(topology),
  settings: CLIENT_SETTINGS,
  run: ({ tunnel }) => {
    if (!tunnel) return undefined;
    const { name } = mainTunnel(topology);
    if (tunnel.cause !== 'proxy-name') return { ok: name };
    return {
      problem: said.proxyNameTaken(name),
      fix: setAndDeploy('BTCW_FRP_PROXY_NAME', `${name}-2`),
    };
  },
});

const remotePortFree = (topology: Topology): Check => ({
  id: 'frp-remote-port',
  name: said.remotePortName,
  hop: serverHop(topology),
  dependsOn: clientRuns(topology),
  settings: CLIENT_SETTINGS,
  run: ({ tunnel }) => {
    if (!tunnel) return undefined;
    const { remotePort, server } = mainTunnel(topology);
    const fix = setAndDeploy('BTCW_FRP_REMOTE_PORT', remotePort + 1);
    if (tunnel.cause === 'remote-port') {
      return { problem: said.remotePortTaken(remotePort), fix };
    }
    if (tunnel.cause === 'port-not-allowed') {
      // The embedded server's were written by deploy.
      return {
        problem: said.remotePortNotAllowed(remotePort),
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
  name: said.upName,
  hop: mainTunnel(topology).client,
  dependsOn: [certificateMatches, tcpMuxMatches, tokenAccepted, proxyNameFree, remotePortFree].map((check) =>
    check(topology),
  ),
  settings: CLIENT_SETTINGS,
  run: (facts) => {
    const { tunnel } = facts;
    if (!tunnel) return undefined;
    const { name, client, serverPort } = mainTunnel(topology);
    if (tunnel.up) return { ok: `[${name}] start proxy success` };
    // frpc logs the connections that are refused, and not those that are served.
    if (tunnel.cause === 'work-connection' && facts.remote.status > 0) return { ok: tunnel.line };
    const { reason: problem } = tunnel;
    if (tunnel.cause === 'nothing-said' && isStarting(facts.containers?.[client])) return undefined;
    if (tunnel.cause === 'no-frps') {
      const whatListens = onServer(
        topology,
        messages.doctor.frpServer.whichProgram(serverPort),
        `ss -ltnp sport = :${serverPort}`,
      );
      const usual = setAndDeploy('BTCW_FRP_SERVER_PORT', FRP_PORT);
      return { problem, fix: serverPort === FRP_PORT ? whatListens : usual };
    }
    const words = tunnel.cause && ['server-says', 'work-connection', 'login'].includes(tunnel.cause);
    if (words) return { problem, fix: logOf(facts, client) };
    return { problem, fix: `docker restart ${containerName(facts, client)}` };
  },
});

/** Where the page opens on this host and the tunnel is up, what is left is the way to the server's port, and frp. */
const publicPort = (topology: Topology): Check => ({
  id: 'public-port',
  name: said.publicName,
  hop: serverHop(topology),
  dependsOn: [up(topology), localPage(topology)],
  settings: ['BTCW_FRP_SERVER_ADDR', 'BTCW_FRP_REMOTE_PORT'],
  run: (facts) => {
    const { remote, local } = facts;
    const url = publicUrl(topology);
    if (remote.status > 0 && remote.status < 500) return { ok: said.opened(url, remote.ms.toFixed(0)) };
    const { remotePort, server, client } = mainTunnel(topology);
    const onlyHere = said.onlyHere(local.status, url, describeAnswer(remote));
    if (remote.connected) {
      return { problem: said.noFirewall(onlyHere), fix: logOf(facts, client) };
    }
    if (!remote.timedOut) {
      const listens = `ss -ltnp sport = :${remotePort}`;
      return {
        problem: said.nothingListens(onlyHere, remotePort),
        fix: server
          ? sudo(listens)
          : onServer(topology, messages.doctor.frpServer.whatListens(remotePort), listens),
      };
    }
    return {
      problem: said.firewallBlocks(onlyHere, remotePort),
      fix: server ? sudo(`ufw allow ${remotePort}/tcp`) : openPort(topology, remotePort),
    };
  },
});

export const tunnelChecks = (topology: Topology): Check[] =>
  [
    ...[resolves, reachable, certificateMatches, serverIsChecked, tcpMuxMatches],
    ...[tokenAccepted, proxyNameFree, remotePortFree, up, publicPort],
  ].map((check) => check(topology));
