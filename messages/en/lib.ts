/** What every part of this package may say. */
export const lib = {
  access: {
    forbidden: (path: string) => `${path}: permission denied.`,
    ofAnother: (path: string, owner: string) =>
      `${path} belongs to ${owner}, and this user may not read and change it.`,
    ofAnotherFix: (owner: string) =>
      owner === 'root'
        ? 'run the same command with sudo, as before; or hand the checkout over: sudo chown -R "$USER" . && npm run up'
        : `run the same command as ${owner}, as before.`,
  },
  /** Between the last two of a list. */
  and: ' and ',
  bytes: 'bytes',
  /** What the kernel says instead of doing it. */
  refused: (reason: string) => `The system refuses: ${reason}`,
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
  confirm: { typeYes: (question: string) => `${question} Type "yes": ` },
  environment: {
    notTerraform: (name: string) =>
      `Terraform starts this command, and hands it ${name}. Nothing was changed.`,
  },
  files: {
    cannotWrite: (path: string, reason: string) => `${path} cannot be written: ${reason}`,
    makeRoom: 'make room on its disk, then run this again.',
    notRegular: 'it should be a regular file, no folder, pipe or device',
    tooLarge: (kib: number) => `it should hold a secret, and has more than ${kib} KiB`,
  },
  live: {
    fetches: (image: string) => `Fetching ${image}`,
    messagesSoFar: (count: number) => `${count} messages so far`,
    more: (count: number) => `  … and ${count} more`,
  },
  http: {
    noAnswerWithin: (sec: string | number) => `no answer within ${sec} s`,
    status: (status: string | number) => `status ${status}`,
  },
  npmFlags: {
    kept: (flags: string) => `npm keeps ${flags} for itself, without the value.`,
  },
  ports: {
    anotherProgram: 'another program',
    outgoing: 'an outgoing connection of this host',
    outgoingFix: (port: string | number) =>
      `Try again in a minute. To keep the port free: sudo sysctl -w net.ipv4.ip_local_reserved_ports=${port}`,
    process: (program: string, pid: string | number) => `${program} (process ${pid})`,
    someProgram: 'a program',
    stopIt: 'Stop it, or choose another port.',
  },
  profile: {
    aliases: 'has an alias without an anchor, or too many aliases or levels',
    besideLogin: 'should stand beside login, which gives the token',
    deadline: 'should be "any time" or a time such as "5s" or "2m"',
    docs: 'docs/app-profile.md describes the keys.',
    form: 'should be oauth2 or json',
    from: 'should be client, server or none',
    keys: 'should have keys of its own',
    missing: 'is missing',
    name: 'should be a name',
    noKey: 'is no key of a profile',
    oneOfKeys: (keys: string) => `should have one of ${keys}`,
    path: 'should be a path that begins with "/"',
    text: 'should be a text',
    theFile: 'the file',
    time: 'should be a time such as "5s" or "2m"',
  },
  mounts: {
    mountedWith: (option: string) => `is mounted with "${option}"`,
    nowhere: (reasons: string) => `There is no folder in which the base image can be made. ${reasons}.`,
    nowhereFix:
      'set TMPDIR to a folder with 1 GiB of free space whose file system is mounted without these options.',
    tooSmall: (mebibytes: number) => `has ${mebibytes} MiB of free space`,
  },
  programs: { failed: (what: string, command: string) => `${what}: "${command}" failed.` },
  span: {
    days: (count: string | number) => `${count} days`,
    hours: (count: string | number) => `${count} h`,
    minutes: (count: string | number) => `${count} min`,
    seconds: (count: string | number) => `${count} s`,
  },
  webSocket: { closed: (reason: string) => `closed: ${reason}` },
};
