/** What the services of the owner's application get: limits, a command, volumes. */
import { z } from 'zod';
import { messages } from '../../messages/index.ts';
import { define } from './definition.ts';
import * as rules from './rules.ts';
import { splitWords } from './words.ts';

const said = messages.settings.serviceSettings;

const LOWEST_MIB = 16;
const memory = rules.optional(rules.memory(LOWEST_MIB));

const cpus = rules.optional(
  z
    .string()
    .regex(/^\d{1,3}(\.\d{1,2})?$/, said.cpus)
    .transform(Number)
    .refine((value) => value > 0, said.cpus),
);
const pids = rules.optional(rules.wholeNumber(8, 100_000, said.pids));
const startTimeout = rules.optional(rules.wholeNumber(5, 86_400, said.startTimeout));
const command = rules.optional(
  z.string().transform((line, context) => {
    const words = splitWords(line);
    if (words) return words;
    context.addIssue(said.command);
    return z.NEVER;
  }),
);

const FOLDER = /^(\/[\w][\w.-]*)+$/;

/** Names the volume of a folder. @example purposeOf('/app/user_data') // 'app-user_data' */
export const purposeOf = (folder: string): string => folder.slice(1).replaceAll('/', '-');

const folders = rules
  .list(FOLDER, said.folders)
  .refine((items) => new Set(items.map(purposeOf)).size === items.length, said.similarFolders);

export const SERVICE_SETTINGS = {
  BTCW_BACKEND_COMMAND: define({
    default: '',
    group: 'applications',
    en: "command line in place of that of the backend's image",
    zh: '代替后端镜像自带命令的命令行',
    schema: command,
  }),
  BTCW_BACKEND_BEFORE_START: define({
    default: '',
    group: 'applications',
    en: 'command line for a shell that has to succeed before the backend starts, with its image, environment and volumes, such as alembic upgrade head; run again at each deployment that changes them',
    zh: '后端启动前必须成功的 shell 命令，使用后端的镜像、环境变量和卷，例如 alembic upgrade head；它们每次变化后的部署都会再运行',
    schema: rules.optional(z.string()),
  }),
  BTCW_BACKEND_VOLUMES: define({
    default: '',
    group: 'applications',
    en: "folders of the backend's container that are kept: each a volume, which begins with what the image has there",
    zh: '后端容器中要保留的目录：每个一个卷，初始内容来自镜像',
    schema: folders,
  }),
  BTCW_FRONTEND_COMMAND: define({
    default: '',
    group: 'applications',
    en: "command line in place of that of the frontend's image",
    zh: '代替前端镜像自带命令的命令行',
    schema: command,
  }),
  BTCW_BACKEND_MEMORY: define({
    default: '',
    group: 'limits',
    en: 'memory of the backend; empty: 512m',
    zh: '后端的内存；留空为 512m',
    schema: memory,
  }),
  BTCW_BACKEND_CPUS: define({
    default: '',
    group: 'limits',
    en: 'CPUs of the backend, such as 1.5; empty: all',
    zh: '后端可用的 CPU 数，例如 1.5；留空为全部',
    schema: cpus,
  }),
  BTCW_BACKEND_PIDS: define({
    default: '',
    group: 'limits',
    en: 'processes and threads of the backend; empty: 256',
    zh: '后端的进程和线程数；留空为 256',
    schema: pids,
  }),
  BTCW_BACKEND_START_TIMEOUT: define({
    default: '',
    group: 'limits',
    en: 'seconds in which the backend has to become healthy, and what runs before it has to end; empty: 60, and 600',
    zh: '后端须在多少秒内变为健康，其启动前的命令须在多少秒内结束；留空分别为 60 和 600',
    schema: startTimeout,
  }),
  BTCW_FRONTEND_MEMORY: define({
    default: '',
    group: 'limits',
    en: 'memory of the frontend; empty: 64m, 512m for your own, 1536m in dev mode',
    zh: '前端的内存；留空为 64m，自己的镜像 512m，dev 模式 1536m',
    schema: memory,
  }),
  BTCW_FRONTEND_CPUS: define({
    default: '',
    group: 'limits',
    en: 'CPUs of the frontend; empty: all',
    zh: '前端可用的 CPU 数；留空为全部',
    schema: cpus,
  }),
  BTCW_FRONTEND_PIDS: define({
    default: '',
    group: 'limits',
    en: 'processes and threads of the frontend; empty: 64, 256 for your own and in dev mode',
    zh: '前端的进程和线程数；留空为 64，自己的镜像和 dev 模式为 256',
    schema: pids,
  }),
  BTCW_FRONTEND_START_TIMEOUT: define({
    default: '',
    group: 'limits',
    en: 'seconds in which the frontend has to become healthy; empty: 60',
    zh: '前端须在多少秒内变为健康；留空为 60',
    schema: startTimeout,
  }),
} as const;
