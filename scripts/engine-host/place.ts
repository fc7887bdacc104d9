/** Addresses as they are shown: one of the loopback is of the machine that the engine is on. */
import { messages } from '../../messages/index.ts';
import { engineMachine } from '../docker/engine.ts';

const LOOPBACK = /^https?:\/\/(127\.|localhost|\[::1\])/;

/** @example placed('http://127.0.0.1:8501', 'nas') // 'http://127.0.0.1:8501 on nas' */
export const placed = (url: string, machine: string | undefined): string =>
  machine !== undefined && LOOPBACK.test(url) ? messages.engineHost.addressOn(url, machine) : url;

/** Several addresses of a deployment, for people. */
export async function shownUrls<Urls extends readonly string[]>(...urls: Urls): Promise<Urls> {
  const machine = await engineMachine();
  return urls.map((url) => placed(url, machine)) as unknown as Urls;
}
