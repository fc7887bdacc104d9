/** The settings of the databases beside the backend. */
import { z } from 'zod';
import { messages } from '../../messages/index.ts';
import { define } from './definition.ts';
import * as rules from './rules.ts';

export const DATABASE_SETTINGS = {
  BTCW_POSTGRES: define({
    default: 'off',
    group: 'databases',
    en: 'on: PostgreSQL beside the backend, which gets its URL; its data stays until destroy --volumes',
    zh: 'on：在后端旁运行 PostgreSQL，并把 URL 交给后端；数据保留到 destroy --volumes',
    schema: rules.onOff,
  }),
  BTCW_POSTGRES_URL_NAME: define({
    default: 'DATABASE_URL',
    group: 'databases',
    en: 'environment variable of the backend that gets the URL of PostgreSQL',
    zh: '后端接收 PostgreSQL URL 的环境变量',
    schema: rules.variable,
  }),
  BTCW_POSTGRES_URL_SCHEME: define({
    default: 'postgresql',
    group: 'databases',
    en: 'what that URL begins with, such as postgresql+asyncpg',
    zh: '该 URL 的开头，例如 postgresql+asyncpg',
    schema: z.string().regex(/^[a-z][a-z0-9+.-]*$/, messages.settings.databaseSettings.urlScheme),
  }),
  BTCW_POSTGRES_MEMORY: define({
    default: '512m',
    group: 'databases',
    en: 'memory PostgreSQL may use',
    zh: 'PostgreSQL 可用的内存',
    schema: rules.memory(64),
  }),
  BTCW_REDIS: define({
    default: 'off',
    group: 'databases',
    en: 'on: Redis beside the backend, which gets its URL; its data stays until destroy --volumes',
    zh: 'on：在后端旁运行 Redis，并把 URL 交给后端；数据保留到 destroy --volumes',
    schema: rules.onOff,
  }),
  BTCW_REDIS_URL_NAME: define({
    default: 'REDIS_URL',
    group: 'databases',
    en: 'environment variable of the backend that gets the URL of Redis',
    zh: '后端接收 Redis URL 的环境变量',
    schema: rules.variable,
  }),
  BTCW_REDIS_MEMORY: define({
    default: '128m',
    group: 'databases',
    en: 'memory Redis may use; its data at most 60 % of it, more is refused',
    zh: 'Redis 可用的内存；数据最多占其 60 %，超出则拒绝写入',
    schema: rules.memory(16),
  }),
} as const;
