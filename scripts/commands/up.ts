import { relative } from 'node:path';
import { secretFiles } from '../../stacks/topology/secrets.ts';
import { localUrl, publicUrl } from '../../stacks/topology/urls.ts';
import { pruneWorkspaces } from '../bootstrap/packages.mjs';
import { root } from '../deployment/host.ts';
import { loadDeployment } from '../deployment/project.ts';
import { deploy } from './deploy.ts';
import { verify } from './verify.ts';

/** What `npm run up` does after bootstrap: deploys, verifies, and prints where to open it and how to log in. */
export async function up(): Promise<void> {
  await deploy();
  if (loadDeployment().settings.BTCW_FRONTEND_MODE === 'static') await pruneWorkspaces(root, () => {});
  await verify({});
  const { settings, topology } = loadDeployment();
  const password = relative(root, secretFiles(settings, root).adminPassword);
  console.log(`
  Open        ${localUrl(topology)}  or, through the tunnel, ${publicUrl(topology)}
  Log in as   ${settings.BTCW_ADMIN_USER}, with the password in ${password}
  Change it   write another into that file, then: npm run deploy
  Settings    cp .env.example .env, edit, then: npm run diff && npm run deploy`);
}
