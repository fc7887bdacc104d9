import { join, relative } from 'node:path/posix';
import { literal, unescaped } from './literal.ts';
import { App } from './provider.ts';
import { BtcWatcherStack, type ServiceAddresses, type StackProps } from './stack.ts';

/** What synthesis wrote, and how to find things in it. */
export interface Synthesis {
  /** The folder to run terraform in. */
  readonly folder: string;
  /** Addresses of each service's resources, by the service's name. */
  readonly addresses: ReadonlyMap<string, ServiceAddresses>;
  /** What resources are called for people, by their addresses; those that are of no interest have no name. */
  readonly names: ReadonlyMap<string, string>;
  /** Addresses of the volumes that Terraform manages, by the name of the volume. */
  readonly volumes: ReadonlyMap<string, string>;
}

/**
 * Synthesises the deployment's Terraform configuration.
 * @param outdir @default - where cdktf's CLI looks: the one it names in the environment, or `cdktf.out`
 */
export function synthesise(props: Omit<StackProps, 'packageFolder'>, outdir?: string): Synthesis {
  // cdktf would run `terraform version` once for each resource that needs a recent one: over a second in all.
  // Bootstrap has checked the version.
  const app = new App({ skipValidation: true, ...(outdir && { outdir }) });
  const { packageFolder } = props.host;
  const output = app.outdir.startsWith('/') ? app.outdir : join(packageFolder, app.outdir);
  const folder = join(output, 'stacks', props.topology.project);
  // Relative, so that a checkout can be moved: terraform runs in the folder.
  const stack = new BtcWatcherStack(app, {
    // All that comes from outside is in these two.
    topology: literal(props.topology),
    host: literal(props.host),
    images: props.images,
    fingerprint: (file) => props.fingerprint(unescaped(file)),
    packageFolder: relative(folder, packageFolder),
  });
  app.synth();
  return {
    folder,
    addresses: stack.addresses,
    names: stack.names,
    volumes: stack.volumes,
  };
}
