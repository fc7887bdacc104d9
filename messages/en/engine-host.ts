/** The machine that the engine is on, where it is another one. */
export const engineHost = {
  addressOn: (url: string, machine: string) => `${url} on ${machine}`,
  commandOn: (machine: string, command: string) => `on ${machine}: ${command}`,
  notSeen: (machine: string) => `not seen from outside of ${machine}`,
  relay: {
    importing: "Importing the relay's image",
    cannotStart: (machine: string, why: string) =>
      `On ${machine}, the engine's host, the container does not start through which its ports and addresses are asked: ${why}`,
    cannotStartFix: 'see: docker info',
  },
};
