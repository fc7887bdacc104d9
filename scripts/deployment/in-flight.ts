/**
 * What terraform was in the middle of when it was interrupted: it gives up waiting, but the engine goes on. A command
 * that ended before the engine does would leave the next one to see containers that are about to stop or to vanish.
 */
import { inspect, projectIds } from '../docker/inspect.ts';
import { waitFor } from '../lib/wait.ts';
import type { TerraformEvent } from './terraform.ts';

/** Longer than any container gets to stop. */
const DEADLINE_MS = 30_000;
const PAUSE_MS = 500;

/** Follows terraform's events. */
export class ContainersInFlight {
  /** Ids of those that are being removed, and nothing for those that are being made, by address. */
  private readonly begun = new Map<string, string | undefined>();

  take({ type, hook }: TerraformEvent): void {
    const address = hook?.resource.addr ?? '';
    if (!address.startsWith('docker_container.')) return;
    const key = `${address} ${hook?.action}`;
    if (type === 'apply_start') this.begun.set(key, hook?.action === 'delete' ? hook.id_value : undefined);
    if (type === 'apply_complete') this.begun.delete(key);
  }

  /** Addresses of the containers that are being made. */
  get starting(): string[] {
    return [...this.begun.keys()].flatMap((key) => {
      const [address = '', action] = key.split(' ');
      return action === 'create' ? [address] : [];
    });
  }

  /** Waits until the engine has done what was begun: nothing stops, nothing is being removed, nothing is new. */
  async settle(project: string): Promise<void> {
    if (this.begun.size === 0) return;
    const ids = [...this.begun.values()].filter((id) => id !== undefined);
    let last = '';
    const observe = async () => {
      const containers = await inspect('container', [...ids, ...(await projectIds('container', project))]);
      const now = containers.map(({ Id, State }) => `${Id} ${State.Status}`).join();
      const isSame = now === last;
      last = now;
      const isBusy = containers.some(
        ({ Id, State }) => State.Status === 'removing' || (ids.includes(Id) && State.Running),
      );
      return isSame && !isBusy;
    };
    const pauses = { firstPauseMs: PAUSE_MS, longestPauseMs: PAUSE_MS };
    await waitFor(observe, (isSettled) => isSettled, { deadlineMs: DEADLINE_MS, ...pauses });
  }
}
