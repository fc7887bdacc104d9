import type { host as en } from '../../en/doctor/host.ts';

export const host: typeof en = {
  engineName: 'Docker 有响应',
  version: (version) => `版本 ${version}`,

  commandsName: 'Docker 响应每条命令',
  allAnswered: '每条都有响应',
  unanswered: (commands) => `Docker 没有响应以下命令（已尝试两次）：${commands}`,

  deployedName: '项目已部署',
  containers: (count) => `${count} 个容器`,
  nothingDeployed: (project) => `${project} 在此引擎上还没有任何部署`,

  settingsName: '当前设置与已部署的一致',
  unknownRelease: '不知道当前运行的是哪个版本',
  noDifference: '没有差异',
  notSet: '（未设置）',
  changed: (name, from, to) => `${name}：${from} → ${to}`,
  differs: (changes) => `.env 与已部署的设置不同：${changes}`,

  gatewayName: 'BTCW_GATEWAY 是本机的地址',
  noInterface: (address, proxy) => `本机没有网络接口使用 ${address}：${proxy} 连不上其上游`,
  otherGateway: (address, bridgeAddress, proxy) =>
    `本机没有网络接口使用 ${address}，Docker 网桥的地址是 ${bridgeAddress}：${proxy} 连不上其上游`,

  diskName: '磁盘未满',
  free: (free, total, folder) => `${folder} 所在磁盘剩余 ${free} GiB，共 ${total} GiB`,

  diskSoonName: (percent) => `磁盘至少剩余 ${percent} %`,
  freePercent: (percent) => `剩余 ${percent} %`,
  onlyFree: (percent) => `只剩 ${percent} %`,

  lateAddressName: (proxy) => `开机时即使地址尚未就绪，${proxy} 也能启动`,
  bindsEarly: 'net.ipv4.ip_nonlocal_bind 为 1',
  bindsLate: (addresses, proxy) =>
    `开机时 Docker 只尝试一次：如果那时还没有网卡拥有 ${addresses}，${proxy} 会一直停止`,

  stateName: 'Terraform 的状态文件完整',
  stateBroken: (file, problem) => `${file} ${problem}`,
  stateBusy: '另一个任务正在使用它',
  stateMissing: (file) => `${file} 不存在，但项目的容器还在`,
  noState: '没有任何部署',
};
