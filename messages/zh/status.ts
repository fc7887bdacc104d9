import type { status as en } from '../en/status.ts';

export const status: typeof en = {
  facts: {
    clientIs: (container, state) => `${container} 的状态：${state}`,
  },
  picture: {
    browser: '浏览器',
    failedCheck: '检查失败',
    hostNetwork: '主机网络',
    network: (names) => `网络 ${names}`,
    noAnswer: '没有响应',
    notKnown: '未知',
    onThisHost: '在本机上',
    opensThePage: '打开页面',
    page: '页面',
    reachable: '可连接',
    standIn: (service) => `${service}（内置）`,
    status: (status) => `状态码 ${status}`,
    tokenRefused: '令牌被拒绝',
    tunnel: '隧道',
  },
  pictureSvg: {
    cause: (where, cause) => `${where}：${cause}`,
    failedChecks: (count) => `${count} 项检查失败`,
    fix: (fix) => `修复：${fix}`,
    noFailedChecks: '没有失败的检查',
    oneFailedCheck: '1 项检查失败',
    thisHost: '本机',
    verdict: (project, failedChecks) => `${project}：${failedChecks}`,
    yourServer: '你的服务器',
  },
};
