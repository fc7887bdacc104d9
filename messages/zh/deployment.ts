import type { deployment as en } from '../en/deployment.ts';

export const deployment: typeof en = {
  applicationProblems: {
    login: (path, answer) => `登录 ${path}：${answer}`,
    loginNoToken: (path, answer, keys, profile) =>
      `登录 ${path}：${answer}，但响应的 "${keys}" 处没有令牌：请核对 ${profile}`,
    loginUnknownUser: (path, answer, fix) => `登录 ${path}：${answer}；${fix}`,
    logsErrors: (container, lines) => `${container} 健康，但日志中有错误：${lines}`,
    ofService: (service, problem) => `${service}：${problem}`,
  },
  backingServices: {
    noAnswer: (variable, address) => `${variable}：${address} 没有响应`,
    noHost: (variable, host) => `${variable}：网络中没有主机 "${host}"`,
    noRoute: (variable, address) => `${variable}：没有到 ${address} 的路由`,
    refused: (variable, address) => `${variable}：${address} 拒绝连接`,
    refusedByItself: (variable, address) => `${variable}：${address}（容器自身）拒绝连接`,
  },
  bringBack: {
    cannot: (when, why) => `无法恢复 ${when} 的部署。\n${why}`,
    doctorSays: '运行 npm run doctor 查看原因。',
  },
  compose: {
    composeFileNotRead: (file) =>
      `${file}：不读取 COMPOSE_FILE。请在 BTCW_COMPOSE_FILE 中指定一个文件；可用 "extends" 引用其他文件的服务。`,
    line: (file, line) => `${file} 第 ${line} 行`,
    settingNotRead: (file, name, settingsFile) =>
      `${file}：不从这里读取 ${name}，设置应写在 ${settingsFile} 中。`,
  },
  environments: {
    unreadable: (file, error) => `${file}：无法读取：${error}`,
  },
  frpPin: {
    accept:
      '如果证书是有意更换的，请先与服务器上的证书核对（对其 transport.tls.certFile 运行 openssl x509 -noout -fingerprint -sha256 -in FILE），然后运行：npm run deploy -- --accept-frp-certificate',
    caFile: (server, file) => `frp 服务器 ${server}：用 ${file} 中的 CA 校验`,
    changed: (server, pinned, shown) =>
      `frp 服务器 ${server} 出示的证书与已固定的不同：要么证书在那里更换过，要么中间有人冒充。未做任何更改。\n  已固定：${pinned}\n  出示的：${shown}`,
    expired: (server) =>
      `frp 服务器 ${server}：证书今天不在有效期内，frpc 会拒绝它。请在服务器上更新证书并重启 frps，然后运行：npm run deploy`,
    forOthers: (names) => `它是公共 CA 签发给 ${names} 的`,
    madeAtStart: '没有给 frps 配置证书，它每次启动都会生成新的',
    makeOne: (commands) =>
      `请在服务器上生成证书，写入 frps.toml，重启 frps，然后在本机运行 npm run deploy：\n${commands}`,
    nameless: '证书没有名称（subjectAltName）',
    noAnswer: (server, why) =>
      `frp 服务器 ${server}：还没有取得证书（${why}），因此无法校验。下一次能连上它的部署会固定其证书。`,
    notChecked: (server, why, fix) =>
      `frp 服务器 ${server}：无法固定其证书：${why}。中间人可以读到密码和令牌。${fix}`,
    nothingToAccept: (server, why) =>
      `--accept-frp-certificate：frp 服务器 ${server} 没有出示证书（${why}）。未做任何更改。`,
    nowPinned: (server, certificate) => `frp 服务器 ${server}：证书已固定，SHA-256 ${certificate}`,
    pinned: (server, certificate) => `frp 服务器 ${server}：用已固定的证书校验，SHA-256 ${certificate}`,
    refusedByItself: (problem) => `frpc 会拒绝它（${problem}）`,
    signedBy: (ca, fingerprint) => `${fingerprint}，属于 CA ${ca}`,
    unfit: '\n       该证书是 frps 每次启动时生成的：接受之后不再校验服务器，直到它有固定的证书。',
    unreadable: (file) => `${file}：不是证书。未做任何更改。`,
    useName: (name) => `请设置 BTCW_FRP_SERVER_ADDR=${name}，然后运行：npm run deploy`,
  },
  notices: {
    devModeIsPublic: (server) =>
      `BTCW_FRONTEND_MODE=dev：Vite 开发服务器及源码会在 ${server} 上公开。若非开发用途，请删除该行。`,
  },
  files: {
    damaged: '不完整或已损坏',
    empty: '为空',
    missing: '不存在',
  },
  health: {
    both: (status, health) => `${status}（${health}）`,
    log: (state, log) => `${state}。日志：\n${log}`,
    notHealthy: (containers) => `有容器不健康：${containers}。`,
    state: (container, status) => `${container} ${status}`,
  },
  host: {
    askingEngine: '查询 Docker 引擎',
    noSubnet: 'Docker 默认网桥没有 IPv4 子网。',
    noSubnetFix: '从 /etc/docker/daemon.json 中删除 "bridge": "none"，然后重启 Docker。',
  },
  live: {
    allHere: '已全部就绪',
    asksWhatRuns: '正在检查主机和容器',
    compares: '正在与运行中的部署比较',
    reads: '正在读取设置和状态',
    deployment: '部署',
    images: '镜像',
    plans: '正在计算 deploy 会改动什么',
    total: (took) => `全部完成，用时 ${took}。`,
    verification: '验证',
  },
  owner: {
    adopt: 'npm run deploy -- --adopt 可由本目录接管，沿用它正在使用的密钥和数据。',
    elsewhere: (project, folder, when) =>
      `"${project}" 是 ${when} 从 ${folder} 部署的，状态和密钥都在那里。未做任何更改。`,
    elsewhereFix: (folder, adopt) =>
      `请在那里运行此命令（cd ${folder}）；或者改由本目录继续：\n       ${adopt}\n       若要另建一个部署，请换一个 BTCW_PROJECT。`,
    folderGone: (project, folder, when) =>
      `"${project}" 是 ${when} 从 ${folder} 部署的，该目录已不存在。未做任何更改。`,
    origin: (folder, when) => `${when} 从 ${folder} 部署`,
    stateGone: (project, folder, when) =>
      `"${project}" 是 ${when} 从 ${folder}（即本目录）部署的，但状态和密钥已丢失。未做任何更改。`,
    unknown: (project) =>
      `"${project}" 是从另一个目录部署的（目录名未知），状态和密钥都在那里。未做任何更改。`,
    unknownFix: (adopt) =>
      `请到那个目录运行此命令；或者改由本目录继续：\n       ${adopt}\n       若要另建一个部署，请换一个 BTCW_PROJECT。`,
    unknownOrigin: '从另一个目录部署（目录名未知）',
  },
  preflight: {
    bindsElsewhere: (service, paths, machine) =>
      `引擎在 ${machine} 上，${service} 无法在那里挂载本机的文件：${paths}。`,
    bindsElsewhereFix:
      '改用卷，或使用已包含这些文件的镜像（BTCW_FRONTEND_MODE=static）；或者在那台主机上运行 ./btcw。',
    onHost: (machine, problem) => `在 ${machine} 上：${problem}`,
    addressNotHere: (setting, address) =>
      `${setting}：应为本机的地址，当前为 "${address}"。查看本机地址：ip -brief address`,
    foreignContainer: (name) =>
      `已有名为 ${name} 的容器，不属于本部署。请改名或删除（docker rm -f ${name}），或换一个 BTCW_PROJECT。`,
    foreignNetwork: (name) =>
      `已有名为 ${name} 的网络，不属于本部署。请改名或删除（docker network rm ${name}），或换一个 BTCW_PROJECT。`,
    foreignVolume: (name) =>
      `已有名为 ${name} 的数据卷，不属于本部署。请改名或删除（docker volume rm ${name}），或换一个 BTCW_PROJECT。`,
    gatewayInNetwork: (gateway, network, subnet, fitting) =>
      `BTCW_GATEWAY：应为本项目网络可用的空闲地址，当前为 "${gateway}"，但 Docker 网络 "${network}" 已占用 ${subnet}。请用本机默认网桥的地址 ${fitting}。`,
    gatewayOnRoute: (gateway, device, subnet, fitting) =>
      `BTCW_GATEWAY：应为本项目网络可用的空闲地址，当前为 "${gateway}"，但本机的 ${device} 通往 ${subnet}。请用本机默认网桥的地址 ${fitting}。`,
    latestMissing: (setting, image) =>
      `${setting}：应为本机已有的镜像，当前为 "${image}"。请先构建（docker build -t ${image} …），或指定带固定标签的镜像。`,
    portOf: (service) => `${service} 的端口`,
    portTaken: (setting, port, who, address, fix) =>
      `${setting}：应为空闲端口，当前为 "${port}"，但它在 ${address} 上已被占用：${who}。${fix}`,
    unknownProgram: '某个程序',
    programOnLoopback: (setting, service, socket, program, start) =>
      `${setting}：应为您的 ${service} 监听的地址，当前为 "${socket}"，但 ${program} 只监听 127.0.0.1，容器无法访问。请用 ${start} 启动，或监听 0.0.0.0。`,
    programSilent: (setting, service, socket, start) =>
      `${setting}：应为您的 ${service} 监听的地址，当前为 "${socket}"，那里没有程序监听。请用 ${start} 启动，或监听 0.0.0.0。`,
    programSocketHeld: (setting, service, socket) =>
      `${setting}：应为您的 ${service} 监听的地址，当前为 "${socket}"，但本部署的容器仍占用它。请让程序监听另一个端口。`,
  },
  profile: {
    makeUser: (user, passwordFile) =>
      `请创建用户 "${user}"，密码用 ${passwordFile} 中的；或用 BTCW_ADMIN_USER、BTCW_ADMIN_PASSWORD_FILE 指定已有的用户`,
  },
  project: {
    secretsAdopted: (project, names) => `secrets/${project}：已从运行中的部署取得 ${names}。`,
    secretsLost: (project, names) => `secrets/${project}：无法从运行中的部署读取 ${names}，已重新生成。`,
    secretsRecovered: (project, names) => `secrets/${project}：缺少 ${names}，已从运行中的部署取回。`,
  },
  releases: {
    noRelease: '不是部署记录',
    skipped: (file, problem) => `${file} ${problem}：已跳过这次部署的记录。`,
  },
  report: {
    butBroken: '但应用不能正常工作',
    comma: '，',
    create: { doing: '正在启动', done: '健康' },
    delete: { doing: '正在停止', done: '已删除' },
    deployment: '部署',
    doneOf: (done, planned) => `已完成 ${done}/${planned} 项变更`,
    down: '已断开',
    head: { container: '容器', image: '镜像', health: '健康状态', address: '地址' },
    open: (url) => `请打开 ${url}`,
    other: { doing: '进行中', done: '完成' },
    readyToRun: '可以运行',
    started: '已启动',
    stop: '。',
    tunnelDown: (reason, outlook) => `隧道已断开：${reason}。${outlook}`,
    tunnelUp: (url) => `隧道已连通：${url}`,
    update: { doing: '正在更新', done: '已更新' },
    waitsForTunnel: '等待隧道连通',
    withoutTunnel: '但隧道未连通',
  },
  routes: {
    hostProgram: (service, socket) =>
      `请查看您的 ${service} 的输出，它应监听 ${socket} 或 0.0.0.0（uvicorn --host、vite --host）`,
  },
  secretProblems: {
    databasePasswordRule: '应为一行，至少 12 个字符，只含字母、数字、"."、"_"、"~" 和 "-"',
    empty: (file, rule, fix) => `${file}：${rule}，但文件为空。${fix}`,
    generated: '请删除该文件，然后重新运行此命令，会重新生成。',
    nothingChanged: '未做任何更改：运行中的部署继续使用原有的密码和密钥。',
    oneLineRule: '应为一行，不含空格',
    passwordFix: '请在其中写入符合要求的密码（或删除该文件，会自动生成），然后重新运行此命令。',
    shortToken: (file, shortest, length, server) =>
      `${file}：${server} 不是本机，令牌应至少有 ${shortest} 个字符，现在只有 ${length} 个。请在其中和服务器 frps.toml 的 auth.token 中换成更长的令牌（openssl rand -hex 16），并重启 frps。`,
    wrong: (file, rule, fix) => `${file}：${rule}，但内容不符。${fix}`,
  },
  settings: {
    circularLink: (file) => `${file}：是指向自身的符号链接。请删除，或让它指向设置文件。`,
    deadLink: (file) => `${file}：是指向不存在文件的符号链接。请删除，或让它指向设置文件。`,
    folder: (file) => `${file}：应为文件，却是目录。请删除，或把设置写入同名文件。`,
    forbidden: (file) => `${file}：当前用户无权读取。请更改其属主或权限：sudo chown "$USER" ${file}`,
    missing: (file) => `${file}：没有这个文件。`,
    noFile: (file) => `${file}：应为文件。`,
    unreadable: (file, error) => `${file}：无法读取：${error}`,
  },
  startWatch: {
    checkFails: (output) => `健康检查尚未通过：${output}`,
    noCheckYet: '等待第一次健康检查',
    startsAgain: (restarts) => `已退出并重新启动（${restarts} 次）`,
    exited: (container, code, line) => `${container} 已退出，退出码 ${code}：${line}`,
    exitedAgain: (container, code, line) => `${container} 已退出，退出码 ${code}，正在重新启动：${line}`,
    gaveUp: (container, code) => `${container} 已退出，退出码 ${code}：不再等待。`,
    gaveUpAfter: (container, times) => `${container} 已退出 ${times} 次：不再等待。`,
    startedAgain: (container, line) => `${container} 曾退出，已重新启动：${line}`,
  },
  state: {
    aMomentAgo: '刚才',
    broken: (file, problem) => `${file} ${problem}。`,
    brokenFix: '请重新运行此命令，状态会自动恢复。',
    holder: (operation, who, since) => `${who} 的 "${operation}"，开始于 ${since}`,
    locked: (project, holder) => `另一个命令正在占用 "${project}" 的锁：${holder}。未做任何更改。`,
    lockedFix: '请等它结束，再重新运行此命令。',
    noBackup: (file, problem, aside) =>
      `${file} ${problem}：没有备份。带有本项目标签的容器将重新创建，数据卷保留。损坏的文件保存为 ${aside}。`,
    noState: '不是 Terraform 状态文件',
    otherProject: (project) => `属于另一个项目 "${project}"`,
    restored: (file, problem, backup) => `${file} ${problem}：已从 ${backup} 恢复。`,
    restoredBroken: (file, problem, backup, aside) =>
      `${file} ${problem}：已从 ${backup} 恢复。损坏的文件保存为 ${aside}。`,
    someone: '某用户',
    unreadable: (file, error) => `无法读取状态文件 ${file}：${error}`,
  },
  terraform: {
    cannotForget: (addresses, output) => `terraform 无法从状态中移除 ${addresses}：\n${output}`,
    diskFull: (message) => `磁盘已满：${message}`,
    diskFullFix: '腾出空间（df -h 和 docker system df 显示用在何处），然后重新运行同一命令。',
    failed: 'terraform 失败',
    initFailed: (output) => `terraform init 失败：\n${output}`,
    initFix: '运行 npm run up 安装 provider。',
    nameInUse: (container) => `已有名为 ${container} 的容器，但不在本部署的状态中。`,
    nameInUseFix: (container) => `docker rm -f ${container}，或换一个 BTCW_PROJECT。`,
    noMessage: 'terraform 失败，没有给出原因。',
  },
  terraformProcess: {
    cannotStart: (error) => `无法启动 terraform：${error}`,
    ending: '正在收尾，完成已开始的操作 …',
    interrupted: '已中断。此前完成的操作已记入状态。',
    interruptedFix: '重新运行同一命令即可继续。',
    stillEnding: '仍在收尾，请稍候 …',
  },
  tunnel: {
    certificate: 'frp 服务器的证书与 BTCW_FRP_TLS_CA_FILE 不匹配',
    hungUp: (server) => `${server} 关闭了连接`,
    hungUpOrOther: (server) => `${server} 关闭了连接，或者它的证书不是已固定的那一个（npm run doctor）`,
    loginFailed: (server, words) => `登录 ${server} 失败：“${words}”`,
    noAnswer: (server) => `${server} 没有响应：它的防火墙放行了吗？`,
    noFrps: (server) => `${server} 不是 frp 服务器`,
    noRoute: (server) => `没有到 ${server} 的路由`,
    nothingLogged: 'frpc 还没有输出日志',
    outlook: {
      changes: '更正之前隧道不会恢复。',
      passes: '服务器恢复响应后隧道会自动恢复。',
      unknown: '运行 npm run status 查看之后是否已恢复。',
    },
    portNotAllowed: (port) =>
      `frp 服务器不允许端口 ${port}：请更改 BTCW_FRP_REMOTE_PORT，或服务器的 allowPorts`,
    portTaken: (port) => `frp 服务器上的端口 ${port} 已被占用：请更改 BTCW_FRP_REMOTE_PORT`,
    proxyExists: (proxy) => `frp 服务器上已有名为 "${proxy}" 的代理：请更改 BTCW_FRP_PROXY_NAME`,
    refusesConnections: (words) => `frp 服务器接受了隧道，但拒绝经过它的连接：“${words}”`,
    serverSays: (words) => `frp 服务器拒绝了隧道：“${words}”`,
    unexplained: (server) =>
      `${server} 拒绝登录且没有说明原因（detailedErrorsToClient = false）：多半是令牌不对`,
    refused: (server) => `${server} 没有程序监听：请在那里启动 frps`,
    tokenRefused: 'frp 服务器拒绝了令牌：请把它的 auth.token 写入 BTCW_FRP_TOKEN_FILE',
    unknownHost: (host) => `无法解析 ${host}：请检查 BTCW_FRP_SERVER_ADDR`,
  },
};
