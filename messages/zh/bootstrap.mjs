/** @type {typeof import('../en/bootstrap.mjs').bootstrap} */
export const bootstrap = {
  asRoot: (why) => `缺少 ${why}，只有 root 才能安装。`,
};
