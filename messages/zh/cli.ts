import type { cli as en } from '../en/cli.ts';
import { bootstrap } from './bootstrap.mjs';

export const cli: typeof en = {
  description: '在一台 Docker 主机上部署 nginx、后端、前端和 frp 隧道。',
  page: '# 命令\n\n由 `npm run docs` 生成：即 `./btcw COMMAND --help` 的输出。\n',
  options: {
    envFile: '从此文件（而不是 .env）读取设置',
    help: '显示命令的帮助',
    noColor: '不使用颜色，与 NO_COLOR=1 相同',
    project: '为本次运行设置 BTCW_PROJECT',
    quiet: '只输出问题',
    verbose: '显示调用栈',
    version: '显示版本',
  },
  shared: {
    adopt: '接管另一个目录所做的部署，包括其密钥文件和数据',
    discard: '允许丢失容器写在数据卷之外的文件',
    dryRun: '只显示将要做什么，不做任何更改；退出码与 diff 相同',
    json: '以 JSON 输出报告',
    services: (names) => `服务：${names}`,
    yes: '不询问',
  },
  backup: {
    about: '把数据库、数据卷、密钥文件和设置备份到一个归档文件，期间服务不中断',
    file: '归档文件，必须是新文件',
  },
  bench: { about: '在单独的部署上测量各命令的用时，以及与同一次运行中 cdktf 的比值' },
  bundle: {
    about: '把 up 在没有网络的机器上所需的一切写入一个签名文件',
    arch: '那台机器的架构；只能与本机相同，因为镜像只为本机架构构建',
    file: '离线包，必须是新文件',
  },
  completion: {
    about: '输出 shell 的命令和选项补全脚本',
    more: `bash：btcw completion bash > ~/.local/share/bash-completion/completions/btcw
zsh： btcw completion zsh > $fpath 中某个目录下的文件 "_btcw"
fish：btcw completion fish > ~/.config/fish/completions/btcw.fish`,
  },
  deploy: {
    about: '使本机达到声明的状态；退出码 1：部署不可用，3：除隧道外均可用',
    acceptFrpCertificate: '固定 frp 服务器现在出示的证书，取代原来的',
    noBackup: '替换数据库容器之前不备份',
    rollbackOnFailure: '本次部署失败时恢复到上一次成功的部署',
  },
  destroy: {
    about: '删除项目的所有容器和网络；数据保留',
    volumes: '连同存有数据的数据卷一起删除',
  },
  diff: { about: '显示 deploy 会更改什么；退出码 0：没有变化，2：有变化，1：出错' },
  doctor: {
    about: '指出哪里有问题、原因以及解决它的命令；有问题时退出码为 1',
    more: '加上 --verbose 时，也显示通过的检查。',
    token: '检查这个 WebSocket 令牌，而不是获取新令牌',
    tokenFile: '同上，但从文件读取；- 表示标准输入',
  },
  exec: {
    about: '在服务的容器中运行命令，带有该服务的环境变量；退出码即该命令的退出码',
    command: '命令及其参数',
    service: '服务或其容器',
  },
  images: {
    about: '构建缺少的镜像',
    fresh: '用当前最新的软件包重新构建全部镜像；deploy 换用新镜像，rollback 换回旧镜像',
    image: '只构建此服务的镜像，或 "base"',
    reference: '只显示镜像名，不构建',
  },
  logoutAll: { about: '更换令牌的签名密钥并部署，使所有会话失效' },
  logs: {
    about: '按时间合并显示所有容器的日志；其中的机密会被隐去',
    follow: '持续显示新的日志，直到按 Ctrl-C',
    json: '每行一个 JSON 对象',
    services: '只显示这些服务',
    since: '只显示此时间之后的日志，例如 10m 或 2026-11-22T17:00:00Z',
    tail: '每个容器最多显示多少行，或 "all"',
  },
  rebuild: { about: '替换所有容器；数据和设置保留' },
  restore: {
    about: '在本机或一台空主机上恢复备份的内容，并部署',
    file: 'backup 或 deploy（.backups/）生成的归档文件',
    list: '只显示其中的内容，不做任何更改',
  },
  rollback: {
    about: '恢复到上一次成功的部署，包括其配置、密钥文件和镜像',
    list: '只显示可以恢复到哪些部署，不做任何更改',
  },
  status: {
    about: '显示容器、连接、隧道、WebSocket、最近的错误和访问地址',
    svg: '改为绘制当前的拓扑图，故障处标为红色',
    watch: '每 2 秒刷新一次，直到按 Ctrl-C',
  },
  up: {
    about: '部署、验证，并显示在哪里登录',
    bundle: '从 bundle 生成的文件取得镜像、软件包和程序，不使用网络',
    bundleKey: '离线包必须由此公钥签名；不指定时为本机第一个离线包的公钥',
  },
  verify: {
    about: '验证整条链路：页面、令牌、WebSocket、主题、日志；没有检查失败时退出码为 0',
    passwordFile: '密码文件；使用 --url 时，运行命令的机器上通常没有它',
    soak: '经隧道保持一个 WebSocket 这么长时间，例如 90s',
    url: '只验证这个地址，可在任何机器上运行',
    user: '以此用户登录，而不是 BTCW_ADMIN_USER',
  },
  commander: {
    arguments: '参数：',
    commands: '命令：',
    didYouMean: (name) => `（是否要输入 ${name}？）`,
    didYouMeanOneOf: (names) => `（是否要输入其中之一：${names}？）`,
    globalOptions: '全局选项：',
    invalidArgument: (value, argument, choices) =>
      `错误：参数 '${argument}' 的值 '${value}' 无效。可选：${choices}。`,
    missingArgument: (argument) => `错误：缺少参数 '${argument}'`,
    missingValue: (option) => `错误：选项 '${option}' 缺少值`,
    options: '选项：',
    someCommand: '[命令]',
    someOptions: '[选项]',
    tooManyArguments: (command, expected, got) =>
      `错误：'${command}' 的参数过多。应为 ${expected} 个，实际为 ${got} 个。`,
    unknownCommand: (name) => `错误：未知命令 '${name}'`,
    unknownOption: bootstrap.unknownOption,
    usage: '用法：',
    withDefault: (about, value) => `${about}（默认：${value}）`,
  },
};
