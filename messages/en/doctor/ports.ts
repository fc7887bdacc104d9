export const ports = {
  name: (setting: string) => `${setting} is not taken by another program`,
  portOf: (port: number, service: string) => `port ${port} of ${service}`,
  container: (container: string, socket: string) => `container ${container} publishes ${socket}`,
  otherUser: (socket: string) => `another user's program is listening on ${socket}`,
  program: (program: string, pid: number, socket: string) =>
    `${program} (process ${pid}) is listening on ${socket}`,
  withElsewhere: (problem: string, service: string, published: string) =>
    `${problem}, and ${service} is published at ${published}`,
};
