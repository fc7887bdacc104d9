import { App } from 'cdktf';
import { BtcWatcherStack, type BtcWatcherStackProps } from './btc-watcher-stack.ts';

/**
 * Synthesises the deployment's Terraform configuration.
 * @param outdir @default - where cdktf's CLI looks: the one it names in the environment, or `cdktf.out`
 * @returns the folder to run terraform in
 */
export function synthesise(props: BtcWatcherStackProps, outdir?: string): string {
  // cdktf would run `terraform version` once for each resource that needs a recent one: over a second in all.
  // Bootstrap has checked the version.
  const app = new App({ skipValidation: true, ...(outdir && { outdir }) });
  const stack = new BtcWatcherStack(app, props);
  app.synth();
  return `${app.outdir}/stacks/${stack.node.id}`;
}
