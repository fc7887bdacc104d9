import { stringify } from 'smol-toml';

/** Where the files of frpc's and frps's configuration volumes are mounted. */
export const FRP_CONFIG_DIR = '/etc/frp';
export const FRP_TOKEN_FILE = 'token';
export const FRP_CA_FILE = 'ca.pem';
export const FRP_PIN_FILE = 'server.pem';

const tokenAuth = {
  method: 'token',
  // A file: the token is in no environment, plan or state. https://github.com/fatedier/frp, auth.tokenSource
  tokenSource: { type: 'file', file: { path: `${FRP_CONFIG_DIR}/${FRP_TOKEN_FILE}` } },
};

/** What frpc.toml depends on. */
export interface FrpcTomlProps {
  readonly serverAddr: string;
  readonly serverPort: number;
  /** File that the server's certificate is checked with. @default - it is not checked */
  readonly trustedCaFile?: typeof FRP_CA_FILE | typeof FRP_PIN_FILE;
  /** The name it has to be for. @default - the server's address */
  readonly serverName?: string;
  /** @default 'tcp' */
  readonly protocol?: string;
  /** Whether all connections go through one; it has to be as the server has it. @default true */
  readonly tcpMux?: boolean;
  readonly proxyName: string;
  readonly localIP: string;
  readonly localPort: number;
  readonly remotePort: number;
  /** Version of the PROXY protocol, which hands visitors' addresses on. @default - their addresses are not handed on */
  readonly proxyProtocol?: 'v2';
}

/**
 * Renders frpc.toml. Heartbeats stay unset: with tcpMux a set `heartbeatTimeout` cuts every connection
 * (https://github.com/fatedier/frp/issues/5526). `loginFailExit` is off, so that the tunnel comes up by itself when
 * the server does.
 */
export function renderFrpcToml(props: FrpcTomlProps): string {
  const { protocol = 'tcp', tcpMux = true, trustedCaFile, serverName } = props;
  const transport = {
    ...(protocol !== 'tcp' && { protocol }),
    ...(!tcpMux && { tcpMux }),
    ...(trustedCaFile && {
      tls: { trustedCaFile: `${FRP_CONFIG_DIR}/${trustedCaFile}`, ...(serverName && { serverName }) },
    }),
  };
  return stringify({
    serverAddr: props.serverAddr,
    serverPort: props.serverPort,
    loginFailExit: false,
    // The token with all that some servers ask it for; the others do not look.
    auth: { ...tokenAuth, additionalScopes: ['HeartBeats', 'NewWorkConns'] },
    ...(Object.keys(transport).length > 0 && { transport }),
    log: { to: 'console', level: 'info', disablePrintColor: true },
    proxies: [
      {
        name: props.proxyName,
        type: 'tcp',
        localIP: props.localIP,
        localPort: props.localPort,
        remotePort: props.remotePort,
        ...(props.proxyProtocol && { transport: { proxyProtocolVersion: props.proxyProtocol } }),
      },
    ],
  });
}

/** What the embedded server's frps.toml depends on. */
export interface FrpsTomlProps {
  readonly bindPort: number;
  readonly remotePort: number;
  /** @default true */
  readonly tcpMux?: boolean;
}

/** Renders frps.toml of the embedded server: on loopback only, and for the one remote port. */
export function renderFrpsToml(props: FrpsTomlProps): string {
  return stringify({
    bindAddr: '127.0.0.1',
    bindPort: props.bindPort,
    proxyBindAddr: '127.0.0.1',
    allowPorts: [{ single: props.remotePort }],
    auth: tokenAuth,
    ...(props.tcpMux === false && { transport: { tcpMux: false } }),
    log: { to: 'console', level: 'info', disablePrintColor: true },
  });
}
