/** The settings of what is known of the owner's application. */
import { z } from 'zod';
import { messages } from '../../messages/index.ts';
import { define } from './definition.ts';
import * as rules from './rules.ts';

const said = messages.settings.applicationSettings;

/** Not a port of this host. */
const containerPort = rules.wholeNumber(1, 65535, said.containerPort);

/** Where a program on this host listens, as containers reach it. */
const hostAddress = rules.optional(
  z
    .string()
    .regex(/^\d{1,3}(\.\d{1,3}){3}:\d{1,5}$/, said.hostAddress)
    .refine((value) => {
      const [address = '', port] = value.split(':');
      return z.ipv4().safeParse(address).success && rules.port.safeParse(port).success;
    }, said.hostAddress)
    .refine((value) => !/^(127|0)\./.test(value), said.notLoopback),
);

export const APPLICATION_SETTINGS = {
  BTCW_BACKEND_ADDRESS: define({
    default: '',
    group: 'applications',
    en: 'where your backend listens on this host, such as 172.17.0.1:8000: it runs without a container, and nginx sends requests there',
    zh: '你的后端在本机监听的地址，例如 172.17.0.1:8000：它不在容器中运行，nginx 把请求转发到那里',
    schema: hostAddress,
  }),
  BTCW_FRONTEND_ADDRESS: define({
    default: '',
    group: 'applications',
    en: 'the same for the frontend, such as 172.17.0.1:3000 with vite --host and server.allowedHosts in its configuration',
    zh: '前端同上，例如 172.17.0.1:3000，配合 vite --host，并在其配置中设置 server.allowedHosts',
    schema: hostAddress,
  }),

  BTCW_BACKEND_CONTAINER_PORT: define({
    default: '8000',
    group: 'applications',
    en: 'port that your own backend image listens on; it gets it as $PORT',
    zh: '你自己的后端镜像监听的端口；它以 $PORT 得到该值',
    schema: containerPort,
  }),
  BTCW_FRONTEND_CONTAINER_PORT: define({
    default: '3000',
    group: 'applications',
    en: 'port that your own frontend image listens on, such as 80 for one made from nginx; it gets it as $PORT',
    zh: '你自己的前端镜像监听的端口，例如由 nginx 制作的为 80；它以 $PORT 得到该值',
    schema: containerPort,
  }),
  BTCW_BACKEND_PATHS: define({
    default: '/api',
    group: 'applications',
    en: 'paths that nginx sends to the backend, with all below them, such as /api,/docs,/openapi.json; /: all, and there is no frontend',
    zh: 'nginx 转发给后端的路径（含其下所有路径），例如 /api,/docs,/openapi.json；/ 表示全部，且没有前端',
    schema: rules.list(/^\/[\w./~-]*$/, said.paths).refine((paths) => paths.length > 0, said.onePath),
  }),
  BTCW_APP_PROFILE: define({
    default: '',
    group: 'applications',
    en: 'what verify, doctor, status and deploy know of the application: reference, generic, or a YAML file (docs/app-profile.md); empty: reference for the backend of this package, generic for your own',
    zh: 'verify、doctor、status、deploy 对应用的了解：reference、generic 或 YAML 文件（docs/app-profile.md）；留空则本包自带后端用 reference，自己的后端用 generic',
    schema: rules.path,
    words: ['reference', 'generic'],
    path: rules.file(said.profile),
  }),
} as const;
