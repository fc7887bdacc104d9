export const network = {
  dockerProxyName: 'docker-proxy has enough file descriptors for BTCW_MAX_CONNECTIONS',
  noDockerProxy: 'there is no docker-proxy',
  descriptors: (needed: number, available: number) => `${needed} of ${available} file descriptors`,
  tooFewDescriptors: (connections: number, needed: number, available: number, port: number | string) =>
    `${connections} connections need ${needed} file descriptors, docker-proxy has ${available}: at that limit it exits, and port ${port} is dead for everyone`,

  firewallName: (proxy: string, service: string) => `no firewall between ${proxy} and ${service}`,
  ms: (ms: string) => `${ms} ms`,
  blocked: (service: string, address: string) =>
    `this host reaches ${service}, but containers do not reach it at ${address}: a firewall blocks them`,
  blockedBy: (service: string, address: string, rule: string) =>
    `this host reaches ${service}, but containers do not reach it at ${address}: a firewall blocks them: ${rule}`,

  atGatewayName: (proxy: string, service: string) =>
    `${proxy} reaches ${service} at the bridge address (502)`,
  answers: (status: number, address: string) => `status ${status} from ${address}`,
  failing: (url: string, status: number) => `${url} answers with status ${status}`,
  elsewhere: (container: string, published: string, address: string, proxy: string) =>
    `${container} is published at ${published}, but not at ${address}, where ${proxy} connects: browsers get 502`,
  noAnswer502: (proxy: string, address: string, why: string) =>
    `${proxy} gets no answer from ${address} (${why}): browsers get 502`,
  noAnswer504: (proxy: string, address: string, why: string) =>
    `${proxy} gets no answer from ${address} (${why}): browsers wait, and get 504`,
  refused: 'connection refused',
  noAnswerWithin: (span: string) => `no answer within ${span}`,
  timedOut: 'timed out',
  curlCode: (code: number) => `curl exit code ${code}`,
};
