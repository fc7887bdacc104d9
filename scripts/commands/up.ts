import { relative } from 'node:path';
import { ensureSecrets } from '../../stacks/secrets.ts';
import { loadSettings } from '../../stacks/settings.ts';
import { root } from '../lib/project.ts';
import { localUrl, publicUrl } from '../lib/tunnel.ts';
import { deploy } from './deploy.ts';
import { verify } from './verify.ts';

/** What `npm run up` does after bootstrap: deploys, verifies, and says where to go and what to log in with. */
export async function up(): Promise<void> {
  await deploy();
  await verify({});
  const settings = loadSettings();
  const password = relative(root, ensureSecrets(settings, root).adminPassword);
  console.log(`
  Open        ${localUrl(settings)}  or, through the tunnel, ${publicUrl(settings)}
  Log in as   ${settings.BTCW_ADMIN_USER}, with the password in ${password}
  Change it   write another into that file, then: npm run deploy
  Settings    cp .env.example .env, edit, then: npm run diff && npm run deploy`);
}
