import type { nginx as en } from '../../en/doctor/nginx.ts';

export const nginx: typeof en = {
  acceptedName: 'nginx 接受其配置（nginx -t）',
  locations: (count) => `${count} 个代理 location`,
  location: (path, problem) => `location ${path}：${problem}`,

  upgradeName: 'nginx 只对 WebSocket 请求做协议升级',
  httpVersion: (version) => `proxy_http_version 是 ${version}，而 WebSocket 需要 1.1`,
  noConnection: '没有转发 Connection 请求头',
  fixedConnection: (value) =>
    `所有请求的 Connection 请求头都是 "${value}"；应为由 $http_upgrade 经 map 得到的 $connection_upgrade`,
  noUpgrade: '没有转发 Upgrade 请求头',

  bufferingName: 'nginx 不经缓冲直接转发消息',
  buffering: 'proxy_buffering 处于开启状态',

  timeoutsName: 'nginx 的超时时间比心跳间隔长',
  heartbeat: (sec) => `心跳间隔 ${sec} 秒`,
  shortTimeout: (directive, sec, heartbeatSec) =>
    `${directive} 是 ${sec} 秒，而心跳间隔是 ${heartbeatSec} 秒：空闲的 WebSocket 连接会被关闭`,

  oldWorkersName: (most) => `此前重载留下的 nginx 旧工作进程不超过 ${most} 个`,
  oldWorkers: (count) => `${count} 个旧工作进程`,
  tooManyOldWorkers: (count) =>
    `${count} 个旧工作进程仍在服务重载前打开的 WebSocket，占用内存；用此命令重载会结束最旧的进程，其客户端会重新连接`,

  upstreamsName: 'nginx 在网桥地址上连接其上游',
  connectsTo: (path, server) => `location ${path} 连接到 ${server}`,
  expected: (others, expected) => `${others}；应为：${expected}`,
};
