/** The settings of images. */
import { define } from './definition.ts';
import * as rules from './rules.ts';

export const IMAGE_SETTINGS = {
  BTCW_NGINX_IMAGE: define({
    default: '',
    group: 'images',
    en: 'nginx image to use instead of the one built here',
    zh: '代替本地构建的 nginx 镜像',
    schema: rules.image,
  }),
  BTCW_FRPC_IMAGE: define({
    default: '',
    group: 'images',
    en: 'frpc image to use instead of the one built here; writes no log file',
    zh: '代替本地构建的 frpc 镜像；不写日志文件',
    schema: rules.image,
  }),
  BTCW_BASE_IMAGE: define({
    default: '',
    group: 'images',
    en: 'Debian image to build on instead of the one made here',
    zh: '代替本地制作的 Debian 基础镜像',
    schema: rules.image,
  }),
} as const;
