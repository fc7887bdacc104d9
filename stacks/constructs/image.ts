import { Construct } from 'constructs';
import { DataResource, Image as DockerImage } from '../provider.ts';

export interface ImageProps {
  /** @example 'btc-watcher/nginx:1f0c3c2b9a77' */
  readonly reference: string;
  /** Name by which this package's `images` command builds it. @default - not built here: the provider pulls it */
  readonly buildName?: string;
  /** This package's folder, as seen from the one terraform runs in. */
  readonly packageFolder: string;
}

/**
 * An image on the Docker host. One that is built here is built by this package's own command when it is missing, so
 * that plain `cdktf deploy` does it too; one the user named is pulled by the provider.
 */
export class Image extends Construct {
  readonly resource: DockerImage;
  /** The image's content address: what containers run, so that a moved tag is noticed. */
  readonly imageId: string;

  constructor(scope: Construct, id: string, props: ImageProps) {
    super(scope, id);
    const { reference, buildName, packageFolder } = props;
    const build =
      buildName &&
      new DataResource(this, 'Build', {
        triggersReplace: { reference },
        provisioners: [
          {
            type: 'local-exec',
            command: `node scripts/run.mjs images ${buildName}`,
            workingDir: packageFolder,
          },
        ],
      });
    this.resource = new DockerImage(this, 'Image', {
      name: reference,
      keepLocally: true,
      ...(build && { dependsOn: [build] }),
    });
    this.imageId = this.resource.imageId;
  }
}
