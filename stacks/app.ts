import { App } from 'cdktf';
import { BtcWatcherStack, type BtcWatcherStackProps } from './btc-watcher-stack.ts';

/**
 * Synthesises the deployment's Terraform configuration.
 * @returns the folder to run terraform in
 */
export function synthesise(props: BtcWatcherStackProps): string {
  const app = new App();
  const stack = new BtcWatcherStack(app, props);
  app.synth();
  return `${app.outdir}/stacks/${stack.node.id}`;
}
