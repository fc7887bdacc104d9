import type { login as en } from '../../en/doctor/login.ts';

export const login: typeof en = {
  loginName: '可以用密码文件登录',
  user: (user) => `用户 ${user}`,
  tooMany: (service) => `一分钟内登录失败次数过多：${service} 限制了登录频率`,
  refused: (service, user, file) => `${service} 拒绝用户 ${user} 登录（密码来自 ${file}）`,
  failed: (why) => `登录失败（${why}）`,
  logIn: '登录应用',

  tokenName: '令牌被接受（403）',
  age: (span) => `签发于 ${span}前`,
  unknownAge: '签发时间未知',
  valid: (age, span) => `${age}，还有 ${span}有效`,
  noJwt: '这不是 JWT：它应由三段组成，中间用点分隔',
  expired: (age, span) => `令牌${age}，已过期 ${span}：请重新登录`,
  otherSecret: (age) => `令牌${age}，尚未过期，但被拒绝：后端的密钥已经更换，请重新登录`,

  opensName: (proxy) => `可以通过 ${proxy} 建立 WebSocket 连接（101）`,
  noUpgrade: (answer) => `WebSocket 握手得到的不是 101，而是：${answer}`,
  noAnswer: '没有响应',

  silentName: '能收到订阅的主题和 pong',
  noTopics: '已连接并订阅，但没有任何主题发来消息',
  noTopicsNorPong: '已连接并订阅，但没有任何主题发来消息，ping 也没有回应',
  noPong: '能收到主题消息，但收不到 pong：客户端会认为连接已断开',
  withServerError: (problem, error) => `${problem}；服务器报告：${error}`,
  pong: (ms) => `pong 用时 ${ms} ms`,
  nothingExpected: (sec) => `按应用描述，${sec} 秒内不会有消息`,
};
