/** @type {typeof import('../en/bootstrap.mjs').bootstrap} */
export const bootstrap = {
  asRoot: (why) => `缺少 ${why}，只有 root 才能安装。`,
  withFix: (what, fix) => `${what}\n  修复：${fix}`,
};
