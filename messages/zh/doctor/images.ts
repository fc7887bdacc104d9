import type { images as en } from '../../en/doctor/images.ts';

export const images: typeof en = {
  ageName: (days) => `镜像中的 Debian 软件包不超过 ${days} 天`,
  notBuiltHere: '没有容器使用本机构建的镜像',
  oldest: (span) => `${span}前下载`,
  old: (services, span) => `镜像缺少近期的安全更新：${services}；软件包是 ${span}前下载的`,
};
