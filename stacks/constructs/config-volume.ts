import { DataResource } from 'cdktf';
import { Construct } from 'constructs';
import type { Image } from './image.ts';
import { ProjectVolume } from './project-volume.ts';

/** One file of a configuration volume: text that plan and state may show, or a secret known by its fingerprint. */
export type ConfigFile = {
  /** Path inside the volume. @example 'nginx.conf' */
  readonly path: string;
} & ({ readonly content: string } | { readonly secretFile: string; readonly fingerprint: string });

/** What makes a running container use a changed file. */
export type Activation = 'reload' | 'restart' | 'none';

export interface ConfigVolumeProps {
  readonly project: string;
  /** Container that uses the files; the volume is named after it. */
  readonly component: string;
  /** The image the files are checked in. */
  readonly image: Image;
  readonly files: readonly ConfigFile[];
  /** Folder of the files in the container. @example '/etc/nginx' */
  readonly mountPath: string;
  /** Numeric user and group that own the files. @example '33:33' */
  readonly owner: string;
  /** Mode of the secret files; the others are 0644. @default '0400' */
  readonly secretMode?: string;
  /** Program that refuses wrong files, run in a throw-away container before anything changes. */
  readonly check?: readonly string[];
  readonly activation: Activation;
  /**
   * Path of a file with KEY=value lines. It is put in as a script of that name, which exports the values and starts
   * the image's own program: they reach the application as environment without being in the container's.
   * @default - none
   */
  readonly environmentFile?: string;
}

/**
 * A volume of configuration files. A change is checked in a throw-away container of the same image first; only what
 * passes is moved in, and only then the running container is told. A wrong file fails the apply with the program's own
 * message, and the old one goes on serving.
 */
export class ConfigVolume extends Construct {
  readonly volume: ProjectVolume;
  readonly mountPath: string;
  /** Containers depend on this, so that they find their files. */
  readonly files: DataResource;

  constructor(scope: Construct, id: string, props: ConfigVolumeProps) {
    super(scope, id);
    this.mountPath = props.mountPath;
    const container = `${props.project}-${props.component}`;
    this.volume = new ProjectVolume(this, 'Storage', {
      project: props.project,
      component: props.component,
      purpose: 'config',
    });

    const spec = {
      container,
      volume: this.volume.volumeName,
      mountPath: props.mountPath,
      owner: props.owner,
      secretMode: props.secretMode ?? '0400',
      check: props.check ?? [],
      activation: props.activation,
      environmentFile: props.environmentFile ?? '',
      files: props.files.map((file) =>
        'content' in file ? file : { path: file.path, secretFile: file.secretFile },
      ),
    };
    this.files = new DataResource(this, 'Files', {
      triggersReplace: {
        // A volume removed by hand comes back empty, and a new image may read its files differently.
        volume: this.volume.volumeId,
        image: props.image.imageId,
        files: Object.fromEntries(
          props.files.map((file) => [file.path, 'content' in file ? file.content : file.fingerprint]),
        ),
        settings: `${props.owner} ${spec.secretMode} ${props.mountPath}`,
      },
      provisioners: [
        {
          type: 'local-exec',
          command: 'node scripts/run.mjs apply-config',
          workingDir: process.cwd(),
          environment: { APPLY_CONFIG: JSON.stringify(spec), APPLY_IMAGE: props.image.imageId },
        },
      ],
    });
  }
}
