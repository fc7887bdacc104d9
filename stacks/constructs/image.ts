import { Image as DockerImage } from '@cdktf/provider-docker/lib/image/index.js';
import { DataResource } from 'cdktf';
import { Construct } from 'constructs';
import type { PlannedImage } from '../images.ts';

export interface ImageProps {
  readonly image: PlannedImage;
}

/**
 * An image on the Docker host. One that is built here is built by this package's own command when it is missing, so
 * that plain `cdktf deploy` does it too; one the user named is pulled by the provider.
 */
export class Image extends Construct {
  /** The image's content address: what containers run, so that a moved tag is seen. */
  readonly imageId: string;
  readonly reference: string;

  constructor(scope: Construct, id: string, props: ImageProps) {
    super(scope, id);
    const { key, recipe, reference } = props.image;
    this.reference = reference;
    const build =
      recipe &&
      new DataResource(this, 'Build', {
        triggersReplace: { reference },
        provisioners: [
          { type: 'local-exec', command: `node scripts/run.mjs images ${key}`, workingDir: process.cwd() },
        ],
      });
    const image = new DockerImage(this, 'Image', {
      name: reference,
      keepLocally: true,
      ...(build && { dependsOn: [build] }),
    });
    this.imageId = image.imageId;
  }
}
