import { relative } from 'node:path';
import { messages } from '../../messages/index.ts';
import { secretFiles } from '../../stacks/topology/secrets.ts';
import { localUrl, publicUrl } from '../../stacks/topology/urls.ts';
import { pruneWorkspaces } from '../bootstrap/packages.mjs';
import { numbered } from '../bootstrap/step.mjs';
import { root } from '../deployment/host.ts';
import { profileOf } from '../deployment/profile.ts';
import { loadDeployment } from '../deployment/project.ts';
import { TUNNEL_DOWN_EXIT_CODE } from '../deployment/report.ts';
import { secondsSince } from '../lib/report.ts';
import { deploy } from './deploy.ts';
import { verify } from './verify.ts';

const said = messages.deployment.live;

/**
 * What `npm run up` does after bootstrap: deploys, verifies, and prints where to open it and how to log in.
 * @param adopt whether to take over what another checkout has deployed
 * @param discard whether to lose files that containers have written outside their volumes
 */
export async function up({ adopt = false, discard = false } = {}): Promise<void> {
  const tell = (part: 'images' | 'deployment' | 'verification', note?: string) =>
    console.log(`\n${numbered(part, said[part])}${note ? `: ${note}` : ''}`);
  await deploy({ adopt, discard, onPart: tell });
  const code = process.exitCode;
  if (loadDeployment().settings.BTCW_FRONTEND_MODE === 'static') await pruneWorkspaces(root, () => {});
  tell('verification');
  await verify({});
  // What fails without the tunnel is no other fault.
  if (code === TUNNEL_DOWN_EXIT_CODE) process.exitCode = code;
  const { settings, topology } = loadDeployment();
  const password = relative(root, secretFiles(settings, root).adminPassword);
  // An application of the owner's has users of its own.
  const login =
    profileOf(settings, topology).name === 'reference'
      ? `
  Log in as   ${settings.BTCW_ADMIN_USER}, with the password in ${password}
  Change it   write another of at least 12 characters, or 4 words, into that file, then: npm run deploy`
      : '';
  console.log(`
  Open        ${localUrl(topology)}  or, through the tunnel, ${publicUrl(topology)}${login}
  Settings    cp .env.example .env, edit, then: npm run diff && npm run deploy

${said.total(secondsSince(performance.timeOrigin))}`);
}
