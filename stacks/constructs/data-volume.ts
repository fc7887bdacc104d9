import { Construct } from 'constructs';
import { createVolume } from '../create-volume.ts';
import { DataResource } from '../provider.ts';
import { labelsOf } from '../topology/labels.ts';

export interface DataVolumeProps {
  readonly project: string;
  /** Service whose data it holds. @example 'backend' */
  readonly service: string;
  /** @example 'btc-watcher-backend-data' */
  readonly name: string;
}

/**
 * A volume with data that survives everything but `destroy --volumes`. Terraform only sees to it that it exists: a
 * `docker_volume` would be deleted with the rest by a destroy, or by a plan that knows it under another address.
 */
export class DataVolume extends Construct {
  readonly resource: DataResource;

  constructor(scope: Construct, id: string, { project, service, name }: DataVolumeProps) {
    super(scope, id);
    this.resource = new DataResource(this, 'Volume', {
      triggersReplace: { name },
      provisioners: [
        {
          type: 'local-exec',
          command: ['docker', ...createVolume(name, labelsOf(project, service))].join(' '),
        },
      ],
    });
  }
}
