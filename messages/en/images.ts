/** What is said of images: of those that are fetched, and of those that are built. */
export const images = {
  bases: {
    line: (file: string, line: string | number) => `${file}, line ${line}`,
    load: 'docker load -i FILE brings them from a host that has them (docker save -o FILE IMAGE)',
    missing: (images: string) => `These images are not on this host, and no registry gives them:\n${images}`,
    missingOne: (image: string, where: string, why: string) => `${image} (${where}): ${why}`,
    noAnswer: (sec: string | number) => `no answer in ${sec} s`,
    refused: 'not to be had',
    stays: (image: string, why: string) => `${image} stays as it is here: ${why}`,
    triedAt: (registry: string, why: string) => `${registry}: ${why}`,
    useMirror: 'BTCW_REGISTRY_MIRROR=docker.m.daocloud.io (or another mirror) has them asked for there',
    useStandIns: 'BTCW_STAND_INS=on makes python, node and nginx here for your Dockerfiles',
    ways: (ways: string) => `${ways}.`,
  },
  build: {
    baseImage: 'Making the Debian base image',
    baseImageFix:
      'fix what it reports, or where Docker Hub or a mirror of it answers: set BTCW_BASE_IMAGE=debian:13-slim',
    building: (image: string) => `Building ${image}`,
    built: 'built',
    image: (name: string) => `Image ${name}`,
    importing: 'Importing the base image',
    nodeJs: 'Fetching Node.js',
  },
  buildOutput: {
    diskFull: 'make room: docker system df shows what takes it.',
    noImage:
      'BTCW_REGISTRY_MIRROR names registries to ask instead; BTCW_STAND_INS=on makes python, node and nginx here.',
    notTrusted:
      'have the build trust what this host trusts: BTCW_BUILD_CA=/etc/ssl/certs/ca-certificates.crt',
    unreachable:
      'name nearer sources in a file of build arguments (PIP_INDEX_URL, NPM_CONFIG_REGISTRY, APT_MIRROR, HTTPS_PROXY): BTCW_BUILD_ARGS_FILE',
  },
  context: {
    andMore: (files: string, count: string | number) => `${files} and ${count} more`,
    leftOut: (folder: string, files: string) =>
      `${folder} has no .dockerignore: ${files} left out of the build. One there decides.`,
    sent: (folder: string, files: string) =>
      `${folder} has no .dockerignore: ${files} would be in the image. One there decides.`,
    sentAndLeftOut: (folder: string, sent: string, leftOut: string) =>
      `${folder} has no .dockerignore: ${sent} would be in the image; ${leftOut} left out of the build. One there decides.`,
  },
  dockerfile: {
    hereDocument: (keyword: string) => `a here-document after ${keyword}`,
    noFrom: 'line 1: there is no FROM',
    noImage: (line: string | number, image: string) =>
      `line ${line}: "${image}" is no name of an image: an ARG before it has no default`,
    noNames: 'none has a name',
    noStage: (line: string | number, stage: string, stages: string) =>
      `line ${line}: there is no stage "${stage}" (${stages})`,
    variable: (line: string | number, text: string, problem: string) => `line ${line}: "${text}" ${problem}`,
  },
  ownBuild: {
    apk: (file: string, line: string | number, image: string) =>
      `${file}, line ${line}: there is no apk in the stand-in for ${image}, which is a Debian: use apt-get in that line, or BTCW_STAND_INS=off and a registry.`,
    differs: (image: string, difference: string) => `${image}: ${difference}`,
    needsBuildKit: (file: string, line: string | number, what: string) =>
      `${file}, line ${line}: ${what} needs BuildKit, which is not here: apt-get install docker-buildx.`,
    problem: (file: string, problem: string) => `${file}, ${problem}.`,
    secretsNeedBuildKit: (file: string) =>
      `${file}: a build with secrets needs BuildKit, which is not here: apt-get install docker-buildx.`,
  },
  ownBuilder: {
    authorities: 'Importing the authorities that builds trust',
    building: (file: string) => `Building ${file}`,
    failed: (what: string, output: string) => `${what} failed:\n${output}`,
    tooSlow: (what: string, minutes: string | number, output: string) =>
      `${what}: not done after ${minutes} min.\n${output}`,
    tooSlowFix:
      'allow more: BTCW_BUILD_TIMEOUT (minutes); or name nearer sources of packages: BTCW_BUILD_ARGS_FILE.',
  },
};
