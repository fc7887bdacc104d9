/**
 * The tunnel's client. On the host's network, so that `localIP = "127.0.0.1"` is nginx. It hands visitors' addresses on,
 * to a port of nginx of its own: docs/decisions/0014-proxy-protocol.md.
 */
import { messages } from '../../messages/index.ts';
import {
  FRP_CA_FILE,
  FRP_CONFIG_DIR,
  FRP_PIN_FILE,
  FRP_TOKEN_FILE,
  type FrpcTomlProps,
  renderFrpcToml,
} from '../render/frp-toml.ts';
import type { Settings } from '../settings/definitions.ts';
import { frpMemory, knowingLimit } from './frp-memory.ts';
import { frpImage } from './frps.ts';
import { commandHealth } from './health.ts';
import type { HostFacts } from './host.ts';
import { ownImage } from './image-source.ts';
import { frpPinFile, secretFiles } from './secrets.ts';
import type { ConfigFile, ServiceDefinition } from './service.ts';
import { USERS } from './users.ts';
import { watched } from './watchdog.ts';

const LOG_DIR = '/var/log/frp';
const CONFIG_FILE = `${FRP_CONFIG_DIR}/frpc.toml`;
const PROGRAM = ['frpc', '-c', CONFIG_FILE];

/** Runs frpc and keeps its output in files: docs/decisions/0003-frpc-log-rotation.md. */
const logrun = (settings: Settings): string[] => [
  'logrun',
  '-file',
  `${LOG_DIR}/frpc.log`,
  '-max-size',
  settings.BTCW_LOG_MAX_SIZE,
  '-keep-days',
  String(settings.BTCW_LOG_KEEP_DAYS),
  '--',
];

/** Where it reaches nginx, and in which protocol. */
function nginxFor(settings: Settings): Pick<FrpcTomlProps, 'localIP' | 'localPort' | 'proxyProtocol'> {
  const { BTCW_FRP_PROXY_PROTOCOL: proxyProtocol } = settings;
  if (proxyProtocol !== 'off') {
    return { localIP: '127.0.0.1', localPort: settings.BTCW_FRP_LOCAL_PORT, proxyProtocol };
  }
  const { BTCW_NGINX_BIND: bind, BTCW_NGINX_PORT: localPort } = settings;
  return { localIP: bind === '0.0.0.0' ? '127.0.0.1' : bind, localPort };
}

/** What it checks the server's certificate with, and how frpc.toml says so. */
function trust(
  settings: Settings,
  { packageFolder, frpServerName }: HostFacts,
  serverAddress: string,
): { readonly toml: Pick<FrpcTomlProps, 'trustedCaFile' | 'serverName'>; readonly files: ConfigFile[] } {
  const { BTCW_FRP_TLS_CA_FILE: caFile } = settings;
  if (caFile) {
    return { toml: { trustedCaFile: FRP_CA_FILE }, files: [{ path: FRP_CA_FILE, secretFile: caFile }] };
  }
  const pin = frpPinFile(settings, packageFolder);
  if (!pin || frpServerName === undefined) return { toml: {}, files: [] };
  const serverName = frpServerName === serverAddress ? {} : { serverName: frpServerName };
  return {
    toml: { trustedCaFile: FRP_PIN_FILE, ...serverName },
    files: [{ path: FRP_PIN_FILE, secretFile: pin }],
  };
}

/** @param serverAddress of the frp server. @example '47.108.221.231' */
export function frpc(settings: Settings, host: HostFacts, serverAddress: string): ServiceDefinition {
  const own = ownImage(settings.BTCW_FRPC_IMAGE);
  const secrets = secretFiles(settings, host.packageFolder);
  const { limits, environment } = frpMemory(settings);
  const { toml: trusted, files } = trust(settings, host, serverAddress);
  const { BTCW_FRP_ACCOUNT_FILE: accountFile } = settings;
  const toml = renderFrpcToml({
    serverAddr: serverAddress,
    serverPort: settings.BTCW_FRP_SERVER_PORT,
    protocol: settings.BTCW_FRP_PROTOCOL,
    tcpMux: settings.BTCW_FRP_TCP_MUX === 'on',
    ...trusted,
    proxyName: settings.BTCW_FRP_PROXY_NAME,
    ...nginxFor(settings),
    remotePort: settings.BTCW_FRP_REMOTE_PORT,
  });
  const path = 'frpc.toml';
  return {
    name: 'frpc',
    id: 'Frpc',
    image: own ?? frpImage('frpc', settings),
    networks: [{ network: 'host' }],
    user: USERS.frp,
    environment: { ...environment, ...(host.timeZone && { TZ: host.timeZone }) },
    // An image of the user's own has neither logrun nor the watchdog, so its output goes to Docker alone; nor a shell, perhaps.
    entrypoint: own ? PROGRAM : knowingLimit(watched([...logrun(settings), ...PROGRAM])),
    // Docker watches the process, as the watchdog and logrun end when frpc does; this checks whether it could start again with
    // the files it has. The tunnel's own state is no part of it: a server that is away must not fail the deployment.
    health: commandHealth('frpc', 'verify', '-c', CONFIG_FILE),
    limits,
    config: {
      path: FRP_CONFIG_DIR,
      owner: USERS.frp,
      check: ['frpc', 'verify', '-c', CONFIG_FILE],
      onChange: 'restart',
      files: [
        accountFile ? { path, secretFile: accountFile, after: `\n${toml}` } : { path, content: toml },
        { path: FRP_TOKEN_FILE, secretFile: secrets.frpToken },
        ...files,
      ],
    },
    volumes: own ? [] : [{ purpose: 'log', path: LOG_DIR }],
    disruption: messages.topology.disruption.tunnel,
  };
}
