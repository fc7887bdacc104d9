export const host = {
  engineName: 'Docker answers',
  version: (version: string) => `version ${version}`,

  commandsName: 'Docker answers every command',
  allAnswered: 'each has an answer',
  unanswered: (commands: string) => `Docker did not answer, asked twice: ${commands}`,

  deployedName: 'the project is deployed',
  containers: (count: number) => `${count} containers`,
  nothingDeployed: (project: string) => `nothing of ${project} is deployed on this engine`,

  settingsName: 'the settings are those that are deployed',
  unknownRelease: 'unknown which release is running',
  noDifference: 'no difference',
  notSet: '(not set)',
  changed: (name: string, from: string, to: string) => `${name}: ${from} → ${to}`,
  differs: (changes: string) => `.env differs from what is deployed: ${changes}`,

  gatewayName: 'BTCW_GATEWAY is an address of this host',
  noInterface: (address: string, proxy: string) =>
    `no interface has ${address}: ${proxy} cannot reach its upstreams`,
  otherGateway: (address: string, bridgeAddress: string, proxy: string) =>
    `no interface has ${address}; Docker's bridge has ${bridgeAddress}: ${proxy} cannot reach its upstreams`,

  diskName: 'the disk is not full',
  free: (free: string, total: string, folder: string) => `${free} GiB of ${total} GiB free in ${folder}`,

  diskSoonName: (percent: number) => `at least ${percent} % of the disk is free`,
  freePercent: (percent: number) => `${percent} % free`,
  onlyFree: (percent: number) => `only ${percent} % free`,

  lateAddressName: (proxy: string) => `${proxy} starts at boot before its address is there`,
  bindsEarly: 'net.ipv4.ip_nonlocal_bind is 1',
  bindsLate: (addresses: string, proxy: string) =>
    `Docker does not try again at boot: if no interface has ${addresses} by then, ${proxy} stays stopped`,

  stateName: "Terraform's state is intact",
  stateBroken: (file: string, problem: string) => `${file} ${problem}`,
  stateBusy: 'another run is using it',
  stateMissing: (file: string) => `${file} is missing, though containers of the project exist`,
  noState: 'nothing is deployed',
};
