/** The settings of images. */
import { messages } from '../../messages/index.ts';
import { define } from './definition.ts';
import * as rules from './rules.ts';

const said = messages.settings.imageSettings;

/** Host and path of a registry, without scheme. @example 'docker.m.daocloud.io', '10.0.0.5:5000/hub' */
const MIRROR = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?(\/[a-z0-9._-]+)*$/;

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
  BTCW_REGISTRY_MIRROR: define({
    default: '',
    group: 'images',
    en: 'mirrors of Docker Hub that are asked for the images your Dockerfiles begin with, in order, such as "docker.m.daocloud.io"',
    zh: '你的 Dockerfile 所用基础镜像的 Docker Hub 镜像站，按顺序尝试，例如 "docker.m.daocloud.io"',
    schema: rules.list(MIRROR, said.mirrors),
  }),
  BTCW_STAND_INS: define({
    default: 'off',
    group: 'images',
    en: "on: python, node and nginx images that no registry gives are made here from Debian's packages and npm's Node; off: they are not",
    zh: 'on：无法从镜像仓库获取的 python、node、nginx 镜像，用 Debian 软件包和 npm 的 Node 在本地制作；off：不制作',
    schema: rules.onOff,
  }),
  BTCW_BUILD_ARGS_FILE: define({
    default: '',
    group: 'images',
    en: 'file with KEY=value lines that builds of your Dockerfiles get as build arguments; no secrets',
    zh: '构建你的 Dockerfile 时作为构建参数的 KEY=value 文件；不要放密钥',
    schema: rules.path,
    path: rules.existingFile,
  }),
  BTCW_BUILD_CA: define({
    default: '',
    group: 'images',
    en: 'PEM file of certificate authorities that builds of your Dockerfiles trust, such as /etc/ssl/certs/ca-certificates.crt',
    zh: '构建你的 Dockerfile 时信任的 CA 证书 PEM 文件，例如 /etc/ssl/certs/ca-certificates.crt',
    schema: rules.path,
    path: rules.certificate,
  }),
  BTCW_BUILD_TIMEOUT: define({
    default: '15',
    group: 'images',
    en: 'minutes that the build of one image may take',
    zh: '构建单个镜像最多用的分钟数',
    schema: rules.wholeNumber(1, 1440, said.minutes),
  }),
} as const;
