export const lib = {
  appProfile: {
    /** Why something is not asked for: by what the profile has nothing of. */
    namesNo: {
      login: (profile: string) => `the profile "${profile}" names no login`,
      token: (profile: string) => `the profile "${profile}" names no WebSocket with a token`,
      topic: (profile: string) => `the profile "${profile}" names no topic with a deadline`,
      webSocket: (profile: string) => `the profile "${profile}" names no WebSocket`,
      whoPath: (profile: string) => `the profile "${profile}" names no path that shows whose a token is`,
    },
  },
  files: {
    notRegular: 'it should be a regular file, no folder, pipe or device',
    tooLarge: (kib: number) => `it should hold a secret, and has more than ${kib} KiB`,
  },
  live: {
    fetches: (image: string) => `Fetching ${image}`,
    messagesSoFar: (count: number) => `${count} messages so far`,
    more: (count: number) => `  … and ${count} more`,
  },
};
