import type { containers as en } from '../../en/doctor/containers.ts';

export const containers: typeof en = {
  runningName: (service) => `${service} 正在运行且健康`,
  missing: (container) => `没有容器 ${container}`,
  completed: (span) => `已退出 (0)，启动于 ${span}前`,
  runningFor: (span) => `已运行 ${span}`,
  oneOffFailed: (container, code) => `${container} 运行失败（退出码 ${code}）`,
  inState: (container, state) => `${container} 的状态：${state}`,
  paused: (container) => `${container} 已暂停`,
  restartLoop: (container, details) => `${container} 在反复重启（${details}）`,
  exited: (container, details) => `${container} 已退出（${details}）`,
  notRunning: (container, state, details) => `${container} 的状态：${state}（${details}）`,
  notStarted: (container, error) => `Docker 未能启动 ${container}：${error}`,
  exitCode: (code) => `退出码 ${code}`,
  code: (code) => `退出码 ${code}`,
  restarts: (count) => `已重启 ${count} 次`,
  outOfMemory: '内存不足',
  unhealthy: (container, why) => `${container} 正在运行，但不健康：${why}`,
  healthCheckTimedOut: '健康检查超时',
  withLastLine: (problem, line) => `${problem}；最后一行日志：${line}`,
  up: (health, span) => `${health}，已运行 ${span}`,

  healthChecksName: (service) => `${service}：Docker 在执行其健康检查`,
  lastHealthCheck: (span) => `最近一次在 ${span}前`,
  healthChecksStopped: (container, age, interval) =>
    `${container} 最近一次健康检查在 ${age}前，而间隔是 ${interval}：dockerd 重启后没有恢复健康检查`,

  memoryName: (service) => `${service}：没有进程因超出内存上限被终止`,
  memoryLimit: (limit) => `上限 ${limit}`,
  killedOnce: (container, limit) => `${container} 中有进程因超出内存上限 ${limit} 被终止（1 次）`,
  killed: (container, limit, count) => `${container} 中有进程因超出内存上限 ${limit} 被终止（${count} 次）`,
  raiseMemory: (service) => `在 Compose 文件中调高 ${service} 的 mem_limit，然后运行：npm run deploy`,
};
