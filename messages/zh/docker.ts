import type { docker as en } from '../en/docker.ts';

export const docker: typeof en = {
  client: {
    noPermission: 'Docker 拒绝了当前用户：没有访问其套接字的权限。',
    joinGroup: 'sudo usermod -aG docker "$USER"，然后注销并重新登录。',
    noEngine: 'Docker 引擎没有响应。',
    startEngine: '启动它：npm run up（或：sudo systemctl start docker）。',
    noEngineAt: (address) => `${address} 上的 Docker 引擎没有响应。`,
    startEngineThere: '在那里启动它，或者选择另一个引擎：DOCKER_HOST、docker context use。',
    notInstalled: '没有安装 docker 程序。',
    install: 'npm run up 会安装它。',
  },
  engine: {
    contextWithTls: (context) =>
      `Docker 上下文 "${context}" 使用 TLS 文件，而 Terraform 的 provider 只从环境变量读取它们。`,
    podman: '引擎是 Podman，它的镜像和网络命名方式与 Docker 不同。',
    useDocker: '安装 Docker，并设置 DOCKER_HOST=unix:///var/run/docker.sock。',
    dockerDesktop:
      'Docker Desktop 的网桥不在本机上：无法在网桥地址上发布端口，而 nginx 要通过该地址访问应用。',
    rootless: 'rootless 引擎的网桥不在本机上：无法在网桥地址上发布端口，而 nginx 要通过该地址访问应用。',
    useSystemEngine: '改用系统自带的引擎：docker context use default',
  },
  inspect: {
    timedOut: (kind) => `Docker 没有及时响应 "docker ${kind} inspect"。`,
    tryAgain: '等本机不太繁忙时再试；npm run doctor 可检查引擎是否响应。',
    states: {
      created: '已创建',
      running: '运行中',
      paused: '已暂停',
      restarting: '重启中',
      removing: '删除中',
      exited: '已退出',
      dead: '已失效',
      missing: '不存在',
      none: '无',
      starting: '启动中',
      healthy: '健康',
      unhealthy: '不健康',
      completed: '已退出 (0)',
    },
  },
  logs: {
    unreadable: (container, why) => `无法读取 ${container} 的日志：${why}`,
  },
};
