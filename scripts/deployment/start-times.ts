/** How long containers take until they are healthy, as terraform has waited for them: what the next change will take. */
import type { TerraformEvent } from './terraform.ts';

export class StartTimes {
  private readonly seconds = new Map<string, number>();

  /** What was replaced was away for both: while it stopped, and until its successor was healthy. */
  take({ type, hook }: TerraformEvent): void {
    const address = hook?.resource.addr ?? '';
    if (type !== 'apply_complete' || !address.startsWith('docker_container.')) return;
    if (hook?.action !== 'create' && hook?.action !== 'delete') return;
    this.seconds.set(address, (this.seconds.get(address) ?? 0) + (hook.elapsed_seconds ?? 0));
  }

  /** @param names what resources are called for people, by their addresses */
  byContainer(names: ReadonlyMap<string, string>): Readonly<Record<string, number>> {
    return Object.fromEntries(
      [...this.seconds].flatMap(([address, seconds]) => {
        const name = names.get(address);
        return name ? [[name, Math.max(1, seconds)] as const] : [];
      }),
    );
  }
}
