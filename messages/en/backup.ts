export const backup = {
  archive: {
    cannotWrite: (file: string) => `${file} cannot be written`,
    cannotWriteFix: 'make room on its disk, or choose another place.',
    cutManifest: (manifest: string) => `${manifest} is not whole`,
    damaged: (file: string, why: string) => `${file} is cut short or damaged: ${why}. Nothing was changed.`,
    damagedFix: 'take another copy of it.',
    memberMissing: (member: string) => `${member} is missing`,
    noBackup: (file: string) => `${file} is no backup of this package.`,
    noFile: (file: string) => `${file}: there is no such file.`,
    otherChecksum: (member: string) => `${member} has another checksum`,
    tarFails: 'tar fails',
  },
  beforeDeploy: {
    noRoom: (needed: string, folder: string, left: string) =>
      `The backup before the change may take ${needed}, and ${folder} has ${left} left.`,
    noRoomFix: 'make room there, or go without: npm run deploy -- --no-backup',
  },
  databases: {
    asking: (container: string) => `Asking ${container}`,
    loading: (database: string, container: string) => `Loading ${database} into ${container}`,
    makingRoles: (container: string) => `Making the roles of ${container}`,
    tooOld: (dumped: number, container: string, version: number) =>
      `The backup is of PostgreSQL ${dumped}, and ${container} is ${version}, which cannot read it.`,
    tooOldFix: (service: string, dumped: number) =>
      `give ${service} an image of PostgreSQL ${dumped} or later.`,
  },
  manifest: {
    damaged: (file: string, manifest: string) => `${file}: its ${manifest} is damaged.`,
    later: (file: string) => `${file} was made by a later version of this package.`,
    laterFix: 'update this package.',
    /** What a member of an archive is. */
    members: {
      file: (target: string) => `file ${target}`,
      postgres: (database: string, service: string) => `database ${database} of ${service}`,
      'postgres-roles': (service: string) => `roles of ${service}`,
      redis: (service: string) => `data of ${service}`,
      secret: (name: string) => `secret ${name}`,
      volume: (volume: string) => `volume ${volume}`,
    },
  },
  restore: {
    emptying: (volume: string) => `Emptying the volume ${volume}`,
    noPlace: (file: string, members: string) =>
      `${file} holds what these settings have no place for: ${members}.`,
    noPlaceFix: 'set them as they were when it was made; --list shows them.',
    otherProject: (file: string, project: string, here: string) =>
      `${file} is of the project "${project}", and BTCW_PROJECT is "${here}".`,
    otherProjectFix: (project: string) => `add --project ${project}, or set it in .env.`,
  },
  take: {
    copying: (volume: string) => `Copying ${volume}`,
    dumping: (container: string) => `Dumping ${container}`,
    hostFolder: (folder: string, service: string) =>
      `${folder} (${service}) is a folder of this host: it is not in the backup.`,
    noQueries: (containers: string) =>
      `${containers} runs and takes no queries: what it holds cannot be dumped.`,
    noQueriesFix: (container: string) =>
      `docker logs --tail 20 ${container} says why. Or stop it: then its files are copied as they are.`,
    notPaused: (container: string, volume: string) =>
      `${container} could not be paused: its SQLite database in ${volume} may be of two moments. Take the backup again.`,
  },
  volumes: {
    filling: (volume: string) => `Filling the volume ${volume}`,
  },
};
