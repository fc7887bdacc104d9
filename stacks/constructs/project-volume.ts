import { Volume } from '@cdktf/provider-docker/lib/volume/index.js';
import { Construct } from 'constructs';
import { projectLabels } from './labels.ts';

export interface ProjectVolumeProps {
  readonly project: string;
  /** Container that uses the volume. @example 'backend' */
  readonly component: string;
  /** @example 'data', which names the volume `<project>-backend-data` */
  readonly purpose: string;
}

/**
 * A named volume of the project. One of that name that is there already is taken over, with what is in it, even if its
 * labels are not ours: to replace a volume for its labels would be to lose its data.
 */
export class ProjectVolume extends Construct {
  /** @example 'btc-watcher-backend-data' */
  readonly volumeName: string;
  /** The name as a reference: what mounts it waits for it. */
  readonly reference: string;
  /** Known only when the volume exists: what depends on it is done again for a new one. */
  readonly volumeId: string;

  constructor(scope: Construct, id: string, props: ProjectVolumeProps) {
    super(scope, id);
    this.volumeName = `${props.project}-${props.component}-${props.purpose}`;
    const volume = new Volume(this, 'Volume', {
      name: this.volumeName,
      labels: projectLabels(props.project, props.component),
      lifecycle: { ignoreChanges: ['labels'] },
    });
    this.reference = volume.name;
    this.volumeId = volume.id;
  }
}
