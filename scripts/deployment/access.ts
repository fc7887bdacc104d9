/** Whether this user may have what the deployment keeps in the checkout. */
import { accessSync, constants, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { secretsFolder } from '../../stacks/topology/secrets.ts';
import { asForbidden, forbidden } from '../lib/access.ts';
import { root } from './host.ts';
import { releasesFolder } from './releases.ts';
import { stateFile } from './state.ts';

/**
 * Secrets and state that cannot be read are not lost, and the deployment is not another's.
 * @throws {UserError} naming the first that this user may not read and change, and whose it is
 */
export function requireAccess(project: string): void {
  const paths = [
    secretsFolder(project, root),
    stateFile(project),
    releasesFolder(project),
    join(root, 'cdktf.out/stacks', project),
  ];
  for (const path of paths) {
    try {
      const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory();
      if (isFolder === undefined) continue;
      accessSync(path, constants.R_OK | constants.W_OK | (isFolder ? constants.X_OK : 0));
    } catch (error) {
      if (asForbidden(error)) throw forbidden(relative(root, path));
    }
  }
}
