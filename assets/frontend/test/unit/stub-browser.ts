import { vi } from 'vitest';
import { FakeSocket } from './fake-socket.ts';

/**
 * The few parts of a browser that the stores touch.
 * @returns what localStorage holds
 */
export function stubBrowser(stored: Readonly<Record<string, string>> = {}): Map<string, string> {
  const storage = new Map(Object.entries(stored));
  FakeSocket.install();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => storage.get(key) ?? null,
    setItem: (key: string, value: string) => storage.set(key, value),
    removeItem: (key: string) => storage.delete(key),
  });
  vi.stubGlobal('location', { protocol: 'http:', host: 'localhost:8501' });
  vi.stubGlobal('addEventListener', vi.fn());
  vi.stubGlobal('document', { addEventListener: vi.fn() });
  return storage;
}
