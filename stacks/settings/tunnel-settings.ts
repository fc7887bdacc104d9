/** The settings of the tunnel. */
import { parse } from 'smol-toml';
import { z } from 'zod';
import { messages } from '../../messages/index.ts';
import { define } from './definition.ts';
import * as rules from './rules.ts';

const said = messages.settings.definitions;

const OTHER_PORTS = [
  'BTCW_BACKEND_PORT',
  'BTCW_FRONTEND_PORT',
  'BTCW_FRP_SERVER_PORT',
  'BTCW_FRP_REMOTE_PORT',
] as const;

/** Beyond five ports in a row, which many give these settings: it stays where another of them is changed. */
const STEPS = [5, 6, 7, 8, 9, -1, -2, -3, -4, -5];

/** The first port from five above nginx's that no other setting has; below it where there is none above. */
function portAbove(settings: Readonly<Record<string, unknown>>): number {
  // Not there where it is wrong, which is told.
  const nginx = Number(settings.BTCW_NGINX_PORT ?? 8501);
  const taken = OTHER_PORTS.map((name) => settings[name]);
  const candidates = STEPS.map((step) => nginx + step);
  return candidates.find((port) => port > 0 && port <= 65535 && !taken.includes(port)) ?? nginx;
}

const ADDRESS = z.union([z.ipv4(), z.ipv6()]);

/** Four numbers are an address, and a wrong one is no name. */
const isHostName = (value: string): boolean =>
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(value) && !/^[\d.]+$/.test(value);

/** The lines that frpc.toml begins with: who the client is to a public service, and nothing that is set here. */
function isAccount(text: string): boolean {
  try {
    const { user, metadatas = {}, clientID, ...others } = parse(text.replace(/^\uFEFF/, ''));
    const values = [user, clientID, ...Object.values(metadatas)].filter((value) => value !== undefined);
    const isText = values.length > 0 && values.every((value) => typeof value === 'string');
    return isText && Object.keys(others).length === 0;
  } catch {
    return false;
  }
}

export const TUNNEL_SETTINGS = {
  BTCW_FRP_SERVER_ADDR: define({
    default: '',
    group: 'tunnel',
    en: 'your frp server; empty: an embedded one on 127.0.0.1',
    zh: '你的 frp 服务器；留空则用本机 127.0.0.1 上的内置服务器',
    schema: rules.optional(
      z
        .string()
        .transform((value) => value.replace(/^\[(.*:.*)\]$/, '$1'))
        .refine((value) => ADDRESS.safeParse(value).success || isHostName(value), said.serverAddress),
    ),
  }),
  BTCW_FRP_SERVER_PORT: define({
    default: '7000',
    group: 'tunnel',
    en: 'port of the frp server',
    zh: 'frp 服务器端口',
    schema: rules.port,
  }),
  BTCW_FRP_PROXY_NAME: define({
    default: 'freq-service',
    group: 'tunnel',
    en: 'name of the tunnel, unique on the frp server',
    zh: '隧道名称，在 frp 服务器上唯一',
    schema: z.string().regex(/^[\w-]{1,64}$/, said.proxyName),
  }),
  BTCW_FRP_REMOTE_PORT: define({
    default: '60001',
    group: 'tunnel',
    en: 'public port on the frp server',
    zh: 'frp 服务器上的公网端口',
    schema: rules.port,
  }),
  BTCW_FRP_PROXY_PROTOCOL: define({
    default: 'v2',
    group: 'tunnel',
    en: "v2: frpc tells nginx each visitor's address (PROXY protocol); off: all visitors have this host's",
    zh: 'v2：frpc 把每个访客的地址告诉 nginx（PROXY 协议）；off：所有访客都显示为本机地址',
    schema: z.enum(['v2', 'off'], said.proxyProtocol),
  }),
  BTCW_FRP_LOCAL_PORT: define({
    default: '',
    group: 'tunnel',
    en: 'port on 127.0.0.1 where frpc hands connections with their addresses to nginx; empty: 8506, or five above BTCW_NGINX_PORT, or the next that no other setting has',
    zh: '127.0.0.1 上的端口，frpc 在此把带访客地址的连接交给 nginx；留空则为 8506，即 BTCW_NGINX_PORT 加 5，若被其他设置占用则顺延',
    schema: rules.port,
    find: (_, settings) => String(portAbove(settings)),
  }),
  BTCW_FRP_TOKEN_FILE: define({
    default: '',
    group: 'tunnel',
    en: "file with the frp server's token, at least 16 characters, 0600; empty: generated",
    zh: '存放 frp 服务器 token 的文件，至少 16 个字符，权限 0600；留空则自动生成',
    schema: rules.path,
    // UTF-16, as some editors of Windows save it, has NUL characters.
    path: rules.secretFile(said.token, (text) => /^[^\n\0\uFFFD]+$/.test(text)),
    secret: true,
  }),
  BTCW_FRP_ACCOUNT_FILE: define({
    default: '',
    group: 'tunnel',
    en: 'file with the lines of frpc.toml by which a public frp service knows you, user = "…" and metadatas.… = "…", 0600',
    zh: '公共 frp 服务识别你的 frpc.toml 行，即 user = "…" 和 metadatas.… = "…"，存放它们的文件，权限 0600',
    schema: rules.path,
    path: rules.secretFile(said.account, isAccount),
    secret: true,
  }),
  BTCW_FRP_PROTOCOL: define({
    default: 'tcp',
    group: 'tunnel',
    en: 'how frpc reaches the frp server: tcp, kcp, quic, websocket or wss; for kcp and quic BTCW_FRP_SERVER_PORT is the UDP port',
    zh: 'frpc 连接 frp 服务器的协议：tcp、kcp、quic、websocket 或 wss；kcp 和 quic 时 BTCW_FRP_SERVER_PORT 为 UDP 端口',
    schema: z.enum(['tcp', 'kcp', 'quic', 'websocket', 'wss'], said.frpProtocol),
  }),
  BTCW_FRP_TCP_MUX: define({
    default: 'on',
    group: 'tunnel',
    en: "transport.tcpMux of frpc, which has to be the server's: off where its frps.toml says false",
    zh: 'frpc 的 transport.tcpMux，须与服务器一致：服务器的 frps.toml 设为 false 时用 off',
    schema: rules.onOff,
  }),
  BTCW_FRP_TLS_CA_FILE: define({
    default: '',
    group: 'tunnel',
    en: "PEM file with the frp server's CA; empty: the first deploy pins its certificate",
    zh: 'frp 服务器 CA 的 PEM 文件；留空则首次部署时固定其证书',
    schema: rules.path,
    path: rules.certificate,
  }),
} as const;
