/** Every setting, described once: `npm run docs` writes .env.example and the tables of both READMEs from it. */
import { z } from 'zod';
import { messages } from '../../messages/index.ts';
import { APPLICATION_SETTINGS } from './application-settings.ts';
import { DATABASE_SETTINGS } from './database-settings.ts';
import { type Definition, define, SETTING_GROUPS, type SettingGroup } from './definition.ts';
import { IMAGE_SETTINGS } from './image-settings.ts';
import * as rules from './rules.ts';
import { SERVICE_SETTINGS } from './service-settings.ts';
import { TUNNEL_SETTINGS } from './tunnel-settings.ts';

export { type Definition, SETTING_GROUPS, type SettingGroup };

const said = messages.settings.definitions;

/** What BTCW_MAX_CONNECTIONS may be at most. */
export const HIGHEST_MAX_CONNECTIONS = 20_000;
/** What BTCW_MAX_CLIENT_LOGINS may be at most. */
const HIGHEST_MAX_LOGINS = 6000;

export const SETTINGS = {
  BTCW_PROJECT: define({
    default: 'btc-watcher',
    group: 'deployment',
    en: 'prefix of every container, volume and network; a second project runs beside the first',
    zh: '所有容器、卷和网络的前缀；可与另一个项目并存',
    schema: z.string().regex(/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/, said.project),
  }),
  BTCW_LANG: define({
    default: '',
    group: 'deployment',
    en: 'language of messages, "en" or "zh"; empty: that of the locale (LC_ALL, LC_MESSAGES, LANG)',
    zh: '消息的语言，"en" 或 "zh"；留空则按系统区域设置（LC_ALL、LC_MESSAGES、LANG）',
    schema: rules.optional(z.enum(['en', 'zh'], said.language)),
  }),
  BTCW_GATEWAY: define({
    default: '',
    group: 'deployment',
    en: "address of the Docker bridge through which nginx reaches backend and frontend; empty: that of Docker's default bridge, nearly everywhere 172.17.0.1",
    zh: 'Docker 网桥地址，nginx 经它访问后端和前端；留空则用 Docker 默认网桥的地址，几乎总是 172.17.0.1',
    schema: rules.optional(
      rules
        .ipv4(said.address)
        .refine(
          (value) => !/^(0|127|22[4-9]|23\d|24\d|25[0-5])\./.test(value) && !/\.(0|255)$/.test(value),
          said.bridge,
        ),
    ),
  }),
  BTCW_NGINX_BIND: define({
    default: '127.0.0.1',
    group: 'deployment',
    en: 'host address nginx is published on',
    zh: 'nginx 发布在主机的哪个地址',
    schema: rules.ipv4(said.hostAddress),
  }),
  BTCW_NGINX_PORT: define({
    default: '8501',
    group: 'deployment',
    en: 'host port of nginx',
    zh: 'nginx 的主机端口',
    schema: rules.port,
  }),
  BTCW_TRUSTED_FRONTS: define({
    default: '',
    group: 'deployment',
    en: 'addresses or networks of HTTPS proxies in front of nginx or of the frp server, such as 127.0.0.1 for one on the frp server itself: their X-Forwarded-For and X-Forwarded-Proto are believed (docs/gateway.md)',
    zh: '位于 nginx 或 frp 服务器之前的 HTTPS 代理的地址或网段，例如 frp 服务器本机上的代理为 127.0.0.1：采信其 X-Forwarded-For 和 X-Forwarded-Proto（docs/gateway.md）',
    schema: rules.addresses(said.fronts),
  }),
  BTCW_GUARD: define({
    default: 'on',
    group: 'deployment',
    en: 'on: a container keeps neighbours on the network from the ports that are for this host alone; off: none does',
    zh: 'on：由一个容器挡住局域网邻居对只供本机使用的端口的访问；off：不设',
    schema: rules.onOff,
  }),
  BTCW_BACKEND_PORT: define({
    default: '8000',
    group: 'deployment',
    en: 'host port of the backend',
    zh: '后端的主机端口',
    schema: rules.port,
  }),
  BTCW_FRONTEND_PORT: define({
    default: '3000',
    group: 'deployment',
    en: 'host port of the frontend',
    zh: '前端的主机端口',
    schema: rules.port,
  }),
  BTCW_COMPOSE_FILE: define({
    default: '',
    group: 'applications',
    en: 'compose file with your own services; empty: compose.yaml or docker-compose.yml in this folder, where there is one; off: none',
    zh: '描述你自己的服务的 compose 文件；留空则用本目录的 compose.yaml 或 docker-compose.yml（若有）；off：不用',
    schema: z
      .literal('off')
      .transform(() => undefined)
      .or(rules.path),
    path: rules.file(said.composeFile),
    find: rules.findFile(['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml']),
  }),
  BTCW_BACKEND_IMAGE: define({
    default: '',
    group: 'applications',
    en: 'your own backend image, listening on $PORT (8000)',
    zh: '你自己的后端镜像，监听 $PORT（8000）',
    schema: rules.ownImage,
  }),
  BTCW_BACKEND_CONTEXT: define({
    default: '',
    group: 'applications',
    en: 'or a folder with the Dockerfile to build it from',
    zh: '或含 Dockerfile 的目录，由它构建',
    schema: rules.path,
    path: rules.buildContext,
  }),
  BTCW_BACKEND_ENV_FILE: define({
    default: '',
    group: 'applications',
    en: 'file of KEY=value lines handed to the backend, 0600, never kept in plan or state',
    zh: '交给后端的 KEY=value 文件，权限 0600，不进入 plan 和 state',
    schema: rules.path,
    path: rules.privateFile,
    secret: true,
  }),
  BTCW_BACKEND_GENERATE: define({
    default: '',
    group: 'applications',
    en: 'names of secrets that are made once and handed to the backend as environment, such as "SECRET_KEY,JWT_SECRET_KEY"',
    zh: '只生成一次并作为环境变量交给后端的密钥名称，例如 "SECRET_KEY,JWT_SECRET_KEY"',
    schema: rules.list(/^[A-Za-z_]\w*$/, said.generate),
  }),
  BTCW_BACKEND_HEALTH_PATH: define({
    default: '/health',
    group: 'applications',
    en: 'path that answers 200 when the backend is healthy',
    zh: '后端正常时返回 200 的路径',
    schema: z.string().regex(/^\/[\w./~%-]*$/, said.healthPath),
  }),
  BTCW_FRONTEND_IMAGE: define({
    default: '',
    group: 'applications',
    en: 'your own frontend image, listening on $PORT (3000)',
    zh: '你自己的前端镜像，监听 $PORT（3000）',
    schema: rules.ownImage,
  }),
  BTCW_FRONTEND_CONTEXT: define({
    default: '',
    group: 'applications',
    en: 'or a folder with the Dockerfile to build it from',
    zh: '或含 Dockerfile 的目录，由它构建',
    schema: rules.path,
    path: rules.buildContext,
  }),
  BTCW_FRONTEND_MODE: define({
    default: 'static',
    group: 'applications',
    en: 'static: the built files; dev: Vite with hot reload of assets/frontend',
    zh: 'static：构建好的文件；dev：Vite 热更新 assets/frontend',
    schema: z.enum(['static', 'dev'], said.mode),
  }),
  ...DATABASE_SETTINGS,
  ...APPLICATION_SETTINGS,
  ...SERVICE_SETTINGS,
  ...IMAGE_SETTINGS,
  ...TUNNEL_SETTINGS,
  BTCW_ADMIN_USER: define({
    default: 'admin',
    group: 'reference',
    en: 'login name',
    zh: '登录用户名',
    schema: z.string().regex(/^[\w.-]{1,32}$/, said.adminUser),
  }),
  BTCW_ADMIN_PASSWORD_FILE: define({
    default: '',
    group: 'reference',
    en: 'file with the login password, 0600; empty: generated',
    zh: '存放登录密码的文件，权限 0600；留空则自动生成',
    schema: rules.path,
    path: rules.secretFile(said.password(rules.passwordRule), rules.isPassword),
    secret: true,
  }),
  BTCW_PRICE_FEED_URL: define({
    default: '',
    group: 'reference',
    en: "WebSocket of an exchange's trade stream, a key in its query stays out of plan and state; empty: simulated prices",
    zh: '交易所成交流的 WebSocket，查询串中的密钥不进入 plan 和 state；留空则用模拟价格',
    schema: rules.optional(z.string().regex(/^wss?:\/\/[^\s/@?]+([/?]\S*)?$/, said.priceFeed)),
    secretQuery: true,
  }),
  BTCW_LOG_MAX_SIZE: define({
    default: '10m',
    group: 'limits',
    en: "size of a container's log file before it is rotated; 3 are kept",
    zh: '单个容器日志文件轮转前的大小；保留 3 个',
    schema: rules.size,
  }),
  BTCW_LOG_KEEP_DAYS: define({
    default: '7',
    group: 'limits',
    en: "days of frpc's log file that are kept, compressed; days without a line do not count",
    zh: 'frpc 日志文件保留的天数（压缩）；没有日志的日子不计',
    schema: rules.wholeNumber(1, 365, said.days),
  }),
  BTCW_MAX_BODY: define({
    default: '10m',
    group: 'limits',
    en: 'size of a request body, such as an upload; more gets 413',
    zh: '请求体（例如上传）的大小，超出返回 413',
    schema: rules.size,
  }),
  BTCW_MAX_CONNECTIONS: define({
    default: '2500',
    group: 'limits',
    en: 'connections nginx serves at once, through the tunnel or at BTCW_NGINX_PORT, with a tenth more in all; more get 503',
    zh: 'nginx 同时服务的连接数，隧道和 BTCW_NGINX_PORT 分别计算，合计可再多十分之一；超出返回 503',
    schema: rules.wholeNumber(1, HIGHEST_MAX_CONNECTIONS, said.maxConnections(HIGHEST_MAX_CONNECTIONS)),
  }),
  BTCW_MAX_CLIENT_CONNECTIONS: define({
    default: '250',
    group: 'limits',
    en: 'connections of one client address that nginx serves at once; more get 503',
    zh: 'nginx 为单个客户端地址同时服务的连接数，超出返回 503',
    schema: rules.wholeNumber(1, HIGHEST_MAX_CONNECTIONS, said.maxConnections(HIGHEST_MAX_CONNECTIONS)),
  }),
  BTCW_MAX_CLIENT_LOGINS: define({
    default: '60',
    group: 'limits',
    en: 'logins of one client address a minute, all of them at once or one by one; more get 429',
    zh: '单个客户端地址每分钟的登录次数，可以集中也可以分散；超出返回 429',
    schema: rules.wholeNumber(1, HIGHEST_MAX_LOGINS, said.maxConnections(HIGHEST_MAX_LOGINS)),
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;
/** The validated settings by their names; frozen. Paths are absolute. */
export type Settings = Readonly<{ [Name in SettingName]: z.output<(typeof SETTINGS)[Name]['schema']> }>;

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** Settings that are a port of this host or of the frp server. */
export const PORT_SETTINGS = SETTING_NAMES.filter((name) => SETTINGS[name].schema === rules.port);
