import { Construct } from 'constructs';
import { labelBlocks, Volume } from '../provider.ts';
import { labelsOf } from '../topology/labels.ts';

export interface ProjectVolumeProps {
  readonly project: string;
  /** Service that uses the volume. @example 'backend' */
  readonly service: string;
  /** @example 'btc-watcher-backend-data' */
  readonly name: string;
}

/** A volume whose content can be made again: what is destroyed with its container. */
export class ProjectVolume extends Construct {
  readonly resource: Volume;
  /** The name as a reference: what mounts it waits for it. */
  readonly reference: string;
  /** Known only when the volume exists: what depends on it is done again for a new one. */
  readonly volumeId: string;

  constructor(scope: Construct, id: string, props: ProjectVolumeProps) {
    super(scope, id);
    this.resource = new Volume(this, 'Volume', {
      name: props.name,
      labels: labelBlocks(labelsOf(props.project, props.service)),
      lifecycle: { ignoreChanges: ['labels'] },
    });
    this.reference = this.resource.name;
    this.volumeId = this.resource.id;
  }
}
