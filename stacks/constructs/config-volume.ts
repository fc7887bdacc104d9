import { Construct } from 'constructs';
import { DataResource } from '../provider.ts';
import type { ConfigSpec } from '../topology/config-spec.ts';
import type { HostFacts } from '../topology/host.ts';
import { type ConfigFile, type ConfigFiles, configVolumeName, type Service } from '../topology/service.ts';
import type { Image } from './image.ts';
import { ProjectVolume } from './project-volume.ts';

export interface ConfigVolumeProps {
  readonly project: string;
  /** Service that uses the files; the volume is named after it. */
  readonly service: Pick<Service, 'name' | 'containerName' | 'startTimeoutSec'>;
  readonly config: ConfigFiles;
  /** The image the files are checked in. */
  readonly image: Image;
  /** What stands for a secret file in plan and state. */
  readonly fingerprint: (file: string) => string;
  readonly host: HostFacts;
  /** This package's folder, as seen from the one terraform runs in. */
  readonly packageFolder: string;
}

const SECRET_MODE = '0400';

/** Files in this package's folder are named relative to it, where `apply-config` runs: a checkout can be moved. */
function movable(file: ConfigFile, { packageFolder }: HostFacts): ConfigFile {
  if ('content' in file) return file;
  const inside = file.secretFile.startsWith(`${packageFolder}/`);
  return inside ? { ...file, secretFile: file.secretFile.slice(packageFolder.length + 1) } : file;
}

function specOf(
  { containerName: container, startTimeoutSec }: ConfigVolumeProps['service'],
  volume: string,
  config: ConfigFiles,
  host: HostFacts,
): ConfigSpec {
  const { onChange, start } = config;
  return {
    container,
    volume,
    mountPath: config.path,
    owner: config.owner,
    secretMode: config.secretMode ?? SECRET_MODE,
    check: config.check ?? [],
    ...(typeof onChange === 'object'
      ? { activation: 'reload' as const, reload: onChange.reload }
      : { activation: onChange === 'restart' ? ('restart' as const) : ('none' as const) }),
    environmentFile: start?.path ?? '',
    ...(start?.entrypoint && { entrypoint: start.entrypoint }),
    ...(start?.command && { command: start.command }),
    startTimeoutSec,
    files: config.files.map((file) => movable(file, host)),
  };
}

/** What a start script becomes, where that is not the image's own program. */
const programOf = ({ entrypoint, command }: ConfigSpec): { readonly program?: string } =>
  entrypoint || command ? { program: JSON.stringify({ entrypoint, command }) } : {};

/**
 * A volume of configuration files. A change is checked in a throw-away container of the same image first; only what
 * passes is moved in, and only then the running container uses it. A wrong file fails the apply with the program's own
 * message, and the old one goes on serving.
 */
export class ConfigVolume extends Construct {
  readonly volume: ProjectVolume;
  readonly mountPath: string;
  /** Containers depend on this, so that they find their files. */
  readonly files: DataResource;

  constructor(scope: Construct, id: string, props: ConfigVolumeProps) {
    super(scope, id);
    const { project, host, service, config, image, fingerprint } = props;
    const name = configVolumeName(service);
    this.mountPath = config.path;
    this.volume = new ProjectVolume(this, 'Storage', { project, service: service.name, name });
    const spec = specOf(service, name, config, host);
    this.files = new DataResource(this, 'Files', {
      triggersReplace: {
        // A volume removed by hand comes back empty, and a new image may read its files differently.
        volume: this.volume.volumeId,
        image: image.imageId,
        files: Object.fromEntries(
          config.files.map((file) => [
            file.path,
            'content' in file ? file.content : fingerprint(file.secretFile) + (file.after ?? ''),
          ]),
        ),
        settings: `${spec.owner} ${spec.secretMode} ${spec.mountPath}`,
        ...programOf(spec),
      },
      provisioners: [
        {
          type: 'local-exec',
          command: 'node scripts/run.mjs apply-config',
          workingDir: props.packageFolder,
          environment: { APPLY_CONFIG: JSON.stringify(spec), APPLY_IMAGE: image.imageId },
        },
      ],
    });
  }
}
