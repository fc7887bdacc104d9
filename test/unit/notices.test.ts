import { expect, it, vi } from 'vitest';
import { tellNotices } from '../../scripts/deployment/notices.ts';
import { settingsOf } from '../support/topology.ts';

it('tells of a development server that is public, and of none that is not', () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {});
  const server = { BTCW_FRP_SERVER_ADDR: '203.0.113.7' };
  tellNotices({ notices: [], settings: settingsOf({ ...server, BTCW_FRONTEND_MODE: 'static' }) });
  tellNotices({ notices: [], settings: settingsOf({ BTCW_FRONTEND_MODE: 'dev' }) });
  expect(told).not.toHaveBeenCalled();
  tellNotices({ notices: [], settings: settingsOf({ ...server, BTCW_FRONTEND_MODE: 'dev' }) });
  expect(told).toHaveBeenCalledExactlyOnceWith(
    expect.stringContaining("Vite's development server, with the sources, is public on 203.0.113.7"),
  );
  told.mockRestore();
});
