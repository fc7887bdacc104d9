/** What a user should know of a deployment before it is made. */
import { messages } from '../../messages/index.ts';
import type { Settings } from '../../stacks/settings/definitions.ts';
import { paint } from '../lib/report.ts';
import type { Project } from './project.ts';

const said = messages.deployment.notices;

/** Vite serves every file of the project to whoever asks. */
const devNotices = ({ BTCW_FRONTEND_MODE: mode, BTCW_FRP_SERVER_ADDR: server }: Settings): string[] =>
  mode === 'dev' && server ? [said.devModeIsPublic(server)] : [];

/** Says how frpc checks its server. @param quiet whether only what is not as it should be is said */
export function tellServerCheck({ serverCheck }: Pick<Project, 'serverCheck'>, quiet: boolean): void {
  if (!serverCheck) return;
  const { ok, text } = serverCheck;
  // Not wrapped: commands and fingerprints are to be copied.
  if (!ok) console.error(`${paint('yellow', '!')} ${text}`);
  else if (!quiet) console.log(`${paint('green', '✓')} ${text}`);
}

/** Says what may not be as it is meant; on stderr, as what a command reports is for programs, too. */
export function tellNotices({ notices, settings }: Pick<Project, 'notices' | 'settings'>): void {
  for (const notice of [...notices, ...devNotices(settings)])
    console.error(`${paint('yellow', '!')} ${notice}`);
}
