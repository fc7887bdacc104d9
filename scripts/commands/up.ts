import { relative } from 'node:path';
import { messages } from '../../messages/index.ts';
import { secretFiles } from '../../stacks/topology/secrets.ts';
import { localUrl, publicUrl } from '../../stacks/topology/urls.ts';
import { pruneWorkspaces } from '../bootstrap/packages.mjs';
import { labelled, numbered } from '../bootstrap/step.mjs';
import { loadBundleImages } from '../bundle/load.ts';
import { root } from '../deployment/host.ts';
import { profileOf } from '../deployment/profile.ts';
import { loadDeployment } from '../deployment/project.ts';
import { TUNNEL_DOWN_EXIT_CODE } from '../deployment/report.ts';
import { shownUrls } from '../engine-host/place.ts';
import { list, secondsSince } from '../lib/report.ts';
import { pad } from '../lib/text.ts';
import { deploy } from './deploy.ts';
import { verify } from './verify.ts';

const said = messages.commands.up;
const { live } = messages.deployment;
const NAME_COLUMNS = 11;

export interface UpOptions {
  /** Take over what another checkout has deployed. */
  readonly adopt?: boolean;
  /** Lose files that containers have written outside their volumes. */
  readonly discard?: boolean;
  /** File to take the images from; bootstrap has checked it. @default - they are built */
  readonly bundle?: string;
}

/** What `npm run up` does after bootstrap: deploys, verifies, and prints where to open it and how to log in. */
export async function up({ adopt = false, discard = false, bundle }: UpOptions = {}): Promise<void> {
  const tell = (part: 'images' | 'deployment' | 'verification', note?: string) =>
    console.log(`\n${note ? labelled(numbered(part, live[part]), note) : numbered(part, live[part])}`);
  if (bundle) await loadBundleImages(bundle);
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
  const login: [name: string, value: string][] =
    profileOf(settings, topology).name === 'reference'
      ? [
          [said.names.logIn, said.logIn(settings.BTCW_ADMIN_USER, password)],
          [said.names.change, said.changePassword],
        ]
      : [];
  const rows: [name: string, value: string][] = [
    [said.names.open, said.open(...(await shownUrls(localUrl(topology), publicUrl(topology))))],
    ...login,
    [said.names.settings, said.settings],
  ];
  console.log(`\n${list(rows.map(([name, value]) => [`  ${pad(name, NAME_COLUMNS)}`, value]))}\n`);
  console.log(live.total(secondsSince(performance.timeOrigin)));
}
