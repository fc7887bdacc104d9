import type { images as en } from '../en/images.ts';

export const images: typeof en = {
  bases: {
    line: (file, line) => `${file} 第 ${line} 行`,
    load: '用 docker load -i FILE 从已有这些镜像的主机导入（docker save -o FILE IMAGE）',
    missing: (images) => `本机没有以下镜像，也没有镜像仓库能提供它们：\n${images}`,
    missingOne: (image, where, why) => `${image}（${where}）：${why}`,
    noAnswer: (sec) => `${sec} 秒内没有响应`,
    refused: '无法获取',
    stays: (image, why) => `${image} 保持本机现有版本：${why}`,
    triedAt: (registry, why) => `${registry}：${why}`,
    useMirror: '设置 BTCW_REGISTRY_MIRROR=docker.m.daocloud.io（或其他镜像站），改从那里拉取',
    useStandIns: '设置 BTCW_STAND_INS=on，在本机为你的 Dockerfile 制作 python、node 和 nginx 镜像',
    ways: (ways) => `${ways}。`,
  },
  build: {
    baseImage: '制作 Debian 基础镜像',
    baseImageFix:
      '解决其报告的问题；如果能访问 Docker Hub 或其镜像站，也可设置 BTCW_BASE_IMAGE=debian:13-slim',
    building: (image) => `构建 ${image}`,
    built: '构建完成',
    image: (name) => `镜像 ${name}`,
    importing: '导入基础镜像',
    nodeJs: '下载 Node.js',
  },
  buildOutput: {
    diskFull: '腾出磁盘空间：docker system df 显示占用情况。',
    noImage:
      '用 BTCW_REGISTRY_MIRROR 指定其他镜像仓库；或设置 BTCW_STAND_INS=on，在本机制作 python、node 和 nginx 镜像。',
    notTrusted: '让构建信任本机所信任的证书：BTCW_BUILD_CA=/etc/ssl/certs/ca-certificates.crt',
    unreachable:
      '在构建参数文件中指定更近的软件源（PIP_INDEX_URL、NPM_CONFIG_REGISTRY、APT_MIRROR、HTTPS_PROXY）：BTCW_BUILD_ARGS_FILE',
  },
  context: {
    andMore: (files, count) => `${files} 以及另外 ${count} 项`,
    leftOut: (folder, files) =>
      `${folder} 没有 .dockerignore：构建时已排除 ${files}。可在该目录添加 .dockerignore 自行决定。`,
    sent: (folder, files) =>
      `${folder} 没有 .dockerignore：${files} 会进入镜像。可在该目录添加 .dockerignore 自行决定。`,
    sentAndLeftOut: (folder, sent, leftOut) =>
      `${folder} 没有 .dockerignore：${sent} 会进入镜像；构建时已排除 ${leftOut}。可在该目录添加 .dockerignore 自行决定。`,
  },
  dockerfile: {
    hereDocument: (keyword) => `${keyword} 之后的 here-document`,
    noFrom: '第 1 行：没有 FROM',
    noImage: (line, image) => `第 ${line} 行："${image}" 不是镜像名：它之前的某个 ARG 没有默认值`,
    noNames: '各阶段都没有名称',
    noStage: (line, stage, stages) => `第 ${line} 行：没有构建阶段 "${stage}"（${stages}）`,
    variable: (line, text, problem) => `第 ${line} 行："${text}" ${problem}`,
  },
  ownBuild: {
    apk: (file, line, image) =>
      `${file} 第 ${line} 行：${image} 的替代镜像是 Debian，没有 apk：请在该行改用 apt-get，或设置 BTCW_STAND_INS=off 并使用镜像仓库。`,
    differs: (image, difference) => `${image}：${difference}`,
    needsBuildKit: (file, line, what) =>
      `${file} 第 ${line} 行：${what} 需要 BuildKit，但本机没有：apt-get install docker-buildx。`,
    problem: (file, problem) => `${file}，${problem}。`,
    secretsNeedBuildKit: (file) =>
      `${file}：使用机密的构建需要 BuildKit，但本机没有：apt-get install docker-buildx。`,
  },
  ownBuilder: {
    authorities: '导入构建所信任的证书颁发机构',
    building: (file) => `构建 ${file}`,
    failed: (what, output) => `${what} 失败：\n${output}`,
    tooSlow: (what, minutes, output) => `${what}：${minutes} 分钟后仍未完成。\n${output}`,
    tooSlowFix: '允许更长时间：BTCW_BUILD_TIMEOUT（分钟）；或指定更近的软件源：BTCW_BUILD_ARGS_FILE。',
  },
};
