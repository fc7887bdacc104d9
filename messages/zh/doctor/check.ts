import type { check as en } from '../../en/doctor/check.ts';

export const check: typeof en = {
  comma: '，',
  semicolon: '；',
  list: '、',
  and: (others, last) => `${others} 和 ${last}`,
  refused: '连接被拒绝',
  reset: '连接被重置',
  status: (status) => `状态码 ${status}`,
};
