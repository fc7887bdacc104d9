import type { backing as en } from '../../en/doctor/backing.ts';

export const backing: typeof en = {
  name: (service) => `${service} 能连上其环境变量中的数据库`,
  none: '其环境变量中没有数据库',
  fix: (variable, service) =>
    `启动它，或把 ${variable} 设为 ${service} 能连上的地址，然后运行：npm run deploy`,
};
