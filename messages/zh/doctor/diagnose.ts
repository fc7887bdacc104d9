import type { diagnose as en } from '../../en/doctor/diagnose.ts';

export const diagnose: typeof en = {
  causedBy: (check) => `已跳过：原因是“${check}”未通过`,
  noData: '已跳过：没有数据',
  skipped: (why) => `已跳过：${why}`,
};
