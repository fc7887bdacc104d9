export const login = {
  loginName: 'login with the password file works',
  user: (user: string) => `user ${user}`,
  tooMany: (service: string) => `too many failed logins within a minute: ${service} rate-limits logins`,
  refused: (service: string, user: string, file: string) =>
    `${service} refuses user ${user} with the password in ${file}`,
  failed: (why: string) => `login fails (${why})`,
  logIn: 'log in to the application',

  tokenName: 'the token is accepted (403)',
  /** Both are said of a token, in the messages below. */
  age: (span: string) => `${span} old`,
  unknownAge: 'of unknown age',
  valid: (age: string, span: string) => `${age}, valid for ${span}`,
  noJwt: 'this is not a JWT: it should have three parts, separated by dots',
  expired: (age: string, span: string) => `the token is ${age} and expired ${span} ago: log in again`,
  otherSecret: (age: string) =>
    `the token is ${age} and not expired, but refused: the backend's secret has changed since; log in again`,

  opensName: (proxy: string) => `a WebSocket opens through ${proxy} (101)`,
  noUpgrade: (answer: string) => `the WebSocket handshake gets ${answer} instead of 101`,
  noAnswer: 'no answer',

  silentName: 'subscribed topics and pongs arrive',
  noTopics: 'connected and subscribed, but no topic sends anything',
  noTopicsNorPong: 'connected and subscribed, but no topic sends anything, nor is a ping answered',
  noPong: 'topics arrive, but no pong: clients will consider the connection dead',
  withServerError: (problem: string, error: string) => `${problem}; the server reports: ${error}`,
  pong: (ms: string) => `pong in ${ms} ms`,
  nothingExpected: (sec: number) => `by its profile nothing arrives within ${sec} s`,
};
